//! What the benchmarks share: a hospital on a real disk, the real server, clients that cost little, tables.
//!
//! Everything lies under cargo's own temporary folder (`target/tmp`): a disk, where `/tmp` may be memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[path = "../../support/mod.rs"]
pub mod site;

/// Where benchmarks keep their data.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Has temporary folders made on the disk. Call it first.
pub fn on_disk() {
    std::fs::create_dir_all(folder()).expect("folder");
    // Fails only when it was called before, which is as good.
    let _set_before = tempfile::env::override_temp_dir(&folder());
}

/// A number from the environment, for shorter runs while working on something.
pub fn size(name: &str, usual: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Times taken one after another.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Times `what`.
    pub fn of<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let made = what();
        self.add(began.elapsed());
        made
    }

    /// All of `other` too.
    pub fn join(&mut self, other: Times) {
        self.0.extend(other.0);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The time that this part (0 to 1) of them did not exceed.
    pub fn part(&self, part: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the list")]
        let at = (part * sorted.len() as f64).ceil() as usize;
        sorted.get(at.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
    }
}

/// A time in milliseconds, as the tables show it.
pub fn ms(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

/// Rows of what was measured, what was wanted, and whether it was reached.
pub struct Table {
    title: String,
    rows: Vec<[String; 4]>,
}

impl Table {
    /// An empty one.
    pub fn new(title: &str) -> Table {
        Table { title: title.to_owned(), rows: Vec::new() }
    }

    /// A figure without a target.
    pub fn figure(&mut self, what: &str, measured: impl std::fmt::Display) {
        self.rows.push([what.to_owned(), measured.to_string(), String::new(), String::new()]);
    }

    /// A figure with its target.
    pub fn target(&mut self, what: &str, measured: impl std::fmt::Display, target: &str, reached: bool) {
        let met = if reached { "met" } else { "MISSED" };
        self.rows.push([what.to_owned(), measured.to_string(), target.to_owned(), met.to_owned()]);
    }

    /// To standard output.
    #[allow(clippy::print_stdout, reason = "a benchmark's result")]
    pub fn print(&self) {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second, third) = (width(0), width(1), width(2));
        println!("\n{}", self.title);
        for [what, measured, target, met] in &self.rows {
            println!("  {what:<first$}  {measured:>second$}  {target:<third$}  {met}");
        }
    }
}

/// A keep-alive HTTP/1.1 connection that does nothing but POST prepared requests.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// To the server at `url` (`http://host:port`).
    pub fn open(url: &str) -> Connection {
        let stream = TcpStream::connect(url.trim_start_matches("http://")).expect("connect");
        stream.set_nodelay(true).expect("nodelay");
        Connection { stream, answer: Vec::with_capacity(16 * 1024) }
    }

    /// Sends it and waits for the whole answer, which must be a 200.
    pub fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("send");
        self.answer.clear();
        let mut piece = [0u8; 8 * 1024];
        loop {
            let read = self.stream.read(&mut piece).expect("answer");
            assert!(read > 0, "the server closed the connection");
            self.answer.extend_from_slice(piece.get(..read).expect("read"));
            if complete(&self.answer) {
                return;
            }
        }
    }
}

/// [`Connection`] for many on one thread.
pub struct AsyncConnection {
    stream: tokio::net::TcpStream,
    answer: Vec<u8>,
}

impl AsyncConnection {
    /// To the server at `url` (`http://host:port`).
    pub async fn open(url: &str) -> AsyncConnection {
        let stream = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await.expect("connect");
        stream.set_nodelay(true).expect("nodelay");
        AsyncConnection { stream, answer: Vec::with_capacity(16 * 1024) }
    }

    /// Sends it and waits for the whole answer, which must be a 200.
    pub async fn send(&mut self, request: &[u8]) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        self.stream.write_all(request).await.expect("send");
        self.answer.clear();
        while !complete(&self.answer) {
            assert!(self.stream.read_buf(&mut self.answer).await.expect("answer") > 0, "the server closed it");
        }
    }
}

/// Is all of the answer there?
fn complete(answer: &[u8]) -> bool {
    let Some(head_end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head_end = head_end + 4;
    let head = std::str::from_utf8(&answer[..head_end]).expect("head");
    assert!(head.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().expect("length"))
    });
    answer.len() >= head_end + length.expect("content-length")
}

/// Each kiosk's own token: a scan that comes from elsewhere than its kiosk is a look, which is written down besides.
pub fn kiosk_tokens(site: &site::Site, kiosks: u32) -> Vec<String> {
    (0..kiosks).map(|index| site.kiosk_token(&kiosk(index))).collect()
}

