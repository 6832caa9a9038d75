/** Alerts: grouped by what must be done now, one opened beside the list. */

/** @import { Context } from "../pages.js" */
/** @import { AlertKind, AlertRow } from "../types.js" */

import { get } from "../../shared/api.js";
import { el, fill, setText } from "../../shared/dom.js";
import { hearCalmly } from "../live.js";
import { KINDS, chartOf } from "../parts/alert-words.js";
import { emptyBlock, faultBlock } from "../parts/faults.js";
import { button, capital, tag, words } from "../parts/icon.js";
import { list } from "../parts/list.js";
import { beside, head } from "../parts/page.js";
import { number, personName } from "../parts/where.js";
import { address, here, replace } from "../router.js";
import { me, times } from "../session.js";
import { alertDetail } from "./alert-detail.js";

/** @typedef {"now" | "mine" | "nobody" | "later" | "done"} Show */

const ROWS_A_GROUP = 50;
/** @type {AlertKind[]} what to do first stands first */
const ORDER = ["missing", "discrepancy", "overdue", "device", "printer", "service", "system"];
/** @type {[Show, string][]} */
const SHOWS = [
  ["now", "To do now"],
  ["mine", "Mine"],
  ["nobody", "Nobody’s"],
  ["later", "Snoozed"],
  ["done", "Resolved"],
];

/** @param {Context} context */
export function open(context) {
  let show = showOf(context.route.params.get("show"));
  let id = context.route.params.get("id");
  const panel = beside("Alert", () => replace(addressOf(show, null)));
  const groups = el("div", { class: "groups" });
  const nothing = el("div");
  const chips = el("div", { class: "chips", role: "group", "aria-label": "Which alerts" });
  /** @type {{kind: AlertKind, table: ReturnType<typeof list<AlertRow>>, section: HTMLElement}[]} */
  let tables = [];
  /** Which groups have answered, and with how many rows. */
  /** @type {Map<AlertKind, number>} */
  let counted = new Map();

  const drawChips = () => fill(chips, ...SHOWS.map(([name, label]) => el("button", { type: "button", class: "chip", "aria-pressed": String(name === show), on: { click: () => replace(addressOf(name, null)) } }, label)));

  const build = () => {
    counted = new Map();
    fill(nothing);
    tables = ORDER.map((kind) => groupOf(context, kind, show, {
      open: (alert) => replace(addressOf(show, String(alert.id))),
      counted: (count) => {
        counted.set(kind, count);
        const all = [...counted.values()];
        fill(nothing, counted.size === tables.length && all.every((one) => one === 0) ? emptyFor(show) : null);
      },
    }));
    fill(groups, ...tables.map(({ section }) => section));
    for (const { table } of tables) void table.restart();
  };

  const openBeside = async () => {
    for (const { table } of tables) table.mark(id);
    if (!id) return panel.close();
    const wanted = id;
    const row = tables.flatMap(({ table }) => table.rows()).find((alert) => String(alert.id) === id);
    try {
      const alert = row && (row.notes !== undefined) ? row : /** @type {AlertRow} */ (await get(`/api/v1/alerts/${id}`, {}, context.signal));
      if (wanted !== id || context.signal.aborted) return;
      panel.open(capital(alert.kind), alertDetail(alert, () => void look()));
    } catch (fault) {
      if (context.signal.aborted) return;
      if (row) panel.open(capital(row.kind), alertDetail(row, () => void look()));
      else panel.open("Alert", faultBlock(fault, () => void openBeside()));
    }
  };
  const look = async () => {
    await Promise.all(tables.map(({ table }) => table.refresh()));
    if (id && !document.activeElement?.closest(".beside textarea, .beside input")) await openBeside();
  };

  context.onRoute((route) => {
    const before = show;
    const opened = id;
    show = showOf(route.params.get("show"));
    id = route.params.get("id");
    drawChips();
    if (before !== show) build();
    void openBeside().then(() => {
      if (id && id !== opened) panel.focus();
      else if (!id && opened) /** @type {HTMLElement | null} */ (groups.querySelector(`tr[data-key="${CSS.escape(opened)}"] .opener`))?.focus();
    });
  });
  hearCalmly(context.signal, (event) => event.alert !== null && event.alert !== undefined, () => void look());
  drawChips();
  build();
  void openBeside();
  return el("div", { class: "page split alerts" }, head("Alerts", chips), el("div", { class: "split-body" }, el("div", { class: "grow scroll" }, groups, nothing), panel.element));
}

/**
 * @param {Show} show
 * @param {string | null} id
 */
function addressOf(show, id) {
  return address(["alerts"], { show: show === "now" ? null : show, id });
}

/** @param {string | null} word @returns {Show} */
function showOf(word) {
  return SHOWS.find(([name]) => name === word)?.[0] ?? "now";
}

