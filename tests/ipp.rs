//! Real IPP programs: `ippeveprinter`, whose command makes the faults, and a CUPS queue in front of a raw port.
//! Needs cups-ipp-utils, avahi-daemon, dbus, cups and cups-client, and to be root; without them these tests fail.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use outguide_hardware::printer::ipp::IppPrinter;
use outguide_hardware::printer::ipp_access::{IppAccess, Secret};
use outguide_hardware::printer::sim_server::SimZplPrinter;
use outguide_hardware::printer::{
    Doubt, Evidence, Fault, Limits, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Track, Warning,
};

use serde_json::json;

use crate::support::{Site, until};

const LABEL: &[u8] = b"^XA^FO20,20^FDlabel^FS^XZ";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port()
}

/// A program in namespaces of its own: it and all that it started end with it.
struct Caged(Child);

impl Caged {
    fn start(dir: &Path, script: &str) -> Caged {
        let log = std::fs::File::create(dir.join("log")).expect("log");
        let child = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script])
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("log"))
            .stderr(log)
            .spawn()
            .expect("unshare");
        Caged(child)
    }
}

impl Drop for Caged {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// The printer will not start without avahi, and avahi not without a bus: both get a /run of their own.
const EVE: &str = "\
mount -t tmpfs tmpfs /run && mkdir -p /run/dbus /run/avahi-daemon || exit 9
dbus-daemon --system --nofork --nopidfile &
while [ ! -S /run/dbus/system_bus_socket ]; do sleep 0.05; done
avahi-daemon -f avahi.conf --no-chroot --no-drop-root --no-rlimits &
while [ ! -S /run/avahi-daemon/socket ]; do sleep 0.05; done
exec ippeveprinter -p PORT -n localhost -d spool -k -c ./print.sh -f FORMATS Label";

/// Prints by keeping the document; says what is in `state`, as often as it changes, while there is a `hold`.
const PRINT: &str = "#!/bin/sh
cd DIR
cp \"$1\" printed
echo \"$CONTENT_TYPE\" > type
while :; do
  mv state saying 2>/dev/null && cat saying >&2
  [ -e hold ] || break
  sleep 0.05
done
exit $(cat exit 2>/dev/null || echo 0)
";

struct Eve {
    dir: tempfile::TempDir,
    _program: Caged,
    uri: String,
    printer: IppPrinter,
}

impl Eve {
    fn start(formats: &str) -> Eve {
        let dir = tempfile::tempdir().expect("folder");
        let port = free_port();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("file");
        std::fs::create_dir(dir.path().join("spool")).expect("folder");
        write("avahi.conf", "[server]\nallow-interfaces=lo\nuse-ipv6=no\n");
        write("print.sh", &PRINT.replace("DIR", dir.path().to_str().expect("text")));
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path().join("print.sh"), executable).expect("mode");
        let script = EVE.replace("PORT", &port.to_string()).replace("FORMATS", formats);
        let program = Caged::start(dir.path(), &script);
        let uri = format!("ipp://localhost:{port}/ipp/print");
        let printer = IppPrinter::new(&uri, &IppAccess::default(), true, Limits::default()).expect("uri");
        let eve = Eve { dir, _program: program, uri, printer };
        until("the IPP printer is there", || eve.printer.health().state == PrinterState::Ready);
        eve
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        // Whole or not at all: the script looks all the time.
        std::fs::write(self.file("unfinished"), text).expect("file");
        std::fs::rename(self.file("unfinished"), self.file(name)).expect("file");
    }

    fn send(&self, language: &str) -> Track {
        match self.printer.send(Payload { name: "job-1", bytes: LABEL, labels: 1, language }) {
            SendOutcome::Sent(track) => track,
            other => panic!("{other:?}"),
        }
    }

    fn end(&self, track: &mut Track) -> Progress {
        let mut end = None;
        until("the job ends", || {
            end = Some(self.printer.follow(track)).filter(|now| !matches!(now, Progress::StillPrinting { .. }));
            end.is_some()
        });
        end.expect("an end")
    }
}

const FORMATS: &str = "application/pdf,application/vnd.zebra-zpl,application/octet-stream";

