/** Print: what was sent to which printer and what became of it, unknown included. */

/** @import { Context } from "../pages.js" */
/** @import { PrintJob, Printer } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { hearCalmly } from "../live.js";
import { changeFault, emptyBlock, faultBlock } from "../parts/faults.js";
import { button, simulatedTag, tag, words } from "../parts/icon.js";
import { list } from "../parts/list.js";
import { head } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { number } from "../parts/where.js";
import { address, replace } from "../router.js";
import { may, times } from "../session.js";
import { actorText } from "./chart-history.js";

const ROWS_A_PAGE = 100;
/** @type {Record<PrintJob["state"], {text: string, tone: "ok" | "attention" | "refused" | "saved" | "plain", means: string}>} */
const STATES = {
  queued: { text: "waiting", tone: "plain", means: "Waits for the printer." },
  sending: { text: "sending", tone: "saved", means: "On its way to the printer." },
  sent: { text: "sent", tone: "saved", means: "The printer took it. Whether it printed, nobody has said yet." },
  printed: { text: "printed", tone: "ok", means: "Confirmed, or the printer said so." },
  failed: { text: "failed", tone: "refused", means: "It did not print." },
  unknown: { text: "look at the printer", tone: "attention", means: "The line broke while it was sent: it may have printed." },
  cancelled: { text: "cancelled", tone: "plain", means: "It will not be printed." },
};
/** @type {[string, string][]} */
const FILTERS = [
  ["", "All"],
  ["unknown", "Look at the printer"],
  ["failed", "Failed"],
  ["queued", "Waiting"],
  ["sent", "Sent"],
  ["printed", "Printed"],
];

/** @param {Context} context */
export function open(context) {
  let state = context.route.params.get("state") ?? "";
  const chips = el("div", { class: "chips", role: "group", "aria-label": "Which jobs" });
  const printers = el("div", { class: "cards" });
  const changed = () => void jobs.refresh();
  const jobs = list(context, {
    label: "Print jobs",
    columns: [
      { label: "Chart", name: "number-vol", cell: (/** @type {PrintJob} */ job) => chartCell(job) },
      { label: "State", cell: stateCell },
      { label: "Printer", name: "short", cell: (job) => job.printer },
      { label: "Why", name: "why", cell: (job) => el("span", { class: "clip", title: job.reason }, `${job.reason}${job.copies > 1 ? ` · ${job.copies} copies` : ""}`) },
      { label: "Asked", name: "asked", cell: (job) => [times().element(job.requested_at, "ago"), el("span", { class: "soft" }, ` · ${actorText(job.requested_by)}`)] },
      { label: "", name: "do", cell: (job) => doCell(job, changed) },
    ],
    keyOf: (job) => job.id,
    hrefOf: (job) => address(["charts", job.chart]),
    load: (cursor, signal) => get("/api/v1/print-jobs", { state, cursor, limit: ROWS_A_PAGE }, signal),
    empty: () => (state ? emptyBlock("No such job", "Choose All to see the others.") : emptyBlock("Nothing was printed yet", "Open a chart and choose Print label.")),
  });
  const drawChips = () => fill(chips, ...FILTERS.map(([name, label]) => el("button", { type: "button", class: "chip", "aria-pressed": String(name === state), on: { click: () => replace(address(["print"], { state: name })) } }, label)));
  const look = async () => {
    try {
      const { rows } = /** @type {{rows: Printer[]}} */ (await get("/api/v1/printers", {}, context.signal));
      fill(printers, ...(rows.length > 0 ? rows.map(printerCard) : [emptyBlock("No printer is configured", "Add a [[printer]] to outguide.toml and start the server again.")]));
    } catch (fault) {
      if (!context.signal.aborted) fill(printers, faultBlock(fault, () => void look()));
    }
  };
  context.onRoute((route) => {
    state = route.params.get("state") ?? "";
    drawChips();
    void jobs.restart();
  });
  hearCalmly(context.signal, (event) => Boolean(event.print_job) || event.alert?.kind === "printer", () => {
    changed();
    void look();
  }, 500);
  drawChips();
  void look();
  void jobs.restart();
  return el("div", { class: "page print" }, head("Print", chips), printers, el("section", { class: "panel", "aria-label": "Jobs" }, jobs.element));
}

/** @param {Printer} printer */
export function printerCard(printer) {
  const good = ["ready", "idle", "ok", "printing", "connected", "online"].includes(printer.state);
  return el(
    "article",
    { class: "card" },
    el("div", { class: "card-head" }, el("h2", {}, printer.id), tag(words(printer.state), good ? "ok" : ["unknown", "cannot_ask"].includes(printer.state) ? "attention" : "refused"), printer.simulated ? simulatedTag() : null),
    el("p", { class: "soft" }, [printer.place, printer.transport, printer.language?.toUpperCase(), printer.stock].filter(Boolean).join(" · ")),
    printer.detail ? el("p", {}, printer.detail) : null,
  );
}

/** @param {PrintJob} job */
function chartCell(job) {
  const chart = job.chart_row;
  return chart ? [number(chart), el("span", { class: "soft" }, ` vol ${chart.volume}`)] : [`chart ${job.chart}`];
}

/** @param {PrintJob} job */
function stateCell(job) {
  const { text, tone, means } = STATES[job.state];
  return [tag(text, tone, means), job.fault ? el("span", { class: "soft" }, ` ${job.fault}`) : null];
}

/**
 * @param {PrintJob} job
 * @param {() => void} changed
 */
function doCell(job, changed) {
  if (!may("records")) return null;
  /** @param {string} verb @param {string} said */
  const act = (verb, said) => async () => {
    try {
      await post(`/api/v1/print-jobs/${job.id}/${verb}`);
      toast(said);
    } catch (fault) {
      const { text, lost } = changeFault(fault);
      toast(`${text} ${lost}`, "refused");
    }
    changed();
  };
  const cameOut = button("It came out", act("confirm", "Confirmed: this label is on the chart."));
  const again = button(job.state === "unknown" ? "It did not: print again" : "Print again", act("retry", "Queued again."));
  const cancel = button("Cancel", act("cancel", "Cancelled."), { kind: "quiet" });
  if (job.state === "unknown") return el("div", { class: "row-actions" }, cameOut, again, cancel);
  if (job.state === "sent") return el("div", { class: "row-actions" }, cameOut, again);
  if (job.state === "failed") return el("div", { class: "row-actions" }, again, cancel);
  if (job.state === "queued") return el("div", { class: "row-actions" }, cancel);
  return null;
}
