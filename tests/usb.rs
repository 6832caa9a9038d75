//! Scanners on real USB: a keyboard that is grabbed, a HID POS scanner that beeps, a serial adapter that is unplugged,
//! renamed and swapped.
//!
//! The machine is QEMU without acceleration, running Debian's kernel: its keyboard and serial adapter are USB devices that
//! QEMU plugs and unplugs, its HID POS scanner is one that the kernel's uhid makes of bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::power_cut::{kernel, run};
use crate::support::{Client, PATIENCE, PROGRAM, Site, badge, chart, until};

/// QEMU's keyboard is 0627:0001 and its serial adapter an FTDI.
const SCANNERS: &str = r#"
[[scanner]]
id = "wedge"
kiosk = "er-1"
transport = "hid"
usb = "0627:0001:KBD0001"
lane = "wedge"
[[scanner]]
id = "pos"
kiosk = "card-1"
transport = "hid"
usb = "0c2e:0b6a"
[[scanner]]
id = "gun"
kiosk = "rr-1"
transport = "serial"
usb = "0403:6001"
profile = "datalogic-cdc"
"#;

/// A HID POS scanner's report descriptor: report 2 has a byte count, three symbology bytes and 20 bytes of data; report 4
/// sounds the error beep (bit 5) and the good-read beep (bit 6).
#[rustfmt::skip]
const POS_DESCRIPTOR: &[u8] = &[
    0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x12, 0xA1, 0x02, 0x85, 0x02, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
    0x95, 0x01, 0x05, 0x01, 0x09, 0x3B, 0x81, 0x02,
    0x95, 0x03, 0x05, 0x8C, 0x09, 0xFB, 0x09, 0xFC, 0x09, 0xFD, 0x81, 0x02,
    0x95, 0x14, 0x09, 0xFE, 0x82, 0x02, 0x01, 0xC0,
    0x09, 0x14, 0xA1, 0x02, 0x85, 0x04, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08,
    0x09, 0x00, 0x09, 0x5F, 0x09, 0x60, 0x09, 0x00, 0x09, 0x00, 0x09, 0x85, 0x09, 0x86, 0x91, 0x86, 0xC0, 0xC0,
];

/// `struct uhid_event` of linux/uhid.h, UHID_CREATE2: a device on USB's bus.
fn uhid_create(name: &str, serial: &str, vendor: u32, product: u32, descriptor: &[u8]) -> Vec<u8> {
    let fixed = |text: &str, len: usize| text.bytes().chain(std::iter::repeat(0)).take(len).collect::<Vec<u8>>();
    let size = u16::try_from(descriptor.len()).expect("short");
    let mut event = 11_u32.to_ne_bytes().to_vec();
    event.extend([fixed(name, 128), fixed("", 64), fixed(serial, 64)].concat());
    event.extend([size.to_ne_bytes(), 3_u16.to_ne_bytes()].concat());
    event.extend([vendor, product, 0, 0].map(u32::to_ne_bytes).concat());
    event.extend(descriptor);
    event
}

/// UHID_INPUT2: the scanner's report of a code.
fn uhid_report(code: &str) -> Vec<u8> {
    let mut report = vec![2, u8::try_from(code.len()).expect("short")];
    report.extend(b"]C0");
    report.extend(code.bytes().chain(std::iter::repeat(0)).take(20));
    let size = u16::try_from(report.len()).expect("short");
    [12_u32.to_ne_bytes().to_vec(), size.to_ne_bytes().to_vec(), report].concat()
}

fn connect(path: &Path) -> UnixStream {
    let mut stream = None;
    until("a socket of the machine", || {
        stream = UnixStream::connect(path).ok();
        stream.is_some()
    });
    stream.expect("connected")
}

struct Machine {
    qemu: Child,
    qmp: BufReader<UnixStream>,
    control: UnixStream,
    told: Receiver<String>,
    /// The far end of the serial adapter's line.
    line: UnixStream,
    client: Client,
}

