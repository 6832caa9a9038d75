/**
 * Two people at one kiosk, each with a scanner of their own: each lane has a half of the middle, always the same one,
 * with who is signed in there, where their charts go, and their own last verdict. With one lane the middle is whole.
 */

/** @import { KioskView, ReceiptSession } from "../shared/types.js" */
/** @import { Times } from "../shared/format.js" */
/** @import { Shown } from "./shown.js" */

import { byId, el, fill, picture, setText } from "../shared/dom.js";
import { destinationText, nextStep, restingScreen } from "./frame.js";
import { say } from "./language.js";
import { PICTURES, VerdictArea } from "./verdict.js";

/** What a lane is called on the screen: the nameless one is the page's own scanner and keys. */
export const laneName = (/** @type {string} */ lane) => (lane === "" ? say("lane.this_screen") : say("lane.named", { lane }));

/**
 * @typedef {object} Lane
 * @property {HTMLElement} section
 * @property {HTMLButtonElement} head
 * @property {HTMLElement} name
 * @property {HTMLElement} person
 * @property {HTMLElement} to
 * @property {VerdictArea} area
 *
 * @typedef {object} LanesHost
 * @property {() => Times} times
 * @property {() => KioskView | null} view
 * @property {(lane: string) => ReceiptSession | null} session
 * @property {(code: string, lane: string) => void} onChoose one of several charts that a code fits
 * @property {(lane: string) => void} onLane the lane of the buttons from now on
 */

export class Lanes {
  /** @type {Map<string, Lane>} */
  #lanes = new Map();

  /** @param {LanesHost} host */
  constructor(host) {
    this.host = host;
    this.box = byId("verdicts");
  }

  get several() {
    return this.#lanes.size > 1;
  }

  /**
   * The lanes there are, each in its place from left to right.
   *
   * @param {string[]} lanes
   */
  meet(lanes) {
    const same = lanes.length === this.#lanes.size && lanes.every((lane) => this.#lanes.has(lane));
    if (same) return;
    for (const lane of [...this.#lanes.keys()].filter((known) => !lanes.includes(known))) this.#lanes.delete(lane);
    for (const lane of lanes) if (!this.#lanes.has(lane)) this.#lanes.set(lane, this.#make(lane));
    this.#lanes = new Map(lanes.map((lane) => [lane, /** @type {Lane} */ (this.#lanes.get(lane))]));
    this.box.dataset.lanes = String(lanes.length);
    fill(this.box, [...this.#lanes.values()].map(({ section }) => section));
    // The only one, or the first, is the one that everything else on the page calls the verdict.
    [...this.#lanes.values()].forEach(({ section }, at) => (section.id = at === 0 ? "verdict" : `verdict-${at + 1}`));
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#of(shown)?.area.show(shown);
  }

  /** @param {Shown} shown */
  showAgain(shown) {
    this.#of(shown)?.area.showAgain(shown);
  }

  /**
   * A scan was recorded that had waited: where "saved here" still stands for it, what became of it stands now.
   *
   * @param {Shown} shown
   */
  settle(shown) {
    const area = this.#of(shown)?.area;
    if (area?.shows(shown.id)) area.show(shown);
  }

  /** @param {string} lane */
  rest(lane) {
    this.#lanes.get(lane)?.area.rest();
  }

  /**
   * @param {string} chosen the lane of the buttons
   * @param {boolean} reached
   */
  paint(chosen, reached) {
    for (const [lane, { section, head, name, person, to, area }] of this.#lanes) {
      const session = this.host.session(lane);
      section.dataset.chosen = String(lane === chosen);
      head.hidden = !this.several;
      head.setAttribute("aria-pressed", String(lane === chosen));
      setText(name, laneName(lane));
      setText(person, session?.staff ? (session.staff_name ?? session.staff) : say("frame.nobody"));
      const destination = session ? destinationText(session) : "";
      fill(to, ...(destination ? [picture(PICTURES, "arrow"), el("span", { class: "fits" }, destination)] : []));
      area.setNext(nextStep(this.host.view(), session, reached), !reached);
      area.refresh();
    }
  }

  /**
   * Says in every lane what to do.
   *
   * @param {string} text
   * @param {Node} body
   */
  say(text, body) {
    for (const { area } of this.#lanes.values()) {
      fill(area.body, body.cloneNode(true));
      area.setNext(text, true);
    }
  }

  /** @param {Shown} shown */
  #of({ lane }) {
    return this.#lanes.get(lane) ?? [...this.#lanes.values()][0];
  }

  /**
   * @param {string} lane
   * @returns {Lane}
   */
  #make(lane) {
    const name = el("span", { class: "lane-name" });
    const person = el("span", { class: "lane-person fits" });
    const to = el("span", { class: "lane-to" });
    const head = el("button", { type: "button", class: "lane", hidden: true, on: { click: () => this.host.onLane(lane) } }, name, person, to);
    const body = el("div", { class: "verdict-body", role: "status", "aria-live": "assertive" });
    const next = el("p", { class: "next" });
    const section = el("section", { class: "verdict", "aria-label": lane === "" ? say("lane.verdict") : say("lane.verdict_of", { lane: laneName(lane) }), data: { tone: "none" } }, head, body, next);
    const { times, view, session, onChoose } = this.host;
    const area = new VerdictArea({ section, body, next }, times, () => restingScreen(view(), session(lane)), onChoose);
    return { section, head, name, person, to, area };
  }
}
