// What a camera sees as scans: run with `node --test tests/browser/*.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { GONE_AFTER_MS, Held } from "../../kiosk-ui/kiosk/camera/held.js";

const FIRST = { data: "C00000001700163", symbology: "]C0" };
const SECOND = { data: "SROSA1", symbology: "]C0" };
const OLD = { data: "123456", symbology: "]A0" };

/** The texts taken of `[ms, codes]` in turn. */
function taken(...pictures) {
  const held = new Held();
  return pictures.map(([at_ms, ...codes]) => held.see(codes, at_ms)).map(({ take, several }) => (several ? "several" : (take?.data ?? null)));
}

test("a code held in view is one scan, through glare and shaking, and a new one once it was gone", () => {
  const back = 1900 + GONE_AFTER_MS + 1;
  assert.deepEqual(taken([0, FIRST], [100, FIRST], [200], [1900, FIRST], [1950], [2000], [2100], [2200, FIRST]), [FIRST.data, null, null, null, null, null, null, null]);
  assert.deepEqual(taken([0, FIRST], [1900, FIRST], [2000], [3000], [back], [back + 100, FIRST]), [FIRST.data, null, null, null, null, FIRST.data]);
  // A slow device looks every three seconds: what it sees each time never was away.
  assert.deepEqual(taken([0, FIRST], [3000, FIRST], [6000], [9000, FIRST]), [FIRST.data, null, null, null]);
});

test("bars and QR of one label are one code, and ours goes before an old number on the same folder", () => {
  assert.deepEqual(taken([0, FIRST, { ...FIRST, symbology: "]Q1" }]), [FIRST.data]);
  assert.deepEqual(taken([0, OLD, FIRST], [100, OLD, FIRST]), [FIRST.data, null]);
});

test("of two labels none is guessed, not even while the first is still in view", () => {
  const other = { data: `C000000018001${check("C000000018001")}`, symbology: "]C0" };
  assert.deepEqual(taken([0, FIRST, other], [100, FIRST], [200, FIRST, other], [300, other]), ["several", FIRST.data, "several", other.data]);
});

test("a code without our check digits counts once it was read alike twice", () => {
  assert.deepEqual(taken([0, OLD], [100, OLD], [200, OLD]), [null, OLD.data, null]);
  assert.deepEqual(taken([0, OLD], [5000, OLD]), [null, null]);
  assert.deepEqual(taken([0, OLD], [100, { ...OLD, data: "123466" }]), [null, null]);
  assert.deepEqual(taken([0, SECOND]), [null], "not one of ours: its check digits do not fit");
});

function check(text) {
  const digits = [...text].map((letter) => Number.parseInt(letter, 36)).join("") + "00";
  return String(98 - [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0)).padStart(2, "0");
}
