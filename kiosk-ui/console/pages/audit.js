/** Audit: the ledger's entries and the access log, for those who check on everybody else. */

/** @import { Context } from "../pages.js" */

import { get } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { emptyBlock } from "../parts/faults.js";
import { capital, tag, words } from "../parts/icon.js";
import { list } from "../parts/list.js";
import { beside, tabs } from "../parts/page.js";
import { address } from "../router.js";
import { times } from "../session.js";
import { actorText } from "./chart-history.js";

const ROWS_A_PAGE = 100;

/** Outcomes that an auditor should not have to look for. */
const BAD = ["refused", "failed", "denied", "wrong_password", "rate_limited"];

/**
 * @typedef {Record<string, any> & {seq: number, kind: string, actor: string}} Entry
 * @typedef {{seq: number, at: string, who: string, what: string, mrn: string | null, chart: number | null,
 *   reason: string | null, outcome: string, address: string | null}} Access
 */

/** @param {Context} context */
export function open(context) {
  const name = context.route.path[1] ?? "ledger";
  context.title(name === "access" ? "Access log" : "Ledger");
  return el(
    "div",
    { class: "page split" },
    el("header", { class: "page-head" }, el("h1", {}, "Audit"), tabs("Audit", [{ href: address(["audit", "ledger"]), text: "Ledger", current: name !== "access" }, { href: address(["audit", "access"]), text: "Access log", current: name === "access" }])),
    name === "access" ? accessLog(context) : ledger(context),
  );
}

/** @param {Context} context */
function ledger(context) {
  const panel = beside("Entry", () => {
    entries.mark(null);
    panel.close();
  });
  const entries = list(context, {
    label: "Ledger entries, newest first",
    columns: [
      { label: "Entry", name: "seq", cell: (/** @type {Entry} */ entry) => `#${entry.seq}` },
      { label: "What", name: "name", cell: (entry) => [capital(words(entry.kind)), entry["late"] ? tag("late", "saved") : null] },
      { label: "Recorded", name: "time", cell: (entry) => times().element(entry["recorded_at"] ?? entry["at"], "when") },
      { label: "Who", name: "where", cell: (entry) => whoText(entry) },
      { label: "Kiosk", name: "short", cell: (entry) => entry["kiosk"] || "–" },
      { label: "Device", name: "device", cell: (entry) => entry["device"] || "–" },
      { label: "Hash", name: "code", cell: (entry) => el("span", { class: "code", title: entry["hash"] }, String(entry["hash"] ?? "").slice(0, 12)) },
    ],
    keyOf: (entry) => entry.seq,
    onOpen: (entry) => {
      entries.mark(entry.seq);
      panel.open(`Entry #${entry.seq}`, entryDetail(entry));
      panel.focus();
    },
    load: (cursor, signal) => get("/api/v1/audit", { cursor, limit: ROWS_A_PAGE }, signal),
    empty: () => emptyBlock("The ledger is empty", "The first scan or change makes the first entry."),
  });
  void entries.restart();
  return el("div", { class: "split-body" }, el("section", { class: "panel grow", "aria-label": "Ledger" }, entries.element), panel.element);
}

/**
 * A badge may have been scanned by a program or an account elsewhere than at the kiosk.
 * @param {Entry} entry
 */
function whoText(entry) {
  const who = entry["actor_name"] ?? actorText(entry.actor);
  const by = entry["body"]?.scan?.submitted_by;
  return by ? `${who}, sent by ${actorText(by)}` : who;
}

/** @param {Record<string, any>} entry */
function entryDetail(entry) {
  const { body, ...columns } = entry;
  const list = el("dl", { class: "facts code-values" });
  fill(list, ...Object.entries(columns).filter(([, value]) => value !== null && value !== "" && typeof value !== "object").flatMap(([name, value]) => [el("dt", {}, words(name)), el("dd", {}, name.endsWith("_at") ? times().exact(value) : String(value))]));
  const parsed = typeof body === "string" ? parsedBody(body) : body;
  const chart = typeof entry["chart"] === "number" ? el("a", { class: "link", href: address(["charts", entry["chart"]]) }, `Chart ${entry["chart"]}`) : null;
  return el("div", { class: "detail" }, list, chart, parsed ? el("h3", {}, "Body") : null, parsed ? el("pre", { class: "body-json", tabindex: "0", "aria-label": "The entry's body" }, JSON.stringify(parsed, null, 2)) : null);
}

/** @param {string} text */
function parsedBody(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {Context} context */
function accessLog(context) {
  const panel = beside("Access", () => {
    rows.mark(null);
    panel.close();
  });
  const rows = list(context, {
    label: "Access log, newest first",
    columns: [
      { label: "When", name: "time", cell: (/** @type {Access} */ row) => times().element(row.at, "when") },
      { label: "Who", name: "where", cell: (row) => actorText(row.who) },
      { label: "What", name: "name", cell: (row) => [capital(words(row.what)), BAD.includes(row.outcome) ? tag(words(row.outcome), "refused") : null] },
      { label: "Chart", name: "short", cell: (row) => (row.chart ? el("a", { href: address(["charts", row.chart]) }, `chart ${row.chart}`) : (row.mrn ?? "–")) },
      { label: "Reason", cell: (row) => el("span", { class: "clip", title: row.reason }, row.reason ?? "–") },
      { label: "From", name: "device", cell: (row) => row.address ?? "–" },
    ],
    keyOf: (row) => row.seq,
    onOpen: (row) => {
      rows.mark(row.seq);
      panel.open("Access", entryDetail({ ...row }));
      panel.focus();
    },
    load: (cursor, signal) => get("/api/v1/access-log", { cursor, limit: ROWS_A_PAGE }, signal),
    empty: () => emptyBlock("Nobody has looked at anything yet", "Each sign-in, submitted search and opened chart is listed here."),
  });
  void rows.restart();
  return el("div", { class: "split-body" }, el("section", { class: "panel grow", "aria-label": "Access log" }, rows.element), panel.element);
}
