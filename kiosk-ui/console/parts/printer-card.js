/** A printer: how it is, what is in it, and what staff say they loaded. */

/** @import { Printer, Stock } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { may, times } from "../session.js";
import { ask } from "./form.js";
import { button, simulatedTag, tag, words } from "./icon.js";
import { printerState } from "./print-words.js";
import { toast } from "./toast.js";

const GOOD = ["ready", "unasked"];
/** As many as the usual roll of 4 by 2 inch labels has. */
const ROLL = 500;

/**
 * Printers that need someone first.
 *
 * @param {Printer[]} printers
 */
export function worstFirst(printers) {
  const rank = (/** @type {Printer} */ printer) => (GOOD.includes(printer.state) ? 1 : 0);
  return [...printers].sort((a, b) => rank(a) - rank(b));
}

/**
 * @param {Printer} printer
 * @param {() => void} [changed]
 */
export function printerCard(printer, changed = () => {}) {
  const good = GOOD.includes(printer.state);
  const tone = good ? "ok" : printer.state === "untried" ? "plain" : "refused";
  return el(
    "article",
    { class: "card printer", data: { tone }, "aria-label": `Printer ${printer.id}` },
    el("div", { class: "card-head" }, el("h2", {}, printer.id), tag(printerState(printer), tone, printer.state === "unasked" ? "This printer cannot be asked how it is." : undefined), ...(printer.warnings ?? []).map((warning) => tag(words(warning), "attention")), printer.simulated ? simulatedTag() : null),
    el("p", { class: "soft" }, [printer.place, printer.transport, printer.language?.toUpperCase(), printer.loaded?.stock ?? printer.stock].filter(Boolean).join(" · ")),
    printer.detail ? el("p", { class: "printer-detail" }, printer.detail) : null,
    el("div", { class: "printer-foot" }, stockLine(printer), may("records", "technician") ? button(printer.loaded ? "New roll" : "Say what is in it", () => void load(printer, changed)) : null),
  );
}


/** @param {Printer} printer */
function stockLine(printer) {
  const { loaded } = printer;
  if (!loaded) return el("p", { class: "soft stock" }, "How many labels are in it is not known.");
  const few = loaded.left <= (printer.low_stock ?? 0);
  return el(
    "div",
    { class: "stock", data: { few } },
    el("progress", { max: loaded.loaded, value: loaded.left, "aria-label": `Labels left in ${printer.id}` }),
    el("p", {}, el("strong", {}, String(loaded.left)), ` of ${loaded.loaded} left`, few ? tag("load soon", "attention") : null, el("span", { class: "soft" }, " · loaded ", times().element(loaded.loaded_at, "ago"))),
  );
}

/**
 * @param {Printer} printer
 * @param {() => void} changed
 */
async function load(printer, changed) {
  const { rows } = /** @type {{rows: Stock[]}} */ (await get("/api/v1/label-stocks"));
  const now = printer.loaded?.stock ?? printer.stock ?? "";
  const known = rows.some((stock) => stock.name === now);
  const done = await ask({
    title: `What is in ${printer.id}?`,
    intro: ["Labels sent are counted down from here. An alert opens when few are left."],
    fields: [
      { name: "loaded", label: "Labels, or sheets, in it now", type: "number", value: printer.loaded?.loaded ?? ROLL, min: 1, max: 100_000, required: true },
      { name: "stock", label: "Which labels", type: "select", value: known ? now : "", options: [["", `As configured (${printer.stock ?? "not said"})`], ...rows.map((stock) => /** @type {[string, string]} */ ([stock.name, `${stock.title} (${stock.name})`]))] },
    ],
    action: "Loaded",
    submit: async ({ loaded, stock }) => {
      await post(`/api/v1/printers/${encodeURIComponent(printer.id)}/stock`, stock ? { loaded, stock } : { loaded });
      toast(`${printer.id}: ${loaded} loaded.`);
      return true;
    },
  });
  if (done) changed();
}
