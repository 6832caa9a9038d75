// A kiosk's camera: Chromium's fake camera plays a film of labels.
"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { LOST_CONNECTION, accessible, fits, kioskPage, launch, newPage, until, verdict, wedge } = require("./support/browser.cjs");
const { HEIGHT, WIDTH, film, labelSvg, photographed } = require("./support/film.cjs");
const { Site, code } = require("./support/site.cjs");

const LABELS = [41, 42, 43, 44, 45];
const [CLEAN, TILTED, TORN, LEFT, RIGHT] = LABELS;
/** The film lasts longer than any test looks at it: nothing is shown twice. */
const EMPTY_END_SECONDS = 60;

let site;
let browser;
before(async () => {
  site = await Site.open();
  const studio = await launch();
  const { page } = await newPage(studio, site);
  const svg = Object.fromEntries(await Promise.all(LABELS.map(async (chart) => [chart, await labelSvg(site, chart)])));
  const middle = { x: WIDTH / 2, y: HEIGHT / 2, width: 800 };
  const seen = (labels) => photographed(page, labels);
  const empty = await seen([]);
  const scenes = [
    { picture: empty, seconds: 1 },
    { picture: await seen([{ ...middle, svg: svg[CLEAN] }]), seconds: 4 },
    { picture: empty, seconds: 3 },
    { picture: await seen([{ ...middle, svg: svg[TILTED], turn: 9, dim: 0.55 }]), seconds: 4 },
    { picture: empty, seconds: 3 },
    { picture: await seen([{ ...middle, svg: svg[TORN], turn: -3, torn: 0.12 }]), seconds: 4 },
    { picture: empty, seconds: 3 },
    { picture: await seen([{ svg: svg[LEFT], x: WIDTH / 4, y: HEIGHT / 2, width: 600 }, { svg: svg[RIGHT], x: (WIDTH * 3) / 4, y: HEIGHT / 2, width: 600 }]), seconds: 4 },
    { picture: empty, seconds: EMPTY_END_SECONDS },
  ];
  await studio.close();
  browser = await launch("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film(site.dir, scenes)}`);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** The moves that the camera's scans came to. */
async function byCamera() {
  const { rows } = await site.call("anna", "GET", "/api/v1/audit?limit=200");
  const moves = rows.filter((row) => row.device === "camera" && row.kind === "received").sort((a, b) => a.seq - b.seq);
  return moves.map((row) => row.body.outcome.verdict.chart);
}

test("labels held before the camera are one scan each: clean, tilted in dim light, torn; of two, none is guessed", async () => {
  const { page, noFaults } = await kioskPage(browser, site, "er-1");
  await wedge(page, [code.badge("1001")]);
  await verdict(page, "ok", "Signed in");
  await page.click("#camera-open");
  await page.locator('#camera[data-state="several"]').waitFor({ timeout: 60_000 });
  await accessible(page, "camera");
  for (const [width, height] of [[1920, 1080], [1280, 800], [1024, 768]]) {
    await page.setViewportSize({ width, height });
    await fits(page, `the camera at ${width}x${height}`);
  }
  await page.click("#camera-open");
  await page.locator("#camera").waitFor({ state: "hidden" });
  assert.deepEqual((await byCamera()).filter((chart) => LABELS.includes(chart)), [CLEAN, TILTED, TORN]);
  noFaults();
});

test("without the server the camera starts and reads, and the scan is saved here", async () => {
  const { page, context, noFaults } = await kioskPage(browser, site, "rr-1", { expect: LOST_CONNECTION });
  const kept = () => page.evaluate(async () => Boolean((await caches.match("/assets/kiosk/camera/zxing_reader.wasm")) && (await navigator.serviceWorker.getRegistration("/assets/kiosk/camera/"))?.active));
  await until("kept", kept, Boolean);
  await site.kill();
  await page.reload();
  await page.click("#camera-open");
  await verdict(page, "saved", `Chart no. ${CLEAN}`);
  await site.start();
  await page.locator('.ribbon[data-kind="saved"]').waitFor({ state: "detached", timeout: 30_000 });
  await context.close();
  noFaults();
});
