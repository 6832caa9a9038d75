/** Every scanner, printer and kiosk's computer at a glance: what needs someone first, each number live. */

/** @import { Context } from "../pages.js" */
/** @import { Ailing, DeviceHealth } from "../parts/device-words.js" */

import { get } from "../../shared/api.js";
import { el, fill, setText } from "../../shared/dom.js";
import { hearCalmly, hearDevices } from "../live.js";
import { rowsOf } from "../parts/device-words.js";
import { emptyBlock, faultBlock } from "../parts/faults.js";
import { simulatedTag, tag } from "../parts/icon.js";
import { address } from "../router.js";
import { may, times } from "../session.js";

/** Counts change without an event, and a technician hears of no entries: so it is also asked. */
const LOOK_EVERY_MS = 2_500;
/** After a change of a scanner, at once; of several, together. */
const PAUSE_MS = 200;
const BONES = 5;

/** @type {{label: string, name: string, title: string}[]} */
const COLUMNS = [
  { label: "Device", name: "name", title: "Its id, and what it is" },
  { label: "Kiosk and place", name: "where", title: "Whose it is" },
  { label: "State", name: "state", title: "How it is, and since when" },
  { label: "Last scan", name: "time", title: "The last one that is known" },
  { label: "Last hour", name: "hour", title: "Scans in the last 60 minutes, and how many are usual: as many as three of the last four weeks had at this time" },
  { label: "No-reads", name: "count", title: "How often it saw no code, since it was started" },
  { label: "Echoes", name: "count", title: "The same code again at once, since it was started: written down, and nothing done" },
  { label: "Reconnects", name: "back", title: "How often it came back after it was gone, since it was started" },
  { label: "Battery", name: "count", title: "Where it tells" },
];

/** @param {Context} context */
export function open(context) {
  const summary = el("p", { class: "health-summary", role: "status" });
  const field = el("input", { type: "search", class: "filter", "aria-label": "Find a device", placeholder: "Device, kiosk or place", autocomplete: "off", data: { focus: true } });
  const state = el("div");
  const ailing = group("Need someone", "What cannot be scanned or printed, or may soon not be.");
  const well = group("In order", "");
  fill(state, ...Array.from({ length: BONES }, () => el("p", { class: "bone line" })));
  for (const { section } of [ailing, well]) section.hidden = true;
  /** @type {Ailing[] | null} */
  let rows = null;

  const draw = () => {
    if (rows === null) return;
    const sought = field.value.trim().toLocaleLowerCase();
    const shown = rows.filter((row) => sought === "" || row.sought.toLocaleLowerCase().includes(sought));
    ailing.draw(shown.filter((row) => row.tone !== "ok"));
    well.draw(shown.filter((row) => row.tone === "ok"));
    setText(summary, summaryOf(rows));
    if (rows.length === 0) fill(state, emptyBlock("There are no devices yet", "Add a [[scanner]] or a [[printer]] to outguide.toml, or a kiosk under Kiosks."));
    else if (shown.length === 0) fill(state, emptyBlock("No device fits", "Try fewer letters."));
    else fill(state);
  };
  let asked = false;
  const look = async () => {
    // A slow answer is waited for: another question would only make it slower.
    if (asked) return;
    asked = true;
    try {
      rows = rowsOf(/** @type {DeviceHealth} */ (await get("/api/v1/device-health", {}, context.signal)));
      draw();
    } catch (fault) {
      if (context.signal.aborted) return;
      if (rows === null) fill(state, faultBlock(fault, () => void look()));
    } finally {
      asked = false;
    }
  };
  field.addEventListener("input", draw);
  void look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  context.signal.addEventListener("abort", () => clearInterval(timer));
  hearDevices(context.signal, () => void look(), PAUSE_MS);
  hearCalmly(context.signal, (event) => event.alert?.kind === "device" || event.alert?.kind === "printer" || event.kind.startsWith("printer_stock_") || event.kind.startsWith("kiosk_"), () => void look(), PAUSE_MS);
  return el("div", { class: "health" }, el("div", { class: "health-head" }, summary, field), state, ailing.section, well.section);
}

