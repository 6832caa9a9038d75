/** What happened to a chart, newest first: who, where, which device, refusals included. */

/** @import { Context } from "../pages.js" */
/** @import { HistoryRow } from "../types.js" */
/** @typedef {{row: HistoryRow, earlier: HistoryRow[]}} Line one line of the timeline, and the steps that led to it */

import { get } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { emptyBlock, faultBlock } from "../parts/faults.js";
import { button, capital, icon, tag, words } from "../parts/icon.js";
import { times } from "../session.js";

const ROWS_A_PAGE = 50;

/**
 * @param {Context} context
 * @param {number} chart
 */
export function history(context, chart) {
  const timeline = el("ol", { class: "timeline" });
  const foot = el("div", { class: "pager-one" });
  /** @type {HistoryRow[]} */
  let rows = [];
  /** @type {string | null} */
  let next = null;

  const draw = () => {
    fill(timeline, ...folded(rows).map(eventNode));
    fill(foot, rows.length === 0 ? emptyBlock("Nothing has happened yet", "The first scan of this chart appears here.") : next ? button("Earlier", () => earlier()) : null);
  };
  /** @param {string | null} cursor */
  const read = (cursor) => get(`/api/v1/charts/${chart}/history`, { cursor, limit: ROWS_A_PAGE }, context.signal);
  const restart = async () => {
    if (rows.length === 0) fill(timeline, ...Array.from({ length: 4 }, () => el("li", { class: "skeleton", "aria-hidden": "true" }, el("span", { class: "bone line" }))));
    try {
      const answer = await read(null);
      rows = answer.rows;
      next = answer.next_cursor;
      draw();
    } catch (fault) {
      if (context.signal.aborted) return;
      fill(timeline);
      fill(foot, faultBlock(fault, () => void restart()));
    }
  };
  /** New rows go on top; what was opened further down stays. */
  const refresh = async () => {
    try {
      const answer = await read(null);
      const kept = new Set(answer.rows.map((/** @type {HistoryRow} */ row) => row.seq));
      const older = rows.filter((row) => !kept.has(row.seq));
      if (older.length === 0) next = answer.next_cursor;
      rows = [...answer.rows, ...older];
      draw();
    } catch {
      // What is shown stays; the banner tells of a lost connection.
    }
  };
  const earlier = async () => {
    try {
      const answer = await read(next);
      rows = [...rows, ...answer.rows];
      next = answer.next_cursor;
      draw();
    } catch (fault) {
      if (!context.signal.aborted) fill(foot, faultBlock(fault, () => void earlier()));
    }
  };
  return { element: el("div", {}, timeline, foot), restart, refresh };
}

/**
 * The steps of a print job as one line, where the newest of them stands.
 *
 * @param {HistoryRow[]} rows newest first
 * @returns {Line[]}
 */
function folded(rows) {
  /** @type {Map<number, Line>} */
  const jobs = new Map();
  /** @type {Line[]} */
  const lines = [];
  for (const row of rows) {
    const job = row.print_job ? jobs.get(row.print_job) : undefined;
    if (job) {
      job.earlier.push(row);
      continue;
    }
    const line = { row, earlier: [] };
    if (row.print_job) jobs.set(row.print_job, line);
    lines.push(line);
  }
  return lines;
}

/**
 * @param {HistoryRow[]} rows newest first
 */
function earlierSteps(rows) {
  if (rows.length === 0) return null;
  const say = times();
  const step = (/** @type {HistoryRow} */ row) => el("li", {}, capital(words(row.kind)), " · ", say.element(row.at, "when"), ` · #${row.seq}`);
  return el("details", { class: "event-steps soft" }, el("summary", {}, rows.length === 1 ? "1 earlier step" : `${rows.length} earlier steps`), el("ol", {}, ...rows.map(step)));
}

/** @param {Line} line */
function eventNode({ row, earlier }) {
  const say = times();
  const tone = row.tone ?? "plain";
  const nobody = row.actor?.startsWith("kiosk:");
  const who = nobody ? "nobody signed in" : row.withheld ? "who and where are withheld" : (row.actor_name ?? (row.actor ? actorText(row.actor) : "nobody signed in"));
  const where = row.kiosk_name ?? row.kiosk;
  const recordedLater = row.late && row.recorded_at !== row.at;
  return el(
    "li",
    { class: "event", data: { tone } },
    el("span", { class: "event-mark" }, icon(MARKS[tone] ?? "next")),
    el("div", { class: "event-time" }, say.element(row.at, "when")),
    el(
      "div",
      { class: "event-body" },
      el("p", {}, ...whatHappened(row)),
      el(
        "p",
        { class: "soft" },
        [who, where ? `at ${where}` : null, row.device ? `scanner ${row.device}` : null].filter(Boolean).join(" · "),
        row.rule ? el("span", { class: "rule", title: row.rule }, ` · ${ruleText(row.rule)}`) : null,
        recordedLater ? [" ", tag("late", "saved", `Recorded ${say.exact(row.recorded_at)}, after the kiosk was offline`)] : null,
      ),
      earlierSteps(earlier),
    ),
    el("span", { class: "event-seq soft", title: "Ledger entry" }, `#${row.seq}`),
  );
}

/**
 * The verb, heavy, then the rest; a text that begins with the verb does not say it twice.
 *
 * @param {HistoryRow} row
 */
function whatHappened(row) {
  const verb = row.tone === "refused" ? "Refused" : (VERBS[row.kind] ?? capital(words(row.kind)));
  const rest = row.print_job ? `job ${row.print_job}` : row.text && row.text !== verb ? row.text : (row.place_name ?? "");
  if (rest.startsWith(verb)) return [el("strong", {}, verb), rest.slice(verb.length)];
  return [el("strong", {}, verb), rest ? ` · ${rest}` : ""];
}

/** Kinds of entries whose own name says little of one chart. @type {Record<string, string>} */
const VERBS = { overdue_swept: "Became overdue", chart_corrected: "Registration changed" };

/** @type {Record<string, string>} */
const MARKS = { ok: "check", attention: "alerts", refused: "refused", plain: "next" };

/**
 * "staff:200124" to "badge 200124".
 *
 * @param {string} actor
 */
export function actorText(actor) {
  const [kind = "", name = ""] = actor.split(":");
  if (kind === "staff") return `badge ${name}`;
  if (kind === "system") return "Outguide itself";
  if (kind === "kiosk") return "nobody signed in";
  return kind === "user" ? name : `${kind} ${name}`;
}

/** @param {string} rule */
function ruleText(rule) {
  return words(rule.replace(/^refuse_when_/, ""));
}
