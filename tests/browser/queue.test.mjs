// The kiosk's queue: run with `node --test tests/browser/*.test.mjs`.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { ApiError } from "../../kiosk-ui/shared/api.js";
import { ScanQueue } from "../../kiosk-ui/kiosk/queue.js";
import { MemoryStore } from "../../kiosk-ui/kiosk/store.js";

const EPOCH = "epoch-1";

/** A queue over a server that answers as `answer` says; what happened is in `told`. */
function kiosk(answer, now = { ms: 1_000_000 }) {
  const store = new MemoryStore();
  const sent = [];
  const told = [];
  let seq = 0;
  const tell = (what) => (scan, more) => told.push([what, scan.data ?? scan, more]);
  const queue = new ScanQueue(
    store,
    async (scan) => {
      sent.push(scan);
      const fault = answer(scan, sent.length);
      if (fault) throw fault;
      return { seq: ++seq, epoch: now.epoch ?? EPOCH, id: scan.id, duplicate: false };
    },
    {
      onReceipt: (scan, _receipt, live) => told.push(["receipt", scan.data, live]),
      onSaved: tell("saved"),
      onNotRecorded: tell("not_recorded"),
      onParked: tell("parked"),
      onLost: tell("lost"),
      onBarred: (status) => told.push(["barred", status]),
      onCounts: () => {},
      onReach: (reached) => told.push(["reach", reached]),
    },
    () => now.ms,
  );
  after(() => queue.stop());
  return { queue, store, sent, told, now };
}

const scan = (data) => ({ data, source: "scanned", lane: "" });
const settle = () => new Promise((resume) => setTimeout(resume, 20));
const data = (scans) => scans.map((each) => each.data);

test("scans are sent in the order they were made and kept once recorded", async () => {
  const { queue, store, sent, told } = kiosk(() => null);
  for (const each of ["A", "B", "C"]) await queue.add(scan(each));
  await settle();
  assert.deepEqual(data(sent), ["A", "B", "C"]);
  assert.deepEqual(sent.map((each) => each.queue_seq), [1, 2, 3]);
  assert.deepEqual(told.map(([what]) => what), ["receipt", "receipt", "receipt"]);
  assert.equal(store.waiting.length, 0);
  assert.deepEqual(data(store.kept), ["A", "B", "C"]);
  queue.stop();
});

test("without an answer a scan stays, is told once as saved, and nothing overtakes it", async () => {
  let down = true;
  const { queue, store, sent, told } = kiosk(() => (down ? new ApiError(0, {}) : null));
  await queue.add(scan("A"));
  await settle();
  await queue.add(scan("B"));
  await settle();
  queue.wake();
  await settle();
  assert.ok(sent.every((each) => each.data === "A"), "only the oldest is tried");
  assert.deepEqual(told.filter(([what]) => what === "saved"), [["saved", "A", 1], ["saved", "B", 2]]);
  assert.deepEqual(data(store.waiting), ["A", "B"]);
  down = false;
  queue.wake();
  await settle();
  assert.deepEqual(data(sent.slice(-2)), ["A", "B"]);
  assert.equal(store.waiting.length, 0);
  queue.stop();
});

test("not recorded: the person scans again, the scan is parked in sight", async () => {
  const full = new ApiError(503, { detail: "Nothing happened." }, { verdict: { tone: "not_recorded" } });
  const { queue, store, told } = kiosk((_, nth) => (nth === 1 ? full : null));
  await queue.add(scan("A"));
  await queue.add(scan("B"));
  await settle();
  assert.deepEqual(told.map(([what, which]) => [what, which]), [["not_recorded", "A"], ["receipt", "B"]]);
  assert.deepEqual(data(store.parked), ["A"]);
  queue.stop();
});

test("not recorded long after it was made: nobody is there to scan again, so it waits", async () => {
  const full = new ApiError(503, {}, { verdict: { tone: "not_recorded" } });
  const { queue, store, now, told } = kiosk(() => full);
  await queue.add({ ...scan("A"), at_ms: now.ms - 60_000 });
  await settle();
  assert.deepEqual(data(store.waiting), ["A"]);
  assert.ok(!told.some(([what]) => what === "not_recorded"));
  queue.stop();
});

test("what the server will never take is parked and the next goes on", async () => {
  for (const status of [400, 409, 413, 422]) {
    const { queue, store, sent } = kiosk((each) => (each.data === "BAD" ? new ApiError(status, {}) : null));
    await queue.add(scan("BAD"));
    await queue.add(scan("GOOD"));
    await settle();
    assert.deepEqual(data(sent), ["BAD", "GOOD"], String(status));
    assert.deepEqual(data(store.parked), ["BAD"]);
    await queue.sendParked(1);
    await settle();
    assert.equal(data(sent).filter((each) => each === "BAD").length, 2);
    queue.stop();
  }
});

