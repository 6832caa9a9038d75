/** Who takes the scans that reach the console: the page that asks for them last, or nobody. */

import { checkDigits } from "../../shared/check-digits.js";

/** @type {((data: string) => void)[]} */
const takers = [];

/**
 * Takes scans until the returned function is called.
 *
 * @param {(data: string) => void} taker
 */
export function takeScans(taker) {
  takers.push(taker);
  return () => {
    const at = takers.lastIndexOf(taker);
    if (at >= 0) takers.splice(at, 1);
  };
}

/** @returns {((data: string) => void) | undefined} */
export function scanTaker() {
  return takers.at(-1);
}

/**
 * A chart's own label as Outguide prints it: which chart and which issue. Whether its check digits fit, the server says.
 *
 * @param {string} data
 */
export function chartLabel(data) {
  const found = /^C(\d{9})(\d{3})\d\d$/i.exec(data.trim());
  return found ? { chart: Number(found[1]), issue: Number(found[2]) } : null;
}

/**
 * The chart that a word of a list names by itself: a label or a reference whose check digits fit, or a number behind #.
 *
 * @param {string} word
 */
export function chartNamed(word) {
  const typed = /^#(\d{1,9})$/.exec(word);
  if (typed) return Number(typed[1]);
  const code = word.toUpperCase();
  const printed = /^(?:C(\d{9})\d{3}|R(\d{9}))\d\d$/.exec(code);
  if (!printed || checkDigits(code.slice(0, -2)) !== code.slice(-2)) return null;
  return Number(printed[1] ?? printed[2]);
}

/**
 * Codes of Outguide that are no chart: said at once; nobody is led away from their page for it.
 *
 * @param {string} data
 */
export function notAChart(data) {
  if (/^K[A-Z]+\d\d$/i.test(data)) return "That is a command card. Command cards work at kiosks.";
  if (/^S[A-Z0-9]{1,12}\d\d$/i.test(data)) return "That is a badge. Badges work at kiosks; staff are under Records.";
  if (/^L[A-Z0-9]{1,12}\d\d$/i.test(data)) return "That is a place card. Places are under Out now and Records.";
  return null;
}
