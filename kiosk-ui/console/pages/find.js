/** Find: a chart by number, name, MRN or code, answered while one types. What was typed stays out of the address. */

/** @import { Context } from "../pages.js" */
/** @import { ChartRow } from "../types.js" */

import { get } from "../../shared/api.js";
import { el, fill, setText } from "../../shared/dom.js";
import { volumeText } from "../../shared/format.js";
import { hearCalmly } from "../live.js";
import { emptyBlock } from "../parts/faults.js";
import { icon } from "../parts/icon.js";
import { list } from "../parts/list.js";
import { chartLabel } from "../parts/scans.js";
import { birthDate, dueCell, knownCell, number, personName, whereCell } from "../parts/where.js";
import { address, go } from "../router.js";
import { may } from "../session.js";

const TYPING_PAUSE_MS = 120;
const ROWS_A_PAGE = 50;

/** What was last searched for, so that going back from a chart finds the list again. In memory only. */
let lastText = "";
/** A scan that is on its way to this page. */
/** @type {string | null} */
let scan = null;
/** @type {(() => void) | null} */
let wake = null;

/**
 * A code was scanned anywhere in the console.
 *
 * @param {string} data
 */
export function takeScan(data) {
  scan = data;
  // Not by the address: Find is also what stands at the bare one.
  if (wake) wake();
  else go(address(["find"]));
}

/** @param {Context} context */
export function open(context) {
  const field = el("input", {
    id: "find-text",
    type: "search",
    class: "find-text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "MRN, name, chart number, or scan a label",
    "aria-label": "Find a chart by MRN, name, chart number or barcode",
    data: { focus: true },
  });
  field.value = lastText;
  const hint = el("p", { class: "hint", role: "status" });
  /** Is the next request a search that was submitted, or only typing? */
  let typing = true;
  let openSingle = false;

  const results = list(context, {
    label: "Charts found",
    columns: [
      { label: "Number", name: "number", cell: (/** @type {ChartRow} */ row) => number(row) },
      { label: "Name", name: "name", cell: (row) => [el("span", { class: "clip", title: personName(row.patient) }, personName(row.patient) || "name not shown")] },
      { label: "Born", name: "date", cell: (row) => birthDate(row.patient?.birth_date) },
      { label: "Volume", name: "vol", cell: (row) => volumeText(row) },
      { label: "Where", name: "where", cell: whereCell },
      { label: "How known", name: "known", cell: knownCell },
      { label: "Due", name: "due", cell: (row) => dueCell(row.due_at) },
    ],
    keyOf: (row) => row.number,
    hrefOf: (row) => address(["charts", row.number]),
    load: async (cursor, signal) => {
      const answer = await get("/api/v1/charts", { q: lastText, cursor, limit: ROWS_A_PAGE, typing: typing ? 1 : null }, signal);
      return /** @type {{rows: ChartRow[], next_cursor: string | null}} */ (answer);
    },
    empty: () => emptyBlock("No chart found", advice(lastText), may("records") ? el("a", { class: "button", href: address(["records", "patients"]) }, icon("add"), "Add a patient") : null),
    onRows: (rows) => {
      setText(hint, rows.length === 0 ? "" : typing ? `${rows.length === ROWS_A_PAGE ? `The best ${ROWS_A_PAGE}` : rows.length} found while typing. Enter searches; ↓ goes to the rows.` : `${rows.length} found.`);
      if (typing || !openSingle) return;
      openSingle = false;
      const single = rows.length === 1 ? rows[0] : undefined;
      // Which issue of its label was scanned: the chart's page says when a newer one is on the chart.
      const label = chartLabel(field.value);
      if (single) go(address(["charts", single.number], { label: label?.chart === single.number ? label.issue : null }));
      else if (rows.length > 1) requestAnimationFrame(() => results.focusFirst());
    },
    onLeaveUp: () => field.focus(),
  });

  const start = el("div", { class: "find-start" });
  fill(start, ...startHints());

  /** @param {boolean} asTyping */
  const search = (asTyping) => {
    typing = asTyping;
    lastText = field.value.trim();
    start.hidden = lastText !== "";
    results.element.hidden = lastText === "";
    if (lastText === "") {
      results.clear();
      setText(hint, "");
    } else void results.restart();
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(true), TYPING_PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(timer);
      openSingle = true;
      search(false);
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      results.focusFirst();
    } else if (event.key === "/" && field.value === "") {
      event.preventDefault(); // it leads here, and one is here
    } else if (event.key === "Escape" && field.value !== "") {
      event.preventDefault();
      field.value = "";
      search(true);
    }
  });
  context.signal.addEventListener("abort", () => clearTimeout(timer));

  const arrive = () => {
    const data = scan;
    scan = null;
    if (data === null) return;
    clearTimeout(timer);
    field.value = data;
    openSingle = true;
    search(false);
  };
  wake = arrive;
  context.signal.addEventListener("abort", () => {
    if (wake === arrive) wake = null;
  });
  hearCalmly(context.signal, (event) => results.rows().some((row) => row.number === event.chart), () => void results.refresh());

  if (scan !== null) arrive();
  else search(true);
  return el("div", { class: "page find" }, el("header", { class: "find-head" }, el("h1", { class: "only-read-aloud" }, "Find"), el("label", { class: "find-box" }, icon("find"), field), hint), start, results.element);
}

/** @param {string} text */
function advice(text) {
  if (chartLabel(text)) return "This label is of no chart that is known here. Was it printed by another hospital, or before a restore? Try the number or the name.";
  return /^\d+$/.test(text.replaceAll("-", ""))
    ? "Check the digits: neighbours are often swapped, and 1 and 7 look alike. Or try the name."
    : "Try fewer letters, the family name first, or the MRN.";
}

function startHints() {
  /** @type {[string, string][]} */
  const ways = [
    ["123456", "an MRN, with or without dashes"],
    ["osei am", "parts of family and given name"],
    ["scan", "a folder label or an outguide: its chart opens"],
  ];
  return [
    el("p", { class: "state-title" }, "Type or scan"),
    el("dl", { class: "keys" }, ...ways.flatMap(([key, text]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, text)])),
  ];
}
