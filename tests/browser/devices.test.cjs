// All devices at a glance, in a real Chromium: a scanner on a pseudo terminal that is unplugged, and what only an answer
// of the server's can bring about: silence, an empty battery, a computer that is away.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { accessible, consolePage, fits, launch, until, visit } = require("./support/browser.cjs");
const { PASSWORD, Site, code } = require("./support/site.cjs");

/** Makes a pseudo terminal behind the given link and writes to it what comes in. */
const GUN = "import os,sys,tty;m,s=os.openpty();tty.setraw(s);os.symlink(os.ttyname(s),sys.argv[1])\nwhile True:\n  b=os.read(0,4096)\n  if not b: break\n  os.write(m,b)";

let browser;
let site;
let gun;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
  const port = path.join(site.dir, "gun");
  fs.appendFileSync(site.config, `[[scanner]]\nid = "er-1-gun"\nkiosk = "er-1"\ntransport = "serial"\nport = "${port}"\n`);
  gun = spawn("python3", ["-c", GUN, port], { stdio: ["pipe", "ignore", "inherit"] });
  await site.kill();
  await site.start();
});
after(async () => {
  await browser?.close();
  gun?.kill("SIGKILL");
  await site?.close();
});

const row = (page, group, name) => page.locator(`table[aria-label="${group}"] tbody tr`, { has: page.locator(".health-name", { hasText: new RegExp(`^${name}$`) }) });
const cell = (line, column) => line.locator(`td[data-column="${column}"]`);

test("a scanner's last scan, its scans an hour and that it was unplugged are seen as they happen", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await page.locator(".rail").getByRole("link", { name: "Devices" }).click();
  const well = row(page, "In order", "er-1-gun");
  await cell(well, "state").getByText("ready").waitFor();
  assert.equal(await cell(well, "time").textContent(), "none known");
  assert.deepEqual(await cell(well, "count").allTextContents(), ["not told", "0", "not told"], "no-reads, echoes, battery");
  gun.stdin.write(`${code.badge("1001")}\r${code.chart(3)}\r`);
  await cell(well, "time").getByText("just now").waitFor();
  await cell(well, "hour").getByText("2", { exact: true }).waitFor();
  await row(page, "In order", "two-1-a").getByText("simulated").waitFor();
  assert.equal(await page.locator("tr", { hasText: "two-1-a" }).getByText("simulated").count(), 1);
  await row(page, "In order", "quick-1").getByText("what types into its page").waitFor();

  fs.unlinkSync(path.join(site.dir, "gun"));
  gun.kill("SIGKILL");
  const ailing = row(page, "Need someone", "er-1-gun");
  await cell(ailing, "state").getByText(/^(gone|not found)$/).waitFor({ timeout: 5_000 });
  await cell(ailing, "state").getByText(/since/).waitFor();
  assert.equal(await row(page, "In order", "er-1-gun").count(), 0);
  await cell(ailing, "time").getByText(/just now|ago/).waitFor();
  noFaults();
});

const SCANNER = {
  id: "gun", kiosk: "er-1", lane: "", transport: "serial", simulated: false, state: "ready", detail: null, since: "2026-01-05T08:00:00Z", last_scan_at: null, scans: 0, echoes: 0, scans_last_hour: 0,
  no_reads: 0, tells_no_reads: false, reconnects: 0, battery_percent: null, errors: 0, waiting: 0, at_computer: false, kiosk_name: "Emergency", place: "ER", place_name: "Emergency", kiosk_active: true, usual_an_hour: 0, silent_since: null, silence_alert: null,
};
const AGENT = { kiosk: "er-1", connected: true, heard_at: "2026-01-05T08:00:00Z", version: "0.1.0", waiting: 0, oldest_at: null, parked: 0, full: null, kiosk_name: "Emergency", place: "ER", place_name: "Emergency", kiosk_active: true };
const PRINTER = { id: "zebra", place: "FILE", place_name: "Records room", kiosks: ["rr-1"], transport: "tcp", agent: null, language: "zpl", stock: "folder-4x2", state: "ready", faults: [], warnings: [], detail: null, low_stock: 25, loaded: null, sending: null, simulated: false };

/** The console's page with this answer. */
async function answered(health, options) {
  const opened = await consolePage(browser, site, "anna", PASSWORD, options);
  await opened.page.route("**/api/v1/device-health", (route) => route.fulfill({ json: { at: new Date().toISOString(), scanners: [], pages: [], printers: [], computers: [], ...health } }));
  await visit(opened.page, "devices");
  return opened;
}