impl Machine {
    fn boot(dir: &Path, token: &str) -> Machine {
        let port = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port();
        let socket = |name: &str| format!("{},server=on,wait=off", dir.join(name).display());
        let mut qemu = Command::new("qemu-system-x86_64")
            .args(["-m", "768", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-kernel"])
            .arg(kernel())
            .args(["-append", "console=ttyS0 quiet panic=-1", "-initrd"])
            .arg(dir.join("initramfs"))
            .args(["-serial", &format!("unix:{}", socket("control")), "-qmp", &format!("unix:{}", socket("qmp"))])
            .args(["-drive", &format!("file={},if=virtio,format=raw,cache=unsafe", dir.join("disk.img").display())])
            .args(["-device", "virtio-net-pci,netdev=net,romfile=", "-netdev"])
            .arg(format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:8080"))
            .args(["-chardev", &format!("socket,id=line,path={}", socket("line")), "-device", "qemu-xhci,id=usb"])
            .args(["-device", "usb-kbd,id=kbd,bus=usb.0,serial=KBD0001"])
            .args(["-device", "usb-serial,id=gun,bus=usb.0,serial=SER0001,chardev=line,always-plugged=true"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("qemu-system-x86_64 (package qemu-system-x86)");
        let mut qmp = BufReader::new(connect(&dir.join("qmp")));
        qmp.read_line(&mut String::new()).expect("greeting");
        let (control, line) = (connect(&dir.join("control")), connect(&dir.join("line")));
        let mut lines = BufReader::new(qemu.stdout.take().expect("console")).lines();
        let mut heard = Vec::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("the machine ended:\n{}", heard.join("\n")));
            let line = line.unwrap_or_default();
            let ready = line.contains("ready at http://");
            heard.push(line);
            if ready {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        let (sender, told) = mpsc::channel();
        let reader = BufReader::new(control.try_clone().expect("control"));
        std::thread::spawn(move || reader.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let client = Client::new(&format!("http://127.0.0.1:{port}"), token);
        let mut machine = Machine { qemu, qmp, control, told, line, client };
        machine.qmp("qmp_capabilities", &json!({}));
        machine
    }

    fn qmp(&mut self, command: &str, arguments: &Value) {
        self.qmp_until(command, arguments, |_| true);
    }

    /// Pulls a plug. QEMU answers before the device has let go of its name and its line: that is done when its event says so.
    fn unplug(&mut self, id: &str) {
        let deleted = |event: &Value| event["event"] == "DEVICE_DELETED" && event["data"]["device"] == id;
        self.qmp_until("device_del", &json!({"id": id}), deleted);
    }

    /// Asks, and reads until the answer ("return" or "error") and a line that `done` accepts have come, in either order.
    fn qmp_until(&mut self, command: &str, arguments: &Value, done: impl Fn(&Value) -> bool) {
        let asked = json!({"execute": command, "arguments": arguments});
        writeln!(self.qmp.get_mut(), "{asked}").expect("asked");
        let (mut answered, mut is_done) = (false, false);
        while !(answered && is_done) {
            let mut line = String::new();
            self.qmp.read_line(&mut line).expect("answer");
            let told: Value = serde_json::from_str(&line).expect("JSON");
            assert!(told.get("error").is_none(), "{command}: {told}");
            answered |= told.get("return").is_some();
            is_done |= done(&told);
        }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.control, "{command}").expect("told");
    }

    /// The next line of the machine's second port that begins so.
    fn hear(&self, start: &str) -> String {
        loop {
            let line = self.told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nothing of {start}"));
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// Types as a scanner does: letters in capitals with Shift, then Enter.
    fn type_code(&mut self, code: &str) {
        for letter in code.chars() {
            let mut keys = vec![json!({"type": "qcode", "data": letter.to_lowercase().to_string()})];
            if letter.is_ascii_uppercase() {
                keys.insert(0, json!({"type": "qcode", "data": "shift"}));
            }
            self.press(&keys);
        }
        self.press(&[json!({"type": "qcode", "data": "ret"})]);
    }

    fn press(&mut self, keys: &[Value]) {
        self.qmp("send-key", &json!({"keys": keys, "hold-time": 10}));
        // The next key goes down after this one is up, also where the machine gets little of a processor.
        std::thread::sleep(Duration::from_millis(80));
    }

    fn device(&self, id: &str) -> Value {
        let rows = self.client.get("/api/v1/devices").json["rows"].as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["id"] == id).expect("device")
    }

    /// Waits for a device's state; how long it took.
    fn until_state(&self, id: &str, state: &str) -> Duration {
        let began = Instant::now();
        until(&format!("{id} is {state}: {:#}", self.device(id)), || self.device(id)["state"] == state);
        began.elapsed()
    }

    fn receipts(&self, kiosk: &str, count: usize) -> Vec<Value> {
        let mut recent = Vec::new();
        until("the scans are recorded", || {
            let view = self.client.get(&format!("/api/v1/kiosks/{kiosk}")).json;
            recent = view["recent"].as_array().expect("recent").clone();
            recent.len() >= count
        });
        recent
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _already_gone = self.qemu.kill();
        let _already_gone = self.qemu.wait();
    }
}

fn prepare(dir: &Path) -> String {
    let site = Site::hospital(SCANNERS, 40);
    let token = site.token("clerk");
    let config = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    site.write("outguide.toml", &config.replace("127.0.0.1:0\"", "0.0.0.0:8080\"\ninsecure_http = true"));
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest");
    let initramfs = dir.join("initramfs");
    run(Command::new(guest.join("initramfs")).arg(initramfs).arg(PROGRAM).arg(guest.join("devices.init")));
    let tree: PathBuf = dir.join("tree");
    let peer = tree.join("peer");
    std::fs::create_dir_all(&peer).expect("folder");
    run(Command::new("cp").arg("-a").arg(site.path()).arg(tree.join("site")));
    let file = |name: &str, bytes: Vec<u8>| std::fs::write(peer.join(name), bytes).expect("file");
    file("scanner", uhid_create("Honeywell Xenon", "X7", 0x0C2E, 0x0B6A, POS_DESCRIPTOR));
    file("swapped", uhid_create("Honeywell Xenon", "X8", 0x0C2E, 0x0B6A, POS_DESCRIPTOR));
    file("badge", uhid_report(&badge("1002")));
    file("chart", uhid_report(&chart(7)));
    file("nonsense", uhid_report("nonsense"));
    run(Command::new("mkfs.ext4").args(["-q", "-F", "-d"]).arg(&tree).arg(dir.join("disk.img")).arg("256M"));
    token
}

#[test]
fn keyboards_hid_pos_scanners_and_serial_adapters_are_read_and_come_back() {
    let dir = tempfile::tempdir().expect("folder");
    let token = prepare(dir.path());
    let mut machine = Machine::boot(dir.path(), &token);
    grabbed_keyboard(&mut machine);
    beeping_scanner(&mut machine);
    renamed_and_swapped_adapter(&mut machine);
}

fn grabbed_keyboard(machine: &mut Machine) {
    machine.until_state("wedge", "ready");
    machine.type_code(&badge("1001"));
    machine.type_code(&chart(3));
    let receipts = machine.receipts("er-1", 2);
    let kinds: Vec<_> = receipts.iter().map(|receipt| &receipt["verdict"]["kind"]).collect();
    assert_eq!(kinds, ["signed_in", "received"], "{receipts:#?}");
    assert!(receipts.iter().all(|receipt| receipt["lane"] == "wedge" && receipt["device"] == "wedge"));
    machine.tell("elsewhere");
    assert_eq!(machine.hear("elsewhere"), "elsewhere 0", "the keyboard is ours alone");

    // Half a code, and the plug is pulled: it is never joined to what comes after.
    machine.press(&[json!({"type": "qcode", "data": "x"})]);
    machine.unplug("kbd");
    let gone = machine.until_state("wedge", "gone");
    machine.qmp("device_add", &json!({"driver": "usb-kbd", "id": "kbd", "bus": "usb.0", "serial": "KBD0001"}));
    let back = machine.until_state("wedge", "ready");
    println!("keyboard: gone after {gone:?}, back after {back:?}");
    machine.type_code(&chart(4));
    assert_eq!(machine.receipts("er-1", 3)[2]["verdict"]["kind"], "received");
    assert_eq!(machine.device("wedge")["reconnects"], 1);
}

fn beeping_scanner(machine: &mut Machine) {
    machine.until_state("pos", "not_found");
    machine.tell("create scanner");
    machine.until_state("pos", "ready");
    // 06 is UHID_OUTPUT; report 4: 40 is the good-read beep, 20 the error beep.
    for (report, kind, beep) in
        [("badge", "signed_in", "0440"), ("chart", "received", "0440"), ("nonsense", "unrecognised", "0420")]
    {
        machine.tell(&format!("send {report}"));
        assert_eq!(machine.hear("uhid 06")[5..17], format!("06000000{beep}"), "{report}");
        let receipts = machine.receipts("card-1", 1);
        assert_eq!(receipts.last().expect("receipt")["verdict"]["kind"], kind, "{receipts:#?}");
    }
    machine.tell("destroy");
    let gone = machine.until_state("pos", "gone");
    machine.tell("create swapped");
    let back = machine.until_state("pos", "ready");
    println!("HID POS scanner: gone after {gone:?}, its twin ready after {back:?}");
    machine.tell("devices");
    let mut shown = Vec::new();
    while !shown.last().is_some_and(|line: &String| line.starts_with("devices done")) {
        shown.push(machine.hear(""));
    }
    let line = shown.iter().find(|line| line.contains("0c2e:0b6a:X8")).unwrap_or_else(|| panic!("{shown:#?}"));
    assert!(line.contains("scanner (HID POS)"), "{shown:#?}");
    let wedge = shown.iter().find(|line| line.starts_with("scanner wedge")).expect("the configured wedge");
    assert!(wedge.contains("in_use"), "the server has it: {wedge}");
}

fn renamed_and_swapped_adapter(machine: &mut Machine) {
    machine.until_state("gun", "ready");
    let mut greeting = [0; 1];
    machine.line.read_exact(&mut greeting).expect("greeting");
    assert_eq!(&greeting, b"E", "the scanner is enabled");
    write!(machine.line, "{}\r", badge("2001")).expect("scan");
    assert_eq!(machine.receipts("rr-1", 1)[0]["verdict"]["kind"], "signed_in");
    let mut tone = [0; 1];
    machine.line.read_exact(&mut tone).expect("tone");
    assert_eq!(&tone, b"\x07", "the good-read tone after the commit");

    machine.tell("hold");
    write!(machine.line, "C0000").expect("half a code");
    std::thread::sleep(Duration::from_millis(500));
    machine.unplug("gun");
    let gone = machine.until_state("gun", "gone");
    let other = json!({"driver": "usb-serial", "id": "gun", "bus": "usb.0", "serial": "SER0002", "chardev": "line", "always-plugged": true});
    machine.qmp("device_add", &other);
    let back = machine.until_state("gun", "ready");
    println!("serial adapter: gone after {gone:?}, another of its kind ready after {back:?}");
    machine.tell("ports");
    assert!(machine.hear("ports").contains("ttyUSB1"), "it has another name now");
    write!(machine.line, "{}\r", chart(9)).expect("scan");
    let receipts = machine.receipts("rr-1", 2);
    assert_eq!(receipts[1]["verdict"]["chart"]["number"], 9, "{receipts:#?}");
    assert!(machine.device("gun")["errors"].as_u64() >= Some(1), "half a code was counted");
}
