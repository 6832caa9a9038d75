// The kiosk's page as its own computer serves it: a real server, a real agent with a scanner on a pseudo terminal, and
// Chromium. Scans of the page and of the scanner go through an outage in one queue and one order.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { LOST_CONNECTION, accessible, consolePage, fits, kioskPage, launch, newPage, until, verdict, wedge } = require("./support/browser.cjs");
const { PASSWORD, Site, code } = require("./support/site.cjs");

const OUTGUIDE = process.env.OUTGUIDE ?? path.join(__dirname, "../../target/debug/outguide");
/** Makes a pseudo terminal behind the given link and writes to it what comes in. */
const GUN = "import os,sys,tty;m,s=os.openpty();tty.setraw(s);os.symlink(os.ttyname(s),sys.argv[1])\nwhile True:\n  b=os.read(0,4096)\n  if not b: break\n  os.write(m,b)";
const TOML = `kiosk = "er-1"
listen = "127.0.0.1:0"
data_dir = "./agent"
[server]
url = "URL"
[queue]
max_scans = 10
[[scanner]]
id = "er-1-gun"
kiosk = "er-1"
transport = "serial"
port = "gun"
`;

let site;
let browser;
let agent;
let gun;

before(async () => {
  [site, browser] = await Promise.all([Site.open(), launch()]);
  const token = site.run(["kiosk", "token", "er-1"]).trim().split(/\s+/).at(-1);
  fs.writeFileSync(path.join(site.dir, "agent.token"), token, { mode: 0o600 });
  fs.writeFileSync(path.join(site.dir, "agent.toml"), TOML.replace("URL", site.url));
  plug();
  agent = await startAgent();
});
after(async () => {
  await browser?.close();
  agent?.process.kill("SIGKILL");
  gun?.kill("SIGKILL");
  await site?.close();
});

function plug() {
  gun = spawn("python3", ["-c", GUN, path.join(site.dir, "gun")], { stdio: ["pipe", "ignore", "inherit"] });
}

async function startAgent() {
  const started = spawn(OUTGUIDE, ["agent", "--config", "agent.toml"], { cwd: site.dir, stdio: ["ignore", "pipe", "ignore"] });
  const url = await new Promise((resolve, reject) => {
    started.stdout.on("data", (text) => {
      const said = /ready at (http:\/\/[^/]+)/.exec(String(text));
      if (said) resolve(said[1]);
    });
    started.on("exit", (status) => reject(new Error(`the agent ended with ${status}`)));
  });
  return { process: started, url };
}

const pull = (...codes) => gun.stdin.write(codes.map((each) => `${each}\r`).join(""));

async function recorded(charts) {
  const ours = async () => (await site.moved("er-1")).filter((number) => charts.includes(number));
  await until("recorded", ours, (moved) => moved.length >= charts.length, 30_000);
  assert.deepEqual(await ours(), charts);
}

async function agentPage(options) {
  const opened = await newPage(browser, agent, { expect: LOST_CONNECTION, ...options });
  await opened.page.goto("/");
  await opened.page.waitForSelector('body[data-state="ready"]');
  return opened;
}

test("the page works as at the server, without a sign-in, for its scanner and for itself", async () => {
  const { page, noFaults } = await agentPage();
  assert.equal(new URL(page.url()).pathname, "/kiosk/er-1");
  pull(code.badge("1001"));
  await verdict(page, "ok", "Signed in");
  await wedge(page, [code.chart(1)]);
  await verdict(page, "ok", /Received/);
  pull(code.chart(2));
  await until("both", () => site.moved("er-1"), (moved) => moved.includes(2));
  await recorded([1, 2]);
  await page.locator("#menu-open").click();
  await page.getByText("Every scan made here is recorded.").waitFor();
  assert.equal(await page.getByText("Enrol this screen").isVisible(), false, "the computer speaks for the screen");
  noFaults();
});

