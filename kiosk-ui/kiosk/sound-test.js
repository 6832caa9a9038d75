/** The menu's part about sound: how loud, and each tone by its name, to be heard where people scan. */

/** @import { Speaker, SoundName } from "../shared/sound.js" */
/** @import { Key } from "./language.js" */

import { el, picture, setText } from "../shared/dom.js";
import { say } from "./language.js";
import { PICTURES } from "./verdict.js";

/** @type {[SoundName, Key][]} */
const SOUNDS = [
  ["ok", "menu.sound.ok"],
  ["attention", "menu.sound.attention"],
  ["refused", "menu.sound.refused"],
  ["not_recorded", "menu.sound.not_recorded"],
  ["saved", "menu.sound.saved"],
];
const VOLUME_KEY = "outguide-kiosk-volume";
const VOLUME_USUAL = 0.7;
/** From one tone to the next when all are played, in milliseconds: the longest is 0.7 s. */
const NEXT_AFTER_MS = 1300;

export class SoundTest {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** @param {Speaker} speaker */
  constructor(speaker) {
    this.speaker = speaker;
    speaker.volume = storedVolume();
    this.level = el("output", { class: "menu-level", for: "menu-volume" });
    this.fault = el("p", { class: "menu-warning", role: "status" });
    this.buttons = SOUNDS.map(([name, key]) =>
      el("button", { type: "button", class: "menu-button menu-sound", data: { tone: name }, on: { click: () => this.#play(name) } }, picture(PICTURES, name), say(key)),
    );
    this.slider = el("input", {
      type: "range",
      id: "menu-volume",
      class: "menu-volume",
      min: 0,
      max: 100,
      step: 5,
      value: Math.round(speaker.volume * 100),
      on: { input: () => this.#turn(), change: () => this.#play("ok") },
    });
    this.part = el(
      "section",
      { class: "menu-part" },
      el("h3", { class: "menu-volume-title" }, el("label", { for: "menu-volume" }, say("menu.volume")), this.level),
      el("div", { class: "menu-row menu-loudness" }, this.slider, el("button", { type: "button", class: "menu-button", on: { click: () => this.#playAll(0) } }, say("menu.sound.all"))),
      el("div", { class: "menu-row" }, this.buttons),
      el("p", { class: "menu-hint" }, say("menu.sound.hint")),
      this.fault,
    );
    this.refresh();
  }

  /** Says how loud it is, and whether anything can be heard at all. */
  refresh() {
    const percent = Math.round(this.speaker.volume * 100);
    setText(this.level, percent === 0 ? say("menu.volume.off") : say("menu.volume.percent", { percent }));
    setText(this.fault, this.speaker.deaf ? say("menu.sound.none") : "");
  }

  #turn() {
    this.speaker.volume = Number(this.slider.value) / 100;
    localStorage.setItem(VOLUME_KEY, String(this.speaker.volume));
    this.refresh();
  }

  /** @param {SoundName} name */
  #play(name) {
    clearTimeout(this.#timer);
    this.#sound(name);
  }

  /** One after the other, each button marked while its tone is heard. @param {number} at */
  #playAll(at) {
    clearTimeout(this.#timer);
    const name = SOUNDS[at]?.[0];
    if (!name) return this.#mark(null);
    this.#sound(name);
    this.#timer = setTimeout(() => this.#playAll(at + 1), NEXT_AFTER_MS);
  }

  /** @param {SoundName} name */
  #sound(name) {
    this.#mark(name);
    void this.speaker.wake().then(() => {
      this.speaker.play(name);
      this.refresh();
    });
  }

  /** @param {SoundName | null} name the one that is heard */
  #mark(name) {
    for (const button of this.buttons) button.dataset.heard = String(button.dataset.tone === name);
  }
}

function storedVolume() {
  const value = Number.parseFloat(localStorage.getItem(VOLUME_KEY) ?? "");
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : VOLUME_USUAL;
}
