// A hospital of its own for each test file: a temporary folder, a configuration, imported people and charts, and a real
// `outguide serve` (OUTGUIDE names the binary) that can be killed and started again on the same port.
"use strict";

const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const OUTGUIDE = process.env.OUTGUIDE ?? path.join(__dirname, "../../../target/debug/outguide");
const PASSWORD = "a-long-enough-password";
/** Role by account name. */
const ACCOUNTS = { anna: "admin", carl: "clerk", rita: "records" };
const READY_WITHIN_MS = 30_000;

const CONFIG = `
[server]
listen = "127.0.0.1:PORT"
data_dir = "./data"
[hospital]
name = "Test Hospital"
time_zone = "America/New_York"
[numbering]
pattern = "^\\\\d{6}$"
filing = "terminal-digit"
[[barcode.legacy]]
pattern = "^(?<mrn>\\\\d{6})$"
[[kiosk]]
id = "er-1"
name = "Emergency"
place = "ER"
mode = "receive"
printer = "labels"
[[kiosk]]
id = "rr-1"
name = "Records room"
place = "FILE"
mode = "return"
printer = "labels"
[[kiosk]]
id = "quick-1"
name = "Quick"
place = "CARD"
mode = "receive"
idle_sign_off_seconds = 22
[[kiosk]]
id = "es-1"
name = "Urgencias"
place = "ER"
mode = "receive"
printer = "labels"
language = "es"
[[kiosk]]
id = "fr-1"
name = "Urgences"
place = "ER"
mode = "receive"
printer = "labels"
language = "fr"
[[kiosk]]
id = "two-1"
name = "Two lanes"
place = "ER"
mode = "receive"
[[scanner]]
id = "two-1-a"
kiosk = "two-1"
lane = "A"
transport = "sim"
[[scanner]]
id = "two-1-b"
kiosk = "two-1"
lane = "B"
transport = "sim"
[[scanner]]
id = "rr-1-gun"
kiosk = "rr-1"
transport = "sim"
[[printer]]
id = "labels"
place = "FILE"
transport = "folder"
path = "./labels"
language = "zpl"
dpi = 203
stock = "folder-4x2"
`;

const PLACES = `code,name,kind,loan_hours
FILE,Records room,file_room,
ER,Emergency,department,24
CARD,Cardiology,department,48
PSY,Psychiatry,department,72
`;
const STAFF = `badge,name,role,place,email
1001,Rosa Diaz,clerk,ER,
1002,Tom Becker,clerk,CARD,
2001,Helen Park,records,FILE,
3001,Ingrid Solberg,supervisor,FILE,
`;
const FAMILY = ["Osei", "García", "Müller", "O'Brien", "Nguyen", "Žak", "Abbott", "Kowalski"];
const GIVEN = ["Ama", "José", "Jürgen", "Siobhán", "Linh", "Omar", "Zoë", "Ewa"];
/** Chart numbers run from 1 in the file's order. */
const CHARTS = 60;
/** Two volumes of one patient: charts 61 and 62; an old label with this number fits both. */
const TWO_VOLUMES_MRN = "200200";
/** Chart 63 is in Psychiatry, where being at all is confidential. Chart 64 is long overdue. */
const RESTRICTED = 63;
const OVERDUE = 64;

function patients() {
  const rows = Array.from({ length: CHARTS }, (_, at) => `${100001 + at},${FAMILY[at % 8]},${GIVEN[(at * 3) % 8]},19${10 + at}-03-0${1 + (at % 9)},${at % 2 ? "M" : "F"}`);
  rows.push(`${TWO_VOLUMES_MRN},Twofold,Tessa,1955-05-05,F`, "200201,Quiet,Paul,1966-06-06,M", "200202,Late,Lara,1977-07-07,F");
  return `mrn,last_name,first_name,birth_date,sex\n${rows.join("\n")}\n`;
}

function charts() {
  const rows = Array.from({ length: CHARTS }, (_, at) => `${100001 + at},MR,1,FILE,,,,`);
  rows.push(`${TWO_VOLUMES_MRN},MR,1,FILE,,,,`, `${TWO_VOLUMES_MRN},MR,2,FILE,,,,`);
  const today = new Date(Date.now() - 3_600_000).toISOString();
  rows.push(`200201,MR,1,FILE,PSY,,${today},`, "200202,MR,1,FILE,CARD,1002,2020-01-02T12:00:00Z,");
  return `mrn,record_type,volume,home,place,holder_badge,out_since,legacy_barcode\n${rows.join("\n")}\n`;
}

