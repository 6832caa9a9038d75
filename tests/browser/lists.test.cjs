// Long lists at work: what is out, and alerts, in a hospital that has more of both than a page holds.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { consolePage, launch, until, visit, wedge } = require("./support/browser.cjs");
const { OVERDUE, PASSWORD, Site, code } = require("./support/site.cjs");

/** Charts out at a place without a term, the first one in the list of places, and overdue ones at Cardiology. */
const KEPT = 120;
const LATE = 70;

let site;
let browser;
/** @type {Awaited<ReturnType<typeof consolePage>>} */
let desk;

before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
  const long = Array.from({ length: KEPT + LATE }, (_, at) => 300_001 + at);
  const since = new Date(Date.now() - 86_400_000).toISOString();
  const out = (mrn, at) => (at < KEPT ? `${mrn},MR,1,FILE,AAA,,${since},` : `${mrn},MR,1,FILE,CARD,,2021-01-02T12:00:00Z,`);
  bring("places", ["code,name,kind,loan_hours", "AAA,Annex,offsite,"]);
  bring("patients", ["mrn,last_name,first_name,birth_date,sex", ...long.map((mrn, at) => `${mrn},Longlist,N${at},1950-01-01,F`)]);
  bring("charts", ["mrn,record_type,volume,home,place,holder_badge,out_since,legacy_barcode", ...long.map(out)]);
  await until("alerts", () => alerts("kind=overdue"), (rows) => rows.length === LATE + 1, 60_000);
  desk = await consolePage(browser, site, "anna", PASSWORD);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

function bring(kind, lines) {
  const file = path.join(site.dir, `more-${kind}.csv`);
  fs.writeFileSync(file, lines.join("\n"));
  site.run(["import", kind, file]);
}

/** @returns {Promise<{id: number, chart: number}[]>} */
async function alerts(which) {
  return (await site.call("anna", "GET", `/api/v1/alerts?limit=500&${which}`)).rows;
}

/** Resolves when so many rows are shown, the unfinished ones not counted. */
function rows(scope, count) {
  return until(`${count} rows`, () => desk.page.locator(`${scope} .rows tbody tr:not(.skeleton)`).count(), (shown) => shown === count);
}

test("Out now goes through pages, keeps to a place, and shows the overdue ones behind pages of others", async () => {
  const { page, noFaults } = desk;
  await visit(page, "out");
  await page.locator(".totals", { hasText: `${LATE + 1} overdue` }).waitFor();
  await rows(".grow", 100);
  await page.getByRole("button", { name: "Only overdue" }).click();
  await rows(".grow", LATE + 1);
  assert.equal(await page.getByText("Nothing is overdue here").count(), 0);
  await page.locator(".summary tr", { hasText: "Annex" }).locator(".opener").click();
  await page.getByText("Nothing is overdue here").waitFor();
  await page.getByRole("button", { name: "Only overdue" }).click();
  await rows(".grow", 100);
  await page.locator(".grow .pager button", { hasText: "Next" }).click();
  await rows(".grow", KEPT - 100);
  await page.locator(".grow .pager button", { hasText: "Previous" }).click();
  await rows(".grow", 100);
  await page.getByRole("button", { name: "All places" }).click();
  await page.locator(".list-title", { hasText: "All places" }).waitFor();
  noFaults();
});

test("Out now is sorted as asked, and its numbers change by themselves, also for who may not see every place", async () => {
  const { page, noFaults, context } = await consolePage(browser, site, "rita", PASSWORD);
  await visit(page, "out");
  const first = () => page.locator(".summary tbody tr").first().textContent();
  await until("most out", first, (text) => text.startsWith("Annex"));
  await page.getByRole("button", { name: "Overdue", exact: true }).click();
  await until("most overdue", first, (text) => text.startsWith("Cardiology"));
  await page.getByRole("button", { name: "Place", exact: true }).click();
  await until("by name", first, (text) => text.startsWith("Annex"));
  const before = Number(await page.locator(".totals strong").first().textContent());
  await site.call("rita", "POST", "/api/v1/charts/30/move", { place: "ER" });
  await page.locator(".totals", { hasText: `${before + 1} out` }).waitFor();
  await page.locator(".summary tr", { hasText: "Emergency" }).waitFor();
  await site.call("anna", "PATCH", "/api/v1/charts/30", { retired: true });
  await page.locator(".totals", { hasText: `${before} out` }).waitFor();
  noFaults();
  await context.close();
});

