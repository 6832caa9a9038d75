/**
 * What the kiosk speaks. The texts stand in `kiosk-ui/languages`, one file a language; the server writes the kiosk's into
 * the page, as `<html lang>`, and words its receipts out of the same file.
 */

/** @import { Manner, TimeKey } from "../shared/format.js" */
/** @typedef {Exclude<keyof typeof import("../languages/en.json"), "language">} Key */
/** @typedef {string | {one: string, other: string}} Text */

/** Without the texts the page cannot work: they are asked for again after so long, in milliseconds. */
const ASK_AGAIN_MS = 1000;

/** @type {Record<string, Text>} */
let texts = {};
let tag = "en";
let plurals = new Intl.PluralRules(tag);

/**
 * The language of texts that are at hand.
 *
 * @param {string} language
 * @param {Record<string, Text>} itsTexts
 */
export function speak(language, itsTexts) {
  texts = itsTexts;
  tag = language;
  plurals = new Intl.PluralRules(language);
}

/** Fetches the texts of the page's language, however long it takes. */
export async function learnLanguage() {
  const language = document.documentElement.lang;
  for (;;) {
    try {
      const response = await fetch(`/assets/languages/${language}.json`);
      if (response.ok) return speak(language, await response.json());
    } catch {
      // No answer: asked again.
    }
    await new Promise((resume) => setTimeout(resume, ASK_AGAIN_MS));
  }
}

/** The language's tag, as in `<html lang>`. */
export const language = () => tag;

/**
 * The text with this key, each `{name}` in it replaced by its value. Of a text that differs by number, `count` chooses.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  const form = typeof text === "string" ? text : plurals.select(Number(values.count)) === "one" ? text.one : text.other;
  return form.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/**
 * The text of a word that comes from the server, such as a state or a role; a word that is not known yet says itself.
 *
 * @param {"state" | "role"} kind
 * @param {string} word
 */
export function sayWord(kind, word) {
  const key = `${kind}.${word}`;
  return key in texts ? say(/** @type {Key} */ (key)) : word.replaceAll("_", " ");
}

/** How times are said in this language. @returns {Manner} */
export const manner = () => ({
  // Of the Englishes the one that puts the day before the month, as receipts do.
  locale: tag === "en" ? "en-GB" : tag,
  say: (/** @type {TimeKey} */ key, /** @type {Record<string, string | number>} */ values) => say(key, values),
});
