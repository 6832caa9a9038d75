// Kiosks that speak Spanish and French: every text of the screen comes out of the language's file, all of it fits, and the
// last verdicts stay in sight after a reload without the server.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { LOST_CONNECTION, accessible, fits, kioskPage, launch, newPage, until, verdict, wedge } = require("./support/browser.cjs");
const { Site, TWO_VOLUMES_MRN, code } = require("./support/site.cjs");

const texts = (language) => JSON.parse(fs.readFileSync(path.join(__dirname, `../../kiosk-ui/languages/${language}.json`), "utf8"));

let site;
let browser;
before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** Nothing that is said is cut off: not the verdict, not what to do next, not a button's word. */
async function nothingIsCut(page, what) {
  const cut = await page.evaluate(() => {
    const seen = [...document.querySelectorAll(".verdict-words, .next, .command, .rest-title, .rest-step-title, .ribbon > span")];
    const clips = (node) => getComputedStyle(node).overflowY === "hidden";
    // Less than a line: what letters hang below theirs.
    const over = (node) => (clips(node) && node.scrollHeight > node.clientHeight + 8) || node.scrollWidth > node.clientWidth + 1;
    const shown = seen.filter((node) => node.checkVisibility() && getComputedStyle(node).display !== "inline");
    const outside = (node) => node.getBoundingClientRect().bottom > node.closest(".verdict").getBoundingClientRect().bottom + 1;
    const below = [...document.querySelectorAll(".verdict > .next")].filter((node) => node.checkVisibility() && outside(node));
    return [...shown.filter(over), ...below].map((node) => `${node.className}: ${node.textContent}`);
  });
  assert.deepEqual(cut, [], what);
  await fits(page, what);
}

/** A day at a kiosk, with charts from `first` on: what is scanned, the tone that answers, and its headline's key. */
const day = (first) => [
  [code.chart(first), "refused", "refused.nobody_signed_in"],
  ["NONSENSE1", "refused", "refused.unknown_code"],
  ["C00000000100199", "refused", "refused.misread"],
  [code.badge("9999"), "refused", "refused.badge_unknown"],
  [code.badge("1001"), "ok", "receipt.signed_in"],
  [code.command("MISSING"), "refused", "refused.role_records"],
  [code.command("UNDO"), "refused", "refused.nothing_to_undo"],
  [code.badge("2001"), "ok", "receipt.signed_in"],
  [code.place("NOWHERE"), "refused", "refused.place_unknown"],
  [code.command("SEND"), "refused", "refused.send_later"],
  [code.command("SHELF"), "refused", "refused.shelf_later"],
  [code.command("WHERE"), "ok", "mode.where"],
  [code.command("FOUND"), "ok", "mode.found"],
  [code.command("MISSING"), "ok", "mode.missing"],
  [code.chart(first + 1), "ok", "receipt.reported_missing"],
  [code.command("OUT"), "ok", "mode.out"],
  [code.command("RECEIVE"), "ok", "mode.receive"],
  [code.chart(first + 1), "attention", "receipt.received"],
  [code.command("RETURN"), "ok", "mode.return"],
  [code.chart(first + 1), "ok", "receipt.returned"],
  [TWO_VOLUMES_MRN, "refused", "refused.several_fit"],
  [code.command("LABEL"), "ok", "mode.label"],
  [code.chart(first + 2), "ok", "receipt.label_queued"],
];

