//! Alerts about charts, and what people do with them.

use super::*;
use crate::custody::VerdictKind;
use crate::ledger::changes::{
    AlertAction, AlertStep, ChartPatch, CorrectChart, MoveChart, ReportFound, ReportMissing, Sweep, Was,
};
use crate::ledger::{AlertId, ChangeError, Fault};

impl House {
    /// A chart's alerts, the oldest first: how it ended, or its state while it has not, and who looks after it.
    pub fn alerts(&self, number: u32) -> Vec<(String, Option<String>)> {
        let raw = self.raw();
        let sql = "SELECT coalesce(resolution, state), owner FROM alerts WHERE chart = ? ORDER BY id";
        let mut select = raw.prepare(sql).unwrap();
        let rows = select.query_map([number], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    pub fn retire(&self, number: u32, retired: bool) {
        let patch = ChartPatch { retired: Some(retired), ..ChartPatch::default() };
        let correct = CorrectChart { number: ChartNumber(number), patch, was: Was::default() };
        self.ledger.change_blocking(&House::by(), correct).unwrap();
    }

    fn act(&self, id: u64, step: AlertStep) -> Result<(), ChangeError> {
        self.ledger.change_blocking(&House::by(), AlertAction { id: AlertId(id), step }).map(drop)
    }
}

fn kept(state: &str, owner: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![(state.to_owned(), owner.map(str::to_owned))]
}

#[test]
fn a_chart_that_is_brought_back_has_its_alert_again() {
    let house = House::with_charts(2);
    let number = ChartNumber(1);
    let lend = MoveChart { number, place: place("ER"), holder: None };
    house.ledger.change_blocking(&House::by(), lend).unwrap();
    house.clock.advance(24 * 3_600 + 1);
    let overdue = || house.ledger.change_blocking(&Actor::System, Sweep).unwrap().overdue;
    assert_eq!(overdue(), 1);
    house.retire(1, true);
    assert_eq!((overdue(), house.alerts(1)), (0, kept("retired", None)));
    house.retire(1, false);
    assert_eq!((overdue(), house.alerts(1)), (0, kept("open", None)));

    house.ledger.change_blocking(&House::by(), ReportMissing { number: ChartNumber(2) }).unwrap();
    house
        .raw()
        .execute("INSERT INTO users (name, role, password_hash, version) VALUES ('anna', 'records', 'x', 1)", [])
        .unwrap();
    house.act(2, AlertStep::Assign { user: "anna".into() }).unwrap();
    house.retire(2, true);
    house.retire(2, false);
    assert_eq!(house.alerts(2), kept("acknowledged", Some("anna")));
    // The case ends while the chart is retired: then there is nothing to bring back.
    house.retire(2, true);
    let found = ReportFound { number: ChartNumber(2), place: None };
    house.ledger.change_blocking(&House::by(), found).unwrap();
    house.retire(2, false);
    assert_eq!(house.alerts(2), kept("retired", Some("anna")));
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn an_undone_return_leaves_the_alert_as_it_was() {
    let house = House::with_charts(1);
    let number = ChartNumber(1);
    for badge_at in ["er-1", "rr-1"] {
        house.scan(badge_at, &badge("1")).unwrap();
    }
    house.scan("er-1", &chart(1)).unwrap();
    house.clock.advance(24 * 3_600 + 1);
    let overdue = || house.ledger.change_blocking(&Actor::System, Sweep).unwrap().overdue;
    assert_eq!(overdue(), 1);
    let return_and_undo = || {
        house.scan("rr-1", &badge("1")).unwrap();
        assert_eq!(house.scan("rr-1", &chart(1)).unwrap().verdict.kind, VerdictKind::Returned);
        house.scan("rr-1", &command(CommandWord::Undo)).unwrap();
        assert_eq!(house.custody(number.0).place, place("ER"));
    };
    return_and_undo();
    assert_eq!((overdue(), house.alerts(1)), (0, kept("open", None)));
    house.act(1, AlertStep::Resolve { reason: "they keep it".into() }).unwrap();
    return_and_undo();
    assert_eq!((overdue(), house.alerts(1)), (0, kept("by_hand", None)));
    assert_eq!(house.verified().faults, vec![]);
}

#[test]
fn a_missing_chart_is_not_talked_off_the_list() {
    let house = House::with_charts(1);
    let number = ChartNumber(1);
    house.ledger.change_blocking(&House::by(), ReportMissing { number }).unwrap();
    let refused = house.act(1, AlertStep::Resolve { reason: "it will turn up".into() }).unwrap_err();
    assert!(refused.to_string().contains("it is found"), "{refused}");
    assert_eq!(house.alerts(1), kept("open", None));
    house.ledger.change_blocking(&House::by(), ReportFound { number, place: None }).unwrap();
    assert_eq!(house.alerts(1), kept("found", None));
}

#[test]
fn an_alert_that_is_seen_is_not_snoozed() {
    let house = House::with_charts(1);
    house.ledger.change_blocking(&House::by(), ReportMissing { number: ChartNumber(1) }).unwrap();
    let until = house.clock.now() + jiff::SignedDuration::from_hours(1);
    house.act(1, AlertStep::Snooze { until }).unwrap();
    house.act(1, AlertStep::Acknowledge).unwrap();
    let sql = "SELECT snoozed_until FROM alerts WHERE id = 1";
    assert_eq!(house.raw().query_row(sql, [], |row| row.get::<_, Option<i64>>(0)).unwrap(), None);
    assert_eq!(house.alerts(1), kept("acknowledged", None));
}

#[test]
fn a_note_that_was_altered_taken_away_or_slipped_in_is_found() {
    for sql in [
        "UPDATE alert_notes SET text = 'rang nobody'",
        "UPDATE alert_notes SET author = 'user:eve'",
        "UPDATE alert_notes SET at = at + 1",
        "DELETE FROM alert_notes",
        "INSERT INTO alert_notes (seq, alert, author, at, text) VALUES (1, 1, 'user:eve', 1, 'rang them')",
    ] {
        let house = House::with_charts(1);
        house.ledger.change_blocking(&House::by(), ReportMissing { number: ChartNumber(1) }).unwrap();
        house.act(1, AlertStep::Note { text: "rang Cardiology".into() }).unwrap();
        assert_eq!(house.verified().faults, vec![]);
        house.raw().execute(sql, []).unwrap();
        let faults = house.verified().faults;
        assert!(matches!(&faults[..], [Fault::Row { table, .. }] if table == "alert_notes"), "{sql}: {faults:?}");
    }
}
