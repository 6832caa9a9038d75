//! A server whose wall clock the test moves (libfaketime).

use std::path::PathBuf;

use jiff::SignedDuration;

use super::{Server, Site};

fn library() -> PathBuf {
    let found = std::fs::read_dir("/usr/lib").expect("/usr/lib").filter_map(Result::ok).map(|entry| entry.path());
    let mut found = found.map(|dir| dir.join("faketime/libfaketimeMT.so.1")).filter(|library| library.exists());
    found.next().expect("libfaketime (package faketime)")
}

/// Serves `site` by the machine's clock until [`set`] says otherwise.
pub fn serve(site: &Site) -> Server {
    set(site, SignedDuration::ZERO);
    let mut command = site.command(&["serve"]);
    command.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", site.path().join("clock"));
    command.env("FAKETIME_NO_CACHE", "1").env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Server::start(command)
}

/// The server's clock is `ahead` of the machine's from now on.
pub fn set(site: &Site, ahead: SignedDuration) {
    site.write("clock.new", &format!("+{}s\n", ahead.as_secs()));
    std::fs::rename(site.path().join("clock.new"), site.path().join("clock")).expect("clock");
}
