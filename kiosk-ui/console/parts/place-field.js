/** The places there are, to choose from in a form. */

/** @import { Place } from "../types.js" */
/** @import { Field } from "./form.js" */

import { get } from "../../shared/api.js";

const ROWS_A_PAGE = 500;
/** More places than this are not offered in a form; no hospital has them. */
const PAGES_MAX = 20;

/**
 * Places in use, and the one that a row names already, which may have been switched off since: correcting something else
 * of that row must not lose it.
 *
 * @param {string | null} [kept] its code
 * @returns {Promise<Place[]>}
 */
export async function activePlaces(kept) {
  /** @type {Place[]} */
  const all = [];
  /** @type {string | null} */
  let cursor = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = /** @type {{rows: Place[], next_cursor?: string | null}} */ (await get("/api/v1/places", { limit: ROWS_A_PAGE, cursor }));
    all.push(...answer.rows);
    cursor = answer.next_cursor ?? null;
    if (!cursor) break;
  }
  return all.filter((place) => place.active || place.code === kept);
}

/**
 * @param {Place[]} places
 * @param {Partial<Field>} field
 * @returns {Field}
 */
export function placeField(places, field) {
  const sorted = [...places].sort((a, b) => a.name.localeCompare(b.name));
  const options = sorted.map((place) => /** @type {[string, string]} */ ([place.code, `${place.name} (${place.code})${place.active ? "" : ", no longer in use"}`]));
  return { name: "place", label: "Place", type: "select", options: [["", "Choose a place"], ...options], ...field };
}
