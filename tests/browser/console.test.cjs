// The records staff's console at work, against a real server.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { accessible, consolePage, fits, kioskPage, launch, newPage, until, verdict, visit, wedge } = require("./support/browser.cjs");
const { OVERDUE, PASSWORD, RESTRICTED, Site, code } = require("./support/site.cjs");

let site;
let browser;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

test("a wrong password is refused in words; the right one opens the console", async () => {
  const { page, noFaults } = await newPage(browser, site, { expect: /401/ });
  await page.goto("/");
  await page.fill("[name=user]", "anna");
  await page.fill("[name=password]", "not this one");
  await page.click("button[type=submit]");
  await page.getByText("User name or password is wrong").waitFor();
  await page.fill("[name=password]", PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#find-text");
  await page.reload();
  await page.waitForSelector("#find-text");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForSelector("[name=password]");
  noFaults();
});

test("Find answers while one types: by MRN, by name without its accents, by number, by a scan", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  const found = page.locator(".find .rows tbody tr");
  await page.fill("#find-text", "100007");
  await page.waitForFunction(() => document.querySelectorAll(".find .rows tbody tr").length === 1);
  await page.fill("#find-text", "garcia siob");
  await page.getByText("García, Siobhán").first().waitFor();
  await page.fill("#find-text", "twofold");
  await until("two volumes", () => found.count(), (count) => count === 2);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(".hero-where", { hasText: "Records room" }).waitFor();
  await page.keyboard.press("Escape");
  await page.waitForSelector("#find-text");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.blur());
  await wedge(page, [code.chart(7)]);
  await page.locator(".hero-name", { hasText: "Abbott" }).waitFor();
  assert.match(page.url(), /#\/charts\/7$/, "no patient data in the address");
  noFaults();
});

test("a chart's page says where it is as a sentence, and changes live when a kiosk scans it", async () => {
  const desk = await kioskPage(browser, site, "er-1");
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "charts/9");
  await page.locator(".hero-where", { hasText: "Filed at Records room" }).waitFor();
  await wedge(desk.page, [code.badge("1001"), code.chart(9)]);
  await page.locator(".hero-where", { hasText: /At Emergency since .*scanned/ }).waitFor();
  await page.locator(".timeline .event", { hasText: "Rosa Diaz" }).waitFor();
  await visit(page, "out");
  await page.locator(".summary tr", { hasText: "Emergency" }).waitFor();
  await wedge(desk.page, [code.command("DONE")]);
  noFaults();
  desk.noFaults();
});

test("an overdue loan is an alert that is taken, noted and resolved", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "alerts");
  await page.locator(".rows tbody tr", { hasText: "Late, Lara" }).locator(".opener").click();
  await page.getByRole("button", { name: "Take it" }).click();
  await page.getByText("You look after it").waitFor();
  await page.getByRole("textbox", { name: "New note" }).fill("Called Cardiology.");
  await page.getByRole("button", { name: "Add note" }).click();
  await page.locator(".notes", { hasText: "Called Cardiology." }).waitFor();
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await page.fill("dialog textarea", "Brought back by hand.");
  await page.locator("dialog").getByRole("button", { name: "Resolve" }).click();
  await page.getByText("Resolved.").first().waitFor();
  const { rows } = await site.call("anna", "GET", "/api/v1/alerts?state=resolved");
  assert.equal(rows.some((alert) => alert.chart === OVERDUE || alert.chart?.number === OVERDUE), true, JSON.stringify(rows));
  noFaults();
});

test("a label goes to the printer's folder as one whole label, and is confirmed", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "charts/12");
  await page.getByRole("button", { name: "Print label" }).click();
  await page.locator("dialog").getByRole("button", { name: "Print", exact: true }).click();
  const folder = path.join(site.dir, "labels");
  const files = () => (fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".zpl")) : []);
  const [file] = await until("printed", async () => files(), (names) => names.length > 0);
  const zpl = fs.readFileSync(path.join(folder, file), "utf8");
  assert.equal(zpl.split("^XA").length - 1, 1);
  assert.match(zpl, /\^XZ\s*$/);
  assert.ok(zpl.includes(code.chart(12)), "carries the chart's code");
  await visit(page, "print");
  await page.locator(".rows tbody tr", { hasText: /sent|printed/ }).first().waitFor();
  noFaults();
});

