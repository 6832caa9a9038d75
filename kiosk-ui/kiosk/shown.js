/** What the verdict area shows: a receipt, or what the kiosk itself has to say about a scan. */

/** @import { ChartView, Receipt, ReceiptNote } from "../shared/types.js" */
/** @import { SoundName } from "../shared/sound.js" */
/** @import { QueuedScan } from "./store.js" */

import { describeCode } from "./codes.js";

/**
 * @typedef {object} Shown
 * @property {string} id the scan's
 * @property {SoundName} tone
 * @property {string} kind
 * @property {string} headline
 * @property {string} detail
 * @property {ReceiptNote[]} notes
 * @property {ChartView | null} chart
 * @property {number} at_ms
 * @property {string} lane
 * @property {boolean} late recorded after it had waited
 */

/**
 * @param {Receipt} receipt
 * @param {number} at_ms
 * @param {boolean} late
 * @returns {Shown}
 */
export function shownReceipt(receipt, at_ms, late) {
  const { verdict, session } = receipt;
  return {
    id: receipt.id,
    tone: verdict.tone,
    kind: verdict.kind,
    headline: verdict.headline,
    detail: verdict.detail,
    notes: verdict.notes ?? [],
    chart: verdict.chart ?? null,
    at_ms,
    lane: receipt.lane ?? session?.lane ?? "",
    late,
  };
}

/**
 * @param {QueuedScan} scan
 * @param {number} waiting
 * @returns {Shown}
 */
export function shownSaved(scan, waiting) {
  return local(scan, "saved", "saved", "Saved here", {
    detail: "Not yet recorded. It is sent as soon as the server answers.",
    notes: waiting > 1 ? [{ kind: "waiting", text: `${waiting} scans wait here, in order.` }] : [],
  });
}

/**
 * @param {QueuedScan} scan
 * @param {string} why
 * @returns {Shown}
 */
export function shownNotRecorded(scan, why) {
  return local(scan, "not_recorded", "not_recorded", "Not recorded", {
    detail: why || "Nothing happened: scan it again.",
    notes: [],
  });
}

/**
 * @param {QueuedScan} scan
 * @param {string} why
 * @returns {Shown}
 */
export function shownParked(scan, why) {
  return local(scan, "refused", "parked", "Not taken", {
    detail: "The server would not take this scan. It is kept here, in the menu; the next scans go on.",
    notes: why ? [{ kind: "why", text: why }] : [],
  });
}

/**
 * @param {string} data
 * @param {string} lane
 * @param {number} at_ms
 * @returns {Shown}
 */
export function shownLost(data, lane, at_ms) {
  return {
    ...local({ data, lane, id: "", observed_at: "" }, "not_recorded", "lost", "Not recorded", {
      detail: "This browser could not save the scan. Scan it again; if this stays, tell the records room.",
      notes: [],
    }),
    at_ms,
  };
}

/**
 * @param {number} length
 * @param {"no_end" | "too_long"} why
 * @param {number} at_ms
 * @returns {Shown}
 */
export function shownFragment(length, why, at_ms) {
  const detail =
    why === "too_long"
      ? "That was far longer than any code. Scan one label at a time."
      : `${length} keys came without an end. Scan again; if this stays, set the scanner to send Enter after each code.`;
  return { id: "", tone: "refused", kind: "fragment", headline: "Not a whole code", detail, notes: [], chart: null, at_ms, lane: "", late: false };
}

/**
 * @param {Pick<QueuedScan, "id" | "data" | "lane" | "observed_at">} scan
 * @param {SoundName} tone
 * @param {string} kind
 * @param {string} headline
 * @param {{detail: string, notes: ReceiptNote[]}} words
 * @returns {Shown}
 */
function local(scan, tone, kind, headline, words) {
  return {
    id: scan.id,
    tone,
    kind,
    headline,
    detail: `${describeCode(scan.data)}. ${words.detail}`,
    notes: words.notes,
    chart: null,
    at_ms: Date.parse(scan.observed_at),
    lane: scan.lane,
    late: false,
  };
}
