/** Pictures and small words used on every page. */

import { el, picture } from "../../shared/dom.js";

const FILE = "/assets/console/icons.svg";

/**
 * Takes the pictures into the page, so that they are there when the server is not. Without them the words still are.
 */
export async function loadIcons() {
  try {
    const text = await (await fetch(FILE)).text();
    const { documentElement } = new DOMParser().parseFromString(text, "image/svg+xml");
    documentElement.setAttribute("hidden", "");
    document.body.append(document.adoptNode(documentElement));
  } catch {
    // Pictures only repeat what the words say.
  }
}

/** @param {string} name */
export function icon(name) {
  return picture("", `icon-${name}`, { class: "icon" });
}

/**
 * A word on a quiet background.
 *
 * @param {string} text
 * @param {"ok" | "attention" | "refused" | "saved" | "plain"} [tone]
 * @param {string} [title]
 */
export function tag(text, tone = "plain", title) {
  return el("span", { class: "tag", data: { tone }, title }, text);
}

/** Marks a device that is only pretended. */
export function simulatedTag() {
  return tag("simulated", "saved", "This device is simulated by Outguide: nothing is plugged in.");
}

/**
 * A second click does nothing while what the first one began goes on: what that is, `onClick` returns.
 *
 * @param {string} label
 * @param {(event: MouseEvent) => unknown} onClick
 * @param {{icon?: string, kind?: "primary" | "danger" | "quiet", title?: string, disabled?: boolean}} [options]
 */
export function button(label, onClick, options = {}) {
  let busy = false;
  const click = async (/** @type {MouseEvent} */ event) => {
    if (busy) return;
    busy = true;
    try {
      await onClick(event);
    } finally {
      busy = false;
    }
  };
  return el(
    "button",
    { type: "button", class: `button ${options.kind ?? ""}`, title: options.title, disabled: options.disabled ?? false, on: { click } },
    options.icon ? icon(options.icon) : null,
    label,
  );
}

/**
 * @param {string} name
 * @param {string} label
 * @param {(event: MouseEvent) => void} onClick
 */
export function iconButton(name, label, onClick) {
  return el("button", { type: "button", class: "button quiet only-icon", "aria-label": label, title: label, on: { click: onClick } }, icon(name));
}

/**
 * "in_transit" to "in transit".
 *
 * @param {string | null | undefined} word
 */
export function words(word) {
  return (word ?? "").replaceAll("_", " ");
}

/** @param {string} text */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
