/** Devices in words: what is the matter with each, and which need someone first. */

/** @import { AgentRow, Printer } from "../types.js" */

import { times } from "../session.js";
import { words } from "./icon.js";
import { printerState } from "./print-words.js";

/** A battery that lasts no shift any more, in percent. */
const BATTERY_LOW = 20;

/**
 * @typedef {object} Whereabouts
 * @property {string} [kiosk_name] missing where its kiosk is not known
 * @property {string} [place]
 * @property {string | null} [place_name]
 * @property {boolean} [kiosk_active]
 *
 * @typedef {object} Past
 * @property {number} usual_an_hour
 * @property {string | null} silent_since
 * @property {number | null} silence_alert
 *
 * @typedef {object} Scanner
 * @property {string} id
 * @property {string} kiosk
 * @property {string} lane
 * @property {string} transport
 * @property {boolean} simulated
 * @property {string} state
 * @property {string | null} detail
 * @property {string} since
 * @property {string | null} last_scan_at
 * @property {number} echoes
 * @property {number} scans_last_hour
 * @property {number} no_reads
 * @property {boolean} [tells_no_reads]
 * @property {number} reconnects
 * @property {number | null} battery_percent
 * @property {number} errors
 * @property {number} waiting
 * @property {boolean} at_computer
 *
 * @typedef {object} Page
 * @property {string} kiosk
 * @property {string | null} last_scan_at
 *
 * @typedef {object} DeviceHealth
 * @property {string} at
 * @property {(Scanner & Whereabouts & Past)[]} scanners
 * @property {(Page & Whereabouts & Past)[]} pages
 * @property {(Printer & {place_name?: string | null, kiosks: string[]})[]} printers
 * @property {(AgentRow & Whereabouts)[]} computers
 *
 * One line of the page. A number that is null is not told by the device; one that is undefined it could not tell.
 *
 * @typedef {object} Ailing
 * @property {string} key
 * @property {string} name
 * @property {string} what
 * @property {string} kiosk
 * @property {string | null} place
 * @property {string} state
 * @property {"ok" | "attention" | "refused" | "plain"} tone
 * @property {string | null} since
 * @property {string | null} detail
 * @property {number | null} alert
 * @property {boolean} simulated
 * @property {string | null} [last]
 * @property {number | null} [hour]
 * @property {number | null} [usual]
 * @property {number | null} [noReads]
 * @property {number | null} [echoes]
 * @property {number | null} [reconnects]
 * @property {number | null} [battery]
 * @property {boolean} [lowBattery]
 * @property {boolean} [quiet] it is in order as far as anybody can know
 * @property {string} sought what the search looks through
 */

/** What hinders comes before what may, and what is only not known. */
const RANK = { refused: 0, attention: 1, plain: 2, ok: 3 };
/** A device whose computer does not tell of it any more: how it is, nobody knows. */
const NOT_HEARD = "unknown, not heard";
/** "ward-2" before "ward-10". */
const byWords = new Intl.Collator(undefined, { numeric: true }).compare;

/**
 * Every device, the worst first, then by kiosk.
 *
 * @param {DeviceHealth} health
 * @returns {Ailing[]}
 */
export function rowsOf({ scanners, pages, printers, computers }) {
  const rows = [...scanners.map(scannerRow), ...pages.map(pageRow), ...printers.map(printerRow), ...computers.map(computerRow)];
  for (const row of rows) row.sought = [row.name, row.what, row.kiosk, row.place, row.state].join(" ");
  return rows.sort((a, b) => RANK[a.tone] - RANK[b.tone] || byWords(a.kiosk, b.kiosk) || byWords(a.name, b.name));
}

/** @param {Whereabouts & {kiosk: string}} of */
const whereOf = (of) => ({ kiosk: of.kiosk_name ?? `${of.kiosk} (not known here)`, place: of.place_name ?? of.place ?? null });

/**
 * What is the matter with a scanner that answers, the gravest first.
 *
 * @param {Scanner & Past} scanner
 * @returns {{state: string, since: string | null, detail: string | null} | null}
 */
function ails({ silent_since, usual_an_hour, battery_percent, waiting, errors }) {
  if (silent_since) return { state: "silent", since: silent_since, detail: usual_an_hour > 0 ? `${usual_an_hour} scans or more are usual in this hour. Try it.` : "Scans were usual when it fell silent. Try it." };
  if (battery_percent !== null && battery_percent <= BATTERY_LOW) return { state: "battery low", since: null, detail: "Charge it, or change its battery." };
  if (waiting > 0 && errors > 0) return { state: "scans wait", since: null, detail: null };
  return null;
}

