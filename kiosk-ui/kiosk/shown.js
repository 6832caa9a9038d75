/** What the verdict area shows: a receipt, or what the kiosk itself has to say about a scan. */

/** @import { ChartView, Receipt, ReceiptNote } from "../shared/types.js" */
/** @import { SoundName } from "../shared/sound.js" */
/** @import { QueuedScan } from "./store.js" */

import { describeCode } from "./codes.js";
import { say } from "./language.js";

/**
 * What is shown of a chart: its number on the shelf, never whose it is.
 *
 * @typedef {Pick<ChartView, "mrn" | "filing" | "record_type" | "volume">} ShownChart
 *
 * @typedef {object} Shown
 * @property {string} id the scan's
 * @property {SoundName} tone
 * @property {string} kind
 * @property {string} headline
 * @property {string} detail
 * @property {ReceiptNote[]} notes
 * @property {ShownChart | null} chart
 * @property {string} [code] what was scanned, where no receipt says more
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
  return local(scan, "saved", "saved", {
    headline: say("saved.headline"),
    detail: say("saved.detail", { code: describeCode(scan.data) }),
    notes: waiting > 1 ? [{ kind: "waiting", text: say("saved.waiting", { count: waiting }) }] : [],
  });
}

/**
 * @param {QueuedScan} scan
 * @returns {Shown}
 */
export function shownNotRecorded(scan) {
  return local(scan, "not_recorded", "not_recorded", {
    headline: say("not_recorded.headline"),
    detail: say("not_recorded.detail", { code: describeCode(scan.data) }),
    notes: [],
  });
}

/**
 * @param {QueuedScan} scan
 * @param {number} status what the server answered
 * @returns {Shown}
 */
export function shownParked(scan, status) {
  return local(scan, "refused", "parked", {
    headline: say("parked.headline"),
    detail: say("parked.detail", { code: describeCode(scan.data) }),
    notes: [{ kind: "why", text: whyParked(status) }],
  });
}

/**
 * Why the server would not take a scan, in the kiosk's own words: the server's are for programs and for the console.
 *
 * @param {number} status
 */
export function whyParked(status) {
  switch (status) {
    case 409:
      return say("parked.why.conflict");
    case 500:
      return say("parked.why.failed");
    case 503:
      return say("parked.why.not_recorded");
    case 400:
    case 413:
    case 415:
    case 422:
      return say("parked.why.invalid");
    default:
      return say("parked.why.status", { status });
  }
}

/**
 * @param {string} data
 * @param {string} lane
 * @param {number} at_ms
 * @param {string} [detail] why, and what to do
 * @returns {Shown}
 */
export function shownLost(data, lane, at_ms, detail = say("not_recorded.lost", { code: describeCode(data) })) {
  const words = { headline: say("not_recorded.headline"), detail, notes: [] };
  return { ...local({ data, lane, id: "", observed_at: "" }, "not_recorded", "lost", words), at_ms };
}

/**
 * @param {number} length
 * @param {"no_end" | "too_long"} why
 * @param {number} at_ms
 * @returns {Shown}
 */
export function shownFragment(length, why, at_ms) {
  const words = { headline: say("fragment.headline"), detail: why === "too_long" ? say("fragment.too_long") : say("fragment.no_end", { count: length }), notes: [] };
  return { ...local({ data: "", lane: "", id: "", observed_at: "" }, "refused", "fragment", words), at_ms };
}

/**
 * @param {Pick<QueuedScan, "id" | "data" | "lane" | "observed_at">} scan
 * @param {SoundName} tone
 * @param {string} kind
 * @param {{headline: string, detail: string, notes: ReceiptNote[]}} words
 * @returns {Shown}
 */
function local(scan, tone, kind, words) {
  const code = scan.data === "" ? {} : { code: describeCode(scan.data) };
  return { id: scan.id, tone, kind, ...words, ...code, chart: null, at_ms: Date.parse(scan.observed_at), lane: scan.lane, late: false };
}
