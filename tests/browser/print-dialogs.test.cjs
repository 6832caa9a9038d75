// The dialogs that print: a chart's label or slip, a batch, and where a batch goes on. Each is sent with values that will
// not do, whose fault stands at its field and of which nothing is printed, then well.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const { after, before, beforeEach, test } = require("node:test");
const { consolePage, launch, until, visit } = require("./support/browser.cjs");
const { dialogOf } = require("./support/dialog.cjs");
const { PASSWORD, Site, TWO_VOLUMES_MRN, code } = require("./support/site.cjs");

/** Prints sheets of 30 labels. */
const LASER = '\n[[printer]]\nid = "laser"\nplace = "FILE"\ntransport = "folder"\npath = "./sheets"\nlanguage = "pdf"\nstock = "letter-5160"\n';
/** Sheets have their own template; its labels and its positions are those of the stock. */
const SHEET = { template: "folder-5160", printer: "laser" };

let site;
let browser;
let page;
let noFaults;
let on;
/** Requests to print that the page sent. */
let asked = [];

before(async () => {
  site = await Site.open();
  await site.kill();
  fs.appendFileSync(site.config, LASER);
  await site.start();
  browser = await launch();
  // What the browser itself writes about refused requests, which these tests bring about.
  ({ page, noFaults } = await consolePage(browser, site, "anna", PASSWORD, { expect: /the server responded with a status of 4(09|22)/ }));
  page.setDefaultTimeout(10_000);
  on = dialogOf(page);
  page.on("request", (request) => {
    if (request.method() === "POST" && /\/(labels|print-jobs|print-batches.*)$/.test(new URL(request.url()).pathname)) asked.push(request.postDataJSON());
  });
});
beforeEach(async () => {
  await page.reload();
  await page.waitForSelector("#main .page");
  asked = [];
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const press = (name) => page.locator("#main").getByRole("button", { name, exact: true }).click();
const api = (at) => site.call("anna", "GET", `/api/v1/${at}`);
const jobs = async (query = "limit=500") => (await api(`print-jobs?${query}`)).rows;
const newest = async () => (await api("print-batches?limit=1")).rows[0];
const visible = (name) => on.dialog().locator(`[name="${name}"]`).first().isVisible();

/** Nothing was printed, or even queued, by what was refused. */
async function nothingQueued(before) {
  assert.deepEqual([(await jobs()).length, (await api("print-batches")).rows.length], before);
}
const queued = async () => [(await jobs()).length, (await api("print-batches")).rows.length];

async function batchDialog() {
  await visit(page, "print");
  await press("Print a batch");
  await on.dialog().waitFor();
}

test("a chart's label: copies, reason and position are each refused at their place", async () => {
  const before = await queued();
  await visit(page, "charts/5");
  await press("Print label");
  await on.refused({ copies: 0 }, "copies", "Use 1 to 20.");
  await on.refused({ copies: 21 }, "copies", "Use 1 to 20.");
  await on.refused({ copies: "1.5" }, "copies", "Use a whole number.");
  await on.refused({ copies: "" }, "copies", "This is needed");
  await on.refused({ copies: 2, reason: "other", words: "  " }, "words", "This is needed");
  await on.refused({ ...SHEET, words: "split at the fold", start_at: 0 }, "start_at", "Use 1 to 30.");
  await on.refused({ start_at: 31 }, "start_at", "Use 1 to 30.");
  assert.deepEqual(asked, [], "what the form itself can see is not sent");
  await on.refused({ start_at: 5, words: "x".repeat(2001) }, "words", "Use at most");
  await nothingQueued(before);
  await on.submit({ words: "split at the fold" });
  const [job] = await until("queued", () => jobs("printer=laser"), (rows) => rows.length === 1);
  assert.deepEqual([job.start_at, job.copies, job.template, job.reason], [5, 2, "folder-5160", "split at the fold"]);
  noFaults();
});

test("a second label needs its reason, and a slip asks for none", async () => {
  await visit(page, "charts/5");
  await press("Print label");
  await on.refused({}, "reason", "This is needed");
  await on.fill({ reason: "other" });
  assert.equal(await visible("words"), true);
  const slip = await on.dialog().locator('[name="template"] option').evaluateAll((options) => options.map((option) => option.value).find((name) => name.startsWith("request")));
  await on.fill({ template: slip });
  assert.deepEqual([await visible("reason"), await visible("words")], [false, false], "what hangs on a hidden choice is hidden with it");
  assert.deepEqual(asked, []);
  await on.submit({ printer: "labels" });
  assert.deepEqual(asked, [{ template: slip, printer: "labels", copies: 1, chart: 5 }]);
  noFaults();
});

test("where a sheet begins is asked for what is in the printer, and each position it has not is refused there", async () => {
  const before = await queued();
  // Sheets of ten labels of the very size that folder-4x2 has on a roll.
  await site.call("anna", "POST", "/api/v1/printers/laser/stock", { loaded: 50, stock: "letter-5163" });
  await visit(page, "charts/6");
  await press("Print label");
  await on.fill({ template: "folder-4x2", printer: "labels" });
  assert.equal(await visible("start_at"), false, "a roll has no positions");
  await on.fill({ printer: "laser" });
  await on.refused({ start_at: 11 }, "start_at", "positions 1 to 10");
  await nothingQueued(before);
  await on.submit({ start_at: 10 });
  const [job] = await jobs("printer=laser&limit=1");
  assert.deepEqual([job.template, job.start_at, job.chart ?? job.labels[0].chart], ["folder-4x2", 10, 6]);
  await site.call("anna", "POST", "/api/v1/printers/laser/stock", { loaded: 50, stock: "letter-5160" });
  noFaults();
});

test("a batch by name and sections: each fault stands where it was made", async () => {
  const before = await queued();
  await batchDialog();
  await on.refused({ name: " ", which: "section" }, "name", "This is needed");
  await on.refused({ name: "Monday", section_from: 7, section_to: 100 }, "section_to", "Use 0 to 99.");
  await on.refused({ section_from: -1, section_to: 9 }, "section_from", "Use 0 to 99.");
  await on.refused({ section_from: "", section_to: 9 }, "section_from", "This is needed");
  assert.deepEqual(asked, []);
  await on.refused({ section_from: 9, section_to: 7 }, "section_to", "the lower one first");
  await on.refused({ name: "y".repeat(81), section_from: 7, section_to: 9 }, "name", "at most 80 characters");
  await on.refused({ name: "Monday", section_from: 90, section_to: 91 }, "which", "No chart fits");
  await nothingQueued(before);
  await on.submit({ section_from: 7, section_to: 9, printer: "labels" });
  const batch = await newest();
  assert.deepEqual([batch.name, batch.total], ["Monday", 3]);
  await page.locator(".batch", { hasText: "Monday" }).getByText("3 of 3 sent").waitFor();
  noFaults();
});

test("a batch of a list: what is no chart is named with its line, and an empty list is never everything", async () => {
  const before = await queued();
  await batchDialog();
  await on.fill({ name: "A list", which: "list", printer: "labels" });
  await on.refused({ list: "" }, "list", "This is needed");
  await on.refused({ list: " , ;\n," }, "list", "Name at least one chart");
  await on.refused({ list: "100020\n\n999999" }, "list", "Line 3: “999999” is no chart");
  const misread = code.chart(21).slice(0, -2) + "00";
  await on.refused({ list: `100020 ${misread}` }, "list", `Line 1: “${misread}” is no chart`);
  await on.refused({ list: `#20x\n#1234567890` }, "list", "Line 1: “#20x” is no chart");
  await on.refused({ list: "9".repeat(500) }, "list", `“${"9".repeat(40)}…” is no chart`);
  const many = Array.from({ length: 301 }, (_, at) => 300_000 + at).join("\n");
  await on.refused({ list: many }, "list", "at most 300 MRNs");
  assert.deepEqual(asked, [], "nothing is sent before the list is understood");
  await on.refused({ list: "#20\n#4040" }, "list", "There is no chart 4040");
  await nothingQueued(before);
  await on.submit({ list: `100020\n${code.chart(21)}, #22; ${TWO_VOLUMES_MRN}\n10-00-23` });
  const batch = await newest();
  const made = await until("all are made", () => jobs(`batch=${batch.id}`), (rows) => rows.length === 6);
  assert.deepEqual(made.map((job) => job.chart).reverse(), [20, 21, 22, 61, 62, 23]);
  noFaults();
});

test("a batch of an import, of one place: an import that brought nothing there is refused at the choice", async () => {
  const before = await queued();
  fs.writeFileSync(`${site.dir}/late.csv`, `mrn,record_type,volume,home\n100001,MR,2,FILE\n100002,MR,2,FILE\n`);
  site.run(["import", "charts", `${site.dir}/late.csv`]);
  fs.writeFileSync(`${site.dir}/store.csv`, "code,name,kind,loan_hours\nSTORE,Off-site store,offsite,\n");
  site.run(["import", "places", `${site.dir}/store.csv`]);
  await batchDialog();
  await on.fill({ name: "Late ones", which: "import" });
  const box = await on.dialog().locator("button[type=submit]").boundingBox();
  assert.ok(box.y + box.height <= 800, "the button that sends a tall form is in sight");
  const runs = on.dialog().locator('[name="import_run"] option');
  assert.match(await runs.first().textContent(), /late\.csv.*: 2 charts/);
  assert.deepEqual([await visible("section_from"), await visible("list"), await visible("home")], [false, false, true]);
  await on.refused({ home: "STORE" }, "which", "No chart fits");
  await nothingQueued(before);
  await on.submit({ home: "FILE", printer: "labels" });
  const batch = await newest();
  assert.deepEqual([batch.name, batch.total], ["Late ones", 2]);
  noFaults();
});

test("a batch on sheets begins at a free position, and goes on again at one", async () => {
  const before = await queued();
  await batchDialog();
  await on.refused({ name: "Sheets", which: "list", list: "#31\n#32\n#33\n#34\n#35", ...SHEET, start_at: 31 }, "start_at", "Use 1 to 30.");
  await on.refused({ start_at: "" }, "start_at", "This is needed");
  assert.deepEqual(asked, []);
  await nothingQueued(before);
  await on.submit({ start_at: 28 });
  const batch = await newest();
  const sheets = () => jobs(`batch=${batch.id}`);
  const sent = await until("two sheets are sent", sheets, (rows) => rows.length === 2 && rows.every((row) => row.state === "sent"));
  assert.deepEqual(sent.reverse().map((job) => [job.start_at, job.labels.length]), [[28, 3], [1, 2]]);

  const card = page.locator(".batch", { hasText: "Sheets" });
  await card.getByText("all sent").waitFor();
  await card.getByRole("button", { name: "Print again from…" }).click();
  asked = [];
  await on.refused({ from: 0 }, "from", "Use 1 to 5.");
  await on.refused({ from: 6 }, "from", "Use 1 to 5.");
  await on.refused({ from: "" }, "from", "This is needed");
  await on.refused({ from: 4, start_at: 31 }, "start_at", "Use 1 to 30.");
  assert.deepEqual(asked, []);
  await on.submit({ from: 4, start_at: 11 });
  assert.deepEqual(asked, [{ from: 4, start_at: 11 }]);
  const again = await until("a third sheet is sent", sheets, (rows) => rows.length === 3 && rows.every((row) => row.state === "sent"));
  assert.deepEqual([again[0].start_at, again[0].labels.map(({ chart }) => chart)], [11, [34, 35]]);
  noFaults();
});

test("a batch that was given up meanwhile does not go on, and the dialog says so", async () => {
  await site.call("anna", "POST", "/api/v1/printers/labels/stock", { loaded: 50, stock: "2x1" });
  await batchDialog();
  await on.submit({ name: "Given up", which: "list", list: "#41\n#42", printer: "labels" });
  const card = page.locator(".batch", { hasText: "Given up" });
  await card.getByText("paused").waitFor();
  const batch = await newest();
  await card.getByRole("button", { name: "Print again from…" }).click();
  await site.call("anna", "POST", `/api/v1/print-batches/${batch.id}/cancel`);
  await on.fill({ from: 1 });
  await on.send();
  await on.dialog().locator(".form-fault", { hasText: "is cancelled" }).waitFor();
  await on.cancel();
  await card.getByText("cancelled").waitFor();
  assert.equal((await jobs(`batch=${batch.id}`)).every((job) => job.state === "cancelled"), true);
  noFaults();
});
