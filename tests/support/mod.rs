//! The real binary, driven as its users drive it: a folder, a configuration, commands and sockets.

pub mod clock;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_outguide");
/// Nothing here takes longer on a machine that is merely busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a configuration; commands run in it.
pub struct Site {
    dir: TempDir,
}

/// A small hospital: FILE, ER (24 h), CARD (48 h), PSY; Rosa (clerk, 1001), Helen (records, 2001).
pub const PLACES: &str = "code,name,kind,loan_hours\nFILE,Records room,file_room,\nER,Emergency,department,24\n\
                          CARD,Cardiology,department,48\nPSY,Psychiatry,department,72\n";
pub const STAFF: &str = "badge,name,role,place,email\n1001,Rosa Diaz,clerk,ER,\n1002,Tom Becker,clerk,CARD,\n\
                         2001,Helen Park,records,FILE,\n3001,Ingrid Solberg,supervisor,FILE,\n";
/// Kiosks `er-1` (ER, receive), `card-1` (CARD, receive), `rr-1` (FILE, return).
pub const KIOSKS: &str = r#"
[[kiosk]]
id = "er-1"
name = "Emergency"
place = "ER"
mode = "receive"
printer = "labels"
[[kiosk]]
id = "card-1"
name = "Cardiology"
place = "CARD"
mode = "receive"
[[kiosk]]
id = "rr-1"
name = "Records room"
place = "FILE"
mode = "return"
printer = "labels"
[[printer]]
id = "labels"
place = "FILE"
transport = "folder"
path = "./labels"
language = "zpl"
dpi = 203
stock = "folder-4x2"
"#;

impl Site {
    /// A site whose configuration is the server's usual head and `rest`.
    pub fn new(rest: &str) -> Site {
        let site = Site { dir: tempfile::tempdir().expect("a folder") };
        let head = "[server]\nlisten = \"127.0.0.1:0\"\ndata_dir = \"./data\"\n[hospital]\nname = \"Test Hospital\"\n\
                    time_zone = \"America/New_York\"\n";
        site.write("outguide.toml", &format!("{head}{rest}"));
        site
    }

    /// The small hospital with `charts` patients of one chart each (MRN 100001 and on), imported by the command.
    pub fn hospital(rest: &str, charts: u32) -> Site {
        let site = Site::new(&format!("{KIOSKS}{rest}"));
        site.write("places.csv", PLACES);
        site.write("staff.csv", STAFF);
        let mut patients = "mrn,last_name,first_name,birth_date,sex\n".to_owned();
        let mut all = "mrn,record_type,volume,home\n".to_owned();
        for index in 1..=charts {
            let mrn = 100_000 + index;
            patients.push_str(&format!("{mrn},Patient{index},Sam,1980-01-02,F\n"));
            all.push_str(&format!("{mrn},MR,1,FILE\n"));
        }
        site.write("patients.csv", &patients);
        site.write("charts.csv", &all);
        for what in ["places", "staff", "patients", "charts"] {
            site.ok(&["import", what, &format!("{what}.csv")]);
        }
        site
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes `text` to `name` in the folder.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("file");
    }

    /// The ledger's file.
    pub fn database(&self) -> PathBuf {
        self.path().join("data/outguide.db")
    }

    /// A command in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.path()).env("OUTGUIDE_LOG_FORMAT", "text").env("OUTGUIDE_LOG", "warn");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the program runs")
    }

    /// Runs a command that must succeed; its standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {:?}\n{error}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    /// A bearer token of this role.
    pub fn token(&self, role: &str) -> String {
        last_word(&self.ok(&["token", "create", "--name", role, "--role", role]))
    }

    /// A kiosk's bearer token.
    pub fn kiosk_token(&self, kiosk: &str) -> String {
        last_word(&self.ok(&["kiosk", "token", kiosk]))
    }

    /// A console account.
    pub fn user(&self, name: &str, role: &str, password: &str) {
        let mut child = self
            .command(&["user", "add", name, "--role", role, "--password-stdin"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("the program runs");
        child.stdin.take().expect("stdin").write_all(password.as_bytes()).expect("password");
        assert!(child.wait().expect("end").success(), "user add {name}");
    }

    /// Starts the server and waits until it says that it is ready.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&["serve"]))
    }
}

fn last_word(text: &str) -> String {
    text.split_whitespace().last().expect("a word").to_owned()
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Server {
    /// Runs `command` (a server) and waits for its ready line.
    pub fn start(mut command: Command) -> Server {
        // A group of its own, so that a server behind strace or another wrapper ends with it.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let url = loop {
            let line = lines.next().expect("the server says that it is ready").expect("text");
            if let Some(at) = line.find("http://").or_else(|| line.find("https://")) {
                break line.get(at..).expect("address").trim_end_matches('/').to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, url }
    }

    /// A server that was started already and listens at `url`.
    pub fn of(child: Child, url: &str) -> Server {
        Server { child, url: url.to_owned() }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, as a crash.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let group = format!("-{}", self.pid());
            let _no_group = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        }
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
    }

    /// SIGTERM, as systemd stops it; the exit must be clean.
    pub fn stop(mut self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        assert!(self.child.wait().expect("end").success(), "a clean stop");
    }

    /// A client with this token.
    pub fn client(&self, token: &str) -> Client {
        Client::new(&self.url, token)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// HTTP with a bearer token; statuses are values, not errors.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    token: String,
}

/// A status and the JSON that came with it (`null` where none did).
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub json: Value,
}

impl Client {
    /// A client of the server at `url`.
    pub fn new(url: &str, token: &str) -> Client {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Client { agent: config.into(), url: url.to_owned(), token: token.to_owned() }
    }

