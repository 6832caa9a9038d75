/** Print, history: every job, what became of it and how that is known, and what to do with it. */

/** @import { Context } from "../pages.js" */
/** @import { PrintJob } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { volumeText } from "../../shared/format.js";
import { hearCalmly } from "../live.js";
import { changeFault, emptyBlock } from "../parts/faults.js";
import { button, tag } from "../parts/icon.js";
import { list } from "../parts/list.js";
import { aboutText, PROOFS, STATES } from "../parts/print-words.js";
import { openScanBack } from "../parts/scan-back.js";
import { toast } from "../parts/toast.js";
import { number } from "../parts/where.js";
import { address, replace } from "../router.js";
import { may, times } from "../session.js";
import { actorText } from "./chart-history.js";

const ROWS_A_PAGE = 100;
/** @type {[string, string][]} */
const FILTERS = [
  ["", "All"],
  ["unknown", "Look at the printer"],
  ["failed", "Failed"],
  ["queued", "Waiting"],
  ["sent", "Sent"],
  ["printed", "Printed"],
  ["cancelled", "Cancelled"],
];

/** @param {Context} context */
export function open(context) {
  let state = context.route.params.get("state") ?? "";
  let batch = context.route.params.get("batch") ?? "";
  const chips = el("div", { class: "chips", role: "group", "aria-label": "Which jobs" });
  const jobs = jobsList(context, () => ({ state, batch, limit: ROWS_A_PAGE }));
  const chip = (/** @type {string} */ name, /** @type {string} */ label) => el("button", { type: "button", class: "chip", "aria-pressed": String(name === state), on: { click: () => replace(address(["print", "history"], { state: name, batch })) } }, label);
  const drawChips = () =>
    fill(chips, ...FILTERS.map(([name, label]) => chip(name, label)), batch ? el("button", { type: "button", class: "chip", "aria-pressed": "true", on: { click: () => replace(address(["print", "history"], { state })) } }, `Batch ${batch} ×`) : null);
  context.onRoute((route) => {
    state = route.params.get("state") ?? "";
    batch = route.params.get("batch") ?? "";
    drawChips();
    void jobs.restart();
  });
  hearCalmly(context.signal, (event) => Boolean(event.print_job) || event.kind.startsWith("print_batch_"), () => void jobs.refresh(), 500);
  drawChips();
  void jobs.restart();
  return el("div", { class: "print-body" }, chips, el("section", { class: "panel", "aria-label": "Jobs" }, jobs.element));
}

/**
 * @param {Context} context
 * @param {() => Record<string, string | number>} wanted
 */
export function jobsList(context, wanted) {
  const changed = () => void jobs.refresh();
  const jobs = list(context, {
    label: "Print jobs",
    columns: [
      { label: "What", name: "number-vol", cell: (/** @type {PrintJob} */ job) => jobWhat(job) },
      { label: "State", cell: stateCell },
      { label: "Printer", name: "short", cell: (job) => job.printer },
      { label: "Why", name: "why", cell: (job) => el("span", { class: "clip", title: job.reason }, `${job.reason}${job.copies > 1 ? ` · ${job.copies} copies` : ""}`) },
      { label: "Asked", name: "asked", cell: (job) => [times().element(job.requested_at, "ago"), el("span", { class: "soft" }, ` · ${actorText(job.requested_by)}`)] },
      { label: "", name: "do", cell: (job) => jobActions(job, changed) },
    ],
    keyOf: (job) => job.id,
    hrefOf: (job) => (job.chart ? address(["charts", job.chart]) : address(["print", "history"], { batch: job.batch ?? null })),
    load: (cursor, signal) => get("/api/v1/print-jobs", { ...wanted(), cursor }, signal),
    empty: () => (wanted()["state"] ? emptyBlock("No such job", "Choose All to see the others.") : emptyBlock("Nothing was printed yet", "Open a chart and choose Print, or print a batch.")),
  });
  return jobs;
}

/**
 * @param {PrintJob} job
 * @returns {(Node | string)[]}
 */
export function jobWhat(job) {
  const chart = job.chart_row;
  if (!chart) return [aboutText(job)];
  const slip = job.about === "reference" ? tag("slip") : null;
  return [number(chart), el("span", { class: "soft" }, ` ${volumeText(chart)}${job.issue ? ` · label ${job.issue}` : ""}`), ...(slip ? [slip] : [])];
}

/** @param {PrintJob} job */
function stateCell(job) {
  const { text, tone, means } = STATES[job.state];
  const proof = job.proof ? el("span", { class: "soft" }, ` ${PROOFS[job.proof]}`) : null;
  return [tag(text, tone, means), proof, job.fault ? el("span", { class: "soft" }, ` ${job.fault}`) : null];
}

/**
 * @param {PrintJob} job
 * @param {() => void} changed
 * @param {string} [kind]
 */
export function jobActions(job, changed, kind = "row-actions") {
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
  const ownLabel = job.about === undefined || job.about === "label" || job.about === "sheet";
  const cameOut = button("It came out", act("confirm", ownLabel ? "Confirmed." : "Noted: it came out."), { kind: job.state === "unknown" && kind !== "row-actions" ? "primary" : "quiet" });
  const again = button(job.state === "unknown" ? "It did not: print again" : "Print again", act("retry", "Queued again."));
  const cancel = button("Cancel", act("cancel", "Cancelled."), { kind: "quiet" });
  const scan = job.chart_row && job.about !== "reference" ? button("Scan it", () => openScanBack({ chart: job.chart_row ?? null, changed }), { icon: "scanned", kind: "quiet" }) : null;
  if (job.state === "unknown") return el("div", { class: kind }, cameOut, again, cancel);
  if (job.state === "sent") return el("div", { class: kind }, scan ?? cameOut, again);
  if (job.state === "failed") return el("div", { class: kind }, again, cancel);
  if (job.state === "queued") return el("div", { class: kind }, cancel);
  return null;
}