#[test]
fn a_job_that_an_ipp_printer_completed_is_printed_and_its_faults_are_told_meanwhile() {
    let eve = Eve::start(FORMATS);
    let mut track = eve.send("zpl");
    assert_eq!(eve.end(&mut track), Progress::Printed(Evidence::JobCompleted));
    assert_eq!(std::fs::read(eve.file("printed")).expect("document"), LABEL);
    assert_eq!(std::fs::read_to_string(eve.file("type")).expect("type").trim(), "application/vnd.zebra-zpl");

    eve.put("hold", "");
    let mut track = eve.send("pdf");
    for (reason, fault) in [
        ("media-empty-error", Fault::PaperOut),
        ("media-jam-error", Fault::Jam),
        ("cover-open-warning", Fault::CoverOpen),
        ("marker-supply-empty-error", Fault::RibbonOut),
    ] {
        eve.put("state", &format!("STATE: +{reason}\n"));
        until(
            reason,
            || matches!(eve.printer.follow(&mut track), Progress::StillPrinting { faults, .. } if faults == [fault]),
        );
        assert_eq!(eve.printer.state(), PrinterState::NotReady(vec![fault]));
        // Another job is not even sent.
        let refused = eve.printer.send(Payload { name: "job-2", bytes: LABEL, labels: 1, language: "zpl" });
        assert!(matches!(refused, SendOutcome::NothingSent(SendError::NotReady { .. })), "{refused:?}");
        eve.put("state", &format!("STATE: -{reason}\n"));
        until("it is mended", || eve.printer.state() == PrinterState::Ready);
    }
    eve.put("state", "STATE: +media-low-warning\n");
    until("it warns", || eve.printer.health().warnings == [Warning::PaperLow]);
    assert_eq!(eve.printer.state(), PrinterState::Ready);
    std::fs::remove_file(eve.file("hold")).expect("let go");
    assert_eq!(eve.end(&mut track), Progress::Printed(Evidence::JobCompleted));
    assert_eq!(std::fs::read_to_string(eve.file("type")).expect("type").trim(), "application/pdf");
}

#[test]
fn a_job_that_an_ipp_printer_aborted_failed_and_one_that_it_took_along_stays_open() {
    let eve = Eve::start(FORMATS);
    eve.put("exit", "1");
    let mut track = eve.send("pdf");
    let Progress::Failed(why) = eve.end(&mut track) else { panic!("it was aborted") };
    assert!(why.contains("aborted"), "{why}");

    eve.put("hold", "");
    let mut track = eve.send("zpl");
    let Eve { dir, _program: program, printer, .. } = eve;
    drop(program);
    let gone = printer.follow(&mut track);
    assert!(matches!(gone, Progress::StillPrinting { faults, .. } if faults == [Fault::Unreachable]));
    assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::Unreachable]));
    drop(dir);
}

#[test]
fn a_language_that_an_ipp_printer_does_not_take_is_not_sent() {
    let eve = Eve::start("application/pdf");
    let outcome = eve.printer.send(Payload { name: "job-1", bytes: LABEL, labels: 1, language: "zpl" });
    assert!(matches!(outcome, SendOutcome::NothingSent(SendError::Refused { .. })), "{outcome:?}");
    assert!(!eve.file("printed").exists());
}

#[test]
fn a_server_says_printed_of_what_an_ipp_printer_completed_and_failed_of_what_it_aborted() {
    let eve = Eve::start(FORMATS);
    let printer = format!(
        "[[printer]]\nid = \"eve\"\nplace = \"FILE\"\ntransport = \"ipp\"\nuri = \"{}\"\nlanguage = \"zpl\"\n\
         dpi = 203\nstock = \"folder-4x2\"\n",
        eve.uri
    );
    let site = Site::hospital(&printer, 2);
    let token = site.token("records");
    let server = site.serve();
    let client = server.client(&token);
    let print = |chart: u32| {
        let wanted = json!({"template": "folder-4x2", "charts": [chart], "printer": "eve", "copies": 1});
        client.post("/api/v1/labels", &wanted).json["rows"][0]["id"].as_u64().expect("a job")
    };
    let state = |id: u64| {
        let jobs = client.get("/api/v1/print-jobs").json;
        let job = jobs["rows"].as_array().expect("jobs").iter().find(|job| job["id"] == id).expect("job").clone();
        job["state"].as_str().expect("state").to_owned()
    };
    let job = print(1);
    until("it is printed", || state(job) == "printed");
    let document = std::fs::read_to_string(eve.file("printed")).expect("document");
    assert_eq!((document.matches("^XA").count(), document.matches("^XZ").count()), (1, 1));
    eve.put("exit", "1");
    let job = print(2);
    until("it failed", || state(job) == "failed");
}

