/** Out now: how many charts are out at each place, live, and which ones. */

/** @import { Context } from "../pages.js" */
/** @import { ChartRow, OutSummary } from "../types.js" */

import { get } from "../../shared/api.js";
import { el, fill, setText } from "../../shared/dom.js";
import { volumeText } from "../../shared/format.js";
import { hearCalmly } from "../live.js";
import { emptyBlock, faultBlock } from "../parts/faults.js";
import { icon } from "../parts/icon.js";
import { list, moveByKey } from "../parts/list.js";
import { head } from "../parts/page.js";
import { dueCell, knownCell, number, personName } from "../parts/where.js";
import { address, here, replace } from "../router.js";
import { may, times } from "../session.js";

const ROWS_A_PAGE = 100;

/** @typedef {"out" | "overdue" | "name"} Sort */

/** @param {Context} context */
export function open(context) {
  let place = context.route.path[1] ?? null;
  /** @type {Sort} */
  let sort = sortOf(context.route.params.get("sort"));
  let onlyLate = context.route.params.get("only") === "overdue";
  const totals = el("p", { class: "totals", "aria-live": "off" });
  const title = el("h2", { class: "list-title" });

  const charts = list(context, {
    label: "Charts that are out",
    columns: [
      { label: "Number", name: "number-vol", cell: (/** @type {ChartRow} */ row) => [number(row), el("span", { class: "soft" }, ` ${volumeText(row)}`)] },
      { label: "Name", name: "name", cell: (row) => [el("span", { class: "clip", title: personName(row.patient) }, personName(row.patient))] },
      { label: "Where", name: "where", cell: (row) => whereLines(row, place !== null) },
      { label: "Out since", name: "time", cell: (row) => times().element(row.out_since, "when") },
      { label: "How known", name: "known", cell: knownCell },
      { label: "Due", name: "due", cell: (row) => dueCell(row.due_at) },
    ],
    keyOf: (row) => row.number,
    hrefOf: (row) => address(["charts", row.number]),
    load: (cursor, signal) => get("/api/v1/out", { place, cursor, limit: ROWS_A_PAGE, overdue: onlyLate ? true : null }, signal),
    empty: () => (onlyLate ? emptyBlock("Nothing is overdue here", "Charts appear here when their due time passes.") : emptyBlock("Nothing is out here", "Charts appear here when they are checked out at a kiosk.")),
  });

  const summary = summaryTable({
    choose: (code) => replace(addressOf(code, sort, onlyLate)),
    sortBy: (by) => replace(addressOf(place, by, onlyLate)),
  });
  const showRoute = () => {
    summary.mark(place, sort);
    setText(title, place ? summary.nameOf(place) : "All places");
    charts.element.toggleAttribute("data-one-place", place !== null);
    late.setAttribute("aria-pressed", String(onlyLate));
  };
  const late = el("button", { type: "button", class: "button", on: { click: () => replace(addressOf(place, sort, !onlyLate)) } }, "Only overdue");

  const look = async () => {
    try {
      const { rows } = /** @type {{rows: OutSummary[]}} */ (await get("/api/v1/out/summary", {}, context.signal));
      summary.show(rows, sort);
      const out = rows.reduce((sum, row) => sum + row.out, 0);
      const overdue = rows.reduce((sum, row) => sum + row.overdue, 0);
      fill(totals, el("strong", {}, String(out)), " out · ", el("strong", { class: overdue > 0 ? "late" : "" }, String(overdue)), " overdue");
      showRoute();
    } catch (fault) {
      if (!context.signal.aborted) summary.fail(fault, () => void look());
    }
  };

  context.onRoute((route) => {
    const before = `${place} ${onlyLate}`;
    place = route.path[1] ?? null;
    sort = sortOf(route.params.get("sort"));
    onlyLate = route.params.get("only") === "overdue";
    summary.sort(sort);
    showRoute();
    if (before !== `${place} ${onlyLate}`) void charts.restart();
  });
  // Where places are withheld, any may be meant. A chart that is retired is out nowhere, and goes nowhere.
  const concerned = (/** @type {import("../types.js").LedgerEvent} */ event) => !event.places || event.places.length > 0 || event.kind === "chart_corrected";
  hearCalmly(context.signal, concerned, () => {
    void look();
    void charts.refresh();
  });
  void look();
  void charts.restart();
  showRoute();
  const downtime = !may("supervisor") ? null : el("a", { class: "button", href: "/api/v1/downtime-list.pdf", target: "_blank", rel: "noopener" }, icon("document"), "Downtime list (PDF)");
  return el(
    "div",
    { class: "page split out" },
    head("Out now", totals, downtime),
    el("div", { class: "split-body" }, el("section", { class: "panel summary", "aria-label": "By place" }, summary.element), el("section", { class: "panel grow" }, el("div", { class: "panel-head" }, title, late), charts.element)),
  );
}

/**
 * The place, and below it who has the chart there; of one place only who.
 *
 * @param {ChartRow} row
 * @param {boolean} ofOnePlace
 */
