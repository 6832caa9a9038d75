// What a kiosk does when the network, the server or its disk fails: nothing is lost, nothing is claimed.
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { LOST_CONNECTION, kioskPage, launch, until, verdict, wedge } = require("./support/browser.cjs");
const { Site, code } = require("./support/site.cjs");

let site;
let browser;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const interrupted = { expect: LOST_CONNECTION };

async function signIn(page) {
  await wedge(page, [code.badge("1001")]);
  await verdict(page, "ok", "Signed in");
}

/** Every scan of these charts is in the ledger, once, in this order. */
async function recorded(charts) {
  const ours = async () => (await site.moved("er-1")).filter((number) => charts.includes(number));
  await until("recorded", ours, (moved) => moved.length >= charts.length, 30_000);
  assert.deepEqual(await ours(), charts);
}

async function nothingWaits(page) {
  await page.locator('.ribbon[data-kind="saved"]').waitFor({ state: "detached", timeout: 30_000 });
}

test("scans made offline are saved here, survive a reload, and are recorded in their order", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1", interrupted);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await until("kept page", () => page.evaluate(async () => Boolean(await caches.match(location.href))), Boolean);
  await signIn(page);
  await site.kill();
  await wedge(page, [1, 2, 3].map((number) => code.chart(number)));
  await verdict(page, "saved", "Saved here");
  // The verdict may come as an event before the scan's own answer: where that was cut off, it waits with the three.
  const saved = page.getByText(/[34] scans saved here/);
  await saved.waitFor();
  const waiting = Number.parseInt(await saved.textContent(), 10);
  await page.reload();
  await page.getByText(`${waiting} scans saved here`).waitFor();
  await wedge(page, [code.chart(4), code.chart(5), code.command("DONE"), code.badge("2001")]);
  await page.getByText(`${waiting + 4} scans saved here`).waitFor();
  await page.locator(".recent-row", { hasText: "Chart no. 5" }).waitFor();
  await site.start();
  await recorded([1, 2, 3, 4, 5]);
  await nothingWaits(page);
  // Who signed in meanwhile, and what became of the scan that the screen called saved.
  await page.locator("#person", { hasText: "Helen Park" }).waitFor();
  await verdict(page, "ok", "Signed in");
  noFaults();
});

test("a server that is killed and started again loses no scan", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1", interrupted);
  await signIn(page);
  await wedge(page, [code.chart(11)]);
  await verdict(page, "ok", /Received/);
  await site.kill();
  await wedge(page, [12, 13, 14].map((number) => code.chart(number)));
  // Or four: the verdict may come as an event before the scan's own answer, which is then cut off.
  await page.getByText(/[34] scans saved here/).waitFor();
  assert.equal(await page.locator("#verdict").getAttribute("data-tone"), "saved");
  await site.start();
  await recorded([11, 12, 13, 14]);
  await nothingWaits(page);
  noFaults();
});

test("a full disk is never green: the scan was not recorded, and the screen says so", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1", interrupted);
  await signIn(page);
  /** @type {string[]} */
  await page.evaluate(() => {
    const seen = [];
    Object.assign(window, { seen });
    new MutationObserver(() => seen.push(document.getElementById("verdict").dataset.tone)).observe(document.getElementById("verdict"), { attributeFilter: ["data-tone"] });
  });
  site.diskFull(true);
  await wedge(page, [code.chart(21)]);
  await verdict(page, "not_recorded", "Not recorded");
  site.diskFull(false);
  assert.deepEqual([...new Set(await page.evaluate(() => window["seen"]))], ["not_recorded"]);
  assert.deepEqual((await site.moved("er-1")).filter((number) => number === 21), []);
  await wedge(page, [code.chart(21)]);
  await verdict(page, "ok", /Received/);
  await recorded([21]);
  await page.getByText("not recorded: scan again").waitFor({ state: "detached" });
  noFaults();
});

test("an answer that is lost on its way is asked for again, and the scan stands in the ledger once", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1", { ...interrupted, serviceWorkers: "block" });
  await signIn(page);
  const answers = [];
  await page.route("**/scans", async (route) => {
    answers.push(await (await route.fetch()).json());
    await route.abort();
  }, { times: 1 });
  page.on("response", async (response) => {
    if (response.url().endsWith("/scans")) answers.push(await response.json());
  });
  await wedge(page, [code.chart(31)]);
  await until("answered twice", async () => answers.length, (count) => count >= 2);
  const [lost, heard] = answers;
  assert.deepEqual([lost.duplicate, heard.duplicate, heard.seq, heard.id], [false, true, lost.seq, lost.id]);
  assert.deepEqual(heard.verdict, lost.verdict);
  await recorded([31]);
  noFaults();
});