/** @param {Ailing[]} rows */
function summaryOf(rows) {
  const ailing = rows.filter(({ tone }) => tone !== "ok").length;
  if (rows.length === 0) return "";
  if (ailing === 0) return rows.length === 1 ? "The one device is in order." : `All ${rows.length} are in order.`;
  return `${ailing} of ${rows.length} ${ailing === 1 ? "needs" : "need"} someone.`;
}

/**
 * One table; a row that is as it was is left alone, so that nothing that is read or pointed at is torn away.
 *
 * @param {string} title
 * @param {string} means
 */
function group(title, means) {
  const count = el("span", { class: "count plain" });
  const body = el("tbody");
  const heads = COLUMNS.map(({ label, name, title: hint }) => el("th", { scope: "col", title: hint, data: { column: name } }, label));
  const section = el(
    "section",
    { class: "panel group" },
    el("header", { class: "panel-head" }, el("h2", { class: "list-title" }, title, " ", count), el("p", { class: "soft" }, means)),
    el("table", { class: "rows", "aria-label": title }, el("thead", {}, el("tr", {}, ...heads)), body),
  );
  /** @type {Map<string, {text: string, node: HTMLTableRowElement}>} */
  let shown = new Map();
  return {
    section,
    /** @param {Ailing[]} rows */
    draw: (rows) => {
      const before = shown;
      shown = new Map();
      for (const row of rows) {
        const text = JSON.stringify(row);
        const old = before.get(row.key);
        shown.set(row.key, old?.text === text ? old : { text, node: rowNode(row) });
      }
      const nodes = [...shown.values()].map(({ node }) => node);
      if (nodes.length !== body.children.length || nodes.some((node, at) => body.children[at] !== node)) body.replaceChildren(...nodes);
      section.hidden = rows.length === 0;
      setText(count, String(rows.length));
    },
  };
}

/** @param {Ailing} row */
function rowNode(row) {
  const say = times();
  const none = () => el("span", { class: "soft", title: "Does not apply" }, "–");
  /** @param {number | null | undefined} number null: it does not tell; undefined: that is nothing it could tell */
  const number = (number) => (number === undefined ? none() : number === null ? el("span", { class: "soft" }, "not told") : String(number));
  const since = row.since ? [el("span", { class: "soft" }, " since ", say.element(row.since, "when"))] : [];
  const alert = row.alert !== null && may("viewer") ? [" ", el("a", { class: "link", href: address(["alerts"], { id: row.alert }) }, "Open the alert")] : [];
  const usual = row.usual ? el("span", { class: "soft" }, row.hour === null ? `${row.usual} usual` : ` of ${row.usual} usual`) : null;
  const hour = row.hour === undefined ? [none()] : [row.hour === null && usual ? null : number(row.hour), usual];
  const last = row.last === undefined ? [none()] : [row.last ? say.element(row.last, "ago") : el("span", { class: "soft" }, "none known")];
  /** @type {Record<string, (Node | string | null)[]>} */
  const cells = {
    Device: [el("span", { class: "health-name" }, row.name), " ", el("span", { class: "soft" }, row.what), row.simulated ? simulatedTag() : null],
    "Kiosk and place": [el("span", {}, row.kiosk), row.place && row.place !== row.kiosk ? el("span", { class: "soft" }, ` · ${row.place}`) : null],
    State: [tag(row.state, row.quiet ? "plain" : row.tone), ...since, ...(row.detail || alert.length > 0 ? [el("p", { class: "hint" }, row.detail ?? "", ...alert)] : [])],
    "Last scan": last,
    "Last hour": hour,
    "No-reads": [number(row.noReads)],
    Echoes: [number(row.echoes)],
    Reconnects: [number(row.reconnects)],
    Battery: [row.battery === undefined ? none() : row.battery === null ? number(null) : el("span", { class: row.lowBattery ? "late" : "" }, `${row.battery} %`)],
  };
  return el("tr", { data: { key: row.key, tone: row.tone } }, ...COLUMNS.map(({ label, name }) => el("td", { data: { column: name } }, ...(cells[label] ?? []))));
}
