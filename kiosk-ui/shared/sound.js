/**
 * The kiosk's sounds, made by WebAudio: told apart by ear alone, by count, height and length. They are played after the
 * server's answer, never before.
 */

/** @typedef {"ok" | "attention" | "refused" | "not_recorded" | "saved"} SoundName */

/**
 * @typedef {object} Tone
 * @property {number} at seconds after the start
 * @property {number} for_s seconds
 * @property {number} hertz
 * @property {OscillatorType} shape
 * @property {number} [level]
 */

/** @type {Record<SoundName, Tone[]>} */
const SOUNDS = {
  // Two short rising notes.
  ok: [
    { at: 0, for_s: 0.09, hertz: 784, shape: "triangle" },
    { at: 0.1, for_s: 0.14, hertz: 1175, shape: "triangle" },
  ],
  // Three notes, the middle one high.
  attention: [
    { at: 0, for_s: 0.11, hertz: 659, shape: "triangle" },
    { at: 0.13, for_s: 0.11, hertz: 1319, shape: "triangle" },
    { at: 0.26, for_s: 0.18, hertz: 659, shape: "triangle" },
  ],
  // One low buzz, 0.4 s.
  refused: [{ at: 0, for_s: 0.4, hertz: 139, shape: "sawtooth", level: 0.8 }],
  // The low buzz twice.
  not_recorded: [
    { at: 0, for_s: 0.3, hertz: 139, shape: "sawtooth", level: 0.8 },
    { at: 0.42, for_s: 0.3, hertz: 139, shape: "sawtooth", level: 0.8 },
  ],
  // One soft mid note.
  saved: [{ at: 0, for_s: 0.2, hertz: 523, shape: "sine", level: 0.5 }],
};

/** @type {Record<SoundName, number[]>} the same for a device that vibrates, in milliseconds on, off, on … */
const VIBRATIONS = {
  ok: [60, 40, 60],
  attention: [60, 50, 60, 50, 120],
  refused: [400],
  not_recorded: [300, 120, 300],
  saved: [40],
};

/** The speaker of a page. Browsers let it sound only after a key or a touch (or where the kiosk's policy allows it). */
export class Speaker {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    /** 0 to 1 */
    this.volume = 0.7;
    const wake = () => void this.wake();
    for (const event of ["pointerdown", "keydown"]) window.addEventListener(event, wake, { capture: true, passive: true });
  }

  /** True while the browser keeps the page silent: the screen has to say so. */
  get blocked() {
    return this.context?.state !== "running";
  }

  /** True where there is nothing to hear on purpose: turned down, or no sound device. */
  get silent() {
    return this.volume <= 0 || this.#deaf;
  }

  #deaf = false;

  /** True where the device has nothing to sound with. */
  get deaf() {
    return this.#deaf;
  }

  async wake() {
    try {
      this.context ??= new AudioContext({ latencyHint: "interactive" });
      if (this.context.state === "suspended") await this.context.resume();
    } catch {
      this.#deaf = true;
      this.context = null; // no sound device: the screen alone must do
    }
  }

  /** @param {SoundName} name */
  play(name) {
    if (this.volume > 0) navigator.vibrate?.(VIBRATIONS[name]);
    const context = this.context;
    if (!context || context.state !== "running" || this.volume <= 0) {
      void this.wake();
      return;
    }
    const start = context.currentTime + 0.005;
    for (const tone of SOUNDS[name]) this.#note(context, start, tone);
  }

  /**
   * @param {AudioContext} context
   * @param {number} start
   * @param {Tone} tone
   */
  #note(context, start, tone) {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = tone.shape;
    oscillator.frequency.value = tone.hertz;
    const level = this.volume * (tone.level ?? 1) * 0.5;
    const from = start + tone.at;
    const to = from + tone.for_s;
    // Ramps at both ends: a note that starts or stops at once clicks.
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(level, from + 0.008);
    gain.gain.setValueAtTime(level, to - 0.03);
    gain.gain.linearRampToValueAtTime(0, to);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(to + 0.02);
  }
}
