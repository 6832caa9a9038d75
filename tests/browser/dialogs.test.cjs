// Every dialog of the console that changes something, filled in and sent as people do it: once with a value that will
// not do, whose fault stands at its field, then well; what comes of it stands on the page and in the server's answer.
"use strict";

const assert = require("node:assert/strict");
const { after, before, beforeEach, test } = require("node:test");
const { consolePage, launch, newPage, until, visit, wedge } = require("./support/browser.cjs");
const { dialogOf } = require("./support/dialog.cjs");
const { OVERDUE, PASSWORD, RESTRICTED, Site, TWO_VOLUMES_MRN, code } = require("./support/site.cjs");

let site;
let browser;
let page;
let noFaults;
let dialog;
let fill;
let send;
let submit;
let refused;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
  // What the browser itself writes about refused requests, which these tests bring about.
  ({ page, noFaults } = await consolePage(browser, site, "anna", PASSWORD, { expect: /the server responded with a status of 4(09|22)/ }));
  page.setDefaultTimeout(10_000);
  ({ dialog, fill, send, submit, refused } = dialogOf(page));
});
beforeEach(async () => {
  await page.reload();
  await page.waitForSelector("#find-text, #main .page");
});
after(async () => {
  await browser?.close();
  await site?.close();
});

const row = (text) => page.locator(".rows tbody tr", { hasText: text });
const press = (name) => page.locator("#main").getByRole("button", { name, exact: true }).click();
const toast = (text) => page.locator(".toast", { hasText: text }).waitFor();
const api = (at) => site.call("anna", "GET", `/api/v1/${at}`);
const change = (at, body) => site.call("anna", "PATCH", `/api/v1/${at}`, body);

const MEANWHILE = "somebody changed this meanwhile";

/** Two people correct the same field; the second one hears of it and sees what the first one wrote. */
async function overtaken({ at, theirs, ours, name, shown }) {
  await press("Correct");
  await dialog().waitFor();
  await change(at, theirs);
  await refused(ours, name, MEANWHILE);
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await row(shown).waitFor();
}

async function openRow(text) {
  await row(text).first().locator(".opener").click();
  await page.locator(".beside:not([hidden]) .detail").waitFor();
}

test("places are added, corrected, switched off and on", async () => {
  await visit(page, "records/places");
  await press("Add a place");
  await refused({ code: "neuro!", name: "Neurology" }, "code", "1 to 12 of A-Z and 0-9");
  await refused({ code: "ER" }, "code", "there is a place ER already");
  await submit({ code: "NEURO", kind: "clinic", loan_hours: 12 });
  await openRow("Neurology");
  await press("Correct");
  await refused({ loan_hours: 0 }, "loan_hours", /1/);
  await submit({ loan_hours: "", name: "Neurology, 3rd floor", restricted: true });
  await row("3rd floor").getByText("restricted").waitFor();
  await overtaken({ at: "places/NEURO", theirs: { name: "Neurology West" }, ours: { name: "Neurology East" }, name: "name", shown: "Neurology West" });
  await press("Deactivate");
  await submit();
  await row("Neurology West").getByText("inactive").waitFor();
  await press("Activate");
  await submit();
  await until("in use", () => api("places?q=NEURO"), ({ rows }) => rows[0].active);
  const { rows } = await api("places?q=NEURO");
  assert.deepEqual(rows[0], { code: "NEURO", name: "Neurology West", kind: "clinic", loan_hours: null, restricted: true, active: true });
  noFaults();
});

test("people are added and corrected, and keep a place that was switched off since", async () => {
  await visit(page, "records/staff");
  await press("Add a person");
  await refused({ badge: "", name: "Nora Quist" }, "badge", "This is needed");
  await refused({ badge: "1001" }, "badge", "in use already");
  await refused({ badge: "4001", email: "nora@" }, "email", /./);
  await submit({ email: "nora@example.org", role: "records", place: "NEURO" });
  await change("places/NEURO", { active: false });
  await openRow("Nora Quist");
  await press("Correct");
  await submit({ name: "Nora Quist-Berg" });
  await row("Quist-Berg").waitFor();
  await overtaken({ at: "staff/4001", theirs: { role: "clerk" }, ours: { role: "supervisor" }, name: "role", shown: /Quist-Berg.*clerk/ });
  await press("Badge lost");
  await submit();
  await row("Quist-Berg").getByText("badge dead").waitFor();
  await press("Activate the badge");
  await submit();
  await toast("The badge works again.");
  const { rows } = await api("staff?q=4001");
  assert.deepEqual([rows[0].name, rows[0].role, rows[0].place, rows[0].email, rows[0].active], ["Nora Quist-Berg", "clerk", "NEURO", "nora@example.org", true]);
  noFaults();
});

