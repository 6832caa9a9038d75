/**
 * Where a kiosk keeps its scans: in IndexedDB, so that a reload, a crash or a dead server loses none.
 *
 * - `waiting`: not yet recorded, by the kiosk's own counter; sent in this order
 * - `parked`: the server would not take it; kept in sight until someone decides
 * - `kept`: recorded (or set aside by hand), for seven days
 */

/** @import { ScanSource } from "../shared/types.js" */

/** How long acknowledged scans are kept, to be offered to a ledger that was restored, in milliseconds. */
export const KEPT_FOR_MS = 7 * 24 * 3_600_000;

/**
 * @typedef {object} QueuedScan
 * @property {number} queue_seq
 * @property {string} id
 * @property {string} data
 * @property {ScanSource} source
 * @property {string} lane
 * @property {string} observed_at
 * @property {string} [device] what read it, where it is not the scanner that types into the page
 * @property {string} [symbology] its AIM identifier, where the device tells
 * @property {number} [refusals] how often the server failed on it
 * @property {string} [why] parked: what the server said
 * @property {number} [status] parked: the HTTP status, 503 for "not recorded"
 * @property {number} [seq] kept: the ledger entry
 * @property {string} [epoch] kept: and its epoch
 * @property {number} [kept_at] kept: since when
 * @property {boolean} [there] parked by the kiosk's own computer, which keeps it
 *
 * @typedef {Omit<QueuedScan, "queue_seq">} NewScan
 * @typedef {{waiting: number, oldest_at: string | null, parked: QueuedScan[]}} Counts
 */

/**
 * What the queue needs of a store; the tests have one in memory.
 *
 * @typedef {object} ScanStore
 * @property {boolean} durable
 * @property {(scan: NewScan) => Promise<QueuedScan>} add
 * @property {() => Promise<QueuedScan | null>} first
 * @property {(scan: QueuedScan) => Promise<void>} update
 * @property {(scan: QueuedScan, seq: number, epoch: string, now_ms: number) => Promise<void>} acknowledge
 * @property {(scan: QueuedScan) => Promise<void>} handOver another queue has it on disk
 * @property {(scan: QueuedScan, status: number, why: string) => Promise<void>} park
 * @property {(queue_seq: number) => Promise<void>} unpark
 * @property {(queue_seq: number, now_ms: number) => Promise<void>} setAside
 * @property {() => Promise<Counts>} counts
 * @property {(epoch: string) => Promise<number>} offerAgain
 * @property {(before_ms: number) => Promise<void>} forget
 */

const WAITING = "waiting";
const PARKED = "parked";
const KEPT = "kept";
const FACTS = "facts";

/**
 * Opens a kiosk's store. Where the browser has none, the scans live in memory alone, and `durable` says so.
 *
 * @param {string} kiosk
 * @returns {Promise<ScanStore>}
 */
export async function openStore(kiosk) {
  try {
    const database = await opened(`outguide-kiosk-${kiosk}`);
    void navigator.storage?.persist?.();
    return new BrowserStore(database);
  } catch {
    return new MemoryStore();
  }
}

/**
 * @param {string} name
 * @returns {Promise<IDBDatabase>}
 */
function opened(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(WAITING, { keyPath: "queue_seq" });
      request.result.createObjectStore(PARKED, { keyPath: "queue_seq" });
      request.result.createObjectStore(KEPT, { keyPath: "queue_seq" }).createIndex("kept_at", "kept_at");
      request.result.createObjectStore(FACTS, { keyPath: "name" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another page holds an older store"));
  });
}

