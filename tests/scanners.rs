//! Scanners that behave badly, lines that spoil what passes, and the tone that comes after the commit.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use serialport::TTYPort;

use crate::serial::{House, kinds, plug};
use crate::support::{Dice, PROGRAM, badge, chart, place, until};

/// What a person at a kiosk may wait until a plug that was pulled is seen, and until one that was put back is.
const PLUG_SEEN: Duration = Duration::from_secs(3);

fn gun(rest: &str) -> String {
    format!("[[scanner]]\nid = \"gun\"\nkiosk = \"er-1\"\n{rest}\n")
}

fn on_pty(rest: &str) -> String {
    gun(&format!("transport = \"serial\"\nport = \"gun-port\"\n{rest}"))
}

/// Reads from `port` until `wanted` bytes came.
fn heard(port: &mut impl Read, wanted: usize) -> Vec<u8> {
    let (mut all, mut byte) = (Vec::new(), [0; 1]);
    let began = Instant::now();
    while all.len() < wanted {
        assert!(began.elapsed() < Duration::from_secs(30), "only {all:x?}");
        match port.read(&mut byte) {
            Ok(1..) => all.push(byte[0]),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {}
            other => panic!("{other:?} after {all:x?}"),
        }
    }
    all
}

#[test]
fn a_plug_that_is_pulled_and_put_back_is_seen_by_the_kiosk_within_three_seconds() {
    let house = House::with(&on_pty(""));
    let mut port = house.plug("gun-port", "gun");
    let mut stream = BufReader::new(house.client.stream("/api/v1/kiosks/er-1/events", None));
    let mut next_told = || {
        // `event: device` and its data.
        let mut line = String::new();
        while !line.starts_with("event: device") {
            line.clear();
            stream.read_line(&mut line).expect("the stream goes on");
        }
        line.clear();
        while !line.starts_with("data:") {
            line.clear();
            stream.read_line(&mut line).expect("the stream goes on");
        }
        let data: Value = serde_json::from_str(line.trim_start_matches("data:")).expect("JSON");
        data["state"].as_str().expect("state").to_owned()
    };
    let mut last = "ready".to_owned();
    let mut state_told = || {
        // What is said of the same state may change in between.
        let before = last.clone();
        while last == before {
            last = next_told();
        }
        last.clone()
    };
    write!(port, "{}\rC0000", badge("1001")).expect("scan");
    house.receipts(1);
    // Long enough away that tries to open it have slowed down.
    for away in [0, 6] {
        let pulled = Instant::now();
        std::fs::remove_file(house.site.path().join("gun-port")).expect("unplug");
        drop(port);
        assert_eq!(state_told(), "gone");
        let gone = pulled.elapsed();
        sleep(Duration::from_secs(away));
        let put_back = Instant::now();
        port = plug(&house.site.path().join("gun-port"));
        assert_eq!(state_told(), "ready");
        let back = put_back.elapsed();
        println!("gone after {gone:?}, back after {back:?}");
        assert!(gone < PLUG_SEEN && back < PLUG_SEEN, "gone after {gone:?}, back after {back:?}");
    }
    write!(port, "{}\r", chart(2)).expect("scan");
    assert_eq!(kinds(&house.receipts(2)), ["signed_in", "received"], "half a code is not joined to the next");
    assert_eq!(house.device("gun")["reconnects"], 2);
}