test("record types are added, corrected and withdrawn", async () => {
  await visit(page, "records/record-types");
  await press("Add a record type");
  await refused({ code: "MR", name: "Radiology films" }, "code", "there is a record type MR already");
  await submit({ code: "XR" });
  await openRow("Radiology films");
  await press("Correct");
  await refused({ name: " " }, "name", "This is needed");
  await submit({ name: "X-ray films", restricted: true });
  await row("X-ray films").getByText("restricted").waitFor();
  await overtaken({ at: "record-types/XR", theirs: { name: "Films" }, ours: { name: "Pictures" }, name: "name", shown: "Films" });
  await press("Correct");
  await submit({ active: false, restricted: false });
  await row("Films").getByText("inactive").waitFor();
  const { rows } = await api("record-types");
  assert.deepEqual(rows.find((type) => type.code === "XR"), { code: "XR", name: "Films", restricted: false, active: false });
  await change("record-types/XR", { active: true });
  noFaults();
});

test("patients are added and corrected, get charts and volumes, and are switched off and on", async () => {
  await visit(page, "records/patients");
  await press("Add a patient");
  await refused({ mrn: "12", last_name: "Newborn" }, "mrn", /12/);
  await refused({ mrn: TWO_VOLUMES_MRN }, "mrn", "already");
  await refused({ mrn: "900900", birth_date: "2999-01-01" }, "birth_date", "future");
  await submit({ birth_date: "2026-01-02", sex: "F" });
  await page.fill(".filter", "900900");
  await openRow("Newborn");
  await press("Correct");
  await refused({ last_name: "x".repeat(121) }, "last_name", "120");
  await submit({ last_name: "Renamed", first_name: "Ida" });
  await row("Renamed, Ida").waitFor();
  await overtaken({ at: "patients/900900", theirs: { first_name: "Ada" }, ours: { first_name: "Eda" }, name: "first_name", shown: "Renamed, Ada" });
  await press("Add a chart or volume");
  await refused({ volume: 1000 }, "volume", /999/);
  await submit({ volume: "", home: "FILE" });
  await page.locator(".hero-where", { hasText: "Records room" }).waitFor();
  await visit(page, "records/patients");
  await page.fill(".filter", "900900");
  await openRow("Renamed");
  await press("Add a chart or volume");
  await refused({ volume: 1, home: "FILE" }, "volume", "exists already");
  await submit({ volume: 2 });
  await page.locator(".hero-where", { hasText: "Records room" }).waitFor();
  await visit(page, "records/patients");
  await page.fill(".filter", "900900");
  await openRow("Renamed");
  await press("Deactivate");
  await submit();
  await row("Renamed").getByText("inactive").waitFor();
  await press("Activate");
  await submit();
  await toast("Active again.");
  const patient = await api("patients/900900");
  assert.deepEqual([patient.first_name, patient.active, patient.chart_rows.map(({ volume }) => volume)], ["Ada", true, [1, 2]]);
  noFaults();
});

test("accounts are made, change their role and password, and are closed", async () => {
  await visit(page, "set-up/users");
  await press("Add a user");
  await refused({ name: "nils", password: "short", role: "clerk" }, "password", "8");
  await refused({ name: "anna", password: PASSWORD }, "name", "there is a user anna already");
  await submit({ name: "nils" });
  await openRow("nils");
  await press("Change role");
  await submit({ role: "records" });
  await row("nils").getByText("records").waitFor();
  await press("Change role");
  await change("users/nils", { role: "viewer" });
  await refused({ role: "supervisor" }, "role", MEANWHILE);
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await row("nils").getByText("viewer").waitFor();
  await press("New password");
  await refused({ password: "1234567" }, "password", "8");
  await submit({ password: " blanks around it " });
  await consolePage(browser, site, "nils", " blanks around it ").then(({ context }) => context.close());
  await press("Deactivate");
  await submit();
  await row("nils").getByText("inactive").waitFor();
  const gate = await newPage(browser, site, { expect: /401/ });
  await gate.page.goto("/");
  await gate.page.fill("[name=user]", "nils");
  await gate.page.fill("[name=password]", " blanks around it ");
  await gate.page.keyboard.press("Enter");
  await gate.page.getByText("User name or password is wrong").waitFor();
  await gate.context.close();
  await press("Activate");
  await submit();
  await openRow("anna");
  assert.equal(await page.locator(".beside").getByRole("button", { name: "Deactivate" }).count(), 0, "nobody locks out himself");
  await press("Change role");
  await fill({ role: "clerk" });
  await send();
  await dialog().locator(".form-fault", { hasText: "last admin" }).waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  noFaults();
});

