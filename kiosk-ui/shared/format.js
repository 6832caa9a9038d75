/** Times as people say them, in the hospital's zone, and filing numbers as the shelves show them. */

import { el } from "./dom.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @typedef {"time.yesterday" | "time.tomorrow" | "time.day" | "time.now" | "time.ago" | "time.due" | "time.overdue" | "time.never" | "time.unknown" | "span.seconds" | "span.minutes" | "span.hours" | "span.days"} TimeKey */

/**
 * How times are said: where, in `Intl`'s words, and with which words around them.
 *
 * @typedef {{locale: string, say: (key: TimeKey, values: Record<string, string | number>) => string}} Manner
 */

/** @type {Record<TimeKey, (values: Record<string, string | number>) => string>} */
const ENGLISH_WORDS = {
  "time.yesterday": ({ time }) => `yesterday ${time}`,
  "time.tomorrow": ({ time }) => `tomorrow ${time}`,
  "time.day": ({ day, time }) => `${day} ${time}`,
  "time.now": () => "just now",
  "time.ago": ({ span }) => `${span} ago`,
  "time.due": ({ when }) => `due ${when}`,
  "time.overdue": ({ span }) => `overdue ${span}`,
  "time.never": () => "never",
  "time.unknown": () => "unknown",
  "span.seconds": ({ count }) => `${count} s`,
  "span.minutes": ({ count }) => `${count} min`,
  "span.hours": ({ count }) => `${count} h`,
  "span.days": ({ count }) => (count === 1 ? "1 day" : `${count} days`),
};

/** @type {Manner} */
const ENGLISH = { locale: "en-GB", say: (key, values) => ENGLISH_WORDS[key](values) };

/**
 * Says times in one zone. `now` is the server's idea of now, so that a kiosk with a wrong clock still says "6 min ago".
 *
 * @param {string | undefined} zone IANA name; undefined is the browser's own
 * @param {() => number} [now] milliseconds
 * @param {Manner} [manner]
 */
export function timesIn(zone, now = Date.now, manner = ENGLISH) {
  const { say } = manner;
  /**
   * @param {Intl.DateTimeFormatOptions} options
   * @param {string} [locale]
   */
  const format = (options, locale = manner.locale) => new Intl.DateTimeFormat(locale, { ...options, ...(zone ? { timeZone: zone } : {}) });
  const clockFormat = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dayFormat = format({ year: "numeric", month: "2-digit", day: "2-digit" }, "en-GB"); // to be taken apart, not shown
  const weekdayFormat = format({ weekday: "short" });
  const dateFormat = format({ day: "numeric", month: "short" });
  const datedFormat = format({ day: "numeric", month: "short", year: "numeric" });
  const exactFormat = format({
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });

  /** @param {number} at */
  const dayOf = (at) => {
    const [day, month, year] = dayFormat.format(at).split("/").map(Number);
    return Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1) / DAY_MS;
  };

  /**
   * "14:00", "yesterday 14:00", "tomorrow 14:00", "Tue 14:00" within six days, else "3 Mar 14:00".
   *
   * @param {string | number | null | undefined} moment
   */
  const when = (moment) => {
    const at = instant(moment);
    if (at === null) return say("time.unknown", {});
    const time = clockFormat.format(at);
    const days = dayOf(at) - dayOf(now());
    if (days === 0) return time;
    if (days === -1) return say("time.yesterday", { time });
    if (days === 1) return say("time.tomorrow", { time });
    return say("time.day", { day: Math.abs(days) <= 6 ? weekdayFormat.format(at) : date(at), time });
  };

  /**
   * "3 Mar", with the year when it is not this one.
   *
   * @param {string | number | null | undefined} time
   */
  const date = (time) => {
    const at = instant(time);
    if (at === null) return say("time.unknown", {});
    const sameYear = datedFormat.format(at).slice(-4) === datedFormat.format(now()).slice(-4);
    return (sameYear ? dateFormat : datedFormat).format(at);
  };

  /**
   * "just now", "6 min ago", "3 h ago", "2 days ago", then the date.
   *
   * @param {string | number | null | undefined} time
   */
  const ago = (time) => {
    const at = instant(time);
    if (at === null) return say("time.never", {});
    const age = now() - at;
    if (age < -MINUTE_MS) return when(at);
    if (age < MINUTE_MS) return say("time.now", {});
    if (age >= 14 * DAY_MS) return date(at);
    return say("time.ago", { span: span(age, manner) });
  };

  /**
   * "due 14:00", "due Tue 14:00", "overdue 2 h", "" without a due time.
   *
   * @param {string | number | null | undefined} time
   */
  const due = (time) => {
    const at = instant(time);
    if (at === null) return "";
    const late = now() - at;
    return late > 0 ? say("time.overdue", { span: late < MINUTE_MS ? say("time.now", {}) : span(late, manner) }) : say("time.due", { when: when(at) });
  };

  /** @param {string | number | null | undefined} time */
  const exact = (time) => {
    const at = instant(time);
    return at === null ? say("time.unknown", {}) : exactFormat.format(at);
  };

  /** @param {string | number | null | undefined} time */
  const clock = (time) => {
    const at = instant(time);
    return at === null ? "" : clockFormat.format(at);
  };

  /**
   * A <time> that says it one of these ways and tells the exact time on hover.
   *
   * @param {string | number | null | undefined} time
   * @param {"when" | "ago" | "due" | "date" | "clock" | "exact"} way
   */
  const element = (time, way) => {
    const ways = { when, ago, due, date, clock, exact };
    const at = instant(time);
    if (at === null) return el("span", { class: "unknown" }, ways[way](time));
    return el("time", { datetime: new Date(at).toISOString(), title: exact(at), data: { way } }, ways[way](at));
  };

  return { when, date, ago, due, exact, clock, element, now };
}

