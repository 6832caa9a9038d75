// A kiosk's screen at work: what a scanner types, what the screen says, and what stands in the ledger afterwards.
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { AZERTY, accessible, fits, kioskPage, launch, newPage, until, verdict, wedge } = require("./support/browser.cjs");
const { Site, TWO_VOLUMES_MRN, code } = require("./support/site.cjs");

let site;
let browser;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("an unknown browser enrols with a one-time code, which works once", async () => {
  const { page, noFaults, context } = await newPage(browser, site, { expect: /401/ });
  await page.goto("/kiosk/er-1");
  await page.waitForSelector("#enrol:not([hidden])");
  await accessible(page, "enrolment");
  const once = await site.enrolCode("er-1");
  await page.fill("#enrol-code", once);
  await page.waitForSelector('body[data-state="ready"]');
  const again = await context.request.post("/api/v1/kiosks/enrol", { data: { code: once }, headers: { "X-Outguide": "1" } });
  assert.equal(again.ok(), false);
  noFaults();
});

test("20 codes typed back to back at 2 ms a key, with no focus anywhere, are all taken in their order", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.blur());
  const charts = Array.from({ length: 19 }, (_, at) => at + 1);
  await wedge(page, [code.badge("1001"), ...charts.map((number) => code.chart(number))]);
  await until("moved", () => site.moved("er-1"), (moved) => moved.length >= 19);
  assert.deepEqual(await site.moved("er-1"), charts);
  await wedge(page, [code.command("DONE")]);
  await verdict(page, "ok", "Signed off");
  noFaults();
});

test("codes typed while a page that was just loaded still opens its store are taken in their order", async () => {
  const { page, context, noFaults } = await kioskPage(browser, site, "er-1");
  const opens_after_ms = 800;
  await page.addInitScript((after_ms) => {
    const factory = IDBFactory.prototype;
    const open = factory.open;
    factory.open = function (...given) {
      const late = /** @type {any} */ ({});
      setTimeout(() => {
        const request = open.apply(this, /** @type {any} */ (given));
        Object.defineProperty(late, "result", { get: () => request.result });
        request.onupgradeneeded = (event) => late.onupgradeneeded?.(event);
        request.onsuccess = (event) => late.onsuccess?.(event);
        request.onerror = (event) => late.onerror?.(event);
      }, after_ms);
      return late;
    };
  }, opens_after_ms);
  await page.reload();
  await wedge(page, [code.badge("1001"), code.chart(35), code.chart(36)]);
  assert.equal(await page.evaluate(() => document.body.dataset.state), "loading");
  const ours = async () => (await site.moved("er-1")).filter((number) => number === 35 || number === 36);
  await until("moved", ours, (moved) => moved.length >= 2);
  assert.deepEqual(await ours(), [35, 36]);
  await wedge(page, [code.command("DONE")]);
  await verdict(page, "ok", "Signed off");
  noFaults();
  await context.close();
});

test("keys are read as a US scanner sends them, whatever layout the computer has", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1");
  await wedge(page, [code.badge("1001")], { layout: AZERTY });
  await verdict(page, "ok", "Signed in");
  await wedge(page, [code.place("CARD")], { layout: AZERTY });
  await verdict(page, "ok", "Cardiology");
  await wedge(page, [code.command("DONE")], { layout: AZERTY });
  await verdict(page, "ok", "Signed off");
  noFaults();
});