/// A scan of `data` at `kiosk`, as bytes to send.
pub fn scan_request(token: &str, kiosk: &str, data: &str) -> Vec<u8> {
    queued_scan_request(token, kiosk, data, None)
}

/// Of a scan that waited in a kiosk's queue: its number there, and when it was read and is sent by the kiosk's clock.
pub struct Queued {
    pub queue_seq: u32,
    pub observed_at: jiff::Timestamp,
    pub sent_at: jiff::Timestamp,
}

/// The same, of a scan that may have waited.
pub fn queued_scan_request(token: &str, kiosk: &str, data: &str, queued: Option<&Queued>) -> Vec<u8> {
    let waited = queued.map_or_else(String::new, |Queued { queue_seq, observed_at, sent_at }| {
        format!(",\"queue_seq\":{queue_seq},\"observed_at\":\"{observed_at}\",\"sent_at\":\"{sent_at}\"")
    });
    let body = format!("{{\"id\":\"{}\",\"data\":\"{data}\"{waited}}}", uuid::Uuid::now_v7());
    format!(
        "POST /api/v1/kiosks/{kiosk}/scans HTTP/1.1\r\nhost: outguide\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One value of the server's metrics; 0 where it is not there.
pub fn metric(server: &site::Server, token: &str, name: &str) -> f64 {
    let asked = ureq::get(format!("{}/metrics", server.url)).header("authorization", format!("Bearer {token}"));
    let text = asked.call().expect("metrics").body_mut().read_to_string().expect("text");
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok()).unwrap_or(0.0)
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    /// From this seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next one below `below`.
    pub fn below(&mut self, below: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(((self.0 >> 32) * u64::from(below)) >> 32).expect("below")
    }
}

/// A line of `/proc/PID/status` in MB.
pub fn memory_mb(pid: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("status");
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let kib: u64 = found.expect(line).split_whitespace().next().expect("number").parse().expect("number");
    kib / 1024
}

/// The processor time of a process (`/proc/PID/stat`) or of its threads of this name so far. The kernel's tick is
/// 10 ms.
pub fn processor(pid: u32, thread: Option<&str>) -> Duration {
    let task = format!("/proc/{pid}/task");
    let threads = std::fs::read_dir(task).expect("threads").filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let ticks: Vec<u64> = rest.split_whitespace().skip(11).take(2).filter_map(|part| part.parse().ok()).collect();
        thread.is_none_or(|thread| thread == name).then(|| ticks.iter().sum::<u64>())
    });
    Duration::from_millis(threads.sum::<u64>() * 10)
}

/// Wards `W01`… besides the records room `FILE`.
pub const WARDS: u32 = 16;

/// A ward's code.
pub fn ward(index: u32) -> String {
    format!("W{:02}", index % WARDS + 1)
}

/// Names that repeat as real ones do: 300 family names of different weight, 200 first names, two of them for some.
pub struct People {
    dice: Dice,
    last: Vec<String>,
    first: Vec<String>,
}

impl People {
    /// The same in every run.
    pub fn new() -> People {
        let mut dice = Dice::new(7);
        let mut names =
            |count: usize, syllables: u32| -> Vec<String> { (0..count).map(|_| name(&mut dice, syllables)).collect() };
        let (last, first) = (names(30_000, 3), names(2_000, 2));
        People { dice, last, first }
    }

    /// The next person: family and first name. Some names are far more frequent than others, as in life.
    pub fn next(&mut self) -> (String, String) {
        let mut pick = |list: &[String]| {
            let below = u32::try_from(list.len()).expect("few");
            let (one, other) = (self.dice.below(below), self.dice.below(below));
            let index = usize::try_from(one.min(other).min(self.dice.below(below))).expect("index");
            list.get(index).cloned().unwrap_or_default()
        };
        (pick(&self.last), pick(&self.first))
    }
}

fn name(dice: &mut Dice, syllables: u32) -> String {
    const BEGIN: [&str; 20] =
        ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "br", "kr", "sch"];
    const MIDDLE: [&str; 10] = ["a", "e", "i", "o", "u", "ei", "au", "ia", "oe", "a"];
    const END: [&str; 12] = ["", "", "", "n", "r", "s", "l", "m", "nd", "tt", "ck", "x"];
    let mut made = String::new();
    for _ in 0..syllables.max(2) - 1 + dice.below(2) {
        for part in [BEGIN.as_slice(), &MIDDLE, &END] {
            let at = usize::try_from(dice.below(u32::try_from(part.len()).expect("few"))).expect("index");
            made.push_str(part.get(at).copied().unwrap_or_default());
        }
    }
    let mut letters = made.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A folder with `kiosks` kiosks (`k01`… in the wards, mode receive), places and staff loaded (badges 1001…), MRNs of
