/** The sign-in page. */

import { ApiError } from "../shared/api.js";
import { el, fill } from "../shared/dom.js";
import { fieldElement } from "./parts/form.js";
import { icon } from "./parts/icon.js";
import { signIn } from "./session.js";

/**
 * @param {object} options
 * @param {string | null} options.why
 * @param {() => void} options.signedIn
 */
export function signInPage({ why, signedIn }) {
  const message = el("div", { class: "form-fault", role: "alert" }, why);
  const send = el("button", { type: "submit", class: "button primary wide" }, "Sign in");
  const form = el(
    "form",
    { class: "form", novalidate: true },
    fieldElement({ name: "user", label: "User name", required: true, autocomplete: "username" }, "sign-in"),
    fieldElement({ name: "password", label: "Password", type: "password", required: true, autocomplete: "current-password" }, "sign-in"),
    message,
    send,
  );
  const user = /** @type {HTMLInputElement} */ (form.elements.namedItem("user"));
  const password = /** @type {HTMLInputElement} */ (form.elements.namedItem("password"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = [user, password].find((input) => input.value === "");
    if (missing) {
      fill(message, missing === user ? "Type your user name." : "Type your password.");
      missing.focus();
      return;
    }
    send.disabled = true;
    fill(message);
    try {
      await signIn(user.value.trim(), password.value);
      signedIn();
    } catch (fault) {
      fill(message, signInFault(fault));
      password.select();
      password.focus();
    } finally {
      send.disabled = false;
    }
  });
  requestAnimationFrame(() => user.focus());
  return el(
    "main",
    { class: "gate" },
    el(
      "div",
      { class: "gate-card" },
      el("div", { class: "gate-brand" }, icon("records"), el("h1", {}, "Outguide")),
      el("p", { class: "soft" }, "Where every chart is, who has it, since when."),
      form,
      el("p", { class: "hint" }, "Accounts are made by an administrator. Badges work at kiosks only."),
    ),
  );
}

/** @param {unknown} fault */
function signInFault(fault) {
  if (!(fault instanceof ApiError)) return `The console failed: ${String(fault)}`;
  if (fault.unanswered) return "The server does not answer. Try again in a moment; your password was not the problem.";
  if (fault.status === 401) return "User name or password is wrong. Check Caps Lock and try again.";
  if (fault.status === 429) {
    const seconds = /** @type {{retry_after?: number}} */ (fault.problem).retry_after;
    const wait = seconds ? `Wait ${seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`}` : "Wait a minute";
    return `Too many attempts from here. ${wait}, then try again. Nobody else is locked out by this.`;
  }
  return fault.message;
}
