/** The corner menu: sound and its test, light or dark, a code by hand, devices, scans that wait or were not taken. */

/** @import { KioskView } from "../shared/types.js" */
/** @import { Counts, QueuedScan } from "./store.js" */
/** @import { Speaker } from "../shared/sound.js" */
/** @import { Times } from "../shared/format.js" */

import { byId, el, fill, picture, setText } from "../shared/dom.js";
import { describeCode } from "./codes.js";
import { isUp, stateWord } from "./frame.js";
import { say } from "./language.js";
import { whyParked } from "./shown.js";
import { SoundTest } from "./sound-test.js";
import { PICTURES } from "./verdict.js";

const THEME_KEY = "outguide-kiosk-theme";

/**
 * @typedef {object} MenuHost
 * @property {Speaker} speaker
 * @property {() => KioskView | null} view
 * @property {() => Counts} counts
 * @property {() => Times} times
 * @property {() => boolean} durable
 * @property {(data: string) => void} onTyped
 * @property {(scan: QueuedScan) => void} onSendAgain
 * @property {(scan: QueuedScan) => void} onSetAside
 * @property {() => void} onEnrol
 */

export class Menu {
  /** @param {MenuHost} host */
  constructor(host) {
    this.host = host;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("menu"));
    this.devices = el("ul", { class: "menu-devices" });
    this.waiting = el("div", { class: "menu-waiting" });
    this.about = el("p", { class: "menu-about" });
    this.enrol = el("button", { type: "button", class: "menu-button", on: { click: () => (this.close(), host.onEnrol()) } }, say("menu.enrol"));
    this.sound = new SoundTest(host.speaker);
    applyTheme(localStorage.getItem(THEME_KEY) ?? "auto");
    byId("menu-open").addEventListener("click", () => this.open());
    // A touch beside the box closes it.
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.close();
    });
    this.#build();
  }

  open() {
    this.refresh();
    if (!this.dialog.open) this.dialog.showModal();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  refresh() {
    const view = this.host.view();
    this.sound.refresh();
    fill(this.devices, ...deviceRows(view, this.host.times()));
    fill(this.waiting, ...this.#waitingRows(this.host.counts()));
    // The kiosk's own computer speaks for this screen.
    this.enrol.hidden = Boolean(view?.agent);
    setText(this.about, view ? say("menu.about", { kiosk: view.kiosk, hospital: view.hospital.name, epoch: view.epoch.slice(0, 8) }) : "");
  }

  #build() {
    fill(
      this.dialog,
      el(
        "div",
        { class: "menu-box" },
        el(
          "div",
          { class: "menu-head" },
          el("h2", { id: "menu-title", class: "menu-title" }, say("menu.title")),
          el("button", { type: "button", class: "menu-close", on: { click: () => this.close() } }, picture(PICTURES, "close"), el("span", { class: "only-read-aloud" }, say("menu.close"))),
        ),
        el("section", { class: "menu-part menu-part-wide" }, this.waiting),
        this.sound.part,
        this.#typedPart(),
        el("section", { class: "menu-part" }, el("h3", {}, say("menu.devices")), this.devices),
        this.#screenPart(),
        this.about,
      ),
    );
  }

  #typedPart() {
    const field = el("input", {
      id: "menu-code",
      class: "menu-field",
      type: "text",
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
      maxlength: 200,
    });
    /** @param {Event} event */
    const submit = (event) => {
      event.preventDefault();
      const data = field.value.trim().toUpperCase();
      if (data === "") return field.focus();
      field.value = "";
      this.close();
      this.host.onTyped(data);
    };
    return el(
      "section",
      { class: "menu-part" },
      el("h3", {}, el("label", { for: "menu-code" }, say("menu.typed"))),
      el("form", { class: "menu-row", on: { submit } }, field, el("button", { type: "submit", class: "menu-button" }, say("menu.typed.submit"))),
      el("p", { class: "menu-hint" }, say("menu.typed.hint")),
    );
  }

  #screenPart() {
    const chosen = localStorage.getItem(THEME_KEY) ?? "auto";
    const themes = [
      ["auto", say("menu.screen.auto")],
      ["light", say("menu.screen.light")],
      ["dark", say("menu.screen.dark")],
    ];
    const buttons = themes.map(([theme, words]) =>
      el(
        "button",
        { type: "button", class: "menu-button", "aria-pressed": String(theme === chosen), data: { theme }, on: { click: () => choose(theme ?? "auto") } },
        words,
      ),
    );
    /** @param {string} theme */
    const choose = (theme) => {
      localStorage.setItem(THEME_KEY, theme);
      applyTheme(theme);
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    };
    return el(
      "section",
      { class: "menu-part" },
      el("h3", {}, say("menu.screen")),
      el("div", { class: "menu-row" }, buttons),
      el(
        "div",
        { class: "menu-row" },
        el("button", { type: "button", class: "menu-button", on: { click: () => location.reload() } }, say("menu.reload")),
        this.enrol,
      ),
    );
  }

  /** @param {Counts} counts */
  #waitingRows({ waiting, oldest_at, parked }) {
    const times = this.host.times();
    const rows = [];
    if (!this.host.durable()) {
      rows.push(el("p", { class: "menu-warning" }, say("menu.scans.not_durable")));
    }
    if (waiting > 0) {
      rows.push(el("p", {}, say("menu.scans.waiting", { count: waiting, age: times.ago(oldest_at) })));
    }
    if (parked.length > 0) {
      rows.push(
        el("p", {}, say("menu.scans.parked", { count: parked.length })),
        el("ul", { class: "menu-parked" }, parked.map((scan) => this.#parkedRow(scan, times))),
      );
    }
    if (rows.length === 0) rows.push(el("p", {}, say("menu.scans.none")));
    return [el("h3", {}, say("menu.scans")), ...rows];
  }

  /**
   * @param {QueuedScan} scan
   * @param {Times} times
   */
  #parkedRow(scan, times) {
    const { host } = this;
    return el(
      "li",
      { class: "menu-parked-row" },
      el(
        "span",
        { class: "menu-parked-what" },
        el("strong", {}, describeCode(scan.data)),
        " · ",
        times.element(scan.observed_at, "when"),
        el("span", { class: "menu-parked-why" }, whyParked(scan.status ?? 0)),
        // For whoever is called to help: the server's own words.
        el("span", { class: "menu-parked-why", lang: "en" }, scan.why ?? ""),
      ),
      el("button", { type: "button", class: "menu-button", on: { click: () => host.onSendAgain(scan) } }, say("menu.scans.send_again")),
      el("button", { type: "button", class: "menu-button", on: { click: () => host.onSetAside(scan) } }, say("menu.scans.set_aside")),
    );
  }
}

