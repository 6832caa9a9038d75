//! What a printer's `printer-state-reasons` mean (RFC 8011, section 5.4.12, and PWG 5100.x).

use super::{Fault, Health, PrinterState, Warning};

/// `printer-state`: stopped.
const STOPPED: i32 = 5;

/// How it is, from `printer-state`, its reasons and `printer-is-accepting-jobs`.
///
/// A reason ends with how bad it is: `-report` hinders nothing, `-warning` may soon, `-error` does; without an ending
/// it is taken for an error where it names a known hindrance. CUPS says `offline-report` of a printer that is off.
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
        "media-low" | "media-empty" => Some(Warning::PaperLow),
        "marker-supply-low" | "toner-low" | "marker-supply-empty" | "toner-empty" => Some(Warning::RibbonLow),
        _ => None,
    };
    match (ending, fault, warning) {
        ("report", Some(Fault::Unreachable), _) => Meaning::Fault(Fault::Unreachable),
        ("report", _, _) => Meaning::Nothing,
        ("warning", _, Some(warning)) | ("" | "error", None, Some(warning)) => Meaning::Warning(warning),
        ("warning", _, None) => Meaning::Nothing,
        (_, Some(fault), _) => Meaning::Fault(fault),
        ("error", None, None) => Meaning::Fault(Fault::Other),
        _ => Meaning::Nothing,
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
    fn reasons_are_faults_warnings_or_nothing_by_their_ending() {
        assert_eq!(of(3, &["none"]), (vec![], vec![]));
        for (reason, fault) in [
            ("media-empty-error", Fault::PaperOut),
            ("media-empty", Fault::PaperOut),
            ("media-needed-error", Fault::PaperOut),
            ("media-jam-error", Fault::Jam),
            ("cover-open", Fault::CoverOpen),
            ("door-open-error", Fault::CoverOpen),
            ("marker-supply-empty-error", Fault::RibbonOut),
            ("paused", Fault::Paused),
            ("offline-report", Fault::Unreachable),
            ("fuser-over-temp-error", Fault::Other),
        ] {
            assert_eq!(of(3, &[reason]), (vec![fault], vec![]), "{reason}");
        }
        for reason in ["media-empty-report", "cover-open-report", "media-jam-warning", "com.example-strange"] {
            assert_eq!(of(3, &[reason]), (vec![], vec![]), "{reason}");
        }
        for (reason, warning) in [
            ("media-low-warning", Warning::PaperLow),
            ("media-low", Warning::PaperLow),
            ("media-low-error", Warning::PaperLow),
            ("media-empty-warning", Warning::PaperLow),
            ("marker-supply-low-warning", Warning::RibbonLow),
        ] {
            assert_eq!(of(3, &[reason]), (vec![], vec![warning]), "{reason}");
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
