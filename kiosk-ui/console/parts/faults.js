/** Errors in words: what failed, and whether anything was lost. */

import { ApiError } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { button, capital, icon } from "./icon.js";

/** A value of a form that will not do, found out before anything was sent. */
export class FieldFault extends Error {
  /**
   * @param {string} field
   * @param {string} text what is wrong with it
   */
  constructor(field, text) {
    super(text);
    this.field = field;
  }
}

/**
 * What went wrong with a change the user asked for.
 *
 * @param {unknown} fault
 * @returns {{text: string, lost: string}}
 */
export function changeFault(fault) {
  if (fault instanceof FieldFault) return { text: sentence(fault.message), lost: "Nothing was changed." };
  if (!(fault instanceof ApiError)) return { text: "The console failed.", lost: `Tell support what you did: ${String(fault)}` };
  const text = sentence(fault.message);
  if (fault.unanswered) {
    return { text, lost: "It may or may not have been saved. Look before you try again." };
  }
  if (fault.status === 401) return { text: "You are signed out.", lost: "Nothing was changed. Sign in again." };
  return { text, lost: "Nothing was changed." };
}

/**
 * What went wrong with something the user wanted to see.
 *
 * @param {unknown} fault
 */
export function readFault(fault) {
  if (!(fault instanceof ApiError)) return `The console failed: ${String(fault)}`;
  if (fault.status === 403) return `${sentence(fault.message)} Ask an administrator if you need it.`;
  if (fault.status === 404) return sentence(fault.message);
  return `${sentence(fault.message)} Nothing is lost; this is only about showing it.`;
}

/**
 * A block that says so, with a way to try again.
 *
 * @param {unknown} fault
 * @param {(() => void) | null} again
 */
export function faultBlock(fault, again) {
  const repeatable = again && !(fault instanceof ApiError && [403, 404].includes(fault.status));
  return el(
    "div",
    { class: "state-block", role: "alert" },
    icon("alerts"),
    el("p", {}, readFault(fault)),
    repeatable ? button("Try again", again) : null,
  );
}

/**
 * A block for a list without rows: what that means and what to do.
 *
 * @param {string} title
 * @param {string} advice
 * @param {...(Node | null)} actions
 */
export function emptyBlock(title, advice, ...actions) {
  return el("div", { class: "state-block" }, el("p", { class: "state-title" }, title), el("p", {}, advice), ...actions);
}

/** @param {string} text */
function sentence(text) {
  const begun = capital(text);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
