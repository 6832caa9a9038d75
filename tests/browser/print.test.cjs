// The Print page in a real Chromium: what wants someone, batches, stock, scan-back, templates.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const net = require("node:net");
const { after, before, test } = require("node:test");
const { consolePage, launch, until, visit, wedge } = require("./support/browser.cjs");
const { Site, code, PASSWORD } = require("./support/site.cjs");

let browser;
let site;
let broken;

/** A printer on TCP that is well until it is sent something: then it breaks the line. */
function breakingPrinter() {
  const well = "\x02030,0,0,0406,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => (String(bytes).includes("^XA") ? socket.resetAndDestroy() : socket.write(well)));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

before(async () => {
  broken = await breakingPrinter();
  site = await Site.open();
  await site.kill();
  const printer = `\n[[printer]]\nid = "breaks"\nplace = "ER"\ntransport = "tcp"\naddress = "127.0.0.1:${broken.address().port}"\nlanguage = "zpl"\ndpi = 203\nstock = "folder-4x2"\n`;
  fs.appendFileSync(site.config, printer);
  await site.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.close();
  broken?.close();
});

const jobs = async (query) => (await site.call("anna", "GET", `/api/v1/print-jobs?${query}`)).rows;

test("a job that broke off asks whether it came out, and both answers are buttons", async () => {
  await site.call("anna", "POST", "/api/v1/labels", { template: "folder-4x2", charts: [3, 4], printer: "breaks", copies: 1 });
  await until("both are unknown", () => jobs("state=unknown"), (rows) => rows.length === 2);
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "print");
  const wants = page.locator(".want");
  await until("they are shown", () => wants.count(), (count) => count === 2);
  assert.match(await wants.first().innerText(), /did it come out\?/);
  await wants.filter({ hasText: "job 1" }).getByRole("button", { name: "It came out" }).click();
  await until("one is printed", () => jobs("state=printed"), (rows) => rows.length === 1 && rows[0].proof === "seen");
  await until("one is left", () => wants.count(), (count) => count === 1);
  await wants.first().getByRole("button", { name: "Cancel" }).click();
  await page.locator(".wanting").waitFor({ state: "hidden" });
  noFaults();
});

test("a batch is made, shown with its progress, and printed again from a label", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "print");
  await page.getByRole("button", { name: "Print a batch" }).click();
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Name of the batch").fill("Monday's clinic");
  await dialog.getByLabel("A list of charts").check();
  await dialog.getByLabel("Charts", { exact: true }).fill(`100020\n${code.chart(21)}\n#22`);
  await dialog.getByLabel("Printer").selectOption("labels");
  await dialog.getByRole("button", { name: "Make the batch" }).click();
  const batch = page.locator(".batch", { hasText: "Monday's clinic" });
  await batch.getByText("3 of 3 sent").waitFor();
  assert.deepEqual((await jobs("batch=1")).map((job) => job.chart).reverse(), [20, 21, 22]);
  await batch.getByRole("button", { name: "Print again from" }).click();
  await dialog.getByLabel("From label").fill("3");
  await dialog.getByRole("button", { name: "Print again from there" }).click();
  await until("label 3 went out twice", () => jobs("batch=1"), (rows) => rows.some((job) => job.position === 3 && job.attempts === 2 && job.issue === 1));
  noFaults();
});

test("a label is confirmed by scanning it, and another chart's label is refused loudly", async () => {
  await site.call("anna", "POST", "/api/v1/labels", { template: "folder-4x2", charts: [30, 31], printer: "labels", copies: 1 });
  await until("both are sent", () => jobs("state=sent&limit=2"), (rows) => rows.some((job) => job.chart === 30) && rows.some((job) => job.chart === 31));
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "print/history?state=sent");
  await page.locator(".rows tbody tr", { hasText: "31" }).first().getByRole("button", { name: "Scan it" }).click();
  await wedge(page, [code.chart(30)]);
  const verdict = page.locator(".scan-verdict");
  await verdict.getByText("Stop: wrong chart").waitFor();
  assert.equal(await verdict.getAttribute("data-tone"), "refused");
  await wedge(page, [code.chart(31)]);
  await verdict.getByText("Right label").waitFor();
  await page.keyboard.press("Escape");
  const [job] = (await jobs("state=printed")).filter((one) => one.chart === 31);
  assert.equal(job.proof, "scanned");
  noFaults();
});

test("an older label that is scanned says so on the chart's page, with a button for a new one", async () => {
  await site.call("anna", "POST", "/api/v1/labels", { template: "folder-4x2", charts: [31], printer: "labels", copies: 1 });
  await site.call("anna", "POST", "/api/v1/print-jobs/scan-back", { data: code.chart(31, 2) });
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "print");
  await wedge(page, [code.chart(31, 1)]);
  await page.locator(".superseded", { hasText: "You scanned label 1; label 2 is the newest" }).waitFor();
  await page.locator(".label-issues li", { hasText: "Label 1" }).getByText("superseded").waitFor();
  await page.getByRole("button", { name: "Print a new label" }).click();
  assert.equal(await page.locator("dialog [name=reason]").inputValue(), "superseded label");
  await page.keyboard.press("Escape");
  noFaults();
});

test("staff say what is loaded, and it is counted down", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "print");
  const card = page.getByRole("article", { name: "Printer labels" });
  await card.getByRole("button", { name: "Say what is in it" }).click();
  await page.locator("dialog").getByLabel("Labels, or sheets, in it now").fill("40");
  await page.locator("dialog").getByRole("button", { name: "Loaded" }).click();
  await card.getByText("40 of 40 left").waitFor();
  await site.call("anna", "POST", "/api/v1/labels", { template: "folder-4x2", charts: [40], printer: "labels", copies: 2 });
  await card.getByText("of 40 left").filter({ hasText: "38" }).waitFor();
  noFaults();
});

test("a template is tried while it is typed: the line at fault, then what it prints", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "print/templates");
  await page.locator(".template", { has: page.getByText("folder-4x2", { exact: true }) }).getByRole("link", { name: "Open in the editor" }).click();
  const area = page.locator("textarea.template-text");
  const said = page.locator(".template-said");
  await said.getByText("Good: this is what it prints.").waitFor();
  const text = await area.inputValue();
  await area.fill(text.replace("stock =", "stok ="));
  await said.getByText(/folder-4x2\.toml:\d+/).waitFor();
  const line = text.split("\n").findIndex((one) => one.startsWith("stock =")) + 1;
  await said.getByText(`folder-4x2.toml:${line}`).waitFor();
  await area.fill(text);
  await said.getByText("Good: this is what it prints.").waitFor();
  await page.getByLabel("Show it with chart number").fill("12");
  const log = await until("the look is logged", () => site.call("anna", "GET", "/api/v1/access-log"), ({ rows }) => rows.some((row) => row.what === "label_previewed"));
  assert.ok(log.rows.length > 0);
  noFaults();
});
