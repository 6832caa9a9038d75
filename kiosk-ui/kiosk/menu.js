/** The corner menu: sound and its test, light or dark, a code by hand, devices, scans that wait or were not taken. */

/** @import { KioskView } from "../shared/types.js" */
/** @import { Counts, QueuedScan } from "./store.js" */
/** @import { Speaker, SoundName } from "../shared/sound.js" */
/** @import { Times } from "../shared/format.js" */

import { byId, el, fill, picture, setText } from "../shared/dom.js";
import { describeCode } from "./codes.js";
import { isUp, stateWord } from "./frame.js";
import { PICTURES } from "./verdict.js";

/** @type {[SoundName, string][]} */
const SOUND_NAMES = [
  ["ok", "Done"],
  ["attention", "Mind this"],
  ["refused", "Refused"],
  ["not_recorded", "Not recorded"],
  ["saved", "Saved here"],
];
const VOLUME_KEY = "outguide-kiosk-volume";
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
    this.enrol = el("button", { type: "button", class: "menu-button", on: { click: () => (this.close(), host.onEnrol()) } }, "Enrol this screen");
    host.speaker.volume = storedNumber(VOLUME_KEY, 0.7);
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
    fill(this.devices, ...deviceRows(view, this.host.times()));
    fill(this.waiting, ...this.#waitingRows(this.host.counts()));
    // The kiosk's own computer speaks for this screen.
    this.enrol.hidden = Boolean(view?.agent);
    setText(this.about, view ? `Kiosk ${view.kiosk} · ${view.hospital.name} · ledger epoch ${view.epoch.slice(0, 8)}` : "");
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
          el("h2", { id: "menu-title", class: "menu-title" }, "This kiosk"),
          el("button", { type: "button", class: "menu-close", on: { click: () => this.close() } }, picture(PICTURES, "close"), el("span", { class: "only-read-aloud" }, "Close")),
        ),
        el("section", { class: "menu-part menu-part-wide" }, this.waiting),
        this.#soundPart(),
        this.#typedPart(),
        el("section", { class: "menu-part" }, el("h3", {}, "Devices"), this.devices),
        this.#screenPart(),
        this.about,
      ),
    );
  }

  #soundPart() {
    const { speaker } = this.host;
    const slider = el("input", {
      type: "range",
      id: "menu-volume",
      class: "menu-volume",
      min: 0,
      max: 100,
      step: 5,
      value: Math.round(speaker.volume * 100),
      on: {
        input: () => {
          speaker.volume = Number(slider.value) / 100;
          localStorage.setItem(VOLUME_KEY, String(speaker.volume));
        },
        change: () => speaker.play("ok"),
      },
    });
    return el(
      "section",
      { class: "menu-part" },
      el("h3", {}, el("label", { for: "menu-volume" }, "Volume")),
      slider,
      el(
        "div",
        { class: "menu-row" },
        SOUND_NAMES.map(([name, words]) =>
          el(
            "button",
            { type: "button", class: "menu-button menu-sound", data: { tone: name }, on: { click: () => void speaker.wake().then(() => speaker.play(name)) } },
            picture(PICTURES, name),
            words,
          ),
        ),
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
      el("h3", {}, el("label", { for: "menu-code" }, "Type a code by hand")),
      el("form", { class: "menu-row", on: { submit } }, field, el("button", { type: "submit", class: "menu-button" }, "Submit")),
      el("p", { class: "menu-hint" }, "For a label that cannot be read. It is recorded as typed: said, not seen."),
    );
  }

  #screenPart() {
    const chosen = localStorage.getItem(THEME_KEY) ?? "auto";
    const themes = [
      ["auto", "As the device"],
      ["light", "Light"],
      ["dark", "Dark"],
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
      el("h3", {}, "Screen"),
      el("div", { class: "menu-row" }, buttons),
      el(
        "div",
        { class: "menu-row" },
        el("button", { type: "button", class: "menu-button", on: { click: () => location.reload() } }, "Load again"),
        this.enrol,
      ),
    );
  }

  /** @param {Counts} counts */
  #waitingRows({ waiting, oldest_at, parked }) {
    const times = this.host.times();
    const rows = [];
    if (!this.host.durable()) {
      rows.push(el("p", { class: "menu-warning" }, "This browser cannot save scans: those that wait are lost if the page is closed."));
    }
    if (waiting > 0) {
      rows.push(el("p", {}, `${waiting === 1 ? "1 scan is" : `${waiting} scans are`} saved here and not yet recorded, the oldest ${times.ago(oldest_at)}. They are sent in order as soon as the server answers.`));
    }
    if (parked.length > 0) {
      rows.push(
        el("p", {}, `${parked.length === 1 ? "This scan is" : "These scans are"} in no ledger:`),
        el("ul", { class: "menu-parked" }, parked.map((scan) => this.#parkedRow(scan, times))),
      );
    }
    if (rows.length === 0) rows.push(el("p", {}, "Every scan made here is recorded."));
    return [el("h3", {}, "Scans on this screen"), ...rows];
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
        el("span", { class: "menu-parked-why" }, scan.why ?? ""),
      ),
      el("button", { type: "button", class: "menu-button", on: { click: () => host.onSendAgain(scan) } }, "Send again"),
      el("button", { type: "button", class: "menu-button", on: { click: () => host.onSetAside(scan) } }, "Set aside"),
    );
  }
}

/**
 * @param {KioskView | null} view
 * @param {Times} times
 */
function deviceRows(view, times) {
  const rows = (view?.devices ?? []).map((device) =>
    deviceRow(`Scanner ${device.id}`, device.state, device.simulated ?? false, [
      device.transport ?? "",
      device.last_scan_at ? `last scan ${times.ago(device.last_scan_at)}` : "no scan yet",
    ]),
  );
  if (view?.printer) rows.push(deviceRow(`Printer ${view.printer.id}`, view.printer.state, view.printer.simulated ?? false, []));
  rows.push(deviceRow("Keyboard scanner", "ready", false, ["types into this page, wherever the focus is"]));
  return rows;
}

/**
 * @param {string} name
 * @param {string} state
 * @param {boolean} simulated
 * @param {string[]} more
 */
function deviceRow(name, state, simulated, more) {
  const text = [stateWord(state), simulated ? "simulated" : "", ...more].filter((part) => part !== "").join(" · ");
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

/**
 * @param {string} key
 * @param {number} usual
 */
function storedNumber(key, usual) {
  const value = Number.parseFloat(localStorage.getItem(key) ?? "");
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : usual;
}