test("through an outage scans of both are saved here, counted once, and recorded in one order", async () => {
  const { page, noFaults } = await agentPage();
  pull(code.badge("1001"));
  await verdict(page, "ok", "Signed in");
  await site.kill();
  pull(code.chart(11));
  await verdict(page, "saved", "Saved here");
  await page.getByText("1 scan saved here, not yet recorded").waitFor();
  await wedge(page, [code.chart(12)]);
  await page.getByText("2 scans saved here, not yet recorded").waitFor();
  pull(code.chart(13));
  await page.getByText("3 scans saved here, not yet recorded").waitFor();
  await page.reload();
  await page.getByText("3 scans saved here, not yet recorded").waitFor();
  await accessible(page, "the page in an outage");
  await fits(page, "the page in an outage");
  await site.start();
  await recorded([11, 12, 13]);
  await page.locator('.ribbon[data-kind="saved"]').waitFor({ state: "detached", timeout: 45_000 });
  noFaults();
});

test("its scanner goes and comes back on the server's pages too, and nobody vouches for it while the computer is off", async () => {
  const within = { timeout: 10_000 };
  const { page } = await kioskPage(browser, site, "er-1");
  const opened = await consolePage(browser, site, "anna", PASSWORD);
  await opened.page.evaluate(() => (location.hash = "#/devices"));
  const row = opened.page.locator('tr[data-key="scanner er-1 er-1-gun"]');
  const mark = page.locator('#devices .device[data-name="scanner"]');
  await row.getByText("ready").waitFor();
  gun.kill("SIGKILL");
  fs.rmSync(path.join(site.dir, "gun"));
  await row.getByText("gone").waitFor(within);
  await mark.getByText("gone").waitFor(within);
  plug();
  await row.getByText("ready").waitFor(within);
  await mark.and(page.locator('[data-up="true"]')).waitFor(within);
  agent.process.kill("SIGKILL");
  await row.getByText("unknown, not heard").waitFor(within);
  await row.getByText(/keeps what is scanned there/).waitFor();
  await mark.getByText("unknown").waitFor(within);
  await accessible(opened.page, "devices of a computer that is not heard");
  agent = await startAgent();
  await row.getByText("ready").waitFor(within);
  await mark.and(page.locator('[data-up="true"]')).waitFor(within);
});

test("a full queue is red on the page, and the console says what is the matter", async () => {
  const { page } = await agentPage();
  const opened = await consolePage(browser, site, "anna", PASSWORD);
  await opened.page.evaluate(() => (location.hash = "#/devices/kiosks"));
  await opened.page.getByText("Own computer").waitFor();
  await opened.page.getByText("nothing waits there").waitFor();
  await accessible(opened.page, "devices with a kiosk's own computer");
  await site.kill();
  pull(...Array.from({ length: 12 }, (_, at) => code.chart(21 + at)));
  await page.getByText("Scans cannot be kept here").waitFor();
  await page.getByText("10 scans saved here, not yet recorded").waitFor();
  await wedge(page, [code.chart(40)]);
  await verdict(page, "not_recorded", "Not recorded");
  await site.start();
  await recorded(Array.from({ length: 12 }, (_, at) => 21 + at));
  await page.getByText("Scans cannot be kept here").waitFor({ state: "detached", timeout: 45_000 });
});

test("the page speaks the kiosk's language, also when it is opened in an outage", async () => {
  await site.kill();
  fs.writeFileSync(site.config, fs.readFileSync(site.config, "utf8").replace('id = "er-1"\n', 'id = "er-1"\nlanguage = "es"\n'));
  await site.start();
  const spoken = async () => (await fetch(`${agent.url}/api/v1/kiosks/er-1`)).json().then((view) => [view.language, view.agent?.link]);
  await until("the kiosk is Spanish", spoken, ([language, link]) => language === "es" && link === "reached", 45_000);
  const { page, noFaults } = await agentPage();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "es");
  pull(code.badge("1001"));
  await verdict(page, "ok", "Sesión abierta");
  await site.kill();
  await page.reload();
  await page.getByText("El servidor no responde").first().waitFor();
  pull(code.chart(50));
  await verdict(page, "saved", "Guardado aquí");
  await accessible(page, "the Spanish page in an outage");
  await page.locator(".recent-row", { hasText: "Sesión abierta" }).waitFor();
  await site.start();
  await recorded([50]);
  noFaults();
});