/** @implements {ScanStore} */
class BrowserStore {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
    this.durable = true;
  }

  /** @param {NewScan} scan */
  async add(scan) {
    return this.#write([WAITING, FACTS], async (store) => {
      const fact = await answer(store(FACTS).get("next_queue_seq"));
      const queue_seq = /** @type {{value: number} | undefined} */ (fact)?.value ?? 1;
      const kept = { ...scan, queue_seq };
      store(FACTS).put({ name: "next_queue_seq", value: queue_seq + 1 });
      store(WAITING).add(kept);
      return kept;
    });
  }

  /** @returns {Promise<QueuedScan | null>} */
  async first() {
    const [scan] = await answer(this.database.transaction(WAITING).objectStore(WAITING).getAll(null, 1));
    return scan ?? null;
  }

  /** @param {QueuedScan} scan */
  async update(scan) {
    await this.#write([WAITING], async (store) => void store(WAITING).put(scan));
  }

  /**
   * @param {QueuedScan} scan
   * @param {number} seq
   * @param {string} epoch
   * @param {number} now_ms
   */
  async acknowledge(scan, seq, epoch, now_ms) {
    await this.#write([WAITING, KEPT], async (store) => {
      store(WAITING).delete(scan.queue_seq);
      store(KEPT).put({ ...scan, seq, epoch, kept_at: now_ms });
    });
  }

  /** @param {QueuedScan} scan */
  async handOver(scan) {
    await this.#write([WAITING], async (store) => void store(WAITING).delete(scan.queue_seq));
  }

  /**
   * @param {QueuedScan} scan
   * @param {number} status
   * @param {string} why
   */
  async park(scan, status, why) {
    await this.#write([WAITING, PARKED], async (store) => {
      store(WAITING).delete(scan.queue_seq);
      store(PARKED).put({ ...scan, status, why });
    });
  }

  /** @param {number} queue_seq */
  async unpark(queue_seq) {
    await this.#write([WAITING, PARKED], async (store) => {
      const scan = await answer(store(PARKED).get(queue_seq));
      if (!scan) return;
      store(PARKED).delete(queue_seq);
      store(WAITING).put({ ...scan, refusals: 0 });
    });
  }

  /**
   * @param {number} queue_seq
   * @param {number} now_ms
   */
  async setAside(queue_seq, now_ms) {
    await this.#write([PARKED, KEPT], async (store) => {
      const scan = await answer(store(PARKED).get(queue_seq));
      if (!scan) return;
      store(PARKED).delete(queue_seq);
      store(KEPT).put({ ...scan, kept_at: now_ms });
    });
  }

  /** @returns {Promise<Counts>} */
  async counts() {
    const transaction = this.database.transaction([WAITING, PARKED]);
    const waiting = transaction.objectStore(WAITING);
    const [count, [oldest], parked] = await Promise.all([
      answer(waiting.count()),
      answer(waiting.getAll(null, 1)),
      answer(transaction.objectStore(PARKED).getAll(null, 100)),
    ]);
    return { waiting: count, oldest_at: oldest?.observed_at ?? null, parked };
  }

  /** @param {string} epoch */
  async offerAgain(epoch) {
    return this.#write([WAITING, KEPT], async (store) => {
      const kept = /** @type {QueuedScan[]} */ (await answer(store(KEPT).getAll()));
      const others = kept.filter((scan) => scan.epoch !== undefined && scan.epoch !== epoch);
      for (const { seq: _seq, epoch: _epoch, kept_at: _kept_at, ...scan } of others) {
        store(KEPT).delete(scan.queue_seq);
        store(WAITING).put(scan);
      }
      return others.length;
    });
  }

  /** @param {number} before_ms */
  async forget(before_ms) {
    await this.#write([KEPT], async (store) => {
      const old = await answer(store(KEPT).index("kept_at").getAllKeys(IDBKeyRange.upperBound(before_ms)));
      for (const key of old) store(KEPT).delete(key);
    });
  }

  /**
   * One transaction, over only once it is on disk.
   *
   * @template T
   * @param {string[]} names
   * @param {(store: (name: string) => IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #write(names, work) {
    const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(null);
      transaction.onabort = () => reject(transaction.error ?? new Error("the browser could not save"));
    });
    const [made] = await Promise.all([work((name) => transaction.objectStore(name)), done]);
    return made;
  }
}

/**
 * Scans in memory: for a browser that cannot save, and for tests.
 *
 * @implements {ScanStore}
 */
export class MemoryStore {
  constructor() {
    this.durable = false;
    this.next = 1;
    /** @type {QueuedScan[]} */
    this.waiting = [];
    /** @type {QueuedScan[]} */
    this.parked = [];
    /** @type {QueuedScan[]} */
    this.kept = [];
  }

  /** @param {NewScan} scan */
  async add(scan) {
    const kept = { ...scan, queue_seq: this.next++ };
    this.waiting.push(kept);
    return kept;
  }

  async first() {
    return this.waiting[0] ?? null;
  }

  /** @param {QueuedScan} scan */
  async update(scan) {
    this.waiting = this.waiting.map((each) => (each.queue_seq === scan.queue_seq ? scan : each));
  }

  /**
   * @param {QueuedScan} scan
   * @param {number} seq
   * @param {string} epoch
   * @param {number} now_ms
   */
  async acknowledge(scan, seq, epoch, now_ms) {
    this.waiting = without(this.waiting, scan.queue_seq);
    this.kept.push({ ...scan, seq, epoch, kept_at: now_ms });
  }

  /** @param {QueuedScan} scan */
  async handOver(scan) {
    this.waiting = without(this.waiting, scan.queue_seq);
  }

  /**
   * @param {QueuedScan} scan
   * @param {number} status
   * @param {string} why
   */
  async park(scan, status, why) {
    this.waiting = without(this.waiting, scan.queue_seq);
    this.parked.push({ ...scan, status, why });
  }

  /** @param {number} queue_seq */
  async unpark(queue_seq) {
    const scan = this.parked.find((each) => each.queue_seq === queue_seq);
    if (!scan) return;
    this.parked = without(this.parked, queue_seq);
    this.#wait({ ...scan, refusals: 0 });
  }

  /**
   * @param {number} queue_seq
   * @param {number} now_ms
   */
  async setAside(queue_seq, now_ms) {
    const scan = this.parked.find((each) => each.queue_seq === queue_seq);
    if (!scan) return;
    this.parked = without(this.parked, queue_seq);
    this.kept.push({ ...scan, kept_at: now_ms });
  }

  /** @returns {Promise<Counts>} */
  async counts() {
    return { waiting: this.waiting.length, oldest_at: this.waiting[0]?.observed_at ?? null, parked: this.parked };
  }

  /** @param {string} epoch */
  async offerAgain(epoch) {
    const others = this.kept.filter((scan) => scan.epoch !== undefined && scan.epoch !== epoch);
    for (const { seq: _seq, epoch: _epoch, kept_at: _kept_at, ...scan } of others) {
      this.kept = without(this.kept, scan.queue_seq);
      this.#wait(scan);
    }
    return others.length;
  }

  /** @param {number} before_ms */
  async forget(before_ms) {
    this.kept = this.kept.filter((scan) => (scan.kept_at ?? 0) > before_ms);
  }

  /** @param {QueuedScan} scan */
  #wait(scan) {
    this.waiting = [...this.waiting, scan].sort((a, b) => a.queue_seq - b.queue_seq);
  }
}

/**
 * @param {QueuedScan[]} scans
 * @param {number} queue_seq
 */
function without(scans, queue_seq) {
  return scans.filter((scan) => scan.queue_seq !== queue_seq);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
