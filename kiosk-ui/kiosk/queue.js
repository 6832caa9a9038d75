/**
 * Brings each scan to the ledger, in order: saved first, then sent, forgotten only when a receipt names its entry.
 *
 * What an answer means:
 * - a receipt with `seq`: recorded (the first time or again, all the same)
 * - 202 "kept": the kiosk's own computer has it on its disk, under the same id, and will see to it; forgotten here
 * - 503 "not recorded", for a scan just made: nothing happened; the person scans again, the scan is parked in sight
 * - 401, 403, 404: this page may not, whatever it sends; everything waits
 * - 408, 429, 5xx, or no answer: tried again, later and later
 * - any other 4xx: the server will never take it; parked in sight, the next goes on
 */

/** @import { AgentView, Receipt, ScanSource } from "../shared/types.js" */
/** @import { QueuedScan, ScanStore, Counts } from "./store.js" */

import { ApiError } from "../shared/api.js";
import { uuidv7 } from "../shared/ids.js";
import { KEPT_FOR_MS } from "./store.js";

/** Without an answer for this long the person is told that the scan is saved here, in milliseconds. */
const SAVED_AFTER_MS = 1500;
/** A scan older than this is no longer in anyone's hand: it is not announced by sound, in milliseconds. */
const LIVE_FOR_MS = 10_000;
/** Wait after the first and at most after any failed try, in milliseconds. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 15_000;
/** How often recorded scans that are too old are forgotten, in milliseconds. */
const FORGET_EVERY_MS = 3_600_000;
/** A scan on which the server itself fails this often is parked, so that it does not hold up the rest. */
const REFUSALS_MAX = 5;

/**
 * @typedef {object} QueueEvents
 * @property {(scan: QueuedScan, receipt: Receipt, live: boolean) => void} onReceipt
 * @property {(scan: QueuedScan, waiting: number) => void} onSaved saved here, not yet recorded
 * @property {(id: string) => void} [onHandedOver] the kiosk's own computer has it; its receipt comes as an event
 * @property {(scan: QueuedScan) => void} onNotRecorded
 * @property {(scan: QueuedScan, status: number) => void} onParked
 * @property {(data: string) => void} onLost it could not even be saved here
 * @property {(fault: ApiError) => void} onBarred 401, 403 or 404: this page may not
 * @property {(counts: Counts) => void} onCounts
 * @property {(reached: boolean) => void} onReach
 */

/**
 * @typedef {object} Kept the answer of the kiosk's own computer
 * @property {true} kept
 * @property {boolean} recorded
 */

export class ScanQueue {
  #draining = false;
  #again = false;
  #stopped = false;
  #reached = true;
  #wait_ms = RETRY_FIRST_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {Set<string>} scans made on this page whose receipt is to come, or came a moment ago */
  #own = new Set();
  /** @type {Set<string>} those of which was told that they are saved here */
  #toldSaved = new Set();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #savedTimers = new Map();
  #epoch = "";
  /** What a new epoch asks for: done once this resolves. */
  #meeting = Promise.resolve();
  /** The epoch was heard since the server was last out of reach. */
  #met = false;
  #forgot_ms = 0;
  /** @type {(() => Promise<string>) | null} asks the server for its ledger's epoch */
  askEpoch = null;

  /**
   * @param {ScanStore} store
   * @param {(scan: QueuedScan) => Promise<Receipt | Kept>} send
   * @param {QueueEvents} events
   * @param {() => number} [now]
   */
  constructor(store, send, events, now = Date.now) {
    this.store = store;
    this.send = send;
    this.events = events;
    this.now = now;
  }

  /** Ids of scans made here whose receipt is still to come: the live events need not show them. */
  isOwn(/** @type {string} */ id) {
    return this.#own.has(id);
  }

