// What kiosks speak: run with `node --test tests/browser/*.test.mjs`. That all languages have the same keys and the same
// named places is tested beside the server's half (`src/custody/language.rs`).
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { manner, say, sayWord, speak } from "../../kiosk-ui/kiosk/language.js";
import { Memory } from "../../kiosk-ui/kiosk/memory.js";
import { shownNotRecorded, shownParked, shownSaved, whyParked } from "../../kiosk-ui/kiosk/shown.js";
import { timesIn } from "../../kiosk-ui/shared/format.js";

const ROOT = path.join(import.meta.dirname, "../..");
const LANGUAGES = ["en", "es", "fr"];
const textsOf = (language) => JSON.parse(fs.readFileSync(path.join(ROOT, `kiosk-ui/languages/${language}.json`), "utf8"));

/** Files below a folder. */
const below = (folder, end) =>
  fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(end)).map((file) => path.join(folder, file));
const source = (file) => fs.readFileSync(path.join(ROOT, file), "utf8");
const OTHERS_CODE = /zxing/;

test("each page and receipt text is used, and every key that the sources name is there", () => {
  const files = [...below("kiosk-ui/kiosk", ".js"), ...below("kiosk-ui/kiosk", ".html"), ...below("src/custody", ".rs"), "kiosk-ui/shared/format.js"].filter((file) => !OTHERS_CODE.test(file));
  const named = new Set(files.flatMap((file) => [...source(file).matchAll(/["{]([a-z_]+(?:\.[A-Za-z0-9_]+)+)["}]/g)].map(([, key]) => key)));
  const keys = Object.keys(textsOf("en"));
  // Put together from a word: a state, a role, a tone, a day, a month, and what to do after a headline.
  const composed = (key) => /^(state|role|tone|weekday|month)\./.test(key) || (key.endsWith(".next") && named.has(key.slice(0, -5))) || key === "language";
  assert.deepEqual(keys.filter((key) => !named.has(key) && !composed(key)), [], "never said");
  const groups = new Set(keys.map((key) => key.split(".")[0]));
  assert.deepEqual([...named].filter((key) => groups.has(key.split(".")[0]) && !/\.(js|json|css|svg|ms)$/.test(key) && !keys.includes(key)), [], "not there");
});

