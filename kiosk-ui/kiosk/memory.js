/**
 * What this screen remembers, so that it is itself after a reload, also without the server: how its kiosk is, and the last
 * verdicts as they were shown. No more of a chart than the screen shows: its number on the shelf, never whose it is.
 */

/** @import { KioskView } from "../shared/types.js" */
/** @import { Shown } from "./shown.js" */

import { language } from "./language.js";
import { KEPT_FOR_MS } from "./store.js";

export class Memory {
  /**
   * @param {string} kiosk
   * @param {Pick<Storage, "getItem" | "setItem" | "removeItem">} [storage]
   * @param {() => number} [now]
   */
  constructor(kiosk, storage = localStorage, now = Date.now) {
    this.viewKey = `outguide-kiosk-${kiosk}`;
    this.verdictsKey = `outguide-kiosk-${kiosk}-verdicts`;
    this.storage = storage;
    this.now = now;
  }

  /** @param {KioskView} view */
  keepView(view) {
    this.#keep(this.viewKey, { ...view, recent: [], session: null, sessions: [] });
  }

  /** @returns {KioskView | null} */
  view() {
    const view = this.#kept(this.viewKey);
    return view?.hospital ? view : null;
  }

  /** @param {Shown[]} shown newest first */
  keepVerdicts(shown) {
    this.#keep(this.verdictsKey, { language: language(), shown: shown.map(keptOf) });
  }

  /** @returns {Shown[]} those of the last days; in another language than the page's they are let go */
  verdicts() {
    const kept = this.#kept(this.verdictsKey);
    if (kept?.language !== language() || !Array.isArray(kept.shown)) return [];
    return kept.shown.filter((/** @type {Shown} */ shown) => this.now() - shown.at_ms < KEPT_FOR_MS);
  }

  /** This screen may not speak for the kiosk any more: whoever stands here now is not to see what was scanned. */
  forgetVerdicts() {
    this.storage.removeItem(this.verdictsKey);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  #keep(key, value) {
    try {
      this.storage.setItem(key, JSON.stringify(value));
    } catch {
      // A full store: the page works on, and only a reload without the server shows less.
    }
  }

  /** @param {string} key */
  #kept(key) {
    try {
      return JSON.parse(this.storage.getItem(key) ?? "null");
    } catch {
      this.storage.removeItem(key);
      return null;
    }
  }
}

/**
 * @param {Shown} shown
 * @returns {Shown}
 */
function keptOf({ chart, notes, ...shown }) {
  const { mrn = "", filing = "", record_type = "", volume = 1 } = chart ?? {};
  return { ...shown, notes: notes.map(({ kind, text }) => ({ kind, text })), chart: chart && { mrn, filing, record_type, volume } };
}