#[test]
fn spoilt_bytes_never_move_another_chart_and_a_flood_loses_nothing() {
    let house = House::with(&on_pty("echo_ms = 0"));
    let mut port = house.plug("gun-port", "gun");
    write!(port, "{}\r", badge("1001")).expect("scan");
    let mut dice = Dice::new("spoilt bytes");
    // Parity noise flips bits of a letter; a wrong baud rate makes other bytes of all of them.
    for round in 0..60 {
        let mut code = chart(7).into_bytes();
        if round % 3 == 0 {
            code.iter_mut().for_each(|byte| *byte = u8::try_from(dice.below(256)).expect("a byte"));
        } else {
            let at = dice.below(code.len());
            code[at] ^= 1 << dice.below(8);
        }
        code.push(b'\r');
        port.write_all(&code).expect("write");
        sleep(Duration::from_millis(2));
    }
    // Whatever was left of it ends here.
    sleep(Duration::from_millis(1200));
    let clean: Vec<String> = (1..=20).map(chart).chain([place("CARD")]).collect();
    for code in clean.iter().chain(&clean).chain(&clean) {
        port.write_all(format!("{code}\r").as_bytes()).expect("flood");
    }
    let flood = 3 * clean.len();
    until("the flood is recorded", || {
        let device = house.device("gun");
        let recent = house.client.get("/api/v1/kiosks/er-1").json["recent"].as_array().expect("recent").clone();
        let last = recent.last().map(|receipt| receipt["verdict"]["kind"] == "destination_set");
        device["waiting"] == 0
            && device["scans"].as_u64() > Some(u64::try_from(flood).expect("few"))
            && last == Some(true)
    });
    for number in 21..=25 {
        let chart = house.client.get(&format!("/api/v1/charts/{number}")).json;
        assert_eq!(chart["place"], "FILE", "a chart that nobody scanned moved: {chart:#}");
    }
    assert_eq!(house.client.get("/api/v1/charts/20").json["place"], "CARD");
}

/// SSI, written a second time so that the product's own is not its own judge.
fn ssi(opcode: u8, source: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![u8::try_from(data.len() + 4).expect("short"), opcode, source, status];
    packet.extend(data);
    let sum = packet.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let check = u16::try_from((0x1_0000 - sum) & 0xFFFF).expect("16 bits");
    packet.extend(check.to_be_bytes());
    packet
}

#[test]
fn an_ssi_scanner_is_set_up_asked_again_and_beeps_after_the_commit() {
    let house = House::with(&on_pty("profile = \"zebra-ssi\""));
    let mut port = house.plug("gun-port", "gun");
    let ack = ssi(0xD0, 0, 0, &[]);
    for command in [ssi(0xC6, 4, 0, &[0xFF, 0x9F, 1, 0xEE, 1, 0xEC, 0, 0x38, 0]), ssi(0xE9, 4, 0, &[])] {
        assert_eq!(heard(&mut port, command.len()), command, "set up at the start");
        port.write_all(&ack).expect("acknowledged");
    }
    let code = [&[0x03], badge("1001").as_bytes()].concat();
    let mut damaged = ssi(0xF3, 0, 0, &code);
    damaged[6] ^= 0x04;
    port.write_all(&damaged).expect("noise");
    assert_eq!(heard(&mut port, 7), ssi(0xD1, 4, 0, &[1]), "asked for again");
    port.write_all(&ssi(0xF3, 0, 1, &code)).expect("again");
    assert_eq!(heard(&mut port, 6), ssi(0xD0, 4, 0, &[]), "acknowledged");
    let beep = ssi(0xE6, 4, 0, &[0]);
    assert_eq!(heard(&mut port, beep.len()), beep, "one short high beep");
    let ledger = rusqlite::Connection::open(house.site.database()).expect("ledger");
    let sql = "SELECT count(*) FROM entries WHERE kind = 'signed_in'";
    let recorded: i64 = ledger.query_row(sql, [], |row| row.get(0)).expect("count");
    assert_eq!(recorded, 1, "whoever hears the beep can rely on it");
    port.write_all(&ack).expect("acknowledged");
    let lamp = ssi(0xE7, 4, 0, &[1]);
    assert_eq!(heard(&mut port, lamp.len()), lamp, "and the lamp");
    port.write_all(&ack).expect("acknowledged");

    port.write_all(&ssi(0xF3, 0, 0, b"\x03NR")).expect("no read");
    until("the no-read is counted", || house.device("gun")["no_reads"] == 1);
    let receipts = house.receipts(1);
    assert_eq!((kinds(&receipts), receipts[0]["device"].as_str()), (vec!["signed_in"], Some("gun")));
}

