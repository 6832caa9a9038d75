/** The screen of a browser that is not this kiosk yet: takes the one-time code that the console shows. */

import { ApiError, post } from "../shared/api.js";
import { byId, el, fill, setText } from "../shared/dom.js";
import { say } from "./language.js";

/** How long the code is, in characters. */
const CODE_LENGTH = 8;
const KEYS = ["1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"];

export class Enrolment {
  #busy = false;

  /**
   * @param {string} kiosk
   * @param {(kiosk: string) => void} onEnrolled
   * @param {() => void} onRefused a scan was not taken
   */
  constructor(kiosk, onEnrolled, onRefused) {
    this.kiosk = kiosk;
    this.onRefused = onRefused;
    this.onEnrolled = onEnrolled;
    this.section = byId("enrol");
    this.field = el("input", {
      id: "enrol-code",
      class: "enrol-field",
      type: "text",
      autocomplete: "one-time-code",
      autocapitalize: "characters",
      spellcheck: "false",
      maxlength: CODE_LENGTH + 4,
      "aria-describedby": "enrol-fault",
      on: { input: () => this.#tidy() },
    });
    this.fault = el("p", { id: "enrol-fault", class: "enrol-fault", role: "alert" });
    this.close = el("button", { type: "button", class: "enrol-key enrol-back", on: { click: () => this.hide() } }, say("enrol.back"));
    this.#build();
  }

  get shown() {
    return !this.section.hidden;
  }

  /** @param {boolean} required false: it was asked for from the menu and can be left */
  show(required) {
    this.close.hidden = required;
    if (this.shown) return;
    this.section.hidden = false;
    this.field.focus();
  }

  hide() {
    this.section.hidden = true;
    setText(this.fault, "");
    this.field.value = "";
  }

  /**
   * A code that was scanned: the one that the console shows, or something that cannot be recorded here.
   *
   * @param {string} data
   */
  scanned(data) {
    if (data.trim().length <= CODE_LENGTH) return this.take(data);
    setText(this.fault, say("enrol.not_recorded"));
    this.onRefused();
  }

  /** @param {string} data */
  take(data) {
    this.field.value = data;
    this.#tidy();
  }

  #build() {
    /** @param {string} key */
    const key = (key) => el("button", { type: "button", class: "enrol-key", on: { click: () => this.take(this.field.value + key) } }, key);
    fill(
      this.section,
      el(
        "form",
        { class: "enrol-box", on: { submit: (/** @type {Event} */ event) => (event.preventDefault(), void this.#submit()) } },
        el("h2", { id: "enrol-title", class: "enrol-title" }, say("enrol.title")),
        el("p", { class: "enrol-text" }, say("enrol.text", { kiosk: this.kiosk })),
        el("label", { for: "enrol-code", class: "enrol-label" }, say("enrol.code")),
        this.field,
        this.fault,
        el(
          "div",
          { class: "enrol-keys" },
          KEYS.map((row) => el("div", { class: "enrol-keys-row" }, [...row].map(key))),
          el(
            "div",
            { class: "enrol-keys-row" },
            this.close,
            el("button", { type: "button", class: "enrol-key enrol-wide", on: { click: () => this.take(this.field.value.slice(0, -1)) } }, say("enrol.delete")),
            el("button", { type: "submit", class: "enrol-key enrol-submit" }, say("enrol.submit")),
          ),
        ),
      ),
    );
  }

  #tidy() {
    const code = this.field.value.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, CODE_LENGTH);
    if (code !== this.field.value) this.field.value = code;
    setText(this.fault, "");
    if (code.length === CODE_LENGTH) void this.#submit();
  }

  async #submit() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const made = await post("/api/v1/kiosks/enrol", { code: this.field.value });
      this.hide();
      this.onEnrolled(made?.kiosk ?? this.kiosk);
    } catch (fault) {
      const status = fault instanceof ApiError ? fault.status : 0;
      const refused = status >= 400 && status < 500;
      setText(this.fault, say(status === 429 ? "enrol.too_many" : refused ? "enrol.refused" : "enrol.unanswered"));
      this.field.select();
    } finally {
      this.#busy = false;
    }
  }
}