  /**
   * Takes a scan: on disk when this resolves. Never throws; what could not be saved is told as lost.
   *
   * @param {{data: string, source: ScanSource, lane: string, at_ms?: number, device?: string, symbology?: string}} made
   */
  async add({ at_ms = this.now(), ...made }) {
    const { data } = made;
    const scan = { id: uuidv7(at_ms), observed_at: new Date(at_ms).toISOString(), ...made };
    this.#own.add(scan.id);
    let saved;
    try {
      saved = await this.store.add(scan);
    } catch {
      this.#own.delete(scan.id);
      this.events.onLost(data);
      return;
    }
    if (this.#reached) {
      const timer = setTimeout(() => void this.#tellSaved(saved), SAVED_AFTER_MS);
      this.#savedTimers.set(saved.id, timer);
    } else {
      void this.#tellSaved(saved);
    }
    this.wake();
  }

  /** Tries now: something was added, or the server was heard again. */
  wake() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#drain();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * The ledger's epoch as the server says it. Another one than before means that it was restored from a backup: what was
   * acknowledged since may be missing there, so everything kept is offered again (known ids do nothing).
   *
   * @param {string} epoch
   */
  async meetEpoch(epoch) {
    if (!epoch) return;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#meeting = this.#offerAgain(epoch);
    }
    await this.#meeting;
    this.#met = true;
  }

