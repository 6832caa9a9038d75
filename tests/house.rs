//! The house's own laws: who may know whom, and what the tree looks like.

use std::path::{Path, PathBuf};

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code lines of a file, comments and doc comments left out, up to the unit tests.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("text");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn banned(room: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust_files(&root().join(room)) {
        if file.ends_with("tests.rs") {
            continue;
        }
        let code = code(&file);
        for word in words.iter().filter(|word| code.contains(**word)) {
            found.push(format!("{} uses {word}", file.display()));
        }
    }
    found
}

const NONE: [String; 0] = [];

#[test]
fn decisions_are_pure() {
    let impure = [
        "tokio",
        "axum",
        "rusqlite",
        "serialport",
        "Timestamp::now",
        "Zoned::now",
        "Instant::now",
        "SystemTime",
        "std::fs",
        "std::net",
        "std::thread",
        "getrandom",
        "Uuid::new",
        "Uuid::now",
        "crate::ledger::Ledger",
        "crate::web",
        "crate::app",
    ];
    for room in ["src/barcode", "src/custody", "src/records", "src/labels", "src/alerts", "src/equipment"] {
        assert_eq!(banned(room, &impure), NONE, "{room} is pure");
    }
}

const SQL: [&str; 4] = ["rusqlite", "SELECT ", "INSERT INTO", "UPDATE "];

#[test]
fn only_the_ledger_knows_sql() {
    for room in ["src/web", "src/app", "src/intake", "src/outbox", "src/import", "src/config", "hardware/src"] {
        assert_eq!(banned(room, &SQL), NONE, "{room} has no SQL");
    }
}

/// A kiosk's own computer has no ledger. Its outbox is a small store of its own, whose SQL stays behind `agent/store`.
#[test]
fn an_agent_has_its_sql_in_one_place_and_no_ledger() {
    let elsewhere = |found: &String| !found.contains("src/agent/store/");
    let found: Vec<String> = banned("src/agent", &SQL).into_iter().filter(elsewhere).collect();
    assert_eq!(found, NONE, "SQL outside the agent's store");
    let ledger = ["ledger::Ledger", "ledger::changes", "ledger::queries", "ledger::Reader", "crate::web"];
    assert_eq!(banned("src/agent", &ledger), NONE, "an agent keeps and forwards; it judges nothing");
}

#[test]
fn only_the_web_knows_http() {
    for room in [
        "src/agent",
        "src/ledger",
        "src/intake",
        "src/outbox",
        "src/labels",
        "src/import",
        "src/config",
        "hardware/src",
    ] {
        assert_eq!(banned(room, &["axum", "tower", "StatusCode"]), NONE, "{room} knows no HTTP");
    }
}

#[test]
fn only_the_wiring_knows_everything() {
    for room in [
        "src/agent",
        "src/ledger",
        "src/intake",
        "src/outbox",
        "src/labels",
        "src/import",
        "src/web",
        "src/barcode",
        "src/custody",
    ] {
        assert_eq!(banned(room, &["crate::app", "crate::config"]), NONE, "{room} knows no wiring");
    }
}

#[test]
fn hardware_does_not_know_charts() {
    let manifest = std::fs::read_to_string(root().join("hardware/Cargo.toml")).expect("manifest");
    let names_root = manifest.lines().any(|line| line.starts_with("outguide ") || line.contains("path = \"..\""));
    assert!(!names_root, "hardware never depends on the root package");
}

#[test]
fn the_visible_top_level_is_the_houses() {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "src",
        "kiosk-ui",
        "label-templates",
        "tests",
        "hardware",
        "target",
    ];
    let tracked = std::process::Command::new("git").args(["ls-files"]).current_dir(root()).output().expect("git");
    let names = String::from_utf8(tracked.stdout).expect("text");
    let tops = names.lines().filter_map(|path| path.split('/').next()).filter(|name| !name.starts_with('.'));
    let strangers: Vec<_> = tops.filter(|name| !known.contains(name)).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = ["src", "hardware/src"]
        .iter()
        .flat_map(|room| rust_files(&root().join(room)))
        .filter(|file| std::fs::read_to_string(file).expect("text").lines().count() > 600)
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
}