/** A code with its check digits (ISO 7064 MOD 97-10; letters count A = 10 to Z = 35). */
function coded(text) {
  const digits = [...text].map((letter) => Number.parseInt(letter, 36)).join("") + "00";
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return text + String(98 - rest).padStart(2, "0");
}
const code = {
  badge: (badge) => coded(`S${badge}`),
  place: (place) => coded(`L${place}`),
  command: (word) => coded(`K${word}`),
  chart: (number, issue = 1) => coded(`C${String(number).padStart(9, "0")}${String(issue).padStart(3, "0")}`),
};

class Site {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "outguide-browser-"));
    this.config = path.join(this.dir, "outguide.toml");
    this.process = null;
    this.log = "";
    this.cookies = new Map();
  }

  static async open() {
    const site = new Site();
    site.configure(0);
    for (const [kind, text] of Object.entries({ places: PLACES, staff: STAFF, patients: patients(), charts: charts() })) {
      const file = path.join(site.dir, `${kind}.csv`);
      fs.writeFileSync(file, text);
      site.run(["import", kind, file]);
    }
    for (const [name, role] of Object.entries(ACCOUNTS)) site.run(["user", "add", name, "--role", role, "--password-stdin"], PASSWORD);
    await site.start();
    site.configure(Number(new URL(site.url).port));
    await site.call("anna", "PATCH", "/api/v1/places/PSY", { restricted: true });
    return site;
  }

  configure(port) {
    fs.writeFileSync(this.config, CONFIG.replace("PORT", String(port)));
  }

  run(words, input) {
    return execFileSync(OUTGUIDE, [...words, "--config", this.config], { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  }

  /** SIGXFSZ is ignored, so that a file size limit set on the process makes writes fail as a full disk does. */
  async start() {
    const server = spawn("sh", ["-c", 'trap "" XFSZ; exec "$0" serve --config "$1"', OUTGUIDE, this.config], { stdio: ["ignore", "pipe", "pipe"] });
    this.process = server;
    server.stderr.on("data", (text) => (this.log += text));
    this.url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the server did not start:\n${this.log}`)), READY_WITHIN_MS);
      server.stdout.on("data", (text) => {
        const said = /ready at (http\S+?)\/?\s/.exec(String(text));
        if (!said) return;
        clearTimeout(late);
        resolve(said[1]);
      });
      server.on("exit", (status) => reject(new Error(`the server ended with ${status}:\n${this.log}`)));
    });
  }

  async kill(signal = "SIGKILL") {
    const server = this.process;
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await gone;
  }

  /** Ends the server as an administrator does. */
  async stop() {
    await this.kill("SIGTERM");
  }

  /** From now on the server can write no byte to any file; or it can again. */
  diskFull(full) {
    execFileSync("prlimit", ["--pid", String(this.process.pid), full ? "--fsize=0:unlimited" : "--fsize=unlimited:unlimited"]);
  }

  async close() {
    if (this.process && this.process.exitCode === null) await this.kill();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  /** One request as this account. */
  async call(user, method, at, body) {
    if (!this.cookies.has(user)) this.cookies.set(user, await this.#signIn(user));
    const headers = { "X-Outguide": "1", cookie: this.cookies.get(user), ...(body ? { "Content-Type": "application/json" } : {}) };
    const answer = await fetch(this.url + at, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async #signIn(user) {
    const headers = { "X-Outguide": "1", "Content-Type": "application/json" };
    const answer = await fetch(`${this.url}/api/v1/sign-in`, { method: "POST", headers, body: JSON.stringify({ user, password: PASSWORD }) });
    if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
    return answer.headers.getSetCookie()[0].split(";")[0];
  }

  enrolCode(kiosk) {
    return this.call("anna", "POST", `/api/v1/kiosks/${kiosk}/enrol-code`, {}).then((made) => made.code);
  }

  /** The numbers of the charts that scans at this kiosk moved, in the ledger's order. */
  async moved(kiosk) {
    const { rows } = await this.call("anna", "GET", "/api/v1/audit?limit=200");
    const moves = rows.filter((row) => row.kiosk === kiosk && ["received", "checked_out", "returned"].includes(row.kind));
    return moves.sort((a, b) => a.seq - b.seq).map((row) => row.body.outcome.verdict.chart);
  }
}

module.exports = { Site, code, PASSWORD, RESTRICTED, OVERDUE, TWO_VOLUMES_MRN };
