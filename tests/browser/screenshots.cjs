// Makes tests/screens/kiosk.png and console.png from a demo that it starts itself:
//   cargo build && NODE_PATH=target/test-tools/node_modules node tests/browser/screenshots.cjs
// (tests/run installs those packages; OUTGUIDE names another binary than target/debug/outguide).
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { launch, newPage, verdict, wedge } = require("./support/browser.cjs");
const { code } = require("./support/site.cjs");

const OUTGUIDE = process.env.OUTGUIDE ?? path.join(__dirname, "../../target/debug/outguide");
const SCREENS = path.join(__dirname, "../screens");

async function main() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "outguide-screens-"));
  const demo = spawn(OUTGUIDE, ["demo", "--dir", dir, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const browser = await launch();
  try {
    let said = "";
    const { url, password } = await new Promise((resolve) =>
      demo.stdout.on("data", (text) => {
        said += text;
        const found = /Console\s+(http\S+?)\/\s[^]*password (\S+)[^]*Ctrl-C/.exec(said);
        if (found) resolve({ url: found[1], password: found[2] });
      }),
    );
    fs.mkdirSync(SCREENS, { recursive: true });
    await kiosk(browser, { url });
    await console_(browser, { url }, password);
  } finally {
    await browser.close();
    demo.kill("SIGTERM");
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

async function kiosk(browser, site) {
  const { page } = await newPage(browser, site);
  await page.goto("/kiosk/er-1");
  await page.waitForSelector('body[data-state="ready"]');
  await wedge(page, [code.badge("1001"), code.chart(17), code.chart(42), code.chart(108), "K", code.place("CARD"), code.chart(23)]);
  await verdict(page, "ok", "Checked out");
  await page.screenshot({ path: path.join(SCREENS, "kiosk.png") });
}

async function console_(browser, site, password) {
  const { page } = await newPage(browser, site);
  await page.goto("/");
  await page.fill("[name=user]", "demo");
  await page.fill("[name=password]", password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#find-text");
  await page.evaluate(() => (location.hash = "#/charts/23"));
  await page.locator(".hero-where", { hasText: "Cardiology" }).waitFor();
  await page.locator(".timeline .event").first().waitFor();
  await page.locator("img, svg.label, object").first().waitFor();
  await page.screenshot({ path: path.join(SCREENS, "console.png") });
}

void main();
