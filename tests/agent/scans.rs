//! Scans on their way to the ledger: each once, in order, whatever dies and whatever the network does.

use std::collections::HashSet;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{Agent, House, Weather, events, ids, next, scan_of};
use crate::support::{Dice, badge, chart, until};

/// How often one of the two is killed in the middle of a stream.
const KILLS: usize = 24;

fn charts(numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    std::iter::once(badge("1001")).chain(numbers.map(chart)).collect()
}

#[test]
fn scans_wait_for_a_server_that_is_not_there_at_the_start_and_are_recorded_in_order() {
    let mut house = House::new(20, "", "");
    house.start_agent();
    house.until_link("unreachable");
    let told = events(house.agent());
    house.read(&charts(1..=20));
    let saved = next(&told, "saved");
    assert_eq!((&saved["data"], &saved["device"]), (&json!(badge("1001")), &json!("er-gun")), "{saved:#}");
    house.until_kept(21);
    let state = house.agent().state();
    assert_eq!((&state["waiting"], &state["parked_count"]), (&json!(21), &json!(0)), "{state:#}");
    assert!(state["oldest_at"].is_string() && state["why"].is_string(), "{state:#}");

    house.serve();
    let first = next(&told, "receipt");
    assert_eq!((&first["verdict"]["kind"], &first["device"]), (&json!("signed_in"), &json!("er-gun")), "{first:#}");
    house.until_all_recorded();
    let viewer = house.client("viewer");
    assert_eq!(viewer.get("/api/v1/charts/20").json["place"], "ER");
    until("nothing waits", || house.agent().state()["waiting"] == 0);
    // The server shows the kiosk's scanner and computer as its own.
    let gun = || {
        let devices = viewer.get("/api/v1/devices").json;
        devices["rows"].as_array().expect("rows").iter().any(|row| row["id"] == "er-gun" && row["state"] == "ready")
    };
    until("the server knows the scanner", gun);
    let agents = viewer.get("/api/v1/agents").json;
    assert_eq!((&agents["rows"][0]["kiosk"], &agents["rows"][0]["connected"]), (&json!("er-1"), &json!(true)));
    house.site.ok(&["verify"]);
}

/// Posts scans to the agent's page until told to stop; the ids of those that were taken: recorded, or kept there.
fn stream(url: String, done: &AtomicBool, taken: &AtomicUsize) -> Vec<String> {
    let mut ids = Vec::new();
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(5)));
    let http: ureq::Agent = config.build().into();
    for turn in 0.. {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let (id, data) = (uuid::Uuid::now_v7(), if turn % 10 == 0 { badge("1001") } else { chart(1 + turn % 20) });
        let request = http.post(format!("{url}/api/v1/kiosks/er-1/scans")).header("x-outguide", "1");
        let Ok(answer) = request.send_json(scan_of(id, &data)) else { break };
        if [200, 202].contains(&answer.status().as_u16()) {
            ids.push(id.to_string());
            taken.fetch_add(1, Ordering::Relaxed);
        }
    }
    ids
}

