/** Where a chart is, in words: how it is known and how old that is are part of the answer. */

/** @import { ChartRow } from "../types.js" */

import { el } from "../../shared/dom.js";
import { mrnElement } from "../../shared/format.js";
import { me, times } from "../session.js";
import { icon, tag } from "./icon.js";

/** @param {{mrn: string, filing?: string | null}} chart */
export function number(chart) {
  return mrnElement(chart);
}

/**
 * An MRN of a row that does not tell how it is filed, by the hospital's way of filing.
 *
 * @param {string} mrn
 */
export function filedNumber(mrn) {
  const [a, b, c] = /^\d{6}$/.test(mrn) ? [mrn.slice(0, 2), mrn.slice(2, 4), mrn.slice(4)] : [];
  /** @type {Record<string, string>} */
  const orders = { "terminal-digit": `${c}-${b}-${a}`, "middle-digit": `${b}-${a}-${c}` };
  const filing = c ? orders[me().filing] : undefined;
  return filing ? mrnElement({ mrn, filing }) : el("span", {}, mrn);
}

/** @param {{last_name: string, first_name: string} | null | undefined} patient */
export function personName(patient) {
  if (!patient) return "";
  return patient.first_name ? `${patient.last_name}, ${patient.first_name}` : patient.last_name;
}

/**
 * A civil date as people write it: "3 Mar 1956".
 *
 * @param {string | null | undefined} date
 */
export function birthDate(date) {
  if (!date) return "birth date unknown";
  const parsed = new Date(`${date}T12:00:00Z`);
  if (Number.isNaN(parsed.getTime())) return date;
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(parsed);
}

/** @param {ChartRow} chart */
export function placeText(chart) {
  if (chart.withheld) return "Withheld";
  return chart.place_name ?? chart.place ?? "unknown";
}

/**
 * The cell of a list: the place, and who has it.
 *
 * @param {ChartRow} chart
 */
export function whereCell(chart) {
  if (chart.withheld) return [el("span", { class: "withheld" }, icon("lock"), "Withheld")];
  const home = chart.place === chart.home && !chart.out_since;
  return [
    el("span", { class: home ? "place" : "place away" }, placeText(chart)),
    chart.holder_name ? el("span", { class: "soft" }, ` · ${chart.holder_name}`) : null,
    chart.missing_since ? tag("missing", "refused") : null,
    chart.retired ? tag("retired") : null,
    chart.restricted ? tag("restricted", "saved") : null,
  ];
}

/**
 * "scanned 6 min ago", "said, seen 3 Mar", "said, seen elsewhere 3 Mar", "said, never scanned".
 *
 * @param {ChartRow} chart
 */
export function knownCell(chart) {
  if (chart.withheld) return [];
  const by = chart.known_by;
  const seen = times().element(chart.seen_at, "ago");
  const said = by === "asserted" ? "said" : "inferred";
  const text =
    by === "scanned" ? ["scanned ", seen] : chart.seen_at ? [said, seenElsewhere(chart) ? ", seen elsewhere " : ", seen ", seen] : [by === "asserted" ? "said, never scanned" : said];
  return [el("span", { class: "known", data: { by }, title: KNOWN[by] }, icon(by), el("span", { class: "clip" }, ...text))];
}

const KNOWN = {
  scanned: "Seen there by a scan.",
  asserted: "Someone said so, or it was seen there before; no scan shows it there now.",
  inferred: "Concluded from something else.",
};

/** @param {ChartRow} chart */
function seenElsewhere(chart) {
  return Boolean(chart.seen_place) && chart.seen_place !== chart.place;
}

/**
 * @param {string | null | undefined} due_at
 */
export function dueCell(due_at) {
  if (!due_at) return [el("span", { class: "soft" }, "–")];
  const late = Date.parse(due_at) < times().now();
  return [el("span", { class: late ? "late" : "" }, times().element(due_at, "due"))];
}

/**
 * The answer to "where is it?" as one sentence.
 *
 * @param {ChartRow} chart
 * @returns {(Node | string | null)[]}
 */
export function whereSentence(chart) {
  const say = times();
  if (chart.withheld) return ["Where this chart is, is shown only to some roles, or after a reason is given and logged."];
  const place = el("strong", {}, chart.place_name ?? chart.place ?? "an unknown place");
  const with_ = chart.holder ? [" with ", el("strong", {}, chart.holder_name ?? `badge ${chart.holder}`)] : [];
  if (chart.missing_since) {
    return ["Missing since ", say.element(chart.missing_since, "when"), ". Last known at ", place, ...with_, ...seenPhrase(chart), "."];
  }
  const home = chart.place === chart.home && !chart.out_since;
  const since = chart.since ?? chart.out_since;
  const start = home ? ["Filed at ", place] : ["At ", place, ...with_];
  const sincePart = since && !home ? [" since ", say.element(since, "when")] : [];
  const due = chart.due_at && !home ? [", ", duePhrase(chart.due_at)] : [];
  return [...start, ...sincePart, ...seenPhrase(chart), ...due, "."];
}

/** @param {ChartRow} chart */
function seenPhrase(chart) {
  const say = times();
  if (chart.known_by === "scanned") return [", scanned ", say.element(chart.seen_at, "ago")];
  const elsewhere = seenElsewhere(chart) ? [" at ", chart.seen_place_name ?? chart.seen_place ?? ""] : [];
  const seen = chart.seen_at ? ["last seen", ...elsewhere, " ", say.element(chart.seen_at, "ago")] : ["never scanned"];
  return [chart.known_by === "asserted" ? ", as said, " : ", as concluded, ", ...seen];
}

/** @param {string} due_at */
function duePhrase(due_at) {
  const say = times();
  const late = Date.parse(due_at) < say.now();
  return el("span", { class: late ? "late" : "" }, late ? "was due " : "due ", say.element(due_at, "when"));
}
