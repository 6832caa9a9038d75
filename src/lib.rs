//! Outguide: chart tracking for hospitals. See README.md for the map of the house.

pub mod agent;
pub mod alerts;
pub mod app;
pub mod barcode;
pub mod config;
pub mod custody;
pub mod equipment;
pub mod import;
pub mod intake;
pub mod labels;
pub mod ledger;
pub mod outbox;
pub mod records;
pub mod web;