  /** @param {string} epoch */
  async #offerAgain(epoch) {
    try {
      await this.#forget();
      if ((await this.store.offerAgain(epoch)) > 0) this.wake();
      await this.count();
    } catch (fault) {
      this.#epoch = ""; // the browser's store failed: it is met again
      throw fault;
    }
  }

  async #forget() {
    this.#forgot_ms = this.now();
    await this.store.forget(this.#forgot_ms - KEPT_FOR_MS);
  }

  /** @param {number} queue_seq */
  async sendParked(queue_seq) {
    await this.store.unpark(queue_seq);
    this.wake();
  }

  /** @param {number} queue_seq */
  async setAside(queue_seq) {
    await this.store.setAside(queue_seq, this.now());
    await this.count();
  }

  async count() {
    this.events.onCounts(await this.store.counts());
  }

  async #drain() {
    if (this.#draining) {
      this.#again = true;
      return;
    }
    this.#draining = true;
    try {
      do {
        this.#again = false;
        while (!this.#stopped && (await this.#exclusively(() => this.#sendFirst()))) await this.count();
        await this.count();
        // A failed try has set the timer: then the next try is the timer's, not ours.
      } while (this.#again && this.#timer === undefined && !this.#stopped);
    } catch {
      this.#tryLater(); // the browser's own store failed: what is on disk stays there
    } finally {
      this.#draining = false;
    }
  }

  /**
   * Two pages of one kiosk share the store: only one sends at a time, or the order would break.
   *
   * @param {() => Promise<boolean>} work
   */
  async #exclusively(work) {
    const locks = globalThis.navigator?.locks; // absent on insecure origins
    return locks ? locks.request("outguide-kiosk-send", work) : work();
  }

  /**
   * Before anything goes to a server that was out of reach: it may have been restored meanwhile, and then what it lost
   * goes first, or what waits would be judged without those who signed in for it. False: there is no answer.
   *
   * @param {QueuedScan} scan
   */
  async #isMet(scan) {
    if (this.#met || !this.askEpoch) return true;
    try {
      await this.meetEpoch(await this.askEpoch());
    } catch (fault) {
      if (!(fault instanceof ApiError) || fault.unanswered) {
        this.#later(scan);
        return false;
      }
      // It answers, so it is sent to: what is the matter, it says of the scan.
    }
    return true;
  }

  /** Sends the oldest. True when the next may follow at once. */
  async #sendFirst() {
    const oldest = await this.store.first();
    if (!oldest || !(await this.#isMet(oldest))) return false;
    const scan = await this.store.first();
    if (!scan) return false;
    let receipt;
    try {
      const answer = await this.send(scan);
      if (answer && "kept" in answer && answer.kept === true) return await this.#handOver(scan, answer.recorded);
      receipt = /** @type {Receipt} */ (answer);
      if (!Number.isInteger(receipt?.seq)) throw new ApiError(0, { detail: "The answer is no receipt." });
      // A repeated receipt may carry the epoch of its first time; that the ledger has the scan now is what counts.
      const epoch = receipt.duplicate && this.#epoch ? this.#epoch : receipt.epoch;
      await this.store.acknowledge(scan, receipt.seq, epoch, this.now());
    } catch (fault) {
      return this.#failed(scan, fault instanceof ApiError ? fault : new ApiError(0, { detail: String(fault) }));
    }
    this.#reach(true);
    this.#settle(scan);
    this.events.onReceipt(scan, receipt, this.#isLive(scan));
    if (!receipt.duplicate) await this.meetEpoch(receipt.epoch);
    if (this.now() - this.#forgot_ms > FORGET_EVERY_MS) await this.#forget();
    return true;
  }

  /**
   * @param {QueuedScan} scan
   * @param {boolean} recorded
   */
  async #handOver(scan, recorded) {
    await this.store.handOver(scan);
    this.#reach(true);
    if (!recorded && this.#isLive(scan)) await this.#tellSaved(scan);
    this.#settle(scan);
    this.#own.delete(scan.id);
    this.events.onHandedOver?.(scan.id);
    return true;
  }

  /**
   * @param {QueuedScan} scan
   * @param {ApiError} fault
   */
  async #failed(scan, fault) {
    const { status } = fault;
    if (status === 503 && isNotRecorded(fault.body) && this.#isLive(scan)) {
      await this.store.park(scan, status, fault.message);
      this.#reach(true);
      this.#settle(scan);
      this.events.onNotRecorded(scan);
      return true;
    }
    if ([401, 403, 404].includes(status)) {
      this.#later(scan);
      this.events.onBarred(fault);
      return false;
    }
    const mayPass = status === 0 || status === 408 || status === 429 || status >= 500;
    const refusals = (scan.refusals ?? 0) + 1;
    if (mayPass && (status !== 500 || refusals < REFUSALS_MAX)) {
      if (status === 500) await this.store.update({ ...scan, refusals });
      this.#later(scan);
      return false;
    }
    await this.store.park(scan, status, fault.message);
    this.#reach(true);
    this.#settle(scan);
    this.events.onParked(scan, status);
    return true;
  }

  /** @param {QueuedScan} scan */
  #later(scan) {
    this.#met = false;
    this.#reach(false);
    void this.#tellSaved(scan);
    this.#tryLater();
  }

  #tryLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#drain();
    }, this.#wait_ms);
    this.#wait_ms = Math.min(this.#wait_ms * 2, RETRY_MAX_MS);
  }

  /** @param {boolean} reached */
  #reach(reached) {
    if (reached) {
      this.#wait_ms = RETRY_FIRST_MS;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (reached === this.#reached) return;
    this.#reached = reached;
    this.events.onReach(reached);
  }

  /** @param {QueuedScan} scan */
  async #tellSaved(scan) {
    if (!this.#own.has(scan.id) || this.#toldSaved.has(scan.id)) return;
    this.#toldSaved.add(scan.id);
    const counts = await this.store.counts();
    this.events.onCounts(counts);
    // Its receipt may have come while the counting went on.
    if (this.#toldSaved.has(scan.id)) this.events.onSaved(scan, counts.waiting);
  }

  /** @param {QueuedScan} scan */
  #settle(scan) {
    clearTimeout(this.#savedTimers.get(scan.id));
    this.#savedTimers.delete(scan.id);
    this.#toldSaved.delete(scan.id);
    // A little later: the same receipt may still be on its way as a live event.
    setTimeout(() => this.#own.delete(scan.id), LIVE_FOR_MS);
  }

  /** @param {QueuedScan} scan */
  #isLive(scan) {
    return this.now() - Date.parse(scan.observed_at) < LIVE_FOR_MS;
  }
}

/**
 * Does the answer say that the ledger could not keep the scan (and not only that the server is busy or starting)?
 *
 * @param {any} body
 */
function isNotRecorded(body) {
  return body?.verdict?.tone === "not_recorded";
}

/**
 * What waits on this page and at the kiosk's own computer, as one number to who stands here.
 *
 * @param {AgentView | null} agent
 * @param {Counts} own
 * @param {boolean} answered the computer answers: what this page has in hand is with it too
 * @returns {Counts}
 */
export function countsWith(agent, own, answered) {
  const oldest = [own.oldest_at, agent?.oldest_at ?? null].filter((at) => at !== null).sort()[0] ?? null;
  const there = (agent?.parked ?? []).map((scan) => ({ ...scan, source: /** @type {ScanSource} */ ("scanned"), there: true }));
  const its = agent?.waiting ?? 0;
  return { waiting: answered ? Math.max(own.waiting, its) : own.waiting + its, oldest_at: oldest, parked: [...own.parked, ...there] };
}