const CUPSD: &str = "\
Listen 127.0.0.1:PORT
Browsing Off
WebInterface No
LogLevel warn
<Location />
  Order allow,deny
  Allow from 127.0.0.1
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow from 127.0.0.1
  </Limit>
</Policy>
";

const CUPS_FILES: &str = "\
ServerRoot DIR/etc
StateDir DIR/run
CacheDir DIR/cache
RequestRoot DIR/spool
TempDir DIR/tmp
ErrorLog DIR/errors
AccessLog DIR/access
PageLog DIR/pages
ServerKeychain DIR/etc
SystemGroup root
";

/// A CUPS of its own with a raw queue before a ZPL printer. `first` is what its shell does before it; `rest` comes behind
/// the usual lines of its configuration.
struct Cups {
    dir: tempfile::TempDir,
    _program: Caged,
    port: u16,
}

impl Cups {
    fn start(dir: tempfile::TempDir, zebra: &SimZplPrinter, first: &str, rest: &str) -> Cups {
        let (path, port) = (dir.path().to_str().expect("text"), free_port());
        // CUPS works as `lp`, which has to reach its folders.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(dir.path(), readable).expect("mode");
        for folder in ["etc", "run", "cache", "spool", "tmp"] {
            std::fs::create_dir_all(dir.path().join(folder)).expect("folder");
        }
        let conf = format!("{}{rest}", CUPSD.replace("PORT", &port.to_string()));
        std::fs::write(dir.path().join("cupsd.conf"), conf).expect("file");
        std::fs::write(dir.path().join("cups-files.conf"), CUPS_FILES.replace("DIR", path)).expect("file");
        let script = format!("{first}\nexec cupsd -f -c {path}/cupsd.conf -s {path}/cups-files.conf");
        let program = Caged::start(dir.path(), &script.replace("DIR", path));
        let device = format!("socket://{}", zebra.address());
        until("the queue is there", || {
            let made = Command::new("lpadmin")
                .args(["-h", &format!("127.0.0.1:{port}"), "-p", "zebra", "-E", "-v", &device, "-m", "raw"])
                .stderr(Stdio::null())
                .status();
            made.expect("lpadmin").success()
        });
        Cups { dir, _program: program, port }
    }

    fn uri(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}/printers/zebra", self.port)
    }
}

fn end_of(printer: &IppPrinter, outcome: SendOutcome) -> Progress {
    let SendOutcome::Sent(mut track) = outcome else { panic!("{outcome:?}") };
    let mut end = None;
    until("CUPS is done", || {
        end = Some(printer.follow(&mut track)).filter(|now| !matches!(now, Progress::StillPrinting { .. }));
        end.is_some()
    });
    end.expect("an end")
}

fn one_label() -> Payload<'static> {
    Payload { name: "job-1", bytes: LABEL, labels: 1, language: "zpl" }
}

#[test]
fn a_cups_queue_before_a_raw_port_hands_on_the_very_bytes_and_proves_nothing() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("zebra");
    let cups = Cups::start(tempfile::tempdir().expect("folder"), &zebra, "", "");
    let printer = IppPrinter::new(&cups.uri("ipp"), &IppAccess::default(), true, Limits::default()).expect("uri");
    until("it is ready", || printer.state() == PrinterState::Ready);
    assert_eq!(end_of(&printer, printer.send(one_label())), Progress::Unproven(Doubt::HandedOn));
    assert_eq!(zebra.labels(), [LABEL]);
}

