/** The list of the last verdicts, newest first: what was scanned here stays in sight. */

/** @import { Times } from "../shared/format.js" */
/** @import { Memory } from "./memory.js" */
/** @import { Shown } from "./shown.js" */

import { el, fill, picture } from "../shared/dom.js";
import { mrnElement, mrnPairs } from "../shared/format.js";
import { laneName } from "./lanes.js";
import { say } from "./language.js";
import { PICTURES, sizeOf, toneWord } from "./verdict.js";

/** How many verdicts the list keeps. */
const RECENT_MAX = 20;

export class RecentList {
  /** @type {Shown[]} */
  #rows = [];

  /**
   * @param {HTMLElement} list
   * @param {() => Times} times
   * @param {(shown: Shown) => void} onTap
   * @param {() => boolean} several there are several lanes: each row says whose it is
   * @param {Memory} memory shows them again after a reload, also without the server
   */
  constructor(list, times, onTap, several, memory) {
    this.several = several;
    this.list = list;
    this.times = times;
    this.onTap = onTap;
    this.memory = memory;
    this.#rows = memory.verdicts();
    this.paint();
  }

  /**
   * Newest first. The row of a scan that was "saved here" turns into its receipt's.
   *
   * @param {Shown} shown
   */
  add(shown) {
    const known = shown.id ? this.#rows.findIndex((row) => row.id === shown.id) : -1;
    if (known >= 0) this.#rows[known] = shown;
    else this.#rows.unshift(shown);
    this.#rows.sort((a, b) => b.at_ms - a.at_ms);
    this.#rows.length = Math.min(this.#rows.length, RECENT_MAX);
    this.memory.keepVerdicts(this.#rows);
    this.paint();
  }

  /** @param {string} id */
  has(id) {
    return this.#rows.some((row) => row.id === id && row.tone !== "saved");
  }

  /** Paints the rows anew: times are said otherwise now. */
  paint() {
    if (this.#rows.length === 0) {
      fill(this.list, el("li", { class: "recent-empty" }, say("recent.empty")));
      return;
    }
    fill(
      this.list,
      this.#rows.map((shown) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "recent-row", data: { tone: shown.tone }, on: { click: () => this.onTap(shown) } },
            el("span", { class: "recent-time" }, this.times().clock(shown.at_ms)),
            el(
              "span",
              { class: "recent-mark" },
              picture(PICTURES, shown.tone),
              el("span", { class: "only-read-aloud" }, toneWord(shown.tone)),
            ),
            el(
              "span",
              { class: "recent-what" },
              shown.chart
                ? el("span", { class: "recent-number", data: { size: sizeOf(mrnPairs(shown.chart.mrn, null)[0]?.text ?? "", 8) } }, mrnElement(shown.chart))
                : shown.code && el("span", { class: "recent-code" }, shown.code),
              el("span", { class: "recent-headline" }, shown.headline),
              this.several() && el("span", { class: "recent-lane" }, laneName(shown.lane)),
            ),
          ),
        ),
      ),
    );
  }
}