test("what needs someone stands first, with what is the matter; what is not known is said to be so", async () => {
  const long = "the-scanner-at-the-end-of-the-corridor-9";
  const { page, noFaults } = await answered({
    scanners: [
      { ...SCANNER, id: "well", no_reads: 4, tells_no_reads: true, battery_percent: 80, scans_last_hour: 12, usual_an_hour: 14, reconnects: 3, echoes: 2 },
      { ...SCANNER, id: "quiet", usual_an_hour: 14, silent_since: "2026-01-05T09:12:00Z", silence_alert: 7 },
      { ...SCANNER, id: "flat", battery_percent: 12 },
      { ...SCANNER, id: "new", state: "connecting" },
      { ...SCANNER, id: long, state: "no_permission", detail: `/dev/${"long/".repeat(40)}: allow it by a udev rule` },
      { ...SCANNER, id: "off", kiosk_active: false, state: "not_found" },
    ],
    pages: [{ kiosk: "card-1", kiosk_name: "Cardiology", place: "CARD", place_name: "Cardiology", kiosk_active: true, last_scan_at: null, usual_an_hour: 20, silent_since: "2026-01-05T09:12:00Z", silence_alert: 8 }],
    printers: [{ ...PRINTER, state: "failed", faults: ["paper_out"], detail: "Load labels." }, { ...PRINTER, id: "spare", kiosks: [] }],
    computers: [{ ...AGENT, connected: false }, { ...AGENT, kiosk: "er-2", kiosk_name: undefined, place: undefined }],
  });
  await page.getByText("7 of 11 need someone.").waitFor();
  const names = await page.locator('table[aria-label="Need someone"] .health-name').allTextContents();
  assert.deepEqual(names, ["er-1", long, "zebra", "card-1", "flat", "quiet", "new"]);
  const quiet = row(page, "Need someone", "quiet");
  await cell(quiet, "state").getByText("silent").waitFor();
  await cell(quiet, "state").getByText("14 scans or more are usual in this hour").waitFor();
  await cell(quiet, "hour").getByText("of 14 usual").waitFor();
  assert.equal(await quiet.getByRole("link", { name: "Open the alert" }).getAttribute("href"), "#/alerts?id=7");
  await row(page, "Need someone", "er-1").getByText("It keeps what is scanned there.").waitFor();
  await row(page, "Need someone", "zebra").getByText("paper out").waitFor();
  await row(page, "In order", "er-2").getByText("er-2 (not known here)").waitFor();
  await row(page, "In order", "off").getByText("kiosk inactive").waitFor();
  assert.deepEqual(await cell(row(page, "In order", "well"), "count").allTextContents(), ["4", "2", "80 %"]);
  await accessible(page, "devices at a glance");
  await fits(page, "devices at a glance");
  await page.setViewportSize({ width: 900, height: 800 });
  await fits(page, "devices on a narrow screen");
  const field = page.getByRole("searchbox", { name: "Find a device" });
  await field.fill("cardio");
  await until("the one that fits", () => page.locator(".health tbody tr").count(), (count) => count === 1);
  await field.fill("nowhere");
  await page.getByText("No device fits").waitFor();
  noFaults();
});

test("no devices, an answer that fails and one that comes late are said in words", async () => {
  const { page } = await answered({}, { expect: /503|Failed to load/ });
  await page.getByText("There are no devices yet").waitFor();
  await visit(page, "find");
  await page.route("**/api/v1/device-health", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "Busy", detail: "The server is busy." }) }));
  await page.evaluate(() => (location.hash = "#/devices"));
  await page.getByText("The server is busy.").waitFor();
  await accessible(page, "devices that cannot be shown");
  await page.route("**/api/v1/device-health", (route) => route.fulfill({ json: { at: new Date().toISOString(), scanners: [SCANNER], pages: [], printers: [], computers: [] } }));
  await page.getByText("The one device is in order.").waitFor();
});

test("a clerk sees them too, and no button that would be refused", async () => {
  const { page, noFaults } = await consolePage(browser, site, "carl", PASSWORD);
  await visit(page, "devices");
  await row(page, "In order", "rr-1-gun").waitFor();
  await page.getByRole("link", { name: "Kiosks" }).click();
  await page.locator(".card", { hasText: "er-1-gun" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Enrol a browser" }).count(), 0);
  noFaults();
});