/** @param {Scanner & Whereabouts & Past} scanner @returns {Ailing} */
function scannerRow(scanner) {
  const inactive = scanner.kiosk_active === false;
  const ready = scanner.state === "ready";
  const ail = ready && !inactive ? ails(scanner) : null;
  const faults = scanner.errors > 0 ? `${scanner.errors === 1 ? "1 fault" : `${scanner.errors} faults`} since it was started: garbled, cut off or not taken.` : null;
  const trying = scanner.state === "connecting";
  return {
    key: `scanner ${scanner.kiosk} ${scanner.id}`,
    name: scanner.id,
    what: ["scanner", scanner.lane ? `${scanner.lane} lane` : "", scanner.at_computer ? "at the kiosk’s computer" : ""].filter(Boolean).join(", "),
    ...whereOf(scanner),
    state: ail?.state ?? (inactive ? "kiosk inactive" : scanner.state === "unknown" ? NOT_HEARD : words(scanner.state)),
    tone: ail ? "attention" : ready || inactive ? "ok" : trying ? "plain" : "refused",
    since: ail ? ail.since : inactive ? null : scanner.since,
    quiet: inactive,
    detail: scanner.detail ?? ail?.detail ?? faults,
    alert: scanner.silence_alert,
    simulated: scanner.simulated,
    last: scanner.last_scan_at,
    hour: scanner.scans_last_hour,
    usual: scanner.usual_an_hour,
    noReads: scanner.tells_no_reads || scanner.no_reads > 0 ? scanner.no_reads : null,
    echoes: scanner.echoes,
    reconnects: scanner.reconnects,
    battery: scanner.battery_percent,
    lowBattery: scanner.battery_percent !== null && scanner.battery_percent <= BATTERY_LOW,
    sought: "",
  };
}

/** @param {Page & Whereabouts & Past} page @returns {Ailing} */
function pageRow(page) {
  const silent = page.silent_since !== null && page.kiosk_active !== false;
  return {
    key: `page ${page.kiosk}`,
    name: page.kiosk,
    what: "what types into its page",
    ...whereOf(page),
    state: silent ? "silent" : page.kiosk_active === false ? "kiosk inactive" : "cannot be asked",
    tone: silent ? "attention" : "ok",
    since: silent ? page.silent_since : null,
    quiet: !silent,
    detail: silent ? "Scans are usual at this time of the week. Is its page open, and its scanner plugged in?" : null,
    alert: page.silence_alert,
    simulated: false,
    last: page.last_scan_at,
    hour: null,
    usual: page.usual_an_hour,
    sought: "",
  };
}

/** @param {DeviceHealth["printers"][number]} printer @returns {Ailing} */
function printerRow(printer) {
  const good = printer.state === "ready" || printer.state === "unasked";
  const few = printer.loaded ? printer.loaded.left <= (printer.low_stock ?? 0) : false;
  const warning = printer.warnings?.[0] ? words(printer.warnings[0]) : few ? "few labels left" : null;
  const left = printer.loaded ? `${printer.loaded.left} of ${printer.loaded.loaded} labels left.` : null;
  return {
    key: `printer ${printer.id}`,
    name: printer.id,
    what: "printer",
    kiosk: printer.kiosks.length > 0 ? printer.kiosks.join(", ") : "no kiosk",
    place: printer.place_name ?? printer.place ?? null,
    state: printer.not_heard_since ? NOT_HEARD : good && warning ? warning : printerState(printer),
    tone: good ? (warning ? "attention" : "ok") : printer.state === "untried" ? "plain" : "refused",
    since: printer.not_heard_since ?? null,
    quiet: printer.state === "unasked" && !warning,
    detail: printer.not_heard_since ? "The kiosk’s computer that drives it is not heard. Labels for it wait." : (printer.detail ?? left),
    alert: null,
    simulated: printer.simulated ?? false,
    sought: "",
  };
}

/** @param {AgentRow & Whereabouts} agent @returns {Ailing} */
function computerRow(agent) {
  const wait = agent.waiting === 1 ? "1 scan waits there" : `${agent.waiting} scans wait there`;
  const waits = agent.waiting > 0 ? `${wait}, the oldest ${times().ago(agent.oldest_at)}.` : null;
  const parked = agent.parked === 1 ? "1 scan was not taken" : `${agent.parked} scans were not taken`;
  const [state, tone] = !agent.connected
    ? /** @type {const} */ (["does not answer", "refused"])
    : agent.full
      ? /** @type {const} */ (["can keep no more scans", "refused"])
      : agent.parked > 0
        ? /** @type {const} */ (["has scans that were not taken", "attention"])
        : /** @type {const} */ (["connected", "ok"]);
  return {
    key: `computer ${agent.kiosk}`,
    name: agent.kiosk,
    what: `computer, version ${agent.version || "not told"}`,
    ...whereOf(agent),
    state,
    tone,
    since: agent.connected ? null : agent.heard_at,
    detail: !agent.connected ? "It keeps what is scanned there." : (agent.full ?? (agent.parked > 0 ? `${parked}: look at the menu of its page.` : waits)),
    alert: null,
    simulated: false,
    sought: "",
  };
}