test("no words of the kiosk stand in its sources", () => {
  const found = [];
  for (const file of below("kiosk-ui/kiosk", ".js").filter((each) => !OTHERS_CODE.test(each) && !each.endsWith("worker.js"))) {
    const code = source(file).replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
    for (const line of code.split("\n")) {
      if (/new (Error|ApiError)\(/.test(line)) continue; // for programmers
      const literals = [...line.replace(/class: "[^"]*"/g, "").matchAll(/"([^"]*)"|`([^`]*)`/g)].map(([, plain, template]) => plain ?? template.replace(/\$\{[^}]*\}/g, ""));
      found.push(...literals.filter((text) => /[A-Za-z]{2,} [A-Za-z]{2,}/.test(text) || /^[A-Z][a-z]{2,}/.test(text)).map((text) => `${file}: ${text}`));
    }
  }
  // Names of the platform and of keys of a keyboard, not words.
  const names = /: (NotAllowedError|NotFoundError|NotReadableError|Error|rotate\(.*|Content-Type)$/;
  assert.deepEqual(found.filter((each) => !names.test(each)), []);
  const page = source("kiosk-ui/kiosk/index.html").replace(/<!--[^]*?-->/g, "");
  assert.deepEqual(page.match(/>[^<{]*[A-Za-z]{2,}[^<{]*</g), null);
  assert.deepEqual(page.match(/(aria-label|title|alt)="[^{"]+"/g), null);
});

test("days and months are named on receipts as Intl names them on the page", () => {
  for (const [language, locale] of [["en", "en-US"], ["es", "es"], ["fr", "fr"]]) {
    const texts = textsOf(language);
    const name = (options, at) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(at);
    for (let at = 1; at <= 7; at++) assert.equal(texts[`weekday.${at}`], name({ weekday: "short" }, Date.UTC(2024, 0, at)), `${language} day ${at}`);
    for (let at = 1; at <= 12; at++) assert.equal(texts[`month.${at}`], name({ month: "short" }, Date.UTC(2024, at - 1, 15)), `${language} month ${at}`);
  }
});

test("places are filled by name, and a number chooses the form", () => {
  speak("es", textsOf("es"));
  assert.equal(say("next.to_place", { place: "{x}" }), "Escanee historias: cada una va a {x}.");
  assert.equal(say("ribbon.parked", { count: 1 }), "El servidor no aceptó 1 lectura");
  assert.equal(say("ribbon.parked", { count: 3 }), "El servidor no aceptó 3 lecturas");
  speak("fr", textsOf("fr"));
  assert.equal(say("span.days", { count: 0 }), "0 jour");
  assert.equal(sayWord("state", "no_answer"), "sans réponse");
  assert.equal(sayWord("state", "of_a_newer_server"), "of a newer server");
});

test("times are said in the kiosk's language", () => {
  const now = Date.parse("2026-03-10T18:00:00Z");
  const said = (language) => {
    speak(language, textsOf(language));
    const times = timesIn("America/New_York", () => now, manner());
    const moments = ["2026-03-09T13:00:00Z", "2026-03-08T13:00:00Z", "2025-12-24T12:00:00Z"];
    return [...moments.map((at) => times.when(at)), times.ago("2026-03-10T17:54:00Z"), times.ago("2026-03-08T17:00:00Z"), times.ago(null)];
  };
  assert.deepEqual(said("en"), ["yesterday 09:00", "Sun 09:00", "24 Dec 2025 07:00", "6 min ago", "2 days ago", "never"]);
  assert.deepEqual(said("es"), ["ayer 09:00", "dom 09:00", "24 dic 2025 07:00", "hace 6 min", "hace 2 días", "nunca"]);
  assert.deepEqual(said("fr"), ["hier 09:00", "dim. 09:00", "24 déc. 2025 07:00", "il y a 6 min", "il y a 2 jours", "jamais"]);
});

test("what the kiosk itself says of a scan is said in its language, whatever the server's words were", () => {
  speak("es", textsOf("es"));
  const scan = { id: "1", data: "C00000001700163", lane: "", observed_at: "2026-03-10T18:00:00Z", queue_seq: 1, source: /** @type {const} */ ("scanned") };
  assert.equal(shownSaved(scan, 2).detail, "Historia n.º\u00a017. Sin registrar aún. Se envía en cuanto responda el servidor.");
  assert.equal(shownNotRecorded(scan).headline, "No registrado");
  assert.equal(shownParked(scan, 422).notes[0].text, "El servidor no puede aceptarla tal como está.");
  assert.deepEqual([409, 500, 503, 418].map((status) => whyParked(status)).filter((text) => text.includes("parked.")), []);
});

test("a screen remembers the last verdicts without whose charts they were, for seven days, and lets them go", () => {
  speak("en", textsOf("en"));
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
  let now = Date.parse("2026-03-10T18:00:00Z");
  const memory = () => new Memory("er-1", storage, () => now);
  const chart = { number: 17, mrn: "123456", filing: "56-34-12", record_type: "MR", volume: 2, home: "FILE", place: "PSY", place_name: "Psychiatry", holder: "7", holder_name: "Rosa Diaz" };
  const shown = /** @type {any} */ ({ id: "1", tone: "ok", kind: "located", headline: "Located", detail: "", notes: [{ kind: "choose_one", text: "2 charts", choices: [{ mrn: "999999" }] }], chart, at_ms: now, lane: "", late: false });
  memory().keepVerdicts([shown]);
  assert.doesNotMatch([...kept.values()].join(), /Psychiatry|Rosa|PSY|999999/);
  const { chart: again, headline } = memory().verdicts()[0];
  assert.deepEqual([headline, again], ["Located", { mrn: "123456", filing: "56-34-12", record_type: "MR", volume: 2 }]);
  speak("es", textsOf("es"));
  assert.deepEqual(memory().verdicts(), [], "in another language");
  speak("en", textsOf("en"));
  now += 8 * 86_400_000;
  assert.deepEqual(memory().verdicts(), [], "too old");
  memory().forgetVerdicts();
  assert.equal(kept.size, 0);
  kept.set("outguide-kiosk-er-1-verdicts", "{broken");
  assert.deepEqual(memory().verdicts(), []);
});

test("each language has its file and its name", () => {
  assert.deepEqual(fs.readdirSync(path.join(ROOT, "kiosk-ui/languages")).sort(), LANGUAGES.map((language) => `${language}.json`));
});
