// What both surfaces share: run with `node --test tests/browser/*.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { commandCode, describeCode, roleMay } from "../../kiosk-ui/kiosk/codes.js";
import { speak } from "../../kiosk-ui/kiosk/language.js";
import english from "../../kiosk-ui/languages/en.json" with { type: "json" };
import { parsedEvent } from "../../kiosk-ui/shared/api.js";
import { checkDigits } from "../../kiosk-ui/shared/check-digits.js";
import { mrnPairs, span, timesIn } from "../../kiosk-ui/shared/format.js";
import { uuidv7 } from "../../kiosk-ui/shared/ids.js";
import { usCharacter } from "../../kiosk-ui/shared/wedge.js";

test("check digits are the contract's", () => {
  assert.equal(checkDigits("123456"), "76");
  assert.equal(checkDigits("C000000017001"), "63");
  assert.match(commandCode("UNDO"), /^KUNDO\d\d$/);
});

test("a waiting scan is named only when it is one of ours", () => {
  speak("en", english);
  assert.equal(describeCode("C00000001700163"), "Chart no. 17");
  assert.equal(describeCode(commandCode("OUT")), "Out");
  assert.equal(describeCode("hunter2"), "A code of 7 characters");
});

test("pairs stand in reading order with the one it is shelved by marked", () => {
  const pairs = (mrn, filing) => mrnPairs(mrn, filing).map((pair) => (pair.primary ? `[${pair.text}]` : pair.text)).join("-");
  assert.equal(pairs("123456", "56-34-12"), "12-34-[56]");
  assert.equal(pairs("123456", "34-12-56"), "12-[34]-56");
  assert.equal(pairs("123456", "12-34-56"), "[12]-34-56");
  assert.equal(pairs("A-77", null), "[A-77]");
  assert.equal(pairs("123456", "99-99-99"), "[123456]");
});

test("times are said as people say them, in the hospital's zone", () => {
  const now = Date.parse("2026-03-10T18:00:00Z"); // Tuesday 14:00 in New York, two days after the clocks changed
  const times = timesIn("America/New_York", () => now);
  assert.equal(times.when("2026-03-10T13:00:00Z"), "09:00");
  assert.equal(times.when("2026-03-11T03:30:00Z"), "23:30");
  assert.equal(times.when("2026-03-11T04:30:00Z"), "tomorrow 00:30");
  assert.equal(times.when("2026-03-08T06:30:00Z"), "Sun 01:30");
  assert.equal(times.when("2025-12-24T12:00:00Z"), "24 Dec 2025 07:00");
  assert.equal(times.ago("2026-03-10T17:54:00Z"), "6 min ago");
  assert.equal(times.ago(null), "never");
  assert.equal(times.due("2026-03-10T16:00:00Z"), "overdue 2 h");
  assert.equal(times.when("nonsense"), "unknown");
  assert.equal(span(25 * 3_600_000), "1 day");
});

test("ids are UUIDs of version 7 that sort by time", () => {
  const [first, second] = [uuidv7(1_700_000_000_000), uuidv7(1_700_000_000_001)];
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(first < second);
  assert.equal(Number.parseInt(first.replaceAll("-", "").slice(0, 12), 16), 1_700_000_000_000);
});

test("keys are read as on a US keyboard", () => {
  assert.equal(usCharacter("KeyQ", true), "Q");
  assert.equal(usCharacter("KeyQ", false), "q");
  assert.equal(usCharacter("Digit1", false), "1");
  assert.equal(usCharacter("Digit1", true), "!");
  assert.equal(usCharacter("Numpad7", false), "7");
  assert.equal(usCharacter("F5", false), "");
});

test("events of a stream are read as the standard says", () => {
  assert.deepEqual(parsedEvent("event: receipt\nid: 7\ndata: {\"a\":\ndata: 1}"), { type: "receipt", id: "7", data: { a: 1 } });
  assert.equal(parsedEvent(": keep-alive"), null);
});

test("roles include the one before", () => {
  assert.equal(roleMay("clerk", "records"), false);
  assert.equal(roleMay("supervisor", "records"), true);
  assert.equal(roleMay(null, "records"), true);
});
