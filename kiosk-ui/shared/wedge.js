/**
 * Hears a keyboard-wedge scanner wherever the focus is. A scanner types as a US keyboard, so physical key codes are
 * read, not the characters the computer's layout makes of them; Enter or Tab ends a code.
 *
 * Time comes from the events, not from the clock when they are handled: a busy page delays handling, not typing.
 */

/**
 * A pause longer than this starts a new code, in milliseconds: in a text field, where a person may have typed just before
 * the scanner did; and elsewhere, where a computer that stalls in the middle of a code must not break it in two.
 */
const FIELD_BREAK_MS = 250;
const PAUSE_MAX_MS = 700;
/** A code whose median pause is at most this was typed by a machine, in milliseconds (wedges take 1 to 50). */
const MACHINE_PAUSE_MAX_MS = 60;
/** In a text field only this fast, and at least this long, counts as a scan: a person's typing must never be taken. */
const FIELD_PAUSE_MAX_MS = 35;
const FIELD_LENGTH_MIN = 4;
/** A second terminator this soon after the first (CR LF, Enter Enter) belongs to the same code, in milliseconds. */
const TERMINATOR_ECHO_MS = 60;
/** The longest code taken, in characters; the server takes as many bytes. */
const CODE_LENGTH_MAX = 1024;

/** @type {Record<string, [string, string]>} what a US keyboard gives for a key, without and with Shift */
const US_KEYS = {
  Backquote: ["`", "~"],
  Digit1: ["1", "!"],
  Digit2: ["2", "@"],
  Digit3: ["3", "#"],
  Digit4: ["4", "$"],
  Digit5: ["5", "%"],
  Digit6: ["6", "^"],
  Digit7: ["7", "&"],
  Digit8: ["8", "*"],
  Digit9: ["9", "("],
  Digit0: ["0", ")"],
  Minus: ["-", "_"],
  Equal: ["=", "+"],
  BracketLeft: ["[", "{"],
  BracketRight: ["]", "}"],
  Backslash: ["\\", "|"],
  Semicolon: [";", ":"],
  Quote: ["'", '"'],
  Comma: [",", "<"],
  Period: [".", ">"],
  Slash: ["/", "?"],
  Space: [" ", " "],
  IntlBackslash: ["\\", "|"],
  NumpadAdd: ["+", "+"],
  NumpadSubtract: ["-", "-"],
  NumpadMultiply: ["*", "*"],
  NumpadDivide: ["/", "/"],
  NumpadDecimal: [".", "."],
};

/**
 * @typedef {object} WedgeCode
 * @property {string} data what was typed, without its end
 * @property {"scanned" | "typed"} source a machine's speed or a person's
 * @property {number} pause_ms the median pause between keys
 * @property {number} started_at epoch milliseconds of the first key
 *
 * @typedef {object} WedgeOptions
 * @property {(code: WedgeCode) => void} onCode
 * @property {(length: number, why: "no_end" | "too_long") => void} [onFragment] keys that came to nothing
 * @property {"always" | "burst"} [guard] keep control keys and shortcuts from the browser: always (a kiosk's page belongs
 *   to its scanner) or only in the middle of a code (default)
 * @property {boolean} [slow] outside text fields, take codes typed at a person's speed too (`source: "typed"`)
 */

/**
 * Starts hearing on `target` (a window). Returns a function that stops it.
 *
 * @param {Window} target
 * @param {WedgeOptions} options
 */
export function hearWedge(target, options) {
  const wedge = new Wedge(options);
  /** @param {KeyboardEvent} event */
  const down = (event) => wedge.keyDown(event);
  /** @param {KeyboardEvent} event */
  const up = (event) => wedge.keyUp(event);
  target.addEventListener("keydown", down, { capture: true });
  target.addEventListener("keyup", up, { capture: true });
  return () => {
    target.removeEventListener("keydown", down, { capture: true });
    target.removeEventListener("keyup", up, { capture: true });
    wedge.stop();
  };
}

/**
 * The character that a key gives on a US keyboard, "" when it gives none.
 *
 * @param {string} code `KeyboardEvent.code`
 * @param {boolean} shift
 */
export function usCharacter(code, shift) {
  if (/^Key[A-Z]$/.test(code)) return shift ? code.slice(3) : code.slice(3).toLowerCase();
  if (/^Numpad\d$/.test(code)) return code.slice(6);
  return US_KEYS[code]?.[shift ? 1 : 0] ?? "";
}

