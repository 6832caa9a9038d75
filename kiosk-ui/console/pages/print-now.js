/** Print, now: first what wants someone, then printers, batches, and the latest jobs. */

/** @import { Context } from "../pages.js" */
/** @import { PrintJob, Printer } from "../types.js" */

import { get } from "../../shared/api.js";
import { el, fill, setText } from "../../shared/dom.js";
import { hearCalmly } from "../live.js";
import { emptyBlock, faultBlock } from "../parts/faults.js";
import { printerCard, worstFirst } from "../parts/printer-card.js";
import { address } from "../router.js";
import { batches } from "./print-batches.js";
import { jobActions, jobsList, jobWhat } from "./print-history.js";
import { STATES } from "../parts/print-words.js";
import { tag } from "../parts/icon.js";
import { times } from "../session.js";

/** Printers change without an entry of the ledger, so they are asked for too. */
const LOOK_EVERY_MS = 5_000;
const WANTING_MAX = 50;
const LATEST = 15;

/** @param {Context} context */
export function open(context) {
  const wanting = el("section", { class: "panel wanting", "aria-label": "Needs someone", hidden: true });
  const printers = el("div", { class: "cards printers" });
  const running = batches(context);
  const latest = jobsList(context, () => ({ limit: LATEST }));
  let drawnPrinters = "";
  let drawnWanting = "";

  const lookAtPrinters = async () => {
    try {
      const { rows } = /** @type {{rows: Printer[]}} */ (await get("/api/v1/printers", {}, context.signal));
      const text = JSON.stringify(rows);
      if (text === drawnPrinters || (drawnPrinters !== "" && printers.contains(document.activeElement) && document.querySelector("dialog[open]"))) return;
      const focused = printers.contains(document.activeElement) ? document.activeElement?.closest("article")?.getAttribute("aria-label") : null;
      drawnPrinters = text;
      fill(printers, ...(rows.length > 0 ? worstFirst(rows).map((row) => printerCard(row, () => void lookAtPrinters())) : [emptyBlock("No printer is configured", "Add a [[printer]] to outguide.toml and start the server again.")]));
      if (focused) /** @type {HTMLElement | null} */ (printers.querySelector(`article[aria-label="${CSS.escape(focused)}"] button`))?.focus({ preventScroll: true });
    } catch (fault) {
      if (!context.signal.aborted && drawnPrinters === "") fill(printers, faultBlock(fault, () => void lookAtPrinters()));
    }
  };
  const lookAtWanting = async () => {
    try {
      const [unknown, failed] = await Promise.all(["unknown", "failed"].map((state) => get("/api/v1/print-jobs", { state, limit: WANTING_MAX }, context.signal)));
      const jobs = /** @type {PrintJob[]} */ ([...unknown.rows, ...failed.rows]);
      const text = JSON.stringify(jobs);
      if (text === drawnWanting) return;
      drawnWanting = text;
      wanting.hidden = jobs.length === 0;
      const more = unknown.next_cursor || failed.next_cursor ? el("a", { class: "link", href: address(["print", "history"], { state: unknown.next_cursor ? "unknown" : "failed" }) }, "There are more: see the history") : null;
      fill(wanting, el("div", { class: "panel-head" }, el("h2", { class: "list-title" }, jobs.length === 1 ? "One label needs someone" : `${jobs.length} labels need someone`), more), el("ul", { class: "wants" }, ...jobs.map((job) => want(job, changed))));
    } catch {
      // The banner tells of a lost connection; what is known stays.
    }
  };
  const changed = () => {
    void lookAtWanting();
    void latest.refresh();
    void running.look();
  };
  const all = () => {
    changed();
    void lookAtPrinters();
  };
  const timer = setInterval(() => void lookAtPrinters(), LOOK_EVERY_MS);
  context.signal.addEventListener("abort", () => clearInterval(timer));
  hearCalmly(context.signal, (event) => Boolean(event.print_job) || event.kind.startsWith("print_batch_") || event.kind.startsWith("printer_stock_") || event.alert?.kind === "printer", all, 500);
  all();
  void latest.restart();
  return el(
    "div",
    { class: "print-body" },
    wanting,
    section("Printers", printers),
    running.element,
    el("section", { class: "panel", "aria-label": "Latest jobs" }, el("div", { class: "panel-head" }, el("h2", { class: "list-title" }, "Latest"), el("a", { class: "link", href: address(["print", "history"]) }, "All of them")), latest.element),
  );
}

/**
 * A job that a person has to look after: what happened, and the answers as buttons.
 *
 * @param {PrintJob} job
 * @param {() => void} changed
 */
function want(job, changed) {
  const { tone } = STATES[job.state];
  const question = job.state === "unknown" ? `Look at ${job.printer}: did it come out?` : `${job.printer}: it did not print`;
  const line = el("p", { class: "want-why" });
  setText(line, job.fault ?? "");
  return el(
    "li",
    { class: "want", data: { tone } },
    el("div", { class: "want-what" }, el("p", { class: "want-chart" }, ...jobWhat(job), tag(`job ${job.id}`)), el("p", { class: "want-question" }, question), line, el("p", { class: "soft" }, "Asked ", times().element(job.requested_at, "ago"), job.batch ? ` · batch ${job.batch}, label ${job.position ?? "?"}` : "")),
    jobActions(job, changed, "want-actions"),
  );
}

/**
 * @param {string} title
 * @param {Node} body
 */
function section(title, body) {
  return el("section", { class: "bare", "aria-label": title }, el("h2", { class: "section-title" }, title), body);
}
