//! A restore that ends in the middle, as at a power cut: the hospital is the old one or the restored one, never a new one.

use std::process::{Command, Stdio};

use crate::support::{PROGRAM, Site, badge, chart};

/// What puts files in place or takes them away, as far as this machine has it.
const CALLS: [&str; 8] = ["?rename", "?renameat", "?renameat2", "?link", "?linkat", "?unlink", "?unlinkat", "?mkdir"];
/// More of one of these than a restore ever does.
const STEPS_MAX: usize = 60;

/// A hospital that was killed, so that its newest entries stand in the log beside its database, with a backup `one.db` of
/// some time before. Its data directory is kept as `killed`.
fn killed() -> Site {
    let site = Site::hospital("", 5);
    let token = site.kiosk_token("er-1");
    let server = site.serve();
    let client = server.client(&token);
    client.scan("er-1", &badge("1001"));
    site.ok(&["backup", "one.db"]);
    (1..=5).for_each(|number| drop(client.scan("er-1", &chart(number))));
    server.kill();
    std::fs::rename(site.path().join("data"), site.path().join("killed")).expect("moved");
    site
}

/// The data directory as it was when the server was killed.
fn as_killed(site: &Site) {
    let data = site.path().join("data");
    let _not_there = std::fs::remove_dir_all(&data);
    let copied = Command::new("cp").arg("-a").arg(site.path().join("killed")).arg(data).status();
    assert!(copied.expect("cp").success());
}

/// A restore that is killed before its call number `step` of `call`; true where it has fewer and came to its end.
fn restore_until(site: &Site, call: &str, step: usize) -> bool {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    command.arg("-e").arg(format!("inject={call}:signal=KILL:when={step}"));
    command.arg(PROGRAM).args(["restore", "one.db"]).current_dir(site.path()).stdout(Stdio::null());
    command.status().expect("strace").success()
}

/// Cuts restores of the killed hospital at each step and looks at what they leave; `true`: it came to its end.
fn cut_everywhere(site: &Site, mut look: impl FnMut(&str, bool)) {
    for call in CALLS {
        for step in 1.. {
            assert!(step < STEPS_MAX, "a restore has more than {STEPS_MAX} of {call}");
            as_killed(site);
            let ended = restore_until(site, call, step);
            look(&format!("{call} {step}"), ended);
            if ended {
                break;
            }
        }
    }
}

fn entries(site: &Site) -> u64 {
    let said = site.ok(&["verify"]);
    said.split_whitespace().next().and_then(|count| count.parse().ok()).expect("a number of entries")
}

/// What a server says that must not start; one that does is stopped.
fn refused(site: &Site) -> String {
    let serve = Command::new("timeout").arg("20").arg(PROGRAM).arg("serve").current_dir(site.path()).output();
    let serve = serve.expect("timeout");
    assert_eq!(serve.status.code(), Some(2), "{serve:?}");
    assert!(!site.database().exists(), "nor does an empty ledger begin there");
    String::from_utf8_lossy(&serve.stderr).into_owned()
}

#[test]
fn wherever_a_restore_ends_the_old_ledger_or_the_new_one_is_in_place() {
    let site = killed();
    as_killed(&site);
    let old = entries(&site);
    site.ok(&["restore", "one.db"]);
    let new = entries(&site);
    assert!(new < old, "{new} restored, {old} before");
    cut_everywhere(&site, |at, ended| {
        let found = entries(&site);
        assert!(found == new || found == old && !ended, "{found} entries after a cut at {at}");
    });
    let aside = std::fs::read_dir(site.path().join("data")).expect("folder").filter_map(Result::ok);
    let aside = aside.map(|entry| entry.path().join("outguide.db")).find(|path| path.exists()).expect("kept");
    std::fs::rename(aside, site.database()).expect("moved back");
    assert_eq!(entries(&site), old, "what was there before is kept whole");
}

#[test]
fn where_the_old_ledger_cannot_be_read_a_cut_restore_is_no_new_hospital() {
    let site = killed();
    as_killed(&site);
    // A folder stands for a log that the disk does not give.
    let log = site.path().join("killed/outguide.db-wal");
    std::fs::remove_file(&log).and_then(|()| std::fs::create_dir(log)).expect("damaged");
    let mut none_there = 0;
    cut_everywhere(&site, |at, _| {
        if !site.database().exists() {
            let said = refused(&site);
            assert!(said.contains("outguide restore") && said.contains("data/before-restore-"), "{at}: {said}");
            none_there += 1;
        }
        site.ok(&["restore", "one.db"]);
        site.ok(&["verify"]);
    });
    assert!(none_there > 0, "it was never cut where there is no ledger");
}

#[test]
fn what_is_left_of_a_ledger_is_not_begun_over() {
    for left in ["restoring", "outguide.db-wal"] {
        let site = Site::new("");
        std::fs::create_dir_all(site.path().join("data").join(left)).expect("left");
        let said = refused(&site);
        assert!(said.contains(left) && said.contains("outguide restore"), "{said}");
    }
}
