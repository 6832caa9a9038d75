/** The head of a page, tabs, and the split of list and what is open beside it. */

import { el, fill } from "../../shared/dom.js";
import { iconButton } from "./icon.js";

/**
 * @param {string} title
 * @param {...(Node | string | null)} actions
 */
export function head(title, ...actions) {
  return el("header", { class: "page-head" }, el("h1", {}, title), el("div", { class: "page-actions" }, ...actions));
}

/**
 * @param {string} label
 * @param {{href: string, text: string, current: boolean}[]} items
 */
export function tabs(label, items) {
  return el(
    "nav",
    { class: "tabs", "aria-label": label },
    ...items.map(({ href, text, current }) => el("a", { class: "tab", href, "aria-current": current ? "page" : null }, text)),
  );
}

/**
 * The lines of a list of facts (`dl`).
 *
 * @param {[string, string][]} pairs
 */
export function facts(pairs) {
  return pairs.flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)]);
}

/**
 * A place beside the list for what is opened from it.
 *
 * @param {string} label
 * @param {() => void} onClose
 */
export function beside(label, onClose) {
  const body = el("div", { class: "beside-body" });
  const heading = el("h2", { tabindex: "-1" });
  const close = iconButton("close", "Close", onClose);
  close.dataset["escape"] = "true";
  const element = el("aside", { class: "beside", "aria-label": label, hidden: true }, el("header", { class: "beside-head" }, heading, close), body);
  return {
    element,
    /**
     * @param {Node | string} title
     * @param {...(Node | null)} content
     */
    open: (title, ...content) => {
      fill(heading, title);
      fill(body, ...content);
      element.hidden = false;
    },
    close: () => {
      element.hidden = true;
      fill(body);
    },
    focus: () => heading.focus(),
  };
}
