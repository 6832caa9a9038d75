//! Tests that drive the real binary over real sockets, ptys and files.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod access;
mod agent;
mod commands;
mod crash;
mod demo;
mod device_health;
mod equipment;
mod golden;
mod hostile;
mod house;
mod import;
mod ipp;
mod kiosk;
mod labels;
mod labels_printed;
mod languages;
mod live;
mod offline;
mod overdue;
mod photographs;
mod power_cut;
mod print_jobs;
mod replay;
mod restore;
mod scanners;
mod serial;
mod support;
mod upkeep;
mod usb;