test("an alert is found again by whose it is, however many are before it", async () => {
  const { page, noFaults } = desk;
  const all = await alerts("kind=overdue");
  const [last, next] = [all[all.length - 1], all[all.length - 2]];
  await site.call("anna", "POST", `/api/v1/alerts/${last.id}/assign`, { user: "anna" });
  await site.call("anna", "POST", `/api/v1/alerts/${next.id}/assign`, { user: "rita" });
  const until_ = new Date(Date.now() + 86_400_000).toISOString();
  const snoozed = all.slice(0, 60);
  for (const alert of snoozed) await site.call("anna", "POST", `/api/v1/alerts/${alert.id}/snooze`, { until: until_ });
  const chip = async (name, count) => {
    await page.locator(".chips").getByRole("button", { name, exact: true }).click();
    await rows('.group[data-kind="overdue"]', count);
  };
  await visit(page, "alerts");
  await rows('.group[data-kind="overdue"]', all.length - 60);
  await chip("Mine", 1);
  await chip("Nobody’s", all.length - 62);
  await chip("Snoozed", 50);
  await page.locator('.group[data-kind="overdue"] .pager button', { hasText: "Next" }).click();
  await rows('.group[data-kind="overdue"]', 10);
  await chip("Resolved", 0);
  await page.getByText("Nothing was resolved yet").waitFor();
  await site.call("anna", "POST", `/api/v1/alerts/${last.id}/resolve`, { reason: "It is back." });
  await rows('.group[data-kind="overdue"]', 1);
  await chip("Mine", 0);
  await page.getByText("Nothing is yours").waitFor();
  noFaults();
});

test("a missing chart's alert offers to say that it is found, and nothing less", async () => {
  const { page, noFaults } = desk;
  await site.call("rita", "POST", "/api/v1/charts/31/missing", {});
  await visit(page, "alerts");
  await page.locator('.group[data-kind="missing"] .opener').click();
  const detail = page.locator(".alert-detail");
  await detail.getByRole("button", { name: "It is found" }).waitFor();
  assert.equal(await detail.getByRole("button", { name: "Resolve" }).count(), 0);
  await detail.getByRole("button", { name: "It is found" }).click();
  await page.locator("dialog button[type=submit]").click();
  await page.locator(".alert-detail", { hasText: "found" }).waitFor();
  assert.equal((await site.call("anna", "GET", "/api/v1/charts/31")).missing_since, null);
  noFaults();
});

test("a retired chart has no label to print, and no loan", async () => {
  const { page, noFaults } = desk;
  await site.call("anna", "PATCH", `/api/v1/charts/${OVERDUE}`, { retired: true });
  await visit(page, `charts/${OVERDUE}`);
  await page.getByRole("button", { name: "Bring back into use" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Print label" }).count(), 0);
  const ask = { template: "folder-4x2", charts: [OVERDUE], printer: "labels", copies: 1 };
  await assert.rejects(site.call("anna", "POST", "/api/v1/labels", ask), /refuse_when_chart_is_retired/);
  const { rows: out } = await site.call("anna", "GET", "/api/v1/out?place=CARD&limit=500");
  assert.equal(out.some((/** @type {{number: number}} */ row) => row.number === OVERDUE), false);
  noFaults();
});

test("light or dark is a choice that stays", async () => {
  const { page, noFaults } = desk;
  const theme = () => page.evaluate(() => document.documentElement.dataset["theme"] ?? "");
  await page.getByRole("button", { name: "Light or dark" }).click();
  const chosen = await theme();
  assert.match(chosen, /^(light|dark)$/);
  await page.reload();
  await page.waitForSelector(".page");
  assert.equal(await theme(), chosen);
  await page.getByRole("button", { name: "Light or dark" }).click();
  await until("the other", theme, (now) => now !== chosen);
  noFaults();
});

test("a button that is pressed twice at once opens one dialog", async () => {
  const { page, noFaults } = desk;
  await visit(page, "charts/32");
  await page.getByRole("button", { name: "Print label" }).dblclick();
  await page.locator("dialog[open]").first().waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.locator("dialog[open]").count(), 1);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Print label" }).click();
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  noFaults();
});

test("a scan takes nobody away from a note that is being written, and a badge from no page", async () => {
  const { page, noFaults } = desk;
  await visit(page, "alerts");
  await page.locator('.group[data-kind="overdue"] .opener').first().click();
  await page.getByRole("textbox", { name: "New note" }).fill("Rang Card");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.blur());
  await wedge(page, [code.chart(7)]);
  await page.locator(".toast", { hasText: "a note is unsaved" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "New note" }).inputValue(), "Rang Card");
  await page.getByRole("textbox", { name: "New note" }).fill("");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.blur());
  await wedge(page, [code.badge("1001")]);
  await page.locator(".toast", { hasText: "That is a badge" }).waitFor();
  assert.match(page.url(), /#\/alerts/);
  noFaults();
});