#[test]
fn killed_again_and_again_on_both_sides_nothing_that_was_taken_is_lost_or_doubled() {
    let mut dice = Dice::new("killed_again_and_again_on_both_sides");
    let mut house = House::open(20, "", "");
    let (mut all, mut agents_killed) = (Vec::new(), 0);
    for round in 0..KILLS {
        let (done, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let thread = {
            let (url, done, taken) = (house.agent().url.clone(), Arc::clone(&done), Arc::clone(&taken));
            std::thread::spawn(move || stream(url, &done, &taken))
        };
        until("some were taken", || taken.load(Ordering::Relaxed) > round % 5);
        std::thread::sleep(Duration::from_millis(u64::try_from(dice.below(120)).expect("small")));
        if dice.below(2) == 0 {
            house.kill_agent();
            agents_killed += 1;
            all.extend(thread.join().expect("stream"));
            house.start_agent();
        } else {
            house.kill_server();
            std::thread::sleep(Duration::from_millis(50));
            done.store(true, Ordering::Relaxed);
            all.extend(thread.join().expect("stream"));
            house.serve();
        }
    }
    println!("{} scans taken, the agent killed {agents_killed} times, the server {}", all.len(), KILLS - agents_killed);
    assert!(all.len() > KILLS, "only {} were taken", all.len());
    house.until_all_recorded();
    let recorded: HashSet<String> = house.recorded().into_iter().collect();
    let lost = all.iter().filter(|id| !recorded.contains(*id)).count();
    assert_eq!(lost, 0, "of {}", all.len());
    house.site.ok(&["verify"]);
}

#[test]
fn through_a_network_that_drops_delays_doubles_and_reorders_each_scan_is_recorded_once_and_in_order() {
    let mut dice = Dice::new("through_a_network");
    let mut house = House::open(40, "", "");
    house.network.set(Weather::Foul);
    let mut sent = 0;
    for _ in 0..8 {
        let codes: Vec<String> = (0..6).map(|_| chart(1 + u32::try_from(dice.below(40)).expect("small"))).collect();
        house.read(&codes);
        sent += codes.len();
        house.until_kept(sent);
        match dice.below(6) {
            0 => {
                house.kill_server();
                house.serve();
            }
            1 => {
                house.kill_agent();
                house.start_agent();
                // A scanner that was being opened would lose what is read meanwhile, and no agent could know of it.
                until("the scanner is ready", || house.agent().view()["devices"][0]["state"] == "ready");
            }
            2 => {
                house.network.set(Weather::Down);
                std::thread::sleep(Duration::from_millis(300));
                house.network.set(Weather::Foul);
            }
            _ => {}
        }
    }
    assert_eq!(house.kept().len(), sent, "what was read is kept");
    until("half came through the foul weather", || house.recorded().len() >= sent / 2);
    house.network.set(Weather::Fair);
    house.until_all_recorded();
    println!("{sent} scans, {} requests harmed", house.network.harms());
    assert!(house.network.harms() > 10, "the weather was foul");
    let twice = "SELECT id FROM entries GROUP BY id HAVING count(*) > 1";
    assert_eq!(ids(&house.site.database(), twice), Vec::<String>::new());
    house.site.ok(&["verify"]);
}

#[test]
fn a_full_queue_is_said_loudly_and_what_it_cannot_keep_waits_in_its_scanner() {
    let mut house = House::new(20, "", "[queue]\nmax_scans = 10\n");
    house.start_agent();
    house.until_link("unreachable");
    house.read(&charts(1..=14));
    until("it is said", || house.agent().state()["full"].is_string());
    let full = house.agent().state()["full"].clone();
    assert!(full.as_str().expect("words").contains("10 scans wait"), "{full}");
    assert_eq!(house.kept().len(), 10);
    let refused = house.agent().scan(&chart(20));
    assert_eq!((refused.status, &refused.json["verdict"]["tone"]), (503, &json!("not_recorded")), "{:#}", refused.json);
    house.serve();
    house.until_kept(15);
    house.until_all_recorded();
    until("all is well", || house.agent().state()["full"].is_null());
    assert_eq!(house.client("viewer").get("/api/v1/charts/14").json["place"], "ER", "the last one was not dropped");
}

struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _busy = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_refuses_scans_aloud_and_takes_them_when_there_is_room() {
    let mut house = House::new(5, "", "");
    let disk = house.site.path().join("agent");
    std::fs::create_dir(&disk).expect("folder");
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(&disk).status().expect("mount");
    assert!(mount.success(), "mounting a tmpfs needs root");
    let _mounted = Mounted(disk.clone());
    house.start_agent();
    house.until_link("unreachable");
    assert_eq!(house.agent().scan(&badge("1001")).status, 202);
    let _full = std::fs::write(disk.join("filler"), vec![7; 4 * 1024 * 1024]);
    // What is left in half-used pages of the log goes first.
    let refused = (0..200).map(|_| house.agent().scan(&chart(1))).find(|reply| reply.status != 202);
    let refused = refused.expect("a full disk refuses");
    assert_eq!((refused.status, &refused.json["verdict"]["tone"]), (503, &json!("not_recorded")), "{:#}", refused.json);
    assert!(house.agent().state()["full"].as_str().expect("words").contains("disk"), "{:#}", house.agent().state());
    std::fs::remove_file(disk.join("filler")).expect("room");
    assert_eq!(house.agent().scan(&chart(2)).status, 202);
    house.serve();
    house.until_all_recorded();
}

/// The next byte that the scanner is sent.
fn tone(house: &mut House) -> u8 {
    use serialport::SerialPort;
    let [gun, _line] = house.gun.as_mut().expect("a scanner");
    gun.set_timeout(crate::support::PATIENCE).expect("timeout");
    let mut heard = [0];
    std::io::Read::read_exact(gun, &mut heard).expect("a tone");
    heard[0]
}

/// Which rules refused, in the ledger's order.
fn rules(house: &House) -> Vec<String> {
    let sql = "SELECT ifnull(json_extract(body, '$.outcome.verdict.rule'), 'none') FROM entries
               WHERE device = 'er-gun' ORDER BY seq";
    ids(&house.site.database(), sql)
}

const BEL: u8 = 7;
const ECHO: &str = "refuse_when_echo";

#[test]
fn a_scanner_of_an_agent_sounds_the_verdict() {
    let mut house = House::with_gun(5, "profile = \"datalogic-cdc\"\necho_ms = 0\n");
    house.read(&[badge("1001")]);
    // E enables it; BEL is good, and "look at the screen" too.
    assert_eq!([tone(&mut house), tone(&mut house)], [b'E', BEL]);
    // A machine that is too busy to have the receipt in time sounds that the scan was kept: that may be so, now and then.
    let refused = (0..10).any(|_| {
        house.read(&[chart(99)]);
        tone(&mut house) == b'F'
    });
    assert!(refused, "a refusal that came in time sounds like one");
    house.kill_server();
    house.until_link("unreachable");
    house.read(&[chart(99)]);
    assert_eq!(tone(&mut house), BEL, "not judged yet");
    house.serve();
    house.until_all_recorded();
}

#[test]
fn what_an_agents_scanner_reads_twice_is_an_echo_as_at_the_server() {
    let mut house = House::open(5, "", "");
    house.read(&[badge("1001"), chart(1), chart(1), chart(1), chart(2), chart(1)]);
    house.until_kept(6);
    house.until_all_recorded();
    assert_eq!(rules(&house), ["none", "none", ECHO, ECHO, "none", "none"]);
    // What waited through an outage and is sent long after is told of in the same way.
    house.kill_server();
    house.until_link("unreachable");
    house.read(&[chart(3), chart(3)]);
    house.until_kept(8);
    std::thread::sleep(Duration::from_secs(4));
    house.read(&[chart(3)]);
    house.until_kept(9);
    house.serve();
    house.until_all_recorded();
    assert_eq!(rules(&house)[6..], ["none", ECHO, "none"], "the last was scanned on purpose");
    house.site.ok(&["verify"]);
}

#[test]
fn a_restored_ledger_gets_again_what_it_lost() {
    let mut house = House::open(10, "", "");
    house.read(&charts(1..=3));
    house.until_kept(4);
    house.until_all_recorded();
    house.site.ok(&["backup", "one.db"]);
    house.read(&charts(4..=6)[1..]);
    house.until_kept(7);
    house.until_all_recorded();
    house.server.take().expect("a server").stop();
    house.site.ok(&["restore", "one.db"]);
    assert_eq!(house.recorded().len(), 4, "lost with the disk");
    // A restore takes longer than a scan is anyone's: by now these are told of the past.
    std::thread::sleep(Duration::from_secs(11));
    house.serve();
    house.until_all_recorded();
    assert_eq!(house.client("viewer").get("/api/v1/charts/6").json["place"], "ER");
    house.site.ok(&["verify"]);
}

#[test]
fn one_agent_has_its_folder() {
    let house = House::open(1, "", "");
    let second = house.site.run(&["agent", "--config", "agent.toml"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("another agent runs"), "{said}");
}

#[test]
fn a_clean_stop_loses_nothing_and_ends_in_time() {
    let mut house = House::new(10, "", "");
    house.start_agent();
    house.until_link("unreachable");
    house.read(&charts(1..=5));
    house.until_kept(6);
    let agent: Agent = house.agent.take().expect("an agent");
    let began = std::time::Instant::now();
    agent.server.stop();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    house.start_agent();
    house.serve();
    house.until_all_recorded();
}