function whereLines(row, ofOnePlace) {
  const place = row.withheld ? "Withheld" : (row.place_name ?? row.place ?? "unknown");
  const who = row.holder_name ?? (ofOnePlace ? "nobody in particular" : null);
  return [ofOnePlace ? null : el("span", { class: "clip" }, place), who ? el("span", { class: "clip soft", title: who }, who) : null];
}

/**
 * @param {string | null} place
 * @param {Sort} sort
 * @param {boolean} onlyLate
 */
function addressOf(place, sort, onlyLate) {
  return address(place ? ["out", place] : ["out"], { sort: sort === "out" ? null : sort, only: onlyLate ? "overdue" : null });
}

/** @param {string | null} word @returns {Sort} */
function sortOf(word) {
  return word === "overdue" || word === "name" ? word : "out";
}

/**
 * The places: numbers change in place; rows move only when asked.
 *
 * @param {{choose: (code: string | null) => void, sortBy: (by: Sort) => void}} options
 */
function summaryTable({ choose, sortBy }) {
  const body = el("tbody");
  const state = el("div");
  /** @type {Map<string, {row: OutSummary, node: HTMLTableRowElement, cells: HTMLElement[]}>} */
  const known = new Map();
  /** @param {Sort} by @param {string} label @param {string} column */
  const heading = (by, label, column) => el("th", { scope: "col", data: { column, by } }, el("button", { type: "button", class: "sorter", on: { click: () => sortBy(by) } }, label));
  const headings = [heading("name", "Place", "name"), heading("out", "Out", "count"), heading("overdue", "Overdue", "count")];
  const all = el("button", { type: "button", class: "button quiet", on: { click: () => choose(null) } }, "All places");
  const table = el("table", { class: "rows", "aria-label": "Charts out by place" }, el("thead", {}, el("tr", {}, ...headings, el("th", { scope: "col", data: { column: "time" } }, "Oldest"))), body);
  table.addEventListener("keydown", (event) => moveByKey(event, body, undefined));
  fill(state, ...Array.from({ length: 6 }, () => el("span", { class: "bone line" })));

  /** @param {OutSummary} row */
  const add = (row) => {
    const opener = el("button", { type: "button", class: "opener", on: { click: () => choose(here().path[1] === row.place ? null : row.place) } }, row.place_name ?? row.place);
    const cells = [el("td", { data: { column: "count" } }), el("td", { data: { column: "count" } }), el("td", { data: { column: "time" } })];
    const node = el("tr", { data: { key: row.place } }, el("td", {}, opener), ...cells);
    node.addEventListener("click", (event) => {
      if (!(/** @type {Element} */ (event.target).closest("button"))) opener.click();
    });
    const entry = { row, node, cells };
    known.set(row.place, entry);
    return entry;
  };

  /** @param {Sort} by */
  const sort = (by) => {
    const entries = [...known.values()].sort((a, b) => (by === "name" ? 0 : b.row[by] - a.row[by]) || (a.row.place_name ?? a.row.place).localeCompare(b.row.place_name ?? b.row.place));
    if (entries.some(({ node }, at) => body.children[at] !== node)) body.replaceChildren(...entries.map(({ node }) => node));
  };

  return {
    element: el("div", { class: "list" }, el("div", { class: "panel-head" }, el("h2", { class: "list-title" }, "By place"), all), el("div", { class: "list-scroll" }, table), state),
    /** @param {OutSummary[]} rows @param {Sort} by */
    show: (rows, by) => {
      fill(state, rows.length === 0 ? emptyBlock("Nothing is out", "Every chart is where it is filed.") : null);
      const first = known.size === 0;
      const seen = new Set(rows.map((row) => row.place));
      for (const row of [...rows, ...[...known.values()].filter(({ row: old }) => !seen.has(old.place)).map(({ row: old }) => ({ ...old, out: 0, overdue: 0, oldest: null }))]) {
        const entry = known.get(row.place) ?? add(row);
        entry.row = row;
        const [out, overdue, oldest] = entry.cells;
        if (out) setText(out, String(row.out));
        if (overdue) {
          setText(overdue, row.overdue === 0 ? "–" : String(row.overdue));
          overdue.classList.toggle("late", row.overdue > 0);
        }
        if (oldest) fill(oldest, row.oldest ? times().element(row.oldest, "ago") : "–");
        if (!entry.node.isConnected) body.append(entry.node);
      }
      if (first) sort(by);
    },
    sort,
    /** @param {unknown} fault @param {() => void} again */
    fail: (fault, again) => {
      if (known.size === 0) fill(state, faultBlock(fault, again));
    },
    /** @param {string | null} place @param {Sort} by */
    mark: (place, by) => {
      all.hidden = place === null;
      for (const [code, { node }] of known) node.toggleAttribute("aria-current", code === place);
      for (const [code, { node }] of known) if (code === place) node.setAttribute("aria-current", "true");
      for (const th of headings) th.setAttribute("aria-sort", th.dataset["by"] === by ? (by === "name" ? "ascending" : "descending") : "none");
    },
    /** @param {string} code */
    nameOf: (code) => known.get(code)?.row.place_name ?? code,
  };
}
