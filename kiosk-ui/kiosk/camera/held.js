/**
 * What a camera sees many times a second, as scans: a code held in view is one scan, and of several it is never guessed
 * which one is meant.
 */

import { checkDigits } from "../../shared/check-digits.js";

/** A code out of view for this long may be scanned again, in milliseconds: shorter gaps are glare and shaking hands. */
export const GONE_AFTER_MS = 2000;
/** And only once so many pictures were without it: a slow device looks seldom, and what it did not see is not gone. */
const GONE_AFTER_PICTURES = 3;
/** A code without check digits of ours counts once it was read alike in two pictures this close, in milliseconds. */
const CONFIRM_WITHIN_MS = 1500;

/**
 * @typedef {{data: string, symbology: string}} SeenCode
 * @typedef {{take: SeenCode | null, several: boolean}} Sight
 */

export class Held {
  /** @type {Map<string, {at_ms: number, missed: number}>} when each code that was taken was last in view, and pictures since */
  #taken = new Map();
  /** @type {{data: string, at_ms: number} | null} */
  #once = null;

  /**
   * @param {SeenCode[]} codes those in this picture
   * @param {number} at_ms
   * @returns {Sight}
   */
  see(codes, at_ms) {
    for (const [data, last] of this.#taken) {
      if (codes.some((code) => code.data === data)) this.#taken.set(data, { at_ms, missed: 0 });
      else if (++last.missed >= GONE_AFTER_PICTURES && at_ms - last.at_ms > GONE_AFTER_MS) this.#taken.delete(data);
    }
    // One label may carry its text twice (bars and QR), and an old number beside ours: ours is meant.
    const each = [...new Map(codes.map((code) => [code.data, code])).values()];
    const ours = each.filter(({ data }) => isOurs(data));
    const meant = ours.length > 0 ? ours : each;
    const [code] = meant;
    if (!code) return { take: null, several: false };
    if (meant.length > 1) return { take: null, several: true };
    if (this.#taken.has(code.data)) return { take: null, several: false };
    if (ours.length === 0 && !this.#confirmed(code.data, at_ms)) return { take: null, several: false };
    this.#taken.set(code.data, { at_ms, missed: 0 });
    return { take: code, several: false };
  }

  /**
   * @param {string} data
   * @param {number} at_ms
   */
  #confirmed(data, at_ms) {
    const before = this.#once;
    this.#once = { data, at_ms };
    return before !== null && before.data === data && at_ms - before.at_ms <= CONFIRM_WITHIN_MS;
  }
}

/**
 * Is it a code as Outguide prints them, with check digits that fit?
 *
 * @param {string} data
 */
export function isOurs(data) {
  return /^[CRLSK][A-Z0-9]{3,}$/.test(data) && checkDigits(data.slice(0, -2)) === data.slice(-2);
}
