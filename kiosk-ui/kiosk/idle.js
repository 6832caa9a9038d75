/** The idle sign-off: a ring that empties for the last seconds; any scan or touch stops it. */

import { byId, el, fill, setText, svg } from "../shared/dom.js";
import { say } from "./language.js";

/** The ring shows for the last so many milliseconds. */
const WARNING_MS = 20_000;
/** At most one message to the server in this time, however much the screen is touched, in milliseconds. */
const TOUCH_EVERY_MS = 5000;
const RING = 2 * Math.PI * 54;

export class IdleSignOff {
  /** @type {Map<string, number>} when each lane's session ends, by this device's running clock */
  #ends = new Map();
  #touchedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param {(lane: string) => Promise<void>} touch tells the server that someone is here
   * @param {(lane: string) => void} onEnd
   */
  constructor(touch, onEnd) {
    this.touch = touch;
    this.onEnd = onEnd;
    this.ring = svg("circle", { class: "sign-off-ring", cx: 60, cy: 60, r: 54, "stroke-dasharray": RING, transform: "rotate(-90 60 60)" });
    this.count = el("span", { class: "sign-off-count", "aria-hidden": "true" });
    this.title = el("p", { class: "sign-off-title" });
    this.box = byId("sign-off");
    fill(
      this.box,
      el(
        "div",
        { class: "sign-off-dial" },
        svg("svg", { viewBox: "0 0 120 120", "aria-hidden": "true" }, svg("circle", { class: "sign-off-track", cx: 60, cy: 60, r: 54 }), this.ring),
        this.count,
      ),
      el("div", {}, this.title, el("p", { class: "sign-off-text" }, say("sign_off.stay"))),
    );
    this.box.setAttribute("role", "alert");
    window.addEventListener("pointerdown", () => this.#touched(), { capture: true, passive: true });
    setInterval(() => this.#tick(), 250);
  }

  /**
   * The lane's session ends in so many milliseconds; null when nobody is signed in.
   *
   * @param {string} lane
   * @param {number | null} in_ms
   */
  set(lane, in_ms) {
    if (in_ms === null) this.#ends.delete(lane);
    else this.#ends.set(lane, performance.now() + in_ms);
    this.#tick();
  }

  #touched() {
    if (this.#ends.size === 0 || performance.now() - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = performance.now();
    for (const lane of this.#ends.keys()) void this.touch(lane);
  }

  #tick() {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    let nextLane = "";
    for (const [lane, end] of this.#ends) {
      if (end <= now) {
        this.#ends.delete(lane);
        this.onEnd(lane);
      } else if (end < next) {
        next = end;
        nextLane = lane;
      }
    }
    const left_ms = next - now;
    this.box.hidden = left_ms > WARNING_MS;
    if (this.box.hidden) return;
    const seconds = Math.ceil(left_ms / 1000);
    setText(this.title, nextLane ? say("sign_off.lane_soon", { lane: say("lane.named", { lane: nextLane }) }) : say("sign_off.soon"));
    setText(this.count, String(seconds));
    this.ring.setAttribute("stroke-dashoffset", String(RING * (1 - left_ms / WARNING_MS)));
  }
}