class Wedge {
  /** @param {WedgeOptions} options */
  constructor(options) {
    this.options = options;
    /** @type {string[]} */
    this.keys = [];
    /** @type {number[]} */
    this.pauses_ms = [];
    this.last_ms = Number.NEGATIVE_INFINITY;
    this.started_at = 0;
    this.ended_ms = Number.NEGATIVE_INFINITY;
    this.altDigits = "";
    this.overflowed = false;
    /** @type {{field: HTMLInputElement | HTMLTextAreaElement, value: string, start: number | null, end: number | null} | null} */
    this.field = null;
    /** A list of choices that had the focus when the code began: its first letter chose something. */
    /** @type {{list: HTMLSelectElement, at: number} | null} */
    this.choice = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (isModifier(event)) return;
    const running = this.runs(event);
    if (event.repeat && !running) return; // a key held down is a person, or a book on the keyboard
    if (isTerminator(event)) return this.terminator(event, running);
    if (event.altKey && /^Numpad\d$/.test(event.code) && !event.ctrlKey) {
      // Some scanners send Alt + decimal code, whatever the layout: the character comes when Alt is let go.
      this.altDigits += event.code.slice(6);
      this.withhold(event);
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || /^F\d+$/.test(event.code)) return this.shortcut(event, running);
    const character = usCharacter(event.code, isShifted(event)) || (event.code === "" && event.key.length === 1 ? event.key : "");
    if (character === "" || (character === " " && !running)) return; // no code begins with a space: it presses a button
    const field = editable(event.target);
    if (!running) this.begin(event, field);
    this.take(character, event.timeStamp);
    // In a field the keys go in as typed, and are taken out again if they turn out to be a scan. Elsewhere they would
    // press buttons (space) or scroll.
    if (!field && (this.options.guard === "always" || this.options.slow || this.keys.length > 1)) this.withhold(event);
  }

  /** @param {KeyboardEvent} event */
  keyUp(event) {
    if (event.key !== "Alt" || this.altDigits === "") return;
    const character = String.fromCharCode(Number(this.altDigits) % 256);
    this.altDigits = "";
    const running = this.runs(event);
    if (character === "\r" || character === "\t" || character === "\n") return this.terminator(event, running);
    if (!running) this.begin(event, editable(event.target));
    this.take(character, event.timeStamp);
    this.withhold(event);
  }

  /**
   * Does this key go on with a code that has begun?
   *
   * @param {KeyboardEvent} event
   */
  runs(event) {
    const pause_max_ms = this.field ? FIELD_BREAK_MS : PAUSE_MAX_MS;
    return this.keys.length > 0 && event.timeStamp - this.last_ms <= pause_max_ms;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLInputElement | HTMLTextAreaElement | null} field
   */
  begin(event, field) {
    this.keys = [];
    this.pauses_ms = [];
    this.overflowed = false;
    this.last_ms = event.timeStamp;
    this.started_at = Date.now() - Math.max(0, performance.now() - event.timeStamp);
    this.field = field ? { field, value: field.value, start: field.selectionStart, end: field.selectionEnd } : null;
    this.choice = event.target instanceof HTMLSelectElement ? { list: event.target, at: event.target.selectedIndex } : null;
  }