/// The queue asks who prints; `printclerk` is known by this hash of "open sesame" (crypt, SHA-512).
const ACCOUNT: &str = "\
cp /etc/passwd DIR/passwd && echo 'printclerk:x:4242:4242::/nonexistent:/bin/false' >> DIR/passwd || exit 9
cp /etc/shadow DIR/shadow && echo 'printclerk:HASH:19000:0:99999:7:::' >> DIR/shadow || exit 9
mount --bind DIR/passwd /etc/passwd && mount --bind DIR/shadow /etc/shadow || exit 9";
const HASH: &str = "$6$outguide$LE7kv5Z6SH7gBhlEpggcbVQhDIuFvD0rsLD.A6u1O.J.GEXGeOLMj7IV6/G5qb48WfZCPR4nd55lOLi5kylUN.";
const ASKS: &str = "\
ServerName localhost
<Location /printers>
  AuthType Basic
  Require valid-user
  Order allow,deny
  Allow from all
</Location>
";

#[test]
fn a_queue_that_asks_who_prints_is_reached_by_tls_with_a_name_and_password() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("zebra");
    let site = Site::hospital("", 1);
    site.ok(&["tls", "init", "--name", "localhost"]);
    let dir = tempfile::tempdir().expect("folder");
    std::fs::create_dir(dir.path().join("etc")).expect("folder");
    for (from, to) in [("server.pem", "localhost.crt"), ("server.key", "localhost.key")] {
        std::fs::copy(site.path().join("tls").join(from), dir.path().join("etc").join(to)).expect("file");
    }
    let cups = Cups::start(dir, &zebra, &ACCOUNT.replace("HASH", HASH), ASKS);
    let authority = std::fs::read(site.path().join("tls/ca.pem")).expect("authority");
    let access = |password: Option<&str>, trusted: &[u8]| IppAccess {
        user: password.map(|password| ("printclerk".to_owned(), Secret::new(password))),
        trusted: Some(trusted.to_vec()),
    };
    let printer =
        |access: &IppAccess| IppPrinter::new(&cups.uri("ipps"), access, true, Limits::default()).expect("uri");
    let known = printer(&access(Some("open sesame"), &authority));
    until("it is ready", || known.state() == PrinterState::Ready);
    assert_eq!(end_of(&known, known.send(one_label())), Progress::Unproven(Doubt::HandedOn));
    assert_eq!(zebra.labels(), [LABEL]);

    for (password, fix) in [(None, "give `user` and `password_file`"), (Some("wrong"), "see to `user`")] {
        let refused = printer(&access(password, &authority)).send(one_label());
        let SendOutcome::NothingSent(SendError::Refused { why, .. }) = &refused else { panic!("{refused:?}") };
        assert!(why.contains(fix), "{why}");
    }
    // A stranger's authority: nobody is told the password.
    let stranger = Site::hospital("", 1);
    stranger.ok(&["tls", "init", "--name", "localhost"]);
    let stranger = std::fs::read(stranger.path().join("tls/ca.pem")).expect("authority");
    let outcome = printer(&access(Some("open sesame"), &stranger)).send(one_label());
    let SendOutcome::NothingSent(SendError::Unreachable { error, .. }) = &outcome else { panic!("{outcome:?}") };
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(zebra.labels().len(), 1);

    // The same by the configuration, and nothing of the secret in what the server says.
    site.write("printer.password", "open sesame\n");
    let section = format!(
        "[[printer]]\nid = \"queue\"\nplace = \"FILE\"\ntransport = \"ipp\"\nuri = \"{}\"\nuser = \"printclerk\"\n\
         password_file = \"printer.password\"\ncertificate = \"tls/ca.pem\"\nlanguage = \"zpl\"\nstock = \"folder-4x2\"\n",
        cups.uri("ipps")
    );
    let file = std::fs::read_to_string(site.path().join("outguide.toml")).expect("configuration");
    site.write("outguide.toml", &format!("{file}{section}"));
    let token = site.token("records");
    let server = site.serve();
    let client = server.client(&token);
    let wanted = json!({"template": "folder-4x2", "charts": [1], "printer": "queue", "copies": 1});
    assert_eq!(client.post("/api/v1/labels", &wanted).status, 201);
    until("it came out", || zebra.labels().len() == 2);
    let said = client.get("/api/v1/printers").json.to_string();
    assert!(!said.contains("sesame"), "{said}");
    drop(cups.dir);
}