test("each verdict has its tone; a refusal says what to do; UNDO takes the last change back", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1");
  await page.getByText("Scan your badge").first().waitFor();
  await wedge(page, [code.chart(21)]);
  await verdict(page, "refused", "Scan your badge, then this code again");
  await wedge(page, ["NONSENSE1"]);
  await verdict(page, "refused", "Not a known code");
  await wedge(page, [code.badge("1001"), code.place("CARD"), code.chart(21)]);
  await verdict(page, "ok", "Checked out");
  await verdict(page, "ok", "to Cardiology");
  assert.equal((await site.call("anna", "GET", "/api/v1/charts/21")).place, "CARD");
  await page.click('[data-word="UNDO"]');
  await verdict(page, "ok", "Undone");
  assert.equal((await site.call("anna", "GET", "/api/v1/charts/21")).place, "FILE");
  await page.click('[data-word="MISSING"]');
  await verdict(page, "refused", "records staff");
  await wedge(page, [code.badge("2001")]);
  await verdict(page, "ok", "Helen Park");
  await page.click('[data-word="MISSING"]');
  await verdict(page, "ok", "Missing");
  await wedge(page, [code.chart(22)]);
  await verdict(page, "ok", "Reported missing");
  await page.click('[data-word="RECEIVE"]');
  await verdict(page, "ok", "Receive");
  await wedge(page, [code.chart(22)]);
  await verdict(page, "attention", "Was missing");
  await page.click('[data-word="DONE"]');
  await verdict(page, "ok", "Signed off");
  assert.ok((await page.locator(".recent-row").count()) >= 10, "the last verdicts stay in sight");
  noFaults();
});

test("an old label that fits two volumes offers both, and the touched one moves", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1");
  await wedge(page, [code.badge("1001"), TWO_VOLUMES_MRN]);
  await verdict(page, "refused", "Which chart is it?");
  assert.equal(await page.locator(".verdict-choice").count(), 2);
  await accessible(page, "choice");
  await page.locator(".verdict-choice", { hasText: "vol 2" }).click();
  await verdict(page, "ok", /Received/);
  const [first, second] = await Promise.all([61, 62].map((number) => site.call("anna", "GET", `/api/v1/charts/${number}`)));
  assert.deepEqual([first.place, second.place, second.known_by], ["FILE", "ER", "scanned"]);
  await wedge(page, [code.command("DONE")]);
  await verdict(page, "ok", "Signed off");
  noFaults();
});

test("a ring warns before the idle sign-off, a touch stops it, and then it signs off", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "quick-1");
  await wedge(page, [code.badge("1002")]);
  await verdict(page, "ok", "Signed in");
  const ring = page.locator("#sign-off");
  await ring.waitFor({ state: "visible" });
  await accessible(page, "idle warning");
  await page.locator(".header-clock").click();
  await ring.waitFor({ state: "hidden" });
  await ring.waitFor({ state: "visible" });
  await page.locator("#person", { hasText: "Nobody signed in" }).waitFor({ timeout: 30_000 });
  await wedge(page, [code.chart(23)]);
  await verdict(page, "refused", "Nobody is signed in");
  noFaults();
});

test("a scanner wired to the server shows on the screen, marked as simulated", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "rr-1");
  await page.getByText("Simulated devices").waitFor();
  await site.call("anna", "POST", "/api/v1/kiosks/rr-1/simulated-scan", { data: code.badge("2001") });
  await verdict(page, "ok", "Signed in");
  await wedge(page, [code.command("DONE")]);
  noFaults();
});