test("where a restricted chart is shows to a supervisor, or after a reason that is logged", async () => {
  const { page, noFaults } = await consolePage(browser, site, "rita", PASSWORD);
  await visit(page, `charts/${RESTRICTED}`);
  await page.getByText("is shown only to some roles").waitFor();
  assert.equal((await page.locator("#root").textContent()).includes("Psychiatry"), false);
  await page.getByRole("button", { name: "Give a reason to see it" }).click();
  await page.fill("dialog textarea", "Emergency admission");
  await page.locator("dialog").getByRole("button", { name: "Show and log it" }).click();
  await page.locator(".hero-where", { hasText: "Psychiatry" }).waitFor();
  const { rows } = await site.call("anna", "GET", "/api/v1/access-log");
  assert.equal(rows.some((row) => JSON.stringify(row).includes("Emergency admission")), true);
  noFaults();
});

test("a badge that is reported lost is dead at every kiosk from the next scan on", async () => {
  const desk = await kioskPage(browser, site, "er-1");
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await wedge(desk.page, [code.badge("1002")]);
  await verdict(desk.page, "ok", "Signed in");
  await visit(page, "records/staff");
  await page.locator(".rows tbody tr", { hasText: "Tom Becker" }).locator(".opener").click();
  await page.getByRole("button", { name: "Badge lost" }).click();
  await page.locator("dialog").getByRole("button", { name: "Kill the badge" }).click();
  await page.getByText("The badge is dead.").waitFor();
  await wedge(desk.page, [code.chart(15)]);
  await verdict(desk.page, "refused", "Nobody is signed in");
  await wedge(desk.page, [code.badge("1002")]);
  await verdict(desk.page, "refused", "withdrawn");
  noFaults();
  desk.noFaults();
});

test("the downtime list is a PDF", async () => {
  const { page, context, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "out");
  await page.getByText("Downtime list").waitFor();
  const answer = await context.request.get("/api/v1/downtime-list.pdf");
  assert.equal((await answer.body()).subarray(0, 5).toString(), "%PDF-");
  noFaults();
});

test("what a role may not do is not shown", async () => {
  const { page, noFaults } = await consolePage(browser, site, "carl", PASSWORD);
  const rail = page.locator(".rail");
  await rail.getByText("Find").waitFor();
  assert.equal(await rail.getByText("Audit").count(), 0);
  await visit(page, "set-up/users");
  assert.equal(await page.getByText("Add a user").count(), 0);
  await visit(page, "charts/17");
  await page.locator(".hero-where").waitFor();
  assert.equal(await page.getByRole("button", { name: "Retire" }).count(), 0);
  noFaults();
});

const PAGES = ["find", "charts/17", `charts/${RESTRICTED}`, "out", "out/ER", "alerts", "print", "print/history", "print/templates", "print/templates?edit=folder-4x2", "records/patients", "records/places", "records/staff", "records/record-types", "devices", "devices/kiosks", "devices/equipment", "audit/ledger", "audit/access", "set-up/users", "set-up/tokens", "set-up/about", "no/such"];
for (const colorScheme of ["light", "dark"]) {
  test(`every page of the console is free of accessibility faults and fits the screen, ${colorScheme}`, async () => {
    const { page, noFaults } = await newPage(browser, site, { colorScheme });
    await page.goto("/");
    await page.waitForSelector("[name=password]");
    await accessible(page, "sign-in");
    await page.fill("[name=user]", "anna");
    await page.fill("[name=password]", PASSWORD);
    await page.click("button[type=submit]");
    await page.waitForSelector("#find-text");
    for (const address of PAGES) {
      await visit(page, address);
      await accessible(page, address);
      await fits(page, address);
    }
    await visit(page, "charts/17");
    await page.getByRole("button", { name: "Print label" }).click();
    await page.waitForSelector("dialog[open]");
    await accessible(page, "a dialog");
    await page.keyboard.press("Escape");
    noFaults();
  });
}