#[test]
fn a_port_that_may_not_be_opened_is_told_from_one_that_is_not_there() {
    // Readable for everyone, unlike a site's own folder.
    let folder = tempfile::tempdir().expect("folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("permissions");
    let _scanner = plug(&folder.path().join("gun-port"));
    let device = std::fs::canonicalize(folder.path().join("gun-port")).expect("device");
    std::fs::set_permissions(device, Permissions::from_mode(0o000)).expect("permissions");
    let gun = |id: &str, port: &str| {
        let port = folder.path().join(port);
        format!("[[scanner]]\nid = \"{id}\"\nkiosk = \"k\"\ntransport = \"serial\"\nport = \"{}\"\n", port.display())
    };
    let config =
        format!("[[kiosk]]\nid = \"k\"\nplace = \"ER\"\n{}{}", gun("shut", "gun-port"), gun("absent", "no-port"));
    let file = folder.path().join("outguide.toml");
    std::fs::write(&file, config).expect("config");
    // The superuser may open anything: somebody else asks.
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM]);
        command
    } else {
        Command::new(PROGRAM)
    };
    let output = command.args(["devices", "--config"]).arg(&file).current_dir("/").output().expect("devices");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let of = |id: &str| told.split("scanner ").find(|part| part.starts_with(id)).unwrap_or_else(|| panic!("{told}"));
    assert!(of("shut").contains("no_permission") && of("shut").contains("the group that owns it"), "{told}");
    assert!(of("absent").contains("not_found") && of("absent").contains("plugged in, switched on"), "{told}");
}

/// A real device server between a pseudo terminal and TCP.
struct DeviceServer {
    child: Child,
}

impl DeviceServer {
    fn start(house: &House, port: u16) -> DeviceServer {
        let pty = house.site.path().join("gun-port");
        let config = format!(
            "connection: &gun\n  accepter: tcp,127.0.0.1,{port}\n  connector: serialdev,{},9600n81,local\n",
            pty.display()
        );
        house.site.write("ser2net.yaml", &config);
        let child = Command::new("ser2net")
            .args(["-n", "-u", "-c", "ser2net.yaml"])
            .current_dir(house.site.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ser2net (package ser2net)");
        DeviceServer { child }
    }
}

impl Drop for DeviceServer {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_gone = self.child.wait();
    }
}

#[test]
fn a_scanner_behind_ser2net_is_read_told_lost_and_found_again() {
    let port = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port();
    let house =
        House::with(&gun(&format!("transport = \"tcp\"\naddress = \"127.0.0.1:{port}\"\nprofile = \"datalogic-cdc\"")));
    until("nobody answers", || house.device("gun")["state"] == "not_found");
    let mut scanner: TTYPort = plug(&house.site.path().join("gun-port"));
    let server = DeviceServer::start(&house, port);
    until("the device server is found", || house.device("gun")["state"] == "ready");
    assert_eq!(heard(&mut scanner, 1), b"E", "the scanner is enabled");
    write!(scanner, "{}\r{}\r", badge("1001"), chart(1)).expect("scan");
    assert_eq!(kinds(&house.receipts(2)), ["signed_in", "received"]);
    assert_eq!(heard(&mut scanner, 2), b"\x07\x07", "a good-read tone for each, after the commit");

    write!(scanner, "C0000").expect("half a code");
    sleep(Duration::from_millis(300));
    let ended = Instant::now();
    drop(server);
    until("it is gone", || house.device("gun")["state"] == "gone");
    let gone = ended.elapsed();
    let server = DeviceServer::start(&house, port);
    let started = Instant::now();
    until("it is back", || house.device("gun")["state"] == "ready");
    println!("device server: gone after {gone:?}, back after {:?}", started.elapsed());
    assert_eq!(heard(&mut scanner, 1), b"E");
    write!(scanner, "{}\r", chart(2)).expect("scan");
    assert_eq!(kinds(&house.receipts(3))[2], "received", "half a code is not joined to the next");
    drop(server);
}
