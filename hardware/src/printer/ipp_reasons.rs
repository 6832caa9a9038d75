//! What a printer's `printer-state-reasons` mean (RFC 8011, section 5.4.12, and PWG 5100.x).

use super::{Fault, Health, PrinterState, Warning};

/// `printer-state`: stopped.
const STOPPED: i32 = 5;

/// How it is, from `printer-state`, its reasons and `printer-is-accepting-jobs`.
///
/// A reason ends with how bad the printer takes it to be: `-report`, `-warning`, `-error`, or nothing. Printers differ
/// widely in that (the same empty tray is a report while idle, a warning while printing and an error once stopped), so
/// that a reason that names a hindrance is one with every ending; one that is not known here is one as an error only.
pub(super) fn health(state: i32, reasons: &[String], accepts: bool) -> Health {
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    for reason in reasons {
        match meaning(reason) {
            Meaning::Fault(fault) if !faults.contains(&fault) => faults.push(fault),
            Meaning::Warning(warning) if !warnings.contains(&warning) => warnings.push(warning),
            _ => {}
        }
    }
    if state == STOPPED && faults.is_empty() {
        faults.push(Fault::Paused);
    }
    if !accepts {
        faults.push(Fault::NotAccepting);
    }
    Health { warnings, ..PrinterState::from_faults(faults).into() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Nothing,
    Warning(Warning),
    Fault(Fault),
}

fn meaning(reason: &str) -> Meaning {
    let (name, ending) = match reason.rsplit_once('-') {
        Some((name, ending @ ("report" | "warning" | "error"))) => (name, ending),
        _ => (reason, ""),
    };
    let fault = match name {
        "media-empty" | "media-needed" => Some(Fault::PaperOut),
        "media-jam" | "media-path-cannot-feed" => Some(Fault::Jam),
        "cover-open" | "door-open" | "interlock-open" => Some(Fault::CoverOpen),
        "marker-supply-empty" | "toner-empty" | "marker-supply-missing" => Some(Fault::RibbonOut),
        "paused" | "moving-to-paused" => Some(Fault::Paused),
        "input-media-size-change" | "input-media-type-change" | "media-path-input-request" => Some(Fault::WrongStock),
        "spool-area-full" => Some(Fault::BufferFull),
        "offline" | "shutdown" | "timed-out" | "deactivated" => Some(Fault::Unreachable),
        _ => None,
    };
    let warning = match name {
        "media-low" => Some(Warning::PaperLow),
        "marker-supply-low" | "toner-low" => Some(Warning::RibbonLow),
        _ => None,
    };
    match (fault, warning) {
        (Some(fault), _) => Meaning::Fault(fault),
        (None, Some(warning)) => Meaning::Warning(warning),
        (None, None) if ending == "error" => Meaning::Fault(Fault::Other),
        (None, None) => Meaning::Nothing,
    }
}

/// Sheets or labels left, from `printer-input-tray` (PWG 5100.13): the most of any tray that knows.
pub(super) fn stock_left(trays: &[String]) -> Option<u32> {
    trays
        .iter()
        .filter_map(|tray| tray.split(';').find_map(|part| part.trim().strip_prefix("level=")))
        // -1 is other, -2 unknown, -3 some.
        .filter_map(|level| level.parse::<u32>().ok())
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(state: i32, reasons: &[&str]) -> (Vec<Fault>, Vec<Warning>) {
        let reasons: Vec<String> = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        let health = health(state, &reasons, true);
        (health.state.faults().to_vec(), health.warnings)
    }

    #[test]
    fn reasons_are_faults_with_every_ending_warnings_or_nothing() {
        assert_eq!(of(3, &["none"]), (vec![], vec![]));
        for (reason, fault) in [
            ("media-empty", Fault::PaperOut),
            ("media-needed", Fault::PaperOut),
            ("media-jam", Fault::Jam),
            ("cover-open", Fault::CoverOpen),
            ("door-open", Fault::CoverOpen),
            ("marker-supply-empty", Fault::RibbonOut),
            ("paused", Fault::Paused),
            ("offline", Fault::Unreachable),
        ] {
            for ending in ["", "-report", "-warning", "-error"] {
                assert_eq!(of(3, &[&format!("{reason}{ending}")]), (vec![fault], vec![]), "{reason}{ending}");
            }
        }
        for (reason, warning) in [("media-low", Warning::PaperLow), ("marker-supply-low", Warning::RibbonLow)] {
            for ending in ["", "-report", "-warning", "-error"] {
                assert_eq!(of(3, &[&format!("{reason}{ending}")]), (vec![], vec![warning]), "{reason}{ending}");
            }
        }
        assert_eq!(of(3, &["fuser-over-temp-error"]), (vec![Fault::Other], vec![]));
        for reason in ["fuser-over-temp-warning", "cups-waiting-for-job-completed-report", "com.example-strange"] {
            assert_eq!(of(3, &[reason]), (vec![], vec![]), "{reason}");
        }
        assert_eq!(of(5, &["none"]), (vec![Fault::Paused], vec![]), "stopped for no reason given");
        assert_eq!(of(5, &["media-jam-error"]), (vec![Fault::Jam], vec![]));
        assert_eq!(health(3, &[], false).state, PrinterState::NotReady(vec![Fault::NotAccepting]));
    }

    #[test]
    fn trays_that_know_are_counted() {
        let trays = |all: &[&str]| stock_left(&all.iter().map(|tray| (*tray).to_owned()).collect::<Vec<_>>());
        assert_eq!(trays(&["type=sheetFeed;maxcapacity=250;level=125;status=0;name=main"]), Some(125));
        assert_eq!(trays(&["level=-2;", "level=-3;"]), None);
    }
}
