//! A machine whose power is cut in the middle of a stream: what was acknowledged is on its disk.
//!
//! The machine is QEMU without acceleration, running Debian's kernel; the cut is SIGKILL to it, so whatever its kernel
//! had not sent to the disk is gone.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::crash::{Streams, recorded_in};
use crate::support::{Client, PROGRAM, Site};

/// How often the power is cut.
const CUTS: u8 = 10;

pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub fn kernel() -> PathBuf {
    let mut kernels: Vec<_> = std::fs::read_dir("/boot")
        .expect("/boot")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.to_string_lossy().contains("vmlinuz-") && path.to_string_lossy().ends_with("amd64"))
        .collect();
    kernels.sort();
    kernels.pop().expect("a Debian kernel (package linux-image-amd64)")
}

struct Machine {
    qemu: Child,
    url: String,
}

impl Machine {
    /// Boots on `disk` and waits until the server in it says that it is ready.
    fn boot(dir: &Path) -> Machine {
        let port = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port();
        let mut qemu = Command::new("qemu-system-x86_64")
            .args(["-m", "768", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-kernel"])
            .arg(kernel())
            .args(["-append", "console=ttyS0 quiet panic=-1", "-initrd"])
            .arg(dir.join("initramfs"))
            .arg("-drive")
            .arg(format!("file={},if=virtio,format=raw,cache=writeback", dir.join("disk.img").display()))
            .args(["-device", "virtio-net-pci,netdev=net,romfile=", "-netdev"])
            .arg(format!("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:8080"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("qemu-system-x86_64 (package qemu-system-x86)");
        let mut lines = BufReader::new(qemu.stdout.take().expect("console")).lines();
        let mut heard = Vec::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("the machine ended:\n{}", heard.join("\n")));
            let line = String::from_utf8_lossy(line.expect("console").as_bytes()).into_owned();
            let ready = line.contains("ready at http://");
            heard.push(line);
            if ready {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Machine { qemu, url: format!("http://127.0.0.1:{port}") }
    }

    fn cut(mut self) {
        self.qemu.kill().expect("kill");
        self.qemu.wait().expect("end");
    }
}

#[test]
fn the_power_is_cut_ten_times_in_a_stream_and_nothing_acknowledged_is_lost() {
    let site = Site::hospital("", 40);
    let token = site.kiosk_token("er-1");
    let config = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    site.write("outguide.toml", &config.replace("127.0.0.1:0\"", "0.0.0.0:8080\"\ninsecure_http = true"));
    let dir = tempfile::tempdir().expect("folder");
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest");
    let initramfs = dir.path().join("initramfs");
    run(Command::new(guest.join("initramfs")).arg(initramfs).arg(PROGRAM).arg(guest.join("power-cut.init")));
    let disk = dir.path().join("disk.img");
    let tree = tempfile::tempdir().expect("folder");
    run(Command::new("cp").arg("-a").arg(site.path()).arg(tree.path().join("site")));
    run(Command::new("mkfs.ext4").args(["-q", "-F", "-d"]).arg(tree.path()).arg(&disk).arg("256M"));

    let mut acknowledged = Vec::new();
    for cut in 0..CUTS {
        let machine = Machine::boot(dir.path());
        let streams = Streams::start(|| Client::new(&machine.url, &token));
        streams.until_acknowledged(1 + 3 * usize::from(cut));
        std::thread::sleep(Duration::from_millis(u64::from(cut) * 13));
        machine.cut();
        acknowledged.extend(streams.acknowledged());
    }

    // The disk as the next start would find it: its journal replayed, nothing else mended.
    let fsck = Command::new("e2fsck").arg("-fy").arg(&disk).output().expect("e2fsck");
    assert!(fsck.status.code().is_some_and(|code| code <= 1), "{}", String::from_utf8_lossy(&fsck.stdout));
    let after = tempfile::tempdir().expect("folder");
    run(Command::new("debugfs").arg("-R").arg(format!("rdump /site {}", after.path().display())).arg(&disk));
    let recorded = recorded_in(&after.path().join("site/data/outguide.db"));
    let lost: Vec<_> = acknowledged.iter().filter(|id| !recorded.contains(*id)).collect();
    assert!(acknowledged.len() > usize::from(CUTS), "only {} scans were acknowledged", acknowledged.len());
    assert!(lost.is_empty(), "lost {} of {}", lost.len(), acknowledged.len());
    let verified = Command::new(PROGRAM).arg("verify").current_dir(after.path().join("site")).output().expect("verify");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
