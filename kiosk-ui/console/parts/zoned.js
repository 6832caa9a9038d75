/** Times that people choose, as instants: the hospital's clock counts, not the browser's. */

const DAY_MS = 86_400_000;

/**
 * How far the zone is ahead of UTC at this instant, in milliseconds.
 *
 * @param {number} at
 * @param {string} zone
 */
function ahead(at, zone) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  /** @param {string} type */
  const part = (type) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(at / 1000) * 1000;
}

/**
 * The instant at which the hospital's clock shows `local` ("2026-03-01T14:00").
 *
 * @param {string} local
 * @param {string} zone
 */
export function instantOf(local, zone) {
  const wall = Date.parse(`${local}Z`);
  const guess = wall - ahead(wall, zone);
  return new Date(wall - ahead(guess, zone)).toISOString();
}

/**
 * What the hospital's clock shows, as a datetime-local field takes it.
 *
 * @param {number} at
 * @param {string} zone
 */
export function localOf(at, zone) {
  return new Date(at + ahead(at, zone)).toISOString().slice(0, 16);
}

/**
 * The hospital's day so many days from now, at this hour.
 *
 * @param {number} days
 * @param {number} hour
 * @param {string} zone
 */
export function dayAt(days, hour, zone) {
  const day = localOf(Date.now() + days * DAY_MS, zone).slice(0, 10);
  return instantOf(`${day}T${String(hour).padStart(2, "0")}:00`, zone);
}