for (const [language, first] of /** @type {const} */ ([["es", 1], ["fr", 11]])) {
  test(`a kiosk speaks ${language}: its page, its receipts, its times, and nothing is cut off`, async () => {
    const said = texts(language);
    const { page, noFaults } = await kioskPage(browser, site, `${language}-1`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), language);
    await page.getByText(said["rest.badge"]).first().waitFor();
    await accessible(page, `${language}, resting`);
    await nothingIsCut(page, `${language}, resting`);
    for (const [data, tone, key] of day(first)) {
      await wedge(page, [data]);
      await page.locator(".verdict-headline", { hasText: said[key] }).waitFor();
      await verdict(page, tone, said[key]);
      await nothingIsCut(page, `${language}, ${key}`);
    }
    await wedge(page, [code.place("CARD"), code.chart(first + 3)]);
    await verdict(page, "ok", said["receipt.checked_out"]);
    const days = [1, 2, 3, 4, 5, 6, 7].map((day) => said[`weekday.${day}`].replace(".", "\\.")).join("|");
    assert.match(await page.locator(".verdict-detail").innerText(), new RegExp(`(${days}) \\d\\d:\\d\\d$`));
    await accessible(page, `${language}, verdict`);
    await page.click("#menu-open");
    await page.locator("#menu-title", { hasText: said["menu.title"] }).waitFor();
    await accessible(page, `${language}, menu`);
    await page.keyboard.press("Escape");
    for (const [width, height] of [[1920, 1080], [1024, 768], [1280, 800]]) {
      await page.setViewportSize({ width, height });
      await nothingIsCut(page, `${language} at ${width}x${height}`);
    }
    await wedge(page, [code.command("DONE")]);
    await verdict(page, "ok", said["receipt.signed_off"]);
    noFaults();
  });
}