  /**
   * @param {string} character
   * @param {number} at_ms
   */
  take(character, at_ms) {
    if (this.keys.length > 0) this.pauses_ms.push(at_ms - this.last_ms);
    this.last_ms = at_ms;
    if (this.keys.length < CODE_LENGTH_MAX) this.keys.push(character);
    else this.overflowed = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fragment("no_end"), PAUSE_MAX_MS * 2);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {boolean} running
   */
  terminator(event, running) {
    if (!running) {
      if (event.timeStamp - this.ended_ms <= TERMINATOR_ECHO_MS) this.withhold(event);
      return;
    }
    const pause_ms = median(this.pauses_ms);
    const machine = pause_ms <= MACHINE_PAUSE_MAX_MS;
    if (this.field) {
      if (this.keys.length < FIELD_LENGTH_MIN || pause_ms > FIELD_PAUSE_MAX_MS) return this.reset();
      const { field, value, start, end } = this.field;
      field.value = value;
      if (start !== null) field.setSelectionRange(start, end);
      field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "historyUndo" }));
    } else if (!machine && !this.options.slow) return this.reset();
    this.undoChoice();
    this.withhold(event);
    this.ended_ms = event.timeStamp;
    if (this.overflowed) return this.fragment("too_long");
    const code = { data: this.keys.join(""), source: machine ? "scanned" : "typed", pause_ms, started_at: this.started_at };
    this.reset();
    this.options.onCode(/** @type {WedgeCode} */ (code));
  }

  /** What a code's first letter chose in a list is taken back. */
  undoChoice() {
    const { list, at } = this.choice ?? {};
    if (!list || at === undefined || list.selectedIndex === at) return;
    list.selectedIndex = at;
    list.dispatchEvent(new Event("input", { bubbles: true }));
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /**
   * Control characters inside a code arrive as Ctrl + key (GS is Ctrl + ]): kept in the code, kept from the browser.
   *
   * @param {KeyboardEvent} event
   * @param {boolean} running
   */
  shortcut(event, running) {
    const character = event.ctrlKey && !event.altKey && !event.metaKey ? controlCharacter(event.code) : "";
    const machine = running && event.timeStamp - this.last_ms <= MACHINE_PAUSE_MAX_MS;
    if (character !== "" && (machine || (this.options.guard === "always" && !running))) {
      if (!running) this.begin(event, editable(event.target));
      this.take(character, event.timeStamp);
    }
    if (machine || (this.options.guard === "always" && !editable(event.target))) this.withhold(event);
  }

  /** @param {Event} event */
  withhold(event) {
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {"no_end" | "too_long"} why */
  fragment(why) {
    const length = this.keys.length;
    const fast = median(this.pauses_ms) <= MACHINE_PAUSE_MAX_MS;
    const told = why === "too_long" || (length >= FIELD_LENGTH_MIN && fast && !this.field);
    this.reset();
    if (told) this.options.onFragment?.(length, why);
  }

  reset() {
    clearTimeout(this.timer);
    this.keys = [];
    this.pauses_ms = [];
    this.field = null;
    this.choice = null;
    this.overflowed = false;
    this.last_ms = Number.NEGATIVE_INFINITY;
  }
}

/** @param {KeyboardEvent} event */
function isModifier(event) {
  return ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock"].includes(event.key);
}

/**
 * Enter, Tab, or the same as control characters: Ctrl + M, Ctrl + J, Ctrl + I.
 *
 * @param {KeyboardEvent} event
 */
function isTerminator(event) {
  if (event.altKey || event.metaKey) return false;
  if (event.ctrlKey) return ["KeyM", "KeyJ", "KeyI"].includes(event.code) && !event.shiftKey;
  return event.code === "Enter" || event.code === "NumpadEnter" || event.code === "Tab" || event.key === "Enter" || event.key === "Tab";
}

/**
 * Shift is down; or the key says so itself (some converters and remote desktops send "C" for KeyC without a Shift key).
 * CapsLock is no Shift: a scanner does not know of it.
 *
 * @param {KeyboardEvent} event
 */
function isShifted(event) {
  if (event.shiftKey) return true;
  const shifted = usCharacter(event.code, true);
  return event.key === shifted && shifted !== usCharacter(event.code, false) && !event.getModifierState("CapsLock");
}

/**
 * The ASCII control character of Ctrl + this key on a US keyboard.
 *
 * @param {string} code
 */
function controlCharacter(code) {
  if (/^Key[A-Z]$/.test(code)) return String.fromCharCode(code.charCodeAt(3) - 64);
  /** @type {Record<string, string>} */
  const others = { BracketLeft: "\x1b", Backslash: "\x1c", BracketRight: "\x1d", Digit6: "\x1e", Minus: "\x1f" };
  return others[code] ?? "";
}

/**
 * The text field that a key goes into, if it goes into one.
 *
 * @param {EventTarget | null} target
 * @returns {HTMLInputElement | HTMLTextAreaElement | null}
 */
function editable(target) {
  if (target instanceof HTMLTextAreaElement) return target;
  if (!(target instanceof HTMLInputElement)) return null;
  return ["text", "search", "password", "email", "tel", "url", "number", "date"].includes(target.type) ? target : null;
}

/**
 * @param {number[]} values
 */
function median(values) {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
