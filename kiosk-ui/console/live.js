/** The ledger's events as they happen, for every page; and whether the server is heard at all. */

/** @import { LedgerEvent } from "./types.js" */

import { follow } from "../shared/api.js";

/** A break shorter than this is not worth a word, in milliseconds. */
const LOST_GRACE_MS = 4_000;

/** @typedef {(event: LedgerEvent | null) => void} Hearer null: events may have been missed, look again */

/** @type {Set<Hearer>} */
const hearers = new Set();
/** Who hears that a scanner or printer changed its state, which is no entry. */
/** @type {Set<() => void>} */
const deviceHearers = new Set();
/** @type {(() => void) | null} */
let stop = null;

/**
 * @param {object} on
 * @param {(lost: boolean) => void} on.connection
 * @param {() => void} on.signedOut
 */
export function start({ connection, signedOut }) {
  end();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let wasLost = false;
  const finish = follow("/api/v1/events", {
    onEvent: ({ type, data }) => {
      if (type === "device" || type === "printer") tellOfDevice();
      else tell(type === "resync" || typeof data !== "object" ? null : data);
    },
    onState: (state, fault) => {
      if (state === "open") {
        clearTimeout(timer);
        connection(false);
        if (wasLost) tell(null);
        wasLost = false;
      } else if (fault?.status === 401) signedOut();
      else if (fault?.status === 403) end();
      else if (!wasLost) {
        // From the first break on, not from the latest attempt.
        wasLost = true;
        timer = setTimeout(() => connection(true), LOST_GRACE_MS);
      }
    },
  });
  stop = () => {
    clearTimeout(timer);
    finish();
  };
}

export function end() {
  stop?.();
  stop = null;
}

/**
 * @param {AbortSignal} signal ends it
 * @param {Hearer} hearer
 */
export function hear(signal, hearer) {
  hearers.add(hearer);
  signal.addEventListener("abort", () => hearers.delete(hearer), { once: true });
}

/**
 * Calls `act` soon after `relevant` events, at most once in `pause_ms`: a busy hour is hundreds of scans a minute.
 *
 * @param {AbortSignal} signal
 * @param {(event: LedgerEvent) => boolean} relevant
 * @param {() => void} act
 * @param {number} [pause_ms]
 */
export function hearCalmly(signal, relevant, act, pause_ms = 1_500) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  hear(signal, (event) => {
    if (timer !== undefined || (event && !relevant(event))) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) act();
    }, pause_ms);
  });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

/**
 * Calls `act` soon after a scanner or printer changed its state, or may have unheard, at most once in `pause_ms`.
 *
 * @param {AbortSignal} signal
 * @param {() => void} act
 * @param {number} pause_ms
 */
export function hearDevices(signal, act, pause_ms) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const hearer = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) act();
    }, pause_ms);
  };
  deviceHearers.add(hearer);
  const leave = () => {
    clearTimeout(timer);
    deviceHearers.delete(hearer);
  };
  signal.addEventListener("abort", leave, { once: true });
}

function tellOfDevice() {
  for (const hearer of [...deviceHearers]) hearer();
}

/** @param {LedgerEvent | null} event */
function tell(event) {
  if (event === null) tellOfDevice();
  for (const hearer of [...hearers]) hearer(event);
}
