// A ledger that was restored from a backup: kiosks' pages offer again what they keep, and it has each scan once, in order.
"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, afterEach, test } = require("node:test");
const { LOST_CONNECTION, kioskPage, launch, until, verdict, wedge } = require("./support/browser.cjs");
const { Site, code } = require("./support/site.cjs");

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
/** A scan that is older was not made just now. */
const PAST_MS = 11_000;

let browser;
let site;
before(async () => {
  browser = await launch();
});
beforeEach(async () => {
  site = await Site.open();
});
afterEach(async () => {
  await site?.close();
});
after(async () => {
  await browser?.close();
});

const interrupted = { expect: LOST_CONNECTION };
const charts = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const scan = (page, numbers) => wedge(page, numbers.map((number) => code.chart(number)));

async function signIn(page) {
  await wedge(page, [code.badge("1001")]);
  await verdict(page, "ok", "Signed in");
}

/** The ledger has these charts' scans, each once, in this order. */
async function recorded(numbers) {
  await until("recorded", () => site.moved("er-1"), (moved) => moved.length >= numbers.length, 30_000);
  assert.deepEqual(await site.moved("er-1"), numbers);
}

async function nothingWaits(page) {
  await until("nothing waits", () => held(page, "waiting"), (scans) => scans.length === 0, 30_000);
}

/** Who stands in the ledger for each of these charts. */
async function takenBy() {
  const { rows } = await site.call("anna", "GET", "/api/v1/audit?limit=200");
  return [...new Set(rows.filter((row) => row.kiosk === "er-1" && row.kind === "received").map((row) => row.actor))];
}

/** The texts of the scans that the page's browser has, by what became of them. */
const held = (page, name) =>
  page.evaluate(async (store) => {
    const answer = (request) => new Promise((resolve, reject) => ((request.onsuccess = () => resolve(request.result)), (request.onerror = () => reject(request.error))));
    const database = await answer(indexedDB.open("outguide-kiosk-er-1"));
    const scans = await answer(database.transaction(store).objectStore(store).getAll());
    database.close();
    return scans.map((each) => each.data);
  }, name);

/** A ledger from before the enrolment does not know the browser: the page says so, and keeps what it has until it is enrolled. */
async function enrolAgain(page) {
  await page.waitForSelector("#enrol:not([hidden])", { timeout: 30_000 });
  await page.fill("#enrol-code", await site.enrolCode("er-1"));
  await page.keyboard.press("Enter");
  await page.waitForSelector('body[data-state="ready"] #enrol[hidden]', { state: "attached" });
}

/** The server stops, its ledger becomes the backup, and it starts again. */
async function restore(whileAway = async () => {}) {
  await site.stop();
  site.run(["restore", `${site.dir}/one.db`]);
  await whileAway();
  await site.start();
  site.cookies.clear(); // who signed in after the backup is not signed in any more
}

test("what was recorded after the backup is offered again by a page that stays open, before what it scanned meanwhile", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1", interrupted);
  // Who signed in is lost with the rest: only in order is what came after written to the right person.
  site.run(["backup", `${site.dir}/one.db`]);
  await signIn(page);
  await scan(page, charts(1, 6));
  await recorded(charts(1, 6));
  await restore(async () => {
    await scan(page, charts(7, 9));
    await page.getByText(/\d scans saved here/).waitFor();
  });
  await recorded(charts(1, 9));
  await nothingWaits(page);
  assert.equal((await held(page, "kept")).length, 10, "each is kept for the next time");
  assert.deepEqual(await takenBy(), ["staff:1001"]);
  assert.match(site.run(["verify"]), /./);
  noFaults();
});

test("a page that is opened after the restore offers again what its browser kept, and twice is once", async () => {
  const { page, context, noFaults } = await kioskPage(browser, site, "er-1", interrupted);
  await signIn(page);
  await scan(page, charts(1, 3));
  await recorded(charts(1, 3));
  site.run(["backup", `${site.dir}/one.db`]);
  await scan(page, charts(4, 6));
  await recorded(charts(1, 6));
  await page.close();
  await restore();
  assert.deepEqual(await site.moved("er-1"), charts(1, 3), "lost with the disk");
  // A restore takes longer than a scan is anyone's: by now these are told of the past, in which somebody was signed in.
  await new Promise((resume) => setTimeout(resume, PAST_MS));
  const again = await context.newPage();
  await again.goto("/kiosk/er-1");
  await recorded(charts(1, 6));
  await nothingWaits(again);
  await again.reload();
  await again.waitForSelector('body[data-state="ready"]');
  await restore();
  await recorded(charts(1, 6));
  await nothingWaits(again);
  site.run(["verify"]);
  noFaults();
});

test("recorded scans are kept for seven days and no longer, also while their browser is not enrolled", async () => {
  site.run(["backup", `${site.dir}/one.db`]);
  const { page, noFaults } = await kioskPage(browser, site, "er-1", interrupted);
  const now = Date.now();
  // The page's clock, from its start; its timers run on.
  await page.clock.setFixedTime(now - 8 * DAY_MS);
  await page.reload();
  await page.waitForSelector('body[data-state="ready"]');
  for (const [chart, age_ms] of [[1, 8 * DAY_MS], [2, 7 * DAY_MS + MINUTE_MS], [3, 7 * DAY_MS - MINUTE_MS], [4, MINUTE_MS]]) {
    await page.clock.setFixedTime(now - age_ms);
    await scan(page, [chart]);
    await until(`chart ${chart} is kept`, () => held(page, "kept"), (kept) => kept.includes(code.chart(chart)));
  }
  await page.clock.setFixedTime(now);
  await restore();
  await enrolAgain(page);
  await until("the last two came again", () => seen(), (scans) => scans.length >= 2, 30_000);
  await nothingWaits(page);
  assert.deepEqual(await seen(), [3, 4]);
  assert.deepEqual(await held(page, "kept"), [code.chart(3), code.chart(4)], "the others are forgotten");
  noFaults();
});

/** Charts that were scanned at the kiosk, whatever came of it. */
async function seen() {
  const { rows } = await site.call("anna", "GET", "/api/v1/audit?limit=200");
  return rows.filter((row) => row.kiosk === "er-1").sort((a, b) => a.seq - b.seq).map((row) => row.body.outcome.verdict.chart);
}
