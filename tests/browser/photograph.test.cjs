// Shelf photograph in a real Chromium: a rendered picture of a shelf is read, what does not belong there stands first, and
// the sightings are recorded once.
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const fs = require("node:fs");
const path = require("node:path");
const { accessible, consolePage, fits, launch, newPage, visit } = require("./support/browser.cjs");
const { labelSvg, photographed } = require("./support/film.cjs");
const { PASSWORD, RESTRICTED, Site, code } = require("./support/site.cjs");

/** Charts as they stand on the shelf, from the left; spines stand at a right angle, some tilted, one dim, one torn. */
const SHELF = [
  { chart: 21, turn: 90 },
  { chart: 22, turn: 93 },
  { chart: 23, turn: 90, dim: 0.55 },
  { chart: 24, turn: 87, torn: 0.12 },
  { chart: 25, turn: 90 },
  { chart: RESTRICTED, turn: 91 },
];
const WIDTH = 1800;
const HEIGHT = 1000;
/** The debug build reads on one busy processor. */
const READ_WITHIN_MS = 90_000;

let browser;
let site;
let shelf;
let blank;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
  // Chart 25 is out: the ledger does not believe that it stands here.
  await site.call("anna", "POST", "/api/v1/charts/25/move", { place: "CARD", holder: null });
  const { page, context } = await newPage(browser, site);
  const labels = await Promise.all(SHELF.map(async ({ chart, ...how }, at) => ({ svg: await labelSvg(site, chart), x: 160 + at * 295, y: HEIGHT / 2, width: 560, ...how })));
  shelf = path.join(site.dir, "shelf.jpg");
  blank = path.join(site.dir, "blank.jpg");
  fs.writeFileSync(shelf, await photographed(page, labels, { width: WIDTH, height: HEIGHT }));
  fs.writeFileSync(blank, await photographed(page, [], { width: 400, height: 300 }));
  await context.close();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const input = (page) => page.locator("input[type=file]").first();

test("a shelf is read, what does not belong there stands first, and sightings are recorded once", async () => {
  const { page, context, noFaults } = await consolePage(browser, site, "rita", PASSWORD);
  await visit(page, "photograph");
  await page.getByText("Photograph a shelf").waitFor();
  await accessible(page, "before a photograph");
  await input(page).setInputFiles(shelf);
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.getByText(`Read ${SHELF.length} codes, of ${SHELF.length} charts`).waitFor({ timeout: READ_WITHIN_MS });
  await page.getByText("others may be there that could not be read").waitFor();
  assert.equal(await page.locator(".seen-shape").count(), SHELF.length);
  await page.getByLabel("Taken at").selectOption("FILE");
  const wrong = page.locator('.seen-group[data-standing="wrong"]');
  assert.equal(await wrong.locator(".seen-code").count(), 1);
  await wrong.getByText("Cardiology").waitFor();
  assert.equal(await page.locator(".seen-group").first().getAttribute("data-standing"), "wrong");
  assert.equal(await page.locator('.seen-group[data-standing="right"] .seen-code').count(), 4);
  const withheld = page.locator('.seen-group[data-standing="withheld"]');
  await withheld.getByText("Withheld").waitFor();
  assert.equal(await page.getByText("Psychiatry", { exact: true }).count(), 0);
  await accessible(page, "a photograph that was read");
  for (const [width, height] of [[1280, 800], [1920, 1080], [800, 1000]]) {
    await page.setViewportSize({ width, height });
    await fits(page, `a photograph at ${width}x${height}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByRole("button", { name: `Record ${SHELF.length} sightings` }).click();
  const dialog = page.locator("dialog");
  await dialog.getByText("Nothing is moved").waitFor();
  await accessible(page, "the question before recording");
  await dialog.getByRole("button", { name: "Record", exact: true }).click();
  await page.getByRole("button", { name: /Recorded at/ }).waitFor();
  assert.equal(await page.getByRole("button", { name: /Recorded at/ }).isDisabled(), true);
  const { rows } = await site.call("anna", "GET", "/api/v1/audit?limit=50");
  const entries = rows.filter((row) => row.kind === "charts_sighted");
  assert.equal(entries.length, 1);
  assert.deepEqual(entries[0].body.change, { place: "FILE", charts: SHELF.map(({ chart }) => chart).sort((a, b) => a - b) });
  const out = await site.call("anna", "GET", "/api/v1/charts/25");
  assert.deepEqual([out.place, out.seen_place], ["CARD", "FILE"], "a sighting moves nothing");
  await context.close();
  noFaults();
});

test("nothing read, no picture, and no server are said as they are", async () => {
  const { page, context, noFaults } = await consolePage(browser, site, "rita", PASSWORD, { expect: /503|net::ERR_|Failed to load/ });
  await visit(page, "photograph");
  await input(page).setInputFiles(blank);
  await page.getByText("No code could be read").waitFor({ timeout: READ_WITHIN_MS });
  await accessible(page, "a photograph without codes");
  const text = path.join(site.dir, "notes.txt");
  fs.writeFileSync(text, code.chart(1));
  await input(page).setInputFiles(text);
  await page.getByText("cannot open that file as a picture").waitFor();
  await page.route("**/api/v1/photographs", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Not possible just now", detail: "Other photographs are being read. Send this one again in a moment." }) }));
  await input(page).setInputFiles(blank);
  await page.getByText("Other photographs are being read").waitFor();
  await accessible(page, "a photograph that was refused");
  await page.unroute("**/api/v1/photographs");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("No code could be read").waitFor({ timeout: READ_WITHIN_MS });
  await context.close();
  noFaults();
});

test("clerks have no such page", async () => {
  const { page, context, noFaults } = await consolePage(browser, site, "carl", PASSWORD);
  assert.equal(await page.locator(".rail").getByText("Photograph").count(), 0);
  await context.close();
  noFaults();
});
