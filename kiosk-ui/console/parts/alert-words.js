/** Alerts in words. */

/** @import { AlertKind, AlertRow, ChartRow } from "../types.js" */

import { times } from "../session.js";
import { words } from "./icon.js";

/** @type {Record<AlertKind, {title: string, todo: string}>} */
export const KINDS = {
  missing: { title: "Search for", todo: "Someone looked and did not find them." },
  discrepancy: { title: "Settle", todo: "Two stories about one chart; find out which is so." },
  overdue: { title: "Ask back", todo: "Not back when they were due." },
  device: { title: "Repair scanners", todo: "Scans cannot come from there, or do not." },
  printer: { title: "Repair printers", todo: "Labels wait or are lost." },
  service: { title: "Service equipment", todo: "The maker’s service is due." },
  system: { title: "Look after Outguide", todo: "The server says something is wrong with itself." },
};

/**
 * @param {AlertRow} alert
 * @returns {(Node | string)[]}
 */
export function alertSentence(alert) {
  const say = times();
  const where = alert.place_name ?? alert.place;
  const at = where ? ` at ${where}` : "";
  if (alert.kind === "overdue") return [`Overdue${at} since `, say.element(alert.due_at ?? alert.opened_at, "when")];
  if (alert.kind === "missing") return [`Missing since `, say.element(alert.opened_at, "when"), where ? `, last known${at}` : ""];
  if (alert.kind === "discrepancy") return ["Two stories", at, " since ", say.element(alert.opened_at, "when")];
  if (alert.kind === "device" && alert.due_at) return [silenceText(alert, at), say.element(alert.due_at, "when")];
  return [`${words(alert.subject) || words(alert.kind)}${at} since `, say.element(alert.opened_at, "when")];
}

/**
 * A silent scanner: its alert alone, of those about devices, says since when.
 *
 * @param {AlertRow} alert
 * @param {string} at
 */
function silenceText(alert, at) {
  const [who = "", usual] = (alert.subject ?? "A scanner is silent").split(": ");
  return `${who.charAt(0).toUpperCase()}${who.slice(1)}${at}${usual ? `, though ${usual}` : ""}; not heard since `;
}

/**
 * @param {AlertRow} alert
 * @returns {ChartRow | null}
 */
export function chartOf(alert) {
  return alert.chart_row ?? null;
}
