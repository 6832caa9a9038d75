/** A word at the bottom of the screen about what was just done. */

import { byId, el } from "../../shared/dom.js";

const SHOWN_MS = 6_000;
const TOASTS_MAX = 1;

/**
 * @param {string} text
 * @param {"ok" | "attention" | "refused"} [tone]
 */
export function toast(text, tone = "ok") {
  const place = byId("toasts");
  const node = el("p", { class: "toast", data: { tone } }, text);
  place.append(node);
  while (place.childElementCount > TOASTS_MAX) place.firstElementChild?.remove();
  setTimeout(() => node.remove(), SHOWN_MS);
}