test("a page that may not keeps everything", async () => {
  for (const status of [401, 403, 404]) {
    const { queue, store, told } = kiosk(() => new ApiError(status, {}));
    await queue.add(scan("A"));
    await settle();
    assert.deepEqual(data(store.waiting), ["A"]);
    assert.ok(told.some(([what, which]) => what === "barred" && which.status === status));
    queue.stop();
  }
});

test("an answer without seq is no receipt", async () => {
  const store = new MemoryStore();
  const nothing = () => {};
  const events = { onReceipt: nothing, onSaved: nothing, onNotRecorded: nothing, onParked: nothing, onLost: nothing, onBarred: nothing, onCounts: nothing, onReach: nothing };
  const queue = new ScanQueue(store, async () => null, events);
  await queue.add(scan("A"));
  await settle();
  assert.deepEqual(data(store.waiting), ["A"]);
  queue.stop();
});

test("a new epoch is offered what the old one had, in order, for seven days", async () => {
  const { queue, store, sent, now } = kiosk(() => null);
  await queue.meetEpoch(EPOCH);
  await queue.add(scan("OLD"));
  await settle();
  now.ms += 8 * 24 * 3_600_000;
  await queue.add(scan("A"));
  await queue.add(scan("B"));
  await settle();
  sent.length = 0;
  now.epoch = "epoch-2";
  await queue.meetEpoch("epoch-2");
  await settle();
  assert.deepEqual(data(sent), ["A", "B"]);
  assert.ok(store.kept.every((each) => each.epoch === "epoch-2"));
  queue.stop();
});

test("after an outage the epoch is asked for first, and what a restored ledger lost goes before what waits", async () => {
  let down = false;
  let epoch = EPOCH;
  const { queue, store, sent, now } = kiosk(() => (down ? new ApiError(0, {}) : null));
  queue.askEpoch = async () => {
    if (down) throw new ApiError(0, {});
    return epoch;
  };
  await queue.add(scan("BADGE"));
  await queue.add(scan("A"));
  await settle();
  down = true;
  await queue.add(scan("B"));
  await settle();
  assert.deepEqual(data(store.waiting), ["B"]);
  [down, epoch, now.epoch, sent.length] = [false, "epoch-2", "epoch-2", 0];
  queue.wake();
  await settle();
  assert.deepEqual(data(sent), ["BADGE", "A", "B"]);
  assert.ok(store.kept.every((each) => each.epoch === "epoch-2"));
  queue.stop();
});

test("a server that tells no epoch is sent to all the same", async () => {
  const { queue, sent } = kiosk(() => null);
  queue.askEpoch = async () => {
    throw new ApiError(503, { detail: "The server was never reached from this computer." });
  };
  await queue.add(scan("A"));
  await settle();
  assert.deepEqual(data(sent), ["A"]);
  queue.stop();
});

test("a page that stays open forgets what is older than seven days", async () => {
  const { queue, store, now } = kiosk(() => null);
  await queue.meetEpoch(EPOCH);
  await queue.add(scan("OLD"));
  await settle();
  now.ms += 7 * 24 * 3_600_000 + 1;
  await queue.add(scan("NEW"));
  await settle();
  assert.deepEqual(data(store.kept), ["NEW"]);
  queue.stop();
});

test("a scan that cannot be saved is told as lost", async () => {
  const { queue, store, told } = kiosk(() => null);
  store.add = async () => {
    throw new Error("quota");
  };
  await queue.add(scan("A"));
  assert.deepEqual(told, [["lost", "A", undefined]]);
  queue.stop();
});

test("what the kiosk's own computer keeps is handed over: forgotten here, told once, and the next follows", async () => {
  const { queue, store, sent, told } = kiosk(() => null);
  const handed = [];
  let recorded = false;
  queue.send = async (scan) => (sent.push(scan), { kept: true, id: scan.id, recorded });
  queue.events.onHandedOver = (id) => handed.push(id);
  await queue.add(scan("A"));
  await settle();
  recorded = true; // asked again after a lost answer: it was recorded long since
  await queue.add(scan("B"));
  await settle();
  assert.deepEqual(data(sent), ["A", "B"]);
  assert.deepEqual(told.map(([what, of]) => [what, of]), [["saved", "A"]]);
  assert.deepEqual(handed, sent.map((each) => each.id));
  assert.deepEqual([store.waiting.length, store.kept.length, store.parked.length], [0, 0, 0]);
  assert.ok(sent.every((each) => !queue.isOwn(each.id)), "its receipt comes as an event and is announced");
  queue.stop();
});