    /// A client that trusts the certificate authority in `authority` and no other.
    pub fn trusting(url: &str, token: &str, authority: &Path) -> Client {
        let pem = std::fs::read(authority).expect("authority");
        let authority = ureq::tls::Certificate::from_pem(&pem).expect("certificate");
        let roots = ureq::tls::RootCerts::new_with_certs(&[authority]);
        let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
        let config = ureq::Agent::config_builder().http_status_as_error(false).tls_config(tls).build();
        Client { agent: config.into(), url: url.to_owned(), token: token.to_owned() }
    }

    /// GET.
    pub fn get(&self, path: &str) -> Reply {
        let sent = self.agent.get(format!("{}{path}", self.url)).header("authorization", self.bearer()).call();
        reply(sent.expect("an answer"))
    }

    /// POST of JSON; an error is a connection that broke, also in the middle of the answer.
    pub fn try_post(&self, path: &str, body: &Value) -> Result<Reply, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url)).header("authorization", self.bearer());
        try_reply(request.send_json(body)?)
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.try_post(path, body).expect("an answer")
    }

    /// PATCH of JSON.
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        let request = self.agent.patch(format!("{}{path}", self.url)).header("authorization", self.bearer());
        reply(request.send_json(body).expect("an answer"))
    }

    /// The same at another address.
    pub fn at(&self, url: &str) -> Client {
        Client { url: url.to_owned(), ..self.clone() }
    }

    /// Calls without a body and reads none: streams do not end by themselves.
    pub fn status(&self, method: &str, path: &str) -> u16 {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header("authorization", self.bearer()).header("connection", "close").body(());
        self.agent.run(request.expect("request")).expect("an answer").status().as_u16()
    }

    /// Any bytes as a JSON body: the status and the kind of the answer, which is not read.
    pub fn throw(&self, method: &str, path: &str, body: Vec<u8>) -> (u16, String) {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header("authorization", self.bearer()).header("connection", "close");
        let request = request.header("content-type", "application/json").body(body).expect("request");
        let response = self.agent.run(request).expect("an answer");
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        (response.status().as_u16(), kind.to_owned())
    }

    /// POST of a file that is no JSON.
    pub fn send(&self, path: &str, kind: &str, body: &[u8]) -> Reply {
        let request = self.agent.post(format!("{}{path}", self.url)).header("authorization", self.bearer());
        reply(request.header("content-type", kind).send(body).expect("an answer"))
    }

    /// GET, as text.
    pub fn text(&self, path: &str) -> String {
        let sent = self.agent.get(format!("{}{path}", self.url)).header("authorization", self.bearer()).call();
        let bytes = sent.expect("an answer").body_mut().read_to_vec().expect("body");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Signs in as a browser that sends `cookies`: the status and the cookies it then has.
    pub fn sign_in(&self, body: &Value, cookies: &str) -> (u16, String) {
        let request = self.agent.post(format!("{}/api/v1/sign-in", self.url)).header("cookie", cookies);
        let response = request.send_json(body).expect("an answer");
        let set = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<_> = set.filter_map(|cookie| cookie.split(';').next()).collect();
        (response.status().as_u16(), pairs.join("; "))
    }

    /// A stream of events, gone on with after entry `last`.
    pub fn stream(&self, path: &str, last: Option<u64>) -> impl Read + use<> {
        let mut request = self.agent.get(format!("{}{path}", self.url)).header("authorization", self.bearer());
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.call().expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.into_body().into_reader()
    }

    /// A scan with a new id at `kiosk`: its receipt.
    pub fn scan(&self, kiosk: &str, data: &str) -> Value {
        let reply =
            self.post(&format!("/api/v1/kiosks/{kiosk}/scans"), &json!({"id": uuid::Uuid::now_v7(), "data": data}));
        assert_eq!(reply.status, 200, "{data}: {:#}", reply.json);
        reply.json
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

pub fn reply(response: ureq::http::Response<ureq::Body>) -> Reply {
    try_reply(response).expect("a whole answer")
}

fn try_reply(mut response: ureq::http::Response<ureq::Body>) -> Result<Reply, ureq::Error> {
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let text = match response.body_mut().read_to_string() {
        // A label, say.
        Err(ureq::Error::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => String::new(),
        text => text?,
    };
    Ok(Reply { status, content_type, json: serde_json::from_str(&text).unwrap_or(Value::Null) })
}

/// ISO 7064 MOD 97-10, written a second time so that the product's own is not its own judge.
pub fn code(kind_and_body: &str) -> String {
    let remainder = kind_and_body.bytes().chain(*b"00").fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    format!("{kind_and_body}{:02}", 98 - remainder)
}

/// A chart's label, its first issue.
pub fn chart(number: u32) -> String {
    code(&format!("C{number:09}001"))
}

/// A badge.
pub fn badge(number: &str) -> String {
    code(&format!("S{number}"))
}

/// A place's card.
pub fn place(place: &str) -> String {
    code(&format!("L{place}"))
}

/// A command card.
pub fn command(word: &str) -> String {
    code(&format!("K{word}"))
}

/// Waits until `what` is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Random numbers of a seed that is printed: `OUTGUIDE_TEST_SEED=…` repeats a run.
pub struct Dice(u64);

impl Dice {
    /// With the given seed or a new one.
    pub fn new(what: &str) -> Dice {
        let given = std::env::var("OUTGUIDE_TEST_SEED").ok().map(|seed| seed.parse().expect("a number"));
        let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().1 >> 8);
        println!("{what}: OUTGUIDE_TEST_SEED={seed}");
        Dice(seed | 1)
    }

    /// A number below `end` (xorshift64*).
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).expect("31 bits") % end
    }

    /// Puts `things` into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