test("two people at one kiosk see both lanes at once, each with its own session and verdict", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "two-1");
  const lane = (name) => page.locator(".verdict", { has: page.locator(".lane-name", { hasText: `Lane ${name}` }) });
  const scan = (name, data) => site.call("anna", "POST", "/api/v1/kiosks/two-1/scans", { id: crypto.randomUUID(), data, lane: name, device: `two-1-${name.toLowerCase()}` });
  assert.deepEqual(await page.locator(".lane-name").allTextContents(), ["Lane A", "Lane B"]);
  const sides = () => Promise.all(["A", "B"].map(async (name) => Math.round((await lane(name).boundingBox()).x)));
  const before = await sides();
  await scan("A", code.badge("1001"));
  await scan("B", code.badge("2001"));
  await scan("A", code.place("CARD"));
  await scan("A", code.chart(33));
  await lane("A").locator(".verdict-headline", { hasText: "Checked out" }).waitFor();
  await scan("B", "NONSENSE1");
  await lane("B").locator(".verdict-headline", { hasText: "Not a known code" }).waitFor();
  for (const [name, tone, said, person] of [["A", "ok", "Checked out", "Rosa Diaz"], ["B", "refused", "Not a known code", "Helen Park"]]) {
    assert.equal(await lane(name).getAttribute("data-tone"), tone);
    assert.match(await lane(name).locator(".verdict-headline").innerText(), new RegExp(said));
    assert.equal(await lane(name).locator(".lane-person").innerText(), person);
  }
  assert.match(await lane("A").locator(".lane-to").innerText(), /Cardiology/);
  assert.equal(await page.locator("#person").innerText(), "", "the header names nobody: it could be either");
  assert.deepEqual(await sides(), before, "a lane keeps its place");
  assert.deepEqual(await page.locator(".recent-lane").first().allTextContents(), ["Lane B"]);
  await accessible(page, "two lanes");
  for (const [width, height] of [[1920, 1080], [1024, 768], [1280, 800]]) {
    await page.setViewportSize({ width, height });
    await fits(page, `two lanes at ${width}x${height}`);
  }
  await lane("B").locator(".lane").click();
  await page.click('[data-word="DONE"]');
  await lane("B").locator(".lane-person", { hasText: "Nobody signed in" }).waitFor();
  assert.equal(await lane("A").locator(".lane-person").innerText(), "Rosa Diaz");
  noFaults();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the kiosk's states are free of accessibility faults, ${colorScheme}`, async () => {
    const { page, noFaults } = await kioskPage(browser, site, "er-1", { colorScheme });
    await accessible(page, "resting");
    await wedge(page, [code.badge("2001")]);
    await verdict(page, "ok", "Signed in");
    await accessible(page, "signed in");
    await wedge(page, [code.chart(colorScheme === "light" ? 30 : 31)]);
    await verdict(page, "ok", /Received/);
    await accessible(page, "verdict");
    await wedge(page, ["NONSENSE1"]);
    await verdict(page, "refused", "Not a known code");
    await accessible(page, "refusal");
    await page.click("#menu-open");
    await page.waitForSelector("#menu[open]");
    await accessible(page, "menu");
    await page.keyboard.press("Escape");
    for (const [width, height] of [[1920, 1080], [1024, 768], [800, 1180]]) {
      await page.setViewportSize({ width, height });
      await fits(page, `the kiosk at ${width}x${height}`);
    }
    await wedge(page, [code.command("DONE")]);
    await verdict(page, "ok", "Signed off");
    noFaults();
  });
}

test("the buttons act for who scans at the page itself, also where scanners have lanes", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "two-1");
  await wedge(page, [code.badge("1002")]);
  const own = page.locator(".verdict", { has: page.locator(".lane-name", { hasText: "This screen" }) });
  await own.locator(".lane-person", { hasText: "Tom Becker" }).waitFor();
  await page.click('[data-word="WHERE"]');
  await own.locator(".verdict-headline", { hasText: "Where" }).waitFor();
  await page.click('[data-word="DONE"]');
  await until("signed off", () => site.call("anna", "GET", "/api/v1/audit?limit=1"), ({ rows }) => rows[0].kind === "signed_off" && rows[0].actor === "staff:1002");
  noFaults();
});

test("a kiosk that is switched off says so, and takes nothing", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "quick-1", { expect: /403/ });
  await wedge(page, [code.badge("1001")]);
  await verdict(page, "ok", "Signed in");
  await site.call("anna", "PATCH", "/api/v1/kiosks/quick-1", { active: false });
  const { rows: before } = await site.call("anna", "GET", "/api/v1/audit?limit=1");
  await page.getByText("This kiosk was switched off").waitFor();
  await wedge(page, [code.chart(40)]);
  await page.locator(".recent-row", { hasText: "Not recorded" }).waitFor();
  assert.equal(await page.locator("#enrol").isVisible(), false);
  assert.match(await page.locator("#person").innerText(), /Nobody/);
  await fits(page, "a kiosk that is switched off");
  const { rows: after } = await site.call("anna", "GET", "/api/v1/audit?limit=1");
  assert.equal(after[0].seq, before[0].seq);
  noFaults();
});