/**
 * @param {KioskView | null} view
 * @param {Times} times
 */
function deviceRows(view, times) {
  const rows = (view?.devices ?? []).map((device) =>
    deviceRow(say("menu.device.scanner", { id: device.id }), device.state, device.simulated ?? false, [
      device.transport ?? "",
      device.last_scan_at ? say("menu.device.last_scan", { age: times.ago(device.last_scan_at) }) : say("menu.device.no_scan"),
    ]),
  );
  if (view?.printer) rows.push(deviceRow(say("menu.device.printer", { id: view.printer.id }), view.printer.state, view.printer.simulated ?? false, []));
  rows.push(deviceRow(say("menu.device.keyboard"), "ready", false, [say("menu.device.keyboard.text")]));
  return rows;
}

/**
 * @param {string} name
 * @param {string} state
 * @param {boolean} simulated
 * @param {string[]} more
 */
function deviceRow(name, state, simulated, more) {
  const text = [stateWord(state), simulated ? say("device.simulated") : "", ...more].filter((part) => part !== "").join(" · ");
  return el(
    "li",
    { class: "menu-device", data: { up: isUp(state) } },
    el("span", { class: "device-dot", "aria-hidden": "true" }),
    el("span", {}, el("strong", {}, name), " ", text),
  );
}

/** @param {string} theme */
function applyTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
