// The register of equipment in a real Chromium: registered, serviced, due, struck out, printed.
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { accessible, consolePage, fits, launch, until, visit } = require("./support/browser.cjs");
const { PASSWORD, Site } = require("./support/site.cjs");

let browser;
let site;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const call = (method, path, body) => site.call("anna", method, `/api/v1/equipment${path}`, body);

test("equipment is registered and serviced from the console, and a mistake is struck out", async () => {
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD, { expect: /422|409/ });
  await visit(page, "devices/equipment");
  await page.getByText("There are no pieces of equipment yet").waitFor();
  await page.locator(".panel-head").getByRole("button", { name: "Register equipment" }).click();
  const form = page.locator("dialog");
  await form.locator("[name=kind]").selectOption("printer");
  await form.locator("[name=name]").fill("Printer at the window");
  await form.locator("[name=make]").fill("Zebra");
  await form.locator("[name=place]").selectOption("FILE");
  await form.locator("[name=device]").selectOption("labels");
  await form.locator("[name=purchased_on]").fill("2020-01-31");
  await form.locator("[name=warranty_until]").fill("2019-01-31");
  assert.equal(await form.locator("[name=service_every]").isVisible(), false, "no schedule, no interval");
  await form.locator("[name=service_unit]").selectOption("months");
  await form.locator("[name=service_every]").fill("6");
  await form.locator("[name=service_work]").fill("Clean the print head.");
  await form.getByRole("button", { name: "Register" }).click();
  await form.getByText("a warranty does not end before the purchase").waitFor();
  await form.locator("[name=warranty_until]").fill("");
  await form.getByRole("button", { name: "Register" }).click();
  const row = page.locator(".rows tbody tr");
  await row.filter({ hasText: "31 Jul 2020" }).filter({ hasText: "due" }).waitFor();

  await row.first().click();
  const beside = page.locator(".beside");
  await beside.getByText("31 Jul 2020, counted from the purchase").waitFor();
  await beside.getByText("No service is logged yet.").waitFor();
  await accessible(page, "a piece of equipment");
  await beside.getByRole("button", { name: "Log a service" }).click();
  await form.locator("[name=done_by]").fill("Service Ltd");
  assert.equal(await form.locator("[name=work]").inputValue(), "Clean the print head.", "what the maker wants is suggested");
  await form.locator("[name=cost]").fill("125.50");
  await form.getByRole("button", { name: "Log it" }).click();
  await beside.locator(".service-log").getByText("Service Ltd · cost 125.50").waitFor();
  await row.filter({ hasText: "due" }).waitFor({ state: "detached" });

  await beside.getByRole("button", { name: "Strike out" }).click();
  await form.getByRole("button", { name: "Strike out" }).click();
  await beside.locator(".service-log .struck").waitFor();
  await row.filter({ hasText: "31 Jul 2020" }).filter({ hasText: "due" }).waitFor();

  await beside.getByRole("button", { name: "Correct" }).click();
  await call("PATCH", "/1", { model: "ZD621" });
  await form.locator("[name=model]").fill("ZD421");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("changed this meanwhile").waitFor();
  await form.getByRole("button", { name: "Cancel" }).click();
  await beside.getByText("Zebra ZD621").waitFor();
  noFaults();
});

test("what is open beside the list is what is printed, else the list; nothing is cut off", async () => {
  for (let at = 0; at < 40; at += 1) await call("POST", "", { kind: "scanner", name: `Scanner ${at} ${"of the long corridor ".repeat(3)}`, serial: `S-${at}`, service_every: 20 + at, service_unit: "days" });
  const { page, noFaults } = await consolePage(browser, site, "anna", PASSWORD);
  await visit(page, "devices/equipment?id=1");
  const beside = page.locator(".beside");
  await beside.getByText("31 Jul 2020").first().waitFor();
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".rows").isVisible(), false);
  assert.equal(await beside.isVisible(), true);
  assert.equal(await page.locator(".rail").isVisible(), false);
  await page.emulateMedia({ media: "screen" });
  await beside.getByRole("button", { name: "Close" }).click();
  await page.emulateMedia({ media: "print" });
  await until("all rows", () => page.locator(".rows tbody tr").count(), (count) => count === 41);
  assert.equal(await page.evaluate(() => [...document.querySelectorAll(".list-scroll, .list, .panel")].every((node) => getComputedStyle(node).overflowY === "visible")), true);
  await page.emulateMedia({ media: "screen" });
  await fits(page, "the register");
  await accessible(page, "the register");
  noFaults();
});

test("who may not write the register reads it, and has no buttons that would be refused", async () => {
  const { page, noFaults } = await consolePage(browser, site, "carl", PASSWORD);
  await visit(page, "devices/equipment?id=1");
  const beside = page.locator(".beside");
  await beside.getByText("keeps the register").waitFor();
  await beside.locator(".service-log").waitFor();
  for (const name of ["Correct", "Retire", "Log a service", "Strike out"]) assert.equal(await beside.getByRole("button", { name }).count(), 0, name);
  assert.equal(await page.getByRole("button", { name: "Register equipment" }).count(), 0);
  const answer = await page.request.get("/api/v1/equipment.csv");
  assert.match(await answer.text(), /^id,kind,name,/);
  noFaults();
});