test("a token is shown once, works, and is dead when it is revoked", async () => {
  await visit(page, "set-up/tokens");
  const make = page.locator("#main").getByRole("button", { name: /(Add|Make) a token/ }).first();
  await make.click();
  await refused({ name: " " }, "name", "This is needed");
  await fill({ name: "statistics", role: "viewer" });
  await send();
  const secret = await dialog().locator(".secret").textContent();
  await dialog().getByRole("button", { name: "Close" }).last().click();
  const ask = () => fetch(`${site.url}/api/v1/charts?q=100007`, { headers: { Authorization: `Bearer ${secret}` } }).then(({ status }) => status);
  assert.equal(await ask(), 200);
  await row("statistics").waitFor();
  await make.click();
  await refused({ name: "statistics" }, "name", "already");
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await openRow("statistics");
  await press("Revoke");
  await submit();
  await row("statistics").getByText("revoked").waitFor();
  assert.equal(await ask(), 401);
  noFaults();
});

test("a kiosk is added, corrected, enrolled once with its code, switched off and on", async () => {
  await visit(page, "devices/kiosks");
  await press("Add a kiosk");
  await refused({ id: "ER 2", name: "Emergency 2" }, "id", "a-z");
  await refused({ id: "er-1" }, "id", "there is a kiosk er-1 already");
  await submit({ id: "er-2", place: "ER", printer: "labels", language: "es" });
  assert.match(await (await fetch(`${site.url}/kiosk/er-2`)).text(), /<html lang="es">/);
  const card = page.locator(".card", { hasText: "er-2" });
  const act = (name) => card.getByRole("button", { name, exact: true }).click();
  await act("Correct");
  await refused({ idle_sign_off_seconds: 5 }, "idle_sign_off_seconds", /10/);
  await submit({ idle_sign_off_seconds: 60, name: "Emergency, desk", language: "fr" });
  assert.equal((await api("kiosks/er-2")).language, "fr");
  await card.getByText("Emergency, desk").waitFor();
  await act("Correct");
  await change("kiosks/er-2", { name: "Emergency, door" });
  await refused({ name: "Emergency, hall" }, "name", MEANWHILE);
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await card.getByText("Emergency, door").waitFor();
  await act("Enrol a browser");
  const shown = (await dialog().locator(".enrol-code").textContent()).replaceAll(" ", "");
  await dialog().getByRole("button", { name: "Close" }).last().click();
  const enrol = (data) => fetch(`${site.url}/api/v1/kiosks/enrol`, { method: "POST", headers: { "X-Outguide": "1", "Content-Type": "application/json" }, body: JSON.stringify({ code: data }) });
  const first = await enrol(shown);
  assert.equal(first.ok, true);
  assert.equal((await enrol(shown)).ok, false, "a code works once");
  const cookie = first.headers.getSetCookie()[0].split(";")[0];
  const look = () => fetch(`${site.url}/api/v1/kiosks/er-2`, { headers: { cookie } }).then(({ status }) => status);
  assert.equal(await look(), 200);
  await act("Deactivate");
  await submit();
  await card.getByText("inactive").waitFor();
  assert.notEqual(await look(), 200);
  await act("Activate");
  await submit();
  await card.getByRole("button", { name: "Deactivate" }).waitFor();
  assert.equal(await look(), 401, "what was enrolled stays dead");
  noFaults();
});