/**
 * @param {Context} context
 * @param {AlertKind} kind
 * @param {Show} show
 * @param {{open: (alert: AlertRow) => void, counted: (count: number) => void}} act
 */
function groupOf(context, kind, show, act) {
  const count = el("span", { class: "count plain" });
  /** @type {import("../parts/list.js").Column<AlertRow>[]} */
  const columns = ["device", "printer", "service", "system"].includes(kind) ? thingColumns : chartColumns(kind);
  const table = list(context, {
    label: `${KINDS[kind].title}: ${kind} alerts`,
    columns,
    keyOf: (alert) => alert.id,
    onOpen: act.open,
    load: (cursor, signal) => read(kind, show, cursor, signal),
    empty: () => document.createComment("no rows"),
    onRows: (rows) => {
      section.hidden = rows.length === 0;
      setText(count, rows.length === ROWS_A_GROUP ? `${rows.length}+` : String(rows.length));
      act.counted(rows.length);
      table.mark(here().params.get("id"));
    },
  });
  const section = el(
    "section",
    { class: "panel group", data: { kind } },
    el("header", { class: "panel-head" }, el("h2", { class: "list-title" }, show === "done" ? capital(kind) : KINDS[kind].title, " ", count), el("p", { class: "soft" }, show === "done" ? "" : KINDS[kind].todo)),
    table.element,
  );
  return { kind, table, section };
}

/**
 * @param {AlertKind} kind
 * @param {Show} show
 * @param {string | null} cursor
 * @param {AbortSignal} signal
 */
function read(kind, show, cursor, signal) {
  const which = {
    now: { snoozed: false },
    mine: { owner: me().user },
    nobody: { snoozed: false, unowned: true },
    later: { state: "snoozed" },
    done: { state: "resolved" },
  }[show];
  return get("/api/v1/alerts", { kind, ...which, cursor, limit: ROWS_A_GROUP }, signal);
}

/**
 * @param {AlertKind} kind
 * @returns {import("../parts/list.js").Column<AlertRow>[]}
 */
function chartColumns(kind) {
  return [
    { label: "Number", name: "number-vol", cell: (alert) => chartCell(alert) },
    { label: "Name", name: "name", cell: (alert) => [el("span", { class: "clip", title: personName(patientOf(alert)) }, personName(patientOf(alert)))] },
    { label: kind === "missing" ? "Last known" : "Place", name: "where", cell: (alert) => alert.place_name ?? alert.place ?? "unknown" },
    { label: kind === "overdue" ? "Due" : "Since", name: "time", cell: (alert) => (kind === "overdue" ? el("span", { class: "late" }, times().element(alert.due_at, "due")) : times().element(alert.opened_at, "ago")) },
    ownerColumn,
  ];
}

/** @type {import("../parts/list.js").Column<AlertRow>} */
const ownerColumn = { label: "Owner", name: "owner", cell: (alert) => stateCell(alert) };

/** @type {import("../parts/list.js").Column<AlertRow>[]} */
const thingColumns = [
  { label: "What", name: "name", cell: (alert) => words(alert.subject) || capital(alert.kind) },
  { label: "Place", name: "where", cell: (alert) => alert.place_name ?? alert.place ?? "–" },
  { label: "Since", name: "time", cell: (alert) => times().element((alert.kind === "device" ? alert.due_at : null) ?? alert.opened_at, "ago") },
  ownerColumn,
];

/** @param {AlertRow} alert */
function chartCell(alert) {
  const chart = chartOf(alert);
  return chart ? [number(chart), el("span", { class: "soft" }, ` vol ${chart.volume}`)] : `chart ${alert.chart ?? "unknown"}`;
}

/** @param {AlertRow} alert */
function patientOf(alert) {
  return chartOf(alert)?.patient ?? null;
}

/** @param {AlertRow} alert */
function stateCell(alert) {
  if (alert.state === "resolved") return [words(alert.resolution) || "resolved"];
  if (alert.state === "snoozed") return ["until ", times().element(alert.snoozed_until, "when")];
  return [alert.owner ? el("span", { class: alert.owner === me().user ? "mine" : "" }, alert.owner === me().user ? "me" : alert.owner) : tag("nobody")];
}

/** @param {Show} show */
function emptyFor(show) {
  if (show === "mine") return emptyBlock("Nothing is yours", "Take an alert from To do now.", button("To do now", () => replace(addressOf("now", null))));
  if (show === "later") return emptyBlock("Nothing is snoozed", "A snoozed alert comes back by itself at the time you chose.");
  if (show === "done") return emptyBlock("Nothing was resolved yet", "Returned, found and closed alerts are kept here.");
  if (show === "nobody") return emptyBlock("Everything is somebody’s", "Each alert that is not snoozed has someone who looks after it.");
  return emptyBlock("Nothing to do now", "New alerts appear here by themselves, and snoozed ones when their time comes.");
}
