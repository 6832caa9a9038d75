/** The middle of the screen: the last verdict in giant type, or what to scan first. */

/** @import { Times } from "../shared/format.js" */
/** @import { Shown, ShownChart } from "./shown.js" */
/** @import { SoundName } from "../shared/sound.js" */

import { el, fill, picture, setText } from "../shared/dom.js";
import { mrnElement } from "../shared/format.js";
import { say } from "./language.js";

export const PICTURES = "/assets/kiosk/pictures.svg";

/** The whole middle takes the verdict's colour for so long, then a band of it stays, in milliseconds. */
const FRESH_MS = 2000;
/** A verdict looked at again gives way to the latest after so long, in milliseconds. */
const AGAIN_MS = 8000;
/** A verdict stays so long, unless another comes, before the screen says again what to scan, in milliseconds. */
const STAY_MS = 60_000;
const STAY_SIGNED_OFF_MS = 8000;
/** In how many steps the words may shrink; the sizes are in the style sheet. */
const FIT_STEPS = 4;

/** @param {SoundName} tone */
export const toneWord = (tone) => say(`tone.${tone}`);

/** @param {ShownChart} chart */
const volumeText = ({ record_type: type, volume }) => (type === "MR" ? say("verdict.volume", { volume }) : say("verdict.volume_of_type", { type, volume }));

export class VerdictArea {
  /** @type {Shown | null} */
  #latest = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #phaseTimer = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaveTimer = undefined;

  /**
   * @param {{section: HTMLElement, body: HTMLElement, next: HTMLElement}} nodes
   * @param {() => Times} times
   * @param {() => HTMLElement} idle makes the screen that says what to scan
   * @param {(code: string, lane: string) => void} onChoose one of several charts that a code fits
   */
  constructor({ section, body, next }, times, idle, onChoose) {
    this.section = section;
    this.body = body;
    this.next = next;
    this.times = times;
    this.idle = idle;
    this.onChoose = onChoose;
    new ResizeObserver(() => this.#fit()).observe(body);
  }

  /** @param {Shown} shown */
  show(shown) {
    // Several may be told as saved at once: the last one scanned stands.
    const latest = this.#latest;
    if (shown.tone === "saved" && latest?.tone === "saved" && latest.at_ms > shown.at_ms) return;
    this.#latest = shown;
    this.#paint(shown, "fresh", false);
    clearTimeout(this.#phaseTimer);
    clearTimeout(this.#leaveTimer);
    this.#phaseTimer = setTimeout(() => (this.section.dataset.phase = "band"), FRESH_MS);
    const stay_ms = shown.kind === "signed_off" ? STAY_SIGNED_OFF_MS : STAY_MS;
    this.#leaveTimer = setTimeout(() => this.rest(), stay_ms);
  }

  /**
   * An earlier one again, without sound, marked as such.
   *
   * @param {Shown} shown
   */
  showAgain(shown) {
    this.#paint(shown, "band", true);
    clearTimeout(this.#phaseTimer);
    this.#phaseTimer = setTimeout(() => {
      if (this.#latest) this.#paint(this.#latest, "band", false);
      else this.rest();
    }, AGAIN_MS);
  }

  /** @param {string} id a scan's */
  shows(id) {
    return this.#latest?.id === id;
  }

  /** Says what to scan. */
  rest() {
    clearTimeout(this.#phaseTimer);
    clearTimeout(this.#leaveTimer);
    this.#latest = null;
    this.section.dataset.tone = "none";
    delete this.section.dataset.phase;
    fill(this.body, this.idle());
  }

  /** Paints the resting screen anew when it is what stands there. */
  refresh() {
    if (this.section.dataset.tone === "none") fill(this.body, this.idle());
  }

  /**
   * @param {string} text
   * @param {boolean} always also while the resting screen, which says as much in pictures, stands there
   */
  setNext(text, always) {
    setText(this.next, text);
    this.next.dataset.always = String(always);
  }

  /** Long names and many notes make everything a step smaller rather than cutting off what matters. */
  #fit() {
    for (let step = 0; step <= FIT_STEPS; step++) {
      this.section.dataset.fit = String(step);
      const words = this.body.lastElementChild;
      if (!words || words.scrollHeight <= words.clientHeight + 1) return;
    }
  }

  /**
   * @param {Shown} shown
   * @param {"fresh" | "band"} phase
   * @param {boolean} again
   */
  #paint(shown, phase, again) {
    this.section.dataset.tone = shown.tone;
    this.section.dataset.phase = phase;
    const tags = [
      again ? say("verdict.again", { when: this.times().when(shown.at_ms) }) : null,
      shown.late ? say("verdict.late", { when: this.times().when(shown.at_ms) }) : null,
    ].filter((tag) => tag !== null);
    fill(
      this.body,
      el("div", { class: "verdict-mark" }, picture(PICTURES, shown.tone)),
      el(
        "div",
        { class: "verdict-words" },
        tags.length > 0 && el("p", { class: "verdict-tags" }, tags.join(" · ")),
        el(
          "p",
          { class: "verdict-headline", data: { size: sizeOf(shown.headline, shown.chart ? 18 : 22) } },
          el("span", { class: "only-read-aloud" }, say("tone.read_aloud", { tone: toneWord(shown.tone) })),
          shown.headline,
        ),
        shown.chart &&
          el(
            "p",
            { class: "verdict-chart", data: { size: sizeOf(shown.chart.mrn, 9) } },
            mrnElement(shown.chart),
            el("span", { class: "verdict-volume" }, volumeText(shown.chart)),
          ),
        shown.detail && el("p", { class: "verdict-detail", data: { size: sizeOf(shown.detail, 70) } }, shown.detail),
        shown.notes.length > 0 &&
          el(
            "ul",
            { class: "verdict-notes" },
            shown.notes.map((note) => el("li", { data: { kind: note.kind } }, note.text)),
          ),
        !again && this.#choices(shown),
      ),
    );
    this.#fit();
  }

  /**
   * The charts that a code fits, to be touched: it is never guessed which one is meant.
   *
   * @param {Shown} shown
   */
  #choices(shown) {
    const choices = shown.notes.flatMap((note) => note.choices ?? []);
    if (choices.length === 0) return null;
    return el(
      "ul",
      { class: "verdict-choices" },
      choices.map((choice) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "verdict-choice", on: { click: () => this.onChoose(choice.code, shown.lane) } },
            mrnElement(choice),
            el("span", { class: "verdict-choice-volume" }, volumeText(choice)),
          ),
        ),
      ),
    );
  }
}

/**
 * Long words get a smaller size: names of 60 letters still fit.
 *
 * @param {string} text
 * @param {number} usual
 */
export function sizeOf(text, usual) {
  if (text.length <= usual) return "usual";
  return text.length <= usual * 2 ? "long" : "longest";
}