/** @typedef {ReturnType<typeof timesIn>} Times */

/**
 * A length of time in its largest unit: "6 min", "3 h", "2 days".
 *
 * @param {number} length_ms
 * @param {Manner} [manner]
 */
export function span(length_ms, { say } = ENGLISH) {
  if (length_ms < MINUTE_MS) return say("span.seconds", { count: Math.max(0, Math.floor(length_ms / 1000)) });
  if (length_ms < HOUR_MS) return say("span.minutes", { count: Math.floor(length_ms / MINUTE_MS) });
  if (length_ms < DAY_MS) return say("span.hours", { count: Math.floor(length_ms / HOUR_MS) });
  return say("span.days", { count: Math.floor(length_ms / DAY_MS) });
}

/**
 * The MRN in the pairs of its filing number, in the order people read it, with the pair it is shelved by marked.
 * `filing` holds the same pairs primary first ("56-34-12" for terminal digit), which tells how this hospital files.
 *
 * @param {string} mrn
 * @param {string | null | undefined} filing
 * @returns {{text: string, primary: boolean}[]}
 */
export function mrnPairs(mrn, filing) {
  const parts = (filing ?? "").split("-").filter((part) => part !== "");
  if (parts.length < 2) return [{ text: mrn, primary: true }];
  /** @type {{order: string[], primary: number}[]} */
  const readings = [
    { order: [...parts].reverse(), primary: parts.length - 1 }, // terminal digit
    { order: [parts[1] ?? "", parts[0] ?? "", ...parts.slice(2)], primary: 1 }, // middle digit
    { order: parts, primary: 0 }, // straight
  ];
  const plain = mrn.replaceAll("-", "");
  const reading = readings.find((candidate) => candidate.order.join("") === plain);
  if (!reading) return [{ text: mrn, primary: true }];
  return reading.order.map((text, at) => ({ text, primary: at === reading.primary }));
}

/**
 * The number as an element. A screen reader hears it once, pair by pair.
 *
 * @param {{mrn: string, filing?: string | null}} chart
 */
export function mrnElement(chart) {
  const pairs = mrnPairs(chart.mrn, chart.filing);
  const spoken = pairs.map((pair) => pair.text).join(" ");
  const shown = pairs.flatMap((pair, at) => {
    const text = el(
      "span",
      pair.primary
        ? { class: "mrn-pair mrn-primary", data: { shelf: shelfDigit(pair.text) } }
        : { class: "mrn-pair" },
      pair.text,
    );
    return at === 0 ? [text] : [el("span", { class: "mrn-dash" }, "-"), text];
  });
  return el(
    "span",
    { class: "mrn" },
    el("span", { class: "only-read-aloud" }, spoken),
    ...shown.map((node) => {
      node.setAttribute("aria-hidden", "true");
      return node;
    }),
  );
}

/**
 * The digit whose shelf colour a pair carries: its first (the folder's colour; the second is on the tape).
 *
 * @param {string} pair
 */
function shelfDigit(pair) {
  return /\d/.exec(pair)?.[0] ?? null;
}

/**
 * "vol 2", with the record type when it is not the ordinary one.
 *
 * @param {{record_type: string, volume: number}} chart
 */
export function volumeText(chart) {
  return chart.record_type === "MR" ? `vol ${chart.volume}` : `${chart.record_type} vol ${chart.volume}`;
}

/** @param {string | number | null | undefined} time */
function instant(time) {
  if (time === null || time === undefined || time === "") return null;
  const at = typeof time === "number" ? time : Date.parse(time);
  return Number.isNaN(at) ? null : at;
}