test("every text that a page says by itself comes out of the language's file", async () => {
  const said = texts("es");
  const marked = Object.fromEntries(Object.entries(said).map(([key, text]) => [key, typeof text === "string" ? `⟦${text}⟧` : { one: `⟦${text.one}⟧`, other: `⟦${text.other}⟧` }]));
  await site.call("anna", "POST", "/api/v1/kiosks", { id: "es-2", name: "Urgencias", place: "ER", mode: "receive", printer: "labels", language: "es" });
  const { page } = await newPage(browser, site, { expect: /401|net::ERR|Failed to load/, serviceWorkers: "block" });
  await page.route("**/assets/languages/es.json", (route) => route.fulfill({ json: marked }));
  /** Words that stand there unmarked. The page's frame is filled in by the server, from the same file. */
  const unmarked = () =>
    page.evaluate((frame) => {
      const heard = [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility());
      const own = heard.flatMap((node) => [
        ...[...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.textContent),
        ...["aria-label", "title", "alt", "placeholder"].map((name) => node.getAttribute(name) ?? ""),
      ]);
      const isData = (text) => frame.includes(text) || /^[^A-Za-zÀ-ÿ]*$/.test(text) || /^[A-Z]$/.test(text) || /^(Urgencias|Emergency|labels|es-2)$/.test(text);
      // A value in a text, as in "⟦Escanee historias: … a Emergency⟧", is inside the marks.
      return [...new Set(own.map((text) => text.replace(/⟦[^]*⟧/g, "").trim()))].filter((text) => !isData(text));
    }, Object.entries(said).filter(([key]) => /^(page|camera)\./.test(key)).map(([, text]) => text));
  await page.goto("/kiosk/es-2");
  await page.waitForSelector("#enrol:not([hidden])");
  assert.deepEqual(await unmarked(), [], "enrolment");
  await page.fill("#enrol-code", "AAAAAAAA");
  await page.locator("#enrol-fault", { hasText: said["enrol.refused"] }).waitFor();
  await page.fill("#enrol-code", await site.enrolCode("es-2"));
  await page.waitForSelector('body[data-state="ready"]');
  await page.locator(".rest-title").waitFor();
  assert.deepEqual(await unmarked(), [], "resting");
  await page.click("#menu-open");
  assert.deepEqual(await unmarked(), [], "menu");
  await page.keyboard.press("Escape");
  await page.click("#camera-open");
  await page.locator(".camera-state:not(:empty)").waitFor();
  assert.deepEqual(await unmarked(), [], "camera");
  await page.click("#camera-open");
  await page.route("**/scans", (route) => route.abort());
  await wedge(page, [code.chart(1), "X"]);
  await verdict(page, "saved", said["saved.headline"]);
  await page.locator('.ribbon[data-kind="saved"]').waitFor();
  assert.deepEqual(await unmarked(), [], "offline");
  await page.unroute("**/scans");
  await page.route("**/scans", (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"detail":"An English sentence."}' }));
  await page.locator('.ribbon[data-kind="refused"]').waitFor({ timeout: 30_000 });
  assert.deepEqual(await unmarked(), [], "not taken");
  await page.context().close();
});

test("the last verdicts stay in sight after a reload, also without the server, and are forgotten with the enrolment", async () => {
  const { page, context } = await kioskPage(browser, site, "fr-1", { expect: LOST_CONNECTION });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await until("kept page", () => page.evaluate(async () => Boolean(await caches.match("/assets/languages/fr.json"))), Boolean);
  await wedge(page, [code.badge("1001"), ...Array.from({ length: 22 }, (_, at) => code.chart(31 + at)), code.command("DONE")]);
  await verdict(page, "ok", texts("fr")["receipt.signed_off"]);
  const rows = () => page.locator(".recent-row").allInnerTexts();
  await until("twenty verdicts", rows, (seen) => seen.length === 20);
  const before = await rows();
  await page.reload();
  await page.waitForSelector('body[data-state="ready"]');
  assert.deepEqual(await rows(), before, "with the server");
  await site.kill();
  await page.reload();
  await page.locator('.device[data-name="server"][data-up="false"]').waitFor();
  assert.deepEqual(await rows(), before, "without");
  assert.equal(await page.evaluate(() => document.documentElement.lang), "fr");
  assert.match(await page.locator("#place").innerText(), /Urgences/);
  await wedge(page, [code.chart(60)]);
  await verdict(page, "saved", texts("fr")["saved.headline"]);
  assert.match(await page.locator(".device-queue").innerText(), /1$/, "how many wait, at a glance");
  await accessible(page, "without the server");
  await site.start();
  await page.locator('.device[data-name="server"][data-up="true"]').waitFor({ timeout: 45_000 });
  await until("queue", () => page.locator(".device-queue").innerText(), (text) => text.endsWith("0"), 45_000);
  await context.clearCookies();
  await page.reload();
  await page.waitForSelector("#enrol:not([hidden])");
  assert.equal(await page.evaluate(() => localStorage.getItem("outguide-kiosk-fr-1-verdicts")), null);
});

test("everything to be touched is at least 48 pixels wide and high, and each tone can be tried by its name", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "rr-1");
  const small = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("button, input, a[href], select")]
        .filter((node) => node.checkVisibility())
        .map((node) => ({ node, box: node.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 48 || box.height < 48)
        .map(({ node, box }) => `${node.id || node.className} ${Math.round(box.width)}x${Math.round(box.height)}`),
    );
  assert.deepEqual(await small(), [], "resting");
  await wedge(page, [code.badge("2001"), TWO_VOLUMES_MRN]);
  await page.locator(".verdict-choice").first().waitFor();
  assert.deepEqual(await small(), [], "choices");
  await page.click("#menu-open");
  assert.deepEqual(await small(), [], "menu");
  const names = ["ok", "attention", "refused", "not_recorded", "saved"];
  for (const name of names) {
    await page.click(`.menu-sound[data-tone="${name}"]`);
    assert.equal(await page.locator(".menu-sound[data-heard=true]").innerText(), texts("en")[`menu.sound.${name}`]);
  }
  await page.getByRole("button", { name: texts("en")["menu.sound.all"] }).click();
  for (const name of names) await page.locator(`.menu-sound[data-tone="${name}"][data-heard=true]`).waitFor();
  await page.fill("#menu-volume", "0");
  await page.locator(".menu-level", { hasText: texts("en")["menu.volume.off"] }).waitFor();
  await page.fill("#menu-volume", "50");
  assert.match(await page.locator(".menu-level").innerText(), /^50/);
  await page.keyboard.press("Escape");
  await wedge(page, [code.command("DONE")]);
  noFaults();
});
