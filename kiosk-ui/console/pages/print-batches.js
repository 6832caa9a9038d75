/** Batches of labels: how far each is, and pause, resume, cancel. */

/** @import { Context } from "../pages.js" */
/** @import { Batch } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { changeFault } from "../parts/faults.js";
import { button, tag } from "../parts/icon.js";
import { toast } from "../parts/toast.js";
import { address } from "../router.js";
import { may, times } from "../session.js";
import { actorText } from "./chart-history.js";
import { resumeFrom } from "./print-batch-forms.js";

const SHOWN_MAX = 8;
/** @type {Record<Batch["state"], ["ok" | "attention" | "refused" | "saved" | "plain", string]>} */
const STATES = {
  gathering: ["saved", "looking up charts"],
  running: ["saved", "running"],
  paused: ["attention", "paused"],
  done: ["ok", "all sent"],
  cancelled: ["plain", "cancelled"],
};

/** @param {Context} context */
export function batches(context) {
  const body = el("ul", { class: "batches" });
  const element = el("section", { class: "panel", "aria-label": "Batches", hidden: true }, el("div", { class: "panel-head" }, el("h2", { class: "list-title" }, "Batches")), body);
  let drawn = "";
  const look = async () => {
    try {
      const { rows } = /** @type {{rows: Batch[]}} */ (await get("/api/v1/print-batches", { limit: SHOWN_MAX }, context.signal));
      const text = JSON.stringify(rows);
      if (text === drawn) return;
      const focused = body.contains(document.activeElement) ? document.activeElement : null;
      const [id, verb] = [focused?.closest("li")?.dataset["id"], focused?.textContent];
      drawn = text;
      element.hidden = rows.length === 0;
      fill(body, ...rows.map((batch) => row(batch, () => void look())));
      const same = id ? [...body.querySelectorAll(`li[data-id="${id}"] button`)].find((node) => node.textContent === verb) : null;
      if (same instanceof HTMLElement) same.focus({ preventScroll: true });
    } catch {
      // The banner tells of a lost connection; what is known stays.
    }
  };
  return { element, look };
}

/**
 * @param {Batch} batch
 * @param {() => void} changed
 */
function row(batch, changed) {
  const [tone, text] = STATES[batch.state];
  const gone = batch.sent + batch.printed;
  const parts = [`${gone} of ${batch.total} sent`, batch.printed ? `${batch.printed} known to be printed` : "", batch.waiting ? `${batch.waiting} waiting` : ""].filter(Boolean).join(" · ");
  return el(
    "li",
    { class: "batch", data: { id: batch.id, state: batch.state } },
    el("div", { class: "batch-head" }, el("strong", {}, batch.name), tag(text, tone), batch.failed ? tag(`${batch.failed} failed`, "refused") : null, batch.unknown ? tag(`${batch.unknown} to look at`, "attention") : null, el("span", { class: "soft" }, ` ${batch.printer} · `, times().element(batch.requested_at, "ago"), ` · ${actorText(batch.requested_by)}`)),
    el("progress", { max: Math.max(1, batch.total), value: gone, "aria-label": `${batch.name}: labels sent` }),
    el("p", { class: "soft" }, parts, " · ", el("a", { href: address(["print", "history"], { batch: batch.id }) }, "its labels")),
    batch.note ? el("p", { class: "batch-note" }, batch.note) : null,
    actions(batch, changed),
  );
}

/**
 * @param {Batch} batch
 * @param {() => void} changed
 */
function actions(batch, changed) {
  if (!may("records")) return null;
  /** @param {string} verb @param {string} said */
  const act = (verb, said) => async () => {
    try {
      await post(`/api/v1/print-batches/${batch.id}/${verb}`);
      toast(said);
    } catch (fault) {
      const { text, lost } = changeFault(fault);
      toast(`${text} ${lost}`, "refused");
    }
    changed();
  };
  const from = button("Print again from…", () => resumeFrom(batch).then(changed));
  const cancel = button("Cancel", act("cancel", "Cancelled: nothing more of it is printed."), { kind: "quiet" });
  if (batch.state === "running") return el("div", { class: "actions" }, button("Pause", act("pause", "Paused after the label in hand.")), from, cancel);
  if (batch.state === "paused") return el("div", { class: "actions" }, button("Resume", act("resume", "It goes on."), { kind: "primary" }), from, cancel);
  if (batch.state === "gathering") return el("div", { class: "actions" }, cancel);
  if (batch.state === "done") return el("div", { class: "actions" }, from);
  return null;
}
