// Lanes and their sessions: run with `node --test tests/browser/*.test.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";

import { countsWith } from "../../kiosk-ui/kiosk/queue.js";
import { Sessions } from "../../kiosk-ui/kiosk/sessions.js";

const somebody = /** @type {any} */ ({ staff: "1001", staff_name: "Rosa Diaz", staff_role: "clerk", destination: "CARD", mode: "out" });

test("the page's own lane is there until scanners bring lanes of their own, unless somebody is at work in it", () => {
  const page = new Sessions("");
  assert.deepEqual([page.order, page.chosen, page.atWork], [[""], "", false]);
  page.set("", somebody);
  page.meet(["B", "A"]);
  assert.deepEqual([page.order, page.chosen, page.current], [["A", "B", ""], "", somebody]);
  page.signOff("", "receive");
  assert.deepEqual([page.of("")?.staff, page.of("")?.destination, page.of("")?.mode, page.atWork], [null, null, "receive", false]);
  page.meet(["B", "A"]);
  assert.deepEqual([page.order, page.chosen], [["A", "B"], "A"]);
  page.hear("");
  assert.deepEqual([page.order, page.of(""), page.of("C")], [["A", "B", ""], null, null]);
});

test("what waits is one number, counted once while the kiosk's own computer answers", () => {
  const own = { waiting: 2, oldest_at: "2026-03-10T18:00:00Z", parked: [] };
  const agent = /** @type {any} */ ({ waiting: 3, oldest_at: "2026-03-10T17:00:00Z", parked: [{ queue_seq: 7, status: 422 }] });
  assert.equal(countsWith(null, own, true).waiting, 2);
  assert.equal(countsWith(agent, own, true).waiting, 3);
  const { waiting, oldest_at, parked } = countsWith(agent, own, false);
  assert.deepEqual([waiting, oldest_at, parked[0]?.there], [5, "2026-03-10T17:00:00Z", true]);
});
