// A kiosk behind a bad network, and in a browser that is killed: the ledger holds each scan exactly once, in its order.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { chromium } = require("playwright-core");
const { CHROMIUM, FLAGS, LOST_CONNECTION, kioskPage, launch, until, verdict, wedge } = require("./support/browser.cjs");
const { BadNetwork, random } = require("./support/network.cjs");
const { Site, code } = require("./support/site.cjs");

/** Told, so that a run that failed can be had again: `OUTGUIDE_SEED=… node --test tests/browser/network.test.cjs`. */
const SEED = Number(process.env.OUTGUIDE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SCANS = 50;

let site;
let browser;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** The chart of every entry that a scan of a chart at this kiosk made, whatever came of it, in the ledger's order. */
async function scanned(kiosk) {
  const { rows } = await site.call("anna", "GET", "/api/v1/audit?limit=500");
  const charts = rows.filter((row) => row.kiosk === kiosk).sort((a, b) => a.seq - b.seq).map((row) => row.body?.outcome?.verdict?.chart);
  return charts.filter((chart) => typeof chart === "number");
}

/** Resolves when all that this kiosk's page took is in the browser's store: its next transaction waits for those before. */
function saved(page, kiosk) {
  return page.evaluate(async (name) => {
    const settled = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: resolve, onerror: reject }));
    const opening = indexedDB.open(name);
    await settled(opening);
    const after = opening.result.transaction("waiting", "readwrite").objectStore("waiting");
    await settled(after.count());
    opening.result.close();
  }, `outguide-kiosk-${kiosk}`);
}

test(`a network that drops, cuts, delays, doubles and reorders: each scan stands once, in order (seed ${SEED})`, async (t) => {
  console.log(`seed ${SEED}`);
  const chance = random(SEED);
  const network = await new BadNetwork(() => site.url, SEED + 1).open();
  t.after(() => network.close());
  const through = Object.create(site, { url: { value: network.url } });
  const { page, context, noFaults } = await kioskPage(browser, through, "er-1", { expect: LOST_CONNECTION });
  t.after(() => context.close());
  await wedge(page, [code.badge("1001")]);
  await verdict(page, "ok", "Signed in");
  network.bad = true;
  const charts = Array.from({ length: SCANS }, (_, at) => at + 1);
  for (const chart of charts) {
    await wedge(page, [code.chart(chart)]);
    const then = chance();
    if (then < 0.06) {
      await saved(page, "er-1");
      await page.reload();
    } else if (then < 0.1) network.cutStreams();
    else if (then < 0.13) {
      await site.kill();
      await site.start();
    } else await new Promise((resume) => setTimeout(resume, chance() * 250));
  }
  // Each scan is sent at least once, and nine in ten come to harm: only a page that stopped sending does not get there.
  await until("mischief", () => network.harm, (harm) => harm > SCANS / 2, 90_000);
  await network.mend();
  await until("recorded", () => scanned("er-1"), (entries) => entries.length >= SCANS, 90_000);
  await page.locator('.ribbon[data-kind="saved"]').waitFor({ state: "detached", timeout: 30_000 });
  await new Promise((resume) => setTimeout(resume, 500));
  assert.deepEqual(await scanned("er-1"), charts, `seed ${SEED}`);
  assert.ok(Object.values(network.done).every((times) => times >= 2), JSON.stringify(network.done));
  console.log(JSON.stringify(network.done));
  noFaults();
});

/** Browsers that still run: a test that fails must not leave one, or its file never ends. */
const running = new Set();
after(() => running.forEach((child) => process.kill(-child.pid, "SIGKILL")));

/** A Chromium of its own with a profile that stays; killed by its process group, as a power cut would. */

async function profileBrowser(profile) {
  fs.rmSync(path.join(profile, "DevToolsActivePort"), { force: true });
  const child = spawn(CHROMIUM, [...FLAGS.split(" "), `--user-data-dir=${profile}`, "--remote-debugging-port=0", "about:blank"], { detached: true, stdio: "ignore" });
  running.add(child);
  const gone = new Promise((resolve) => child.once("exit", resolve)).then(() => running.delete(child));
  const port = await until("debugging port", async () => {
    try {
      return fs.readFileSync(path.join(profile, "DevToolsActivePort"), "utf8").split("\n")[0];
    } catch {
      return "";
    }
  }, Boolean, 30_000);
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  const page = await browser.contexts()[0].newPage();
  const kill = async () => {
    process.kill(-child.pid, "SIGKILL");
    await gone;
    await browser.close().catch(() => {});
  };
  const close = async () => {
    const session = await browser.newBrowserCDPSession();
    await session.send("Browser.close").catch(() => {});
    await gone;
  };
  return { page, kill, close };
}

test("a browser that is killed loses no scan that it showed as saved, and sends them in order when it is back", async () => {
  const profile = path.join(site.dir, "profile");
  fs.mkdirSync(profile);
  const address = `${site.url}/kiosk/rr-1`;
  const first = await profileBrowser(profile);
  const enrolled = await first.page.context().request.post(`${site.url}/api/v1/kiosks/enrol`, { data: { code: await site.enrolCode("rr-1") }, headers: { "X-Outguide": "1" } });
  assert.ok(enrolled.ok(), await enrolled.text());
  await first.page.goto(address);
  await first.page.waitForSelector('body[data-state="ready"]');
  // The page and all it is made of: one module that is missing is a page that does not start.
  const isKept = async () => {
    const parts = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => /\.(js|css)$/.test(name));
    const kept = await Promise.all([location.href, ...parts].map((part) => caches.match(part)));
    return kept.every(Boolean);
  };
  await until("kept page", () => first.page.evaluate(isKept), Boolean);
  await first.close(); // Chromium writes cookies down only now and then: a kiosk's is weeks old
  const charts = [51, 52, 53, 54, 55, 56];
  await site.kill();
  for (let from = 0; from < charts.length; from += 2) {
    const { page, kill } = await profileBrowser(profile);
    await page.goto(address);
    if (from > 0) await page.getByText(`${from} scans saved here`).first().waitFor();
    else await page.getByText("No answer from the server").first().waitFor();
    await wedge(page, charts.slice(from, from + 2).map((chart) => code.chart(chart)));
    await page.getByText(`${from + 2} scans saved here`).first().waitFor();
    await kill();
  }
  await site.start();
  const last = await profileBrowser(profile);
  await last.page.goto(address);
  await until("recorded", () => scanned("rr-1"), (entries) => entries.length >= charts.length, 60_000);
  assert.deepEqual(await scanned("rr-1"), charts);
  await last.page.locator('.ribbon[data-kind="saved"]').waitFor({ state: "detached", timeout: 30_000 });
  await last.kill();
});