test("a chart is moved, renewed, reported missing, found, corrected, retired and brought back", async () => {
  await visit(page, "charts/20");
  await press("Move");
  await refused({ place: "", holder: "" }, "place", "This is needed");
  await refused({ place: "ER", holder: "9999" }, "holder", "unknown or inactive");
  await submit({ holder: "1001" });
  const where = page.locator(".hero-where");
  await where.getByText("Emergency").waitFor();
  await press("Renew");
  await refused({ due_at: "2020-01-01T08:00" }, "due_at", "in the future");
  await submit({ due_at: "2030-01-01T08:00" });
  await until("renewed", () => api("charts/20"), (chart) => chart.due_at === "2030-01-01T13:00:00Z");
  await press("Report missing");
  await submit();
  await page.locator(".hero-tags", { hasText: "missing" }).waitFor();
  await press("It is found");
  await submit({ place: "FILE" });
  await where.getByText("Filed at Records room").waitFor();
  await press("Correct");
  await refused({ volume: 0 }, "volume", /1/);
  await submit({ volume: 3, record_type: "XR" });
  await page.locator(".hero-who", { hasText: "vol 3" }).waitFor();
  await press("Correct");
  await dialog().waitFor();
  await change("charts/20", { volume: 4 });
  await refused({ volume: 5 }, "volume", MEANWHILE);
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await page.locator(".hero-who", { hasText: "vol 4" }).waitFor();
  await press("Retire");
  await submit();
  await page.locator(".hero-tags", { hasText: "retired" }).waitFor();
  await press("Bring back into use");
  await submit();
  await toast("In use again.");
  const chart = await api("charts/20");
  assert.deepEqual([chart.volume, chart.record_type, chart.retired, chart.place, chart.missing_since], [4, "XR", false, "FILE", null]);
  noFaults();
});

test("what two people report of one chart is refused the second time", async () => {
  await visit(page, "charts/21");
  await press("Report missing");
  await dialog().waitFor();
  await site.call("rita", "POST", "/api/v1/charts/21/missing", {});
  await send();
  await dialog().locator(".form-fault", { hasText: "reported missing already" }).waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await press("It is found");
  await submit();
  noFaults();
});

test("an alert is handed on, snoozed, and not resolved twice", async () => {
  await visit(page, "alerts");
  await row("Late, Lara").locator(".opener").click();
  await press("Hand to…");
  await submit({ user: "rita" });
  await page.locator(".alert-detail", { hasText: "rita looks after it" }).waitFor();
  await press("Snooze");
  await refused({ choice: "own" }, "until", "This is needed");
  await refused({ until: "2020-01-01T08:00" }, "until", "from now");
  await submit({ choice: "week" });
  await page.locator(".toast", { hasText: "Snoozed until" }).waitFor();
  await visit(page, "alerts?show=later");
  await row("Late, Lara").locator(".opener").click();
  await press("Resolve");
  await refused({ reason: "  " }, "reason", "This is needed");
  const { rows } = await api("alerts?state=snoozed");
  const alert = rows.find((one) => one.chart === OVERDUE);
  await site.call("rita", "POST", `/api/v1/alerts/${alert.id}/resolve`, { reason: "It is back." });
  await fill({ reason: "It is back, says Rita." });
  await send();
  await dialog().locator(".form-fault", { hasText: "resolved already" }).waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  noFaults();
});

test("a restricted chart is not shown without a reason", async () => {
  const desk = await consolePage(browser, site, "rita", PASSWORD);
  await visit(desk.page, `charts/${RESTRICTED}`);
  await desk.page.getByRole("button", { name: "Give a reason to see it" }).click();
  await desk.page.locator("dialog textarea").fill(" ");
  await desk.page.locator("dialog button[type=submit]").click();
  await desk.page.locator(".field-fault", { hasText: "This is needed" }).waitFor();
  assert.equal((await desk.page.locator("#root").textContent()).includes("Psychiatry"), false);
  desk.noFaults();
  await desk.context.close();
});

test("a scan that comes in while a form is open changes nothing in it, whatever has the focus", async () => {
  await visit(page, "charts/22");
  await press("Move");
  await fill({ place: "ER", holder: "1001" });
  for (const name of ["place", "holder"]) {
    await dialog().locator(`[name=${name}]`).focus();
    await wedge(page, [code.chart(7)]);
    await toast("A scan came in");
  }
  const values = await dialog().locator("form").evaluate((form) => Object.fromEntries(new FormData(form)));
  assert.deepEqual(values, { place: "ER", holder: "1001" });
  await dialog().getByRole("button", { name: "Cancel" }).click();
  noFaults();
});

test("a session that ends in the middle of a form leaves no patient on the screen", async () => {
  const desk = await consolePage(browser, site, "rita", PASSWORD, { expect: /401/ });
  await visit(desk.page, "records/patients");
  await desk.page.locator(".rows tbody tr", { hasText: "Quiet, Paul" }).locator(".opener").click();
  await desk.page.getByRole("button", { name: "Correct" }).click();
  await desk.page.locator("dialog[open]").waitFor();
  await change("users/rita", { active: false });
  await desk.page.waitForSelector("#root [name=password]");
  assert.equal(await desk.page.locator("dialog").count(), 0);
  assert.equal((await desk.page.locator("body").textContent()).includes("Quiet"), false);
  await desk.context.close();
});