/// seven digits; `charts` patients with a chart each as files, not yet loaded.
pub fn hospital(kiosks: u32, charts: u32) -> site::Site {
    let mut config = "[numbering]\npattern = \"^\\\\d{7}$\"\n".to_owned();
    let mut staff = "badge,name,role,place,email\n".to_owned();
    for index in 0..kiosks {
        let (id, place) = (kiosk(index), ward(index));
        config
            .push_str(&format!("[[kiosk]]\nid = \"{id}\"\nname = \"{id}\"\nplace = \"{place}\"\nmode = \"receive\"\n"));
        staff.push_str(&format!("{},Person {index},clerk,{place},\n", 1001 + index));
    }
    let site = site::Site::new(&config);
    let mut places = "code,name,kind,loan_hours\nFILE,Records room,file_room,\n".to_owned();
    (0..WARDS).for_each(|index| places.push_str(&format!("{0},Ward {0},department,72\n", ward(index))));
    site.write("places.csv", &places);
    site.write("staff.csv", &staff);
    for what in ["places", "staff"] {
        site.ok(&["import", what, &format!("{what}.csv")]);
    }
    write_people(site.path(), charts);
    site
}

/// The same with its patients and charts loaded.
pub fn stocked_hospital(kiosks: u32, charts: u32) -> site::Site {
    let site = hospital(kiosks, charts);
    for what in ["patients", "charts"] {
        site.ok(&["import", what, &format!("{what}.csv")]);
    }
    site
}

/// The site's server, as `outguide serve` runs for its users, its log in a file.
pub fn serve(site: &site::Site) -> site::Server {
    let log = std::fs::File::create(site.path().join("server.log")).expect("log");
    let mut command = site.command(&["serve"]);
    command.stderr(log);
    site::Server::start(command)
}

/// A kiosk's id.
pub fn kiosk(index: u32) -> String {
    format!("k{:02}", index + 1)
}

/// An MRN.
pub fn mrn(index: u32) -> u32 {
    1_000_000 + index
}

fn write_people(folder: &Path, count: u32) {
    let file = |name: &str| std::io::BufWriter::new(std::fs::File::create(folder.join(name)).expect("file"));
    let (mut patients, mut charts, mut people) = (file("patients.csv"), file("charts.csv"), People::new());
    writeln!(patients, "mrn,last_name,first_name,birth_date,sex").expect("write");
    writeln!(charts, "mrn,record_type,volume,home,place,out_since").expect("write");
    let now = jiff::Timestamp::now();
    for index in 0..count {
        let (last, first) = people.next();
        let (year, month, day) = (1930 + index % 90, 1 + index % 12, 1 + index % 28);
        writeln!(patients, "{},{last},{first},{year}-{month:02}-{day:02},F", mrn(index)).expect("write");
        // One in twenty is out, for at most two and a half days of its three.
        if index % 20 == 19 {
            let since = now - jiff::SignedDuration::from_mins(i64::from(index % 3_600));
            writeln!(charts, "{},MR,1,FILE,{},{since:.0}", mrn(index), ward(index / 20)).expect("write");
        } else {
            writeln!(charts, "{},MR,1,FILE,,", mrn(index)).expect("write");
        }
    }
}

/// Where a hospital of `charts` charts is kept from one benchmark to the next.
pub fn kept(charts: u32) -> PathBuf {
    folder().join(format!("hospital-{charts}"))
}

/// The ledger of a folder, in this process.
pub fn open(dir: &Path, clock: std::sync::Arc<dyn outguide::ledger::Clock>) -> outguide::ledger::Ledger {
    use outguide::records::{Filing, Numbering};
    outguide::ledger::Ledger::open(outguide::ledger::OpenOptions {
        dir: dir.to_owned(),
        clock,
        ids: std::sync::Arc::new(outguide::ledger::RandomIds),
        kiosks: Vec::new(),
        barcodes: outguide::barcode::Reader::new(&[]).expect("no rules"),
        numbering: Numbering::new(r"^\d{7}$", Filing::TerminalDigit).expect("pattern"),
        zone: jiff::tz::TimeZone::UTC,
        chart_labels: std::collections::HashMap::new(),
    })
    .expect("ledger")
}
