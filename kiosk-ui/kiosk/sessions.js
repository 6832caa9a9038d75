/** Who is signed in at each of the kiosk's lanes, and which lane the buttons act for. */

/** @import { ReceiptSession } from "../shared/types.js" */

export class Sessions {
  /** @type {Map<string, ReceiptSession | null>} */
  #of = new Map();

  /** @param {string} own the lane of this page's own scanner and keys */
  constructor(own) {
    this.own = own;
    /** The lane of the buttons. */
    this.chosen = own;
    this.#of.set(own, null);
  }

  /** The session of the buttons' lane. */
  get current() {
    return this.of(this.chosen);
  }

  /** Is somebody signed in, at whichever lane? */
  get atWork() {
    return [...this.#of.values()].some((session) => session?.staff);
  }

  /** @param {string} lane */
  of(lane) {
    return this.#of.get(lane) ?? null;
  }

  /**
   * A lane that something was heard of; what is known of its session stays.
   *
   * @param {string} lane
   */
  hear(lane) {
    if (!this.#of.has(lane)) this.#of.set(lane, null);
  }

  /**
   * @param {string} lane
   * @param {ReceiptSession} session
   */
  set(lane, session) {
    this.#of.set(lane, session);
  }

  /**
   * The lanes of the kiosk's scanners; the page's own as well once it was used, or where there is no other.
   *
   * @param {string[]} lanes
   */
  meet(lanes) {
    for (const lane of lanes.filter((each) => each !== "")) this.hear(lane);
    const named = [...this.#of.keys()].filter((each) => each !== "").sort();
    if (named.length === 0 || this.of(this.own)?.staff) return;
    if (this.own === "" && !lanes.includes("")) this.#of.delete("");
    if (!this.#of.has(this.chosen)) this.chosen = named[0] ?? "";
  }

  /**
   * Nobody is signed in there any more.
   *
   * @param {string} lane
   * @param {string} mode what the next chart means
   */
  signOff(lane, mode) {
    const session = this.of(lane);
    if (session) this.#of.set(lane, { ...session, staff: null, staff_name: null, staff_role: null, destination: null, destination_name: null, holder: null, holder_name: null, mode });
  }

  /** Always the same order, so that a lane keeps its place; the page's own, which may come later, stands last. */
  get order() {
    return [...this.#of.keys()].sort((a, b) => Number(a === "") - Number(b === "") || a.localeCompare(b));
  }
}
