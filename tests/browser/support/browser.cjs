// A real Chromium, and pages that fail their test on any console error, any error of a script and any request that
// leaves the site.
"use strict";

const assert = require("node:assert/strict");
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
/** Between two keys of a keyboard-wedge scanner, in milliseconds. */
const KEY_PAUSE_MS = 2;

/** What an interrupted connection writes to the console by itself; expected only where a test interrupts it. */
const LOST_CONNECTION = /net::ERR_|Failed to load resource/;

async function launch(...more) {
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS.split(" "), ...more] });
}

/**
 * A page in a context of its own. `faults` gathers what must not happen; `expect` allows console errors that the test
 * brings about itself.
 */
async function newPage(browser, site, { expect, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, hasTouch: true, baseURL: site.url, ...options });
  const page = await context.newPage();
  const faults = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.origin !== site.url) faults.push(`a request to ${url.origin}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !expect?.test(message.text())) faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  return { page, context, noFaults: () => assert.deepEqual(faults, []) };
}

/** A kiosk's page, enrolled. */
async function kioskPage(browser, site, kiosk, options) {
  const opened = await newPage(browser, site, options);
  const answer = await opened.context.request.post("/api/v1/kiosks/enrol", { data: { code: await site.enrolCode(kiosk) }, headers: { "X-Outguide": "1" } });
  assert.equal(answer.ok(), true, await answer.text());
  await opened.page.goto(`/kiosk/${kiosk}`);
  await opened.page.waitForSelector('body[data-state="ready"]');
  return opened;
}

/** The console, signed in. */
async function consolePage(browser, site, user, password, options) {
  const opened = await newPage(browser, site, options);
  const { page } = opened;
  await page.goto("/");
  await page.fill("[name=user]", user);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("#find-text");
  return opened;
}

/** Physical keys of a US scanner, and what a layout makes of them. */
const AZERTY = { KeyA: "q", KeyQ: "a", KeyW: "z", KeyZ: "w", KeyM: ",", Digit1: "&", Digit2: "é", Digit3: '"', Digit4: "'", Digit5: "(", Digit6: "-", Digit7: "è", Digit8: "_", Digit9: "ç", Digit0: "à" };

/**
 * Key events of a scanner that types these codes back to back, an Enter after each, wherever the focus is. The events
 * carry the scanner's own times, as the system's do: a busy machine delivers them late, not slower.
 */
async function wedge(page, codes, { layout = {} } = {}) {
  const session = await page.context().newCDPSession(page);
  const keys = codes.flatMap((text) => [...[...text].map((letter) => letterKey(letter, layout)), ENTER]);
  const began_ms = Date.now() - keys.length * KEY_PAUSE_MS;
  const sent = keys.flatMap((key, at) => {
    const timestamp = (began_ms + at * KEY_PAUSE_MS) / 1000;
    const { text: _text, ...released } = key;
    return [session.send("Input.dispatchKeyEvent", { type: "keyDown", timestamp, ...key }), session.send("Input.dispatchKeyEvent", { type: "keyUp", timestamp: timestamp + 0.001, ...released })];
  });
  await Promise.all(sent);
  await session.detach();
}

const ENTER = { code: "Enter", key: "Enter", text: "\r", windowsVirtualKeyCode: 13 };

function letterKey(letter, layout) {
  const code = /\d/.test(letter) ? `Digit${letter}` : `Key${letter}`;
  const key = layout[code] ?? letter;
  return { code, key, text: key, modifiers: /[A-Z]/.test(letter) ? 8 : 0, windowsVirtualKeyCode: letter.charCodeAt(0) };
}

/** Waits for the verdict in giant type. A text in any letters, or a pattern: /Received/ is not "each is received" of what comes next. */
async function verdict(page, tone, text) {
  await page.locator(`#verdict[data-tone="${tone}"]`, { hasText: text }).waitFor();
}

/** Asks until the answer is so, or fails with the last one. */
async function until(what, ask, isSo, within_ms = 15_000) {
  const end = Date.now() + within_ms;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) assert.fail(`${what}: still ${JSON.stringify(answer)} after ${within_ms} ms`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** Goes to an address of the console and waits until nothing on it is loading. */
async function visit(page, address) {
  await page.evaluate((to) => (location.hash = to), `#/${address}`);
  await page.locator("#root .page, #root .state-title").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".skeleton, .bone"));
}

/** No finding of axe at all, whatever its impact. */
async function accessible(page, what) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, impact, nodes }) => `${what}: ${id} (${impact}) ${nodes.slice(0, 3).map((node) => node.target).join(" ")}`);
  assert.deepEqual(told, []);
}

/** Nothing is wider than the screen. */
async function fits(page, what) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${what} scrolls sideways`);
}

module.exports = { CHROMIUM, FLAGS, launch, newPage, kioskPage, consolePage, visit, wedge, verdict, until, accessible, fits, AZERTY, LOST_CONNECTION };
