//! `/metrics` in the Prometheus text format: counts and times, never patient data.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::watched::Upkeep;
use crate::intake::{DeviceState, DeviceStatus};
use crate::ledger::{Ledger, Pace};
use crate::web::{PrinterView, Requests};

/// Upper bounds of the time buckets, in seconds: from a quick read to a kiosk's patience.
const SECONDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EntryLabels {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeviceLabels {
    device: String,
    kind: &'static str,
    simulated: String,
}

/// The metrics of one server.
pub struct Metrics {
    registry: Registry,
    requests: Family<RouteLabels, Counter>,
    times: Family<RouteOnly, Histogram, fn() -> Histogram>,
    entries: Family<EntryLabels, Counter>,
    head: Gauge<u64, AtomicU64>,
    commits: Gauge<u64, AtomicU64>,
    longest_background: Gauge<f64, AtomicU64>,
    longest_commit: Gauge<f64, AtomicU64>,
    longest_checkpoint: Gauge<f64, AtomicU64>,
    last_backup: Gauge,
    last_downtime_list: Gauge,
    devices: Family<DeviceLabels, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteOnly {
    route: String,
}

impl Metrics {
    /// Fresh ones.
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("outguide");
        let requests = Family::default();
        let times: Family<RouteOnly, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        let entries = Family::default();
        let head = Gauge::default();
        let commits = Gauge::default();
        let devices = Family::default();
        registry.register("http_requests", "Requests answered, by route pattern", Family::clone(&requests));
        registry.register_with_unit("http_request_time", "Time to answer", Unit::Seconds, times.clone());
        registry.register("ledger_entries", "Ledger entries since the start, by kind", Family::clone(&entries));
        registry.register("ledger_head", "The newest entry's number", Gauge::clone(&head));
        registry.register("ledger_commits", "Transactions since the start", Gauge::clone(&commits));
        let mut longest = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register_with_unit(name, help, Unit::Seconds, Gauge::clone(&gauge));
            gauge
        };
        let longest_background = longest(
            "ledger_longest_background",
            "The longest that an import's chunk or a sweep held the writer since the start",
        );
        let longest_commit = longest("ledger_longest_commit", "The longest COMMIT since the start");
        let longest_checkpoint = longest(
            "ledger_longest_checkpoint",
            "The longest that beginning the log anew held the writer since the start",
        );
        let mut last = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register_with_unit(name, help, Unit::Seconds, Gauge::clone(&gauge));
            gauge
        };
        let last_backup =
            last("last_backup_timestamp", "When the last scheduled backup was made; 0 where none was since the start");
        let last_downtime_list = last(
            "last_downtime_list_timestamp",
            "When the last scheduled downtime list was made; 0 where none was since the start",
        );
        registry.register("device_ready", "1 where a scanner or printer works", Family::clone(&devices));
        Metrics {
            registry,
            requests,
            times,
            entries,
            head,
            commits,
            longest_background,
            longest_commit,
            longest_checkpoint,
            last_backup,
            last_downtime_list,
            devices,
        }
    }

    /// Counts entries as they are published. Must be called inside the async runtime.
    pub fn follow(&self, ledger: &Ledger) {
        let (entries, mut published) = (self.entries.clone(), ledger.subscribe());
        tokio::spawn(async move {
            loop {
                match published.recv().await {
                    Ok(entry) => drop(entries.get_or_create(&EntryLabels { kind: entry.kind.clone() }).inc()),
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                }
            }
        });
    }

    /// All of them as text.
    pub fn text(
        &self,
        head: u64,
        pace: Pace,
        upkeep: &Upkeep,
        scanners: Vec<DeviceStatus>,
        printers: Vec<PrinterView>,
    ) -> String {
        self.head.set(head);
        self.commits.set(pace.commits);
        self.longest_background.set(pace.longest_background.as_secs_f64());
        self.longest_commit.set(pace.longest_commit.as_secs_f64());
        self.longest_checkpoint.set(pace.longest_checkpoint.as_secs_f64());
        self.last_backup.set(upkeep.backup.last_made_s());
        self.last_downtime_list.set(upkeep.downtime_list.last_made_s());
        let ready = |id: String, kind, simulated: bool, ready: bool| {
            let labels = DeviceLabels { device: id, kind, simulated: simulated.to_string() };
            self.devices.get_or_create(&labels).set(i64::from(ready));
        };
        scanners.into_iter().for_each(|d| ready(d.id, "scanner", d.simulated, d.state == DeviceState::Ready));
        printers.into_iter().for_each(|p| ready(p.id, "printer", p.simulated, p.state == "ready"));
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _infallible = encode(&mut text, &self.registry);
        text
    }
}

impl Requests for Metrics {
    fn count(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        let labels = RouteLabels { method: method.to_string(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.times.get_or_create(&RouteOnly { route: route.to_owned() }).observe(elapsed.as_secs_f64());
    }
}
