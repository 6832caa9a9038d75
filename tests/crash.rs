//! What was acknowledged is there, whatever happens to the process or its disk.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::support::{Client, PROGRAM, Server, Site, badge, chart, place, until};

/// How often the process is killed in the middle of a stream.
const KILLS: usize = 100;
/// Kiosks that stream at once.
const STREAMS: u32 = 4;

/// Clients that stream scans until the server dies.
pub struct Streams {
    threads: Vec<JoinHandle<Vec<String>>>,
    heard: Arc<AtomicUsize>,
}

impl Streams {
    /// [`STREAMS`] of them, each with a connection of its own.
    pub fn start(client: impl Fn() -> Client) -> Streams {
        let heard = Arc::new(AtomicUsize::new(0));
        let threads = (0..STREAMS)
            .map(|first| {
                let (client, heard) = (client(), Arc::clone(&heard));
                std::thread::spawn(move || stream(&client, &heard, first))
            })
            .collect();
        Streams { threads, heard }
    }

    /// Waits until so many scans were acknowledged.
    pub fn until_acknowledged(&self, count: usize) {
        until("scans are acknowledged", || self.heard.load(Ordering::Relaxed) >= count);
    }

    /// The ids of all that were acknowledged, once the server is gone.
    pub fn acknowledged(self) -> Vec<String> {
        self.threads.into_iter().flat_map(|stream| stream.join().expect("stream")).collect()
    }
}

fn stream(client: &Client, heard: &AtomicUsize, first: u32) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut turn = 0u32;
    loop {
        let number = 1 + (first + turn * STREAMS) % 40;
        let data = match turn % 5 {
            0 => badge("1001"),
            1 => place(if turn.is_multiple_of(2) { "CARD" } else { "ER" }),
            _ => chart(number),
        };
        let id = uuid::Uuid::now_v7().to_string();
        let Ok(reply) = client.try_post("/api/v1/kiosks/er-1/scans", &json!({"id": id, "data": data})) else { break };
        // 503 says "not recorded"; anything else than a receipt is no acknowledgement.
        if reply.status == 200 {
            assert!(reply.json["seq"].is_u64(), "{:#}", reply.json);
            acknowledged.push(id);
            heard.fetch_add(1, Ordering::Relaxed);
        }
        turn += 1;
    }
    acknowledged
}

/// The ids of all entries of the ledger in `database`.
pub fn recorded_in(database: &Path) -> HashSet<String> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = rusqlite::Connection::open_with_flags(database, flags).expect("open");
    let mut ids = connection.prepare("SELECT id FROM entries").expect("prepare");
    ids.query_map([], |row| row.get(0)).expect("ids").collect::<Result<_, _>>().expect("ids")
}

#[test]
fn killed_a_hundred_times_in_a_stream_nothing_acknowledged_is_lost() {
    let site = Site::hospital("", 40);
    let token = site.kiosk_token("er-1");
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let server = site.serve();
        let streams = Streams::start(|| server.client(&token));
        // Another moment each time: some scans into the stream, and up to 95 ms more.
        streams.until_acknowledged(1 + round % 7);
        std::thread::sleep(Duration::from_millis((u64::try_from(round).expect("small") * 37) % 95));
        server.kill();
        acknowledged.extend(streams.acknowledged());
    }
    let recorded = recorded_in(&site.database());
    let lost: Vec<_> = acknowledged.iter().filter(|id| !recorded.contains(*id)).collect();
    assert!(acknowledged.len() > KILLS, "only {} scans were acknowledged", acknowledged.len());
    assert!(lost.is_empty(), "lost {} of {}", lost.len(), acknowledged.len());
    site.ok(&["verify"]);
}

#[test]
fn a_disk_that_fills_up_says_not_recorded_and_goes_on_when_there_is_room() {
    let site = Site::hospital("", 5);
    let small = site.path().join("small");
    std::fs::create_dir(&small).expect("folder");
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(&small).status().expect("mount");
    assert!(mount.success(), "mounting a tmpfs needs root");
    let _unmount = Unmount(small.clone());
    let token = site.kiosk_token("er-1");
    let copied = Command::new("cp").arg("-a").arg(site.path().join("data")).arg(&small).status().expect("cp");
    assert!(copied.success());
    let config = std::fs::read_to_string(site.path().join("outguide.toml")).expect("config");
    site.write("outguide.toml", &config.replace("./data", "./small/data"));

    let server = site.serve();
    let client = server.client(&token);
    let ballast = small.join("ballast");
    let _full = std::fs::write(&ballast, vec![0u8; 16 << 20]);
    let mut refused = None;
    let mut last = json!(null);
    for _ in 0..20_000 {
        let body = json!({"id": uuid::Uuid::now_v7(), "data": badge("1001")});
        let reply = client.post("/api/v1/kiosks/er-1/scans", &body);
        if reply.status == 503 {
            refused = Some(reply);
            last = body;
            break;
        }
        assert_eq!(reply.status, 200, "{:#}", reply.json);
    }
    let refused = refused.expect("the disk is full");
    assert_eq!(refused.json["verdict"]["tone"], "not_recorded", "{:#}", refused.json);
    std::fs::remove_file(&ballast).expect("room again");
    until("it is recorded when there is room", || client.post("/api/v1/kiosks/er-1/scans", &last).status == 200);
    drop(server);
    site.ok(&["verify"]);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _busy = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn an_fsync_that_fails_is_never_a_green_screen() {
    let site = Site::hospital("", 5);
    let token = site.kiosk_token("er-1");
    let mut command = Command::new("strace");
    let inject = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"];
    command.args(inject).arg("inject=fsync,fdatasync:error=EIO:when=12+5").arg(PROGRAM).arg("serve");
    command.current_dir(site.path()).env("OUTGUIDE_LOG", "off");
    let server = Server::start(command);
    let client = server.client(&token);
    let (mut green, mut not_recorded) = (Vec::new(), Vec::new());
    for turn in 0..60u32 {
        let id = uuid::Uuid::now_v7().to_string();
        let data = if turn == 0 { badge("1001") } else { chart(1 + turn % 5) };
        let reply = client.post("/api/v1/kiosks/er-1/scans", &json!({"id": id, "data": data}));
        match reply.status {
            200 => green.push(id),
            503 => not_recorded.push(id),
            other => panic!("{other}: {:#}", reply.json),
        }
    }
    assert!(!not_recorded.is_empty(), "the injected faults were felt");
    server.kill();
    let recorded = recorded_in(&site.database());
    assert!(green.iter().all(|id| recorded.contains(id)), "each green scan is there");
    site.ok(&["verify"]);
}
