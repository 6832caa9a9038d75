use jiff::civil::date;

use super::*;
use crate::custody::{KnownBy, Note, NoteKind, OrderKey, Rule, Tone};

struct Hospital {
    restricted: bool,
    role: Role,
}

impl Names for Hospital {
    fn place(&self, code: &PlaceCode) -> Option<PlaceNamed> {
        let name = match code.as_str() {
            "CARD" => "Cardiology",
            "FILE" => "File room",
            _ => return None,
        };
        Some(PlaceNamed { name: name.to_owned(), restricted: false })
    }
    fn staff(&self, badge: &BadgeNumber) -> Option<StaffNamed> {
        (badge.as_str() == "7").then(|| StaffNamed { name: "Rosa Diaz".to_owned(), role: self.role })
    }
    fn chart(&self, _: ChartNumber) -> Option<ChartIdentity> {
        Some(ChartIdentity {
            mrn: "123456".to_owned(),
            filing: "56-34-12".to_owned(),
            record_type: "MR".to_owned(),
            volume: 2,
            home: place("FILE"),
            restricted: self.restricted,
            retired: false,
        })
    }
}

const OPEN: Hospital = Hospital { restricted: false, role: Role::Clerk };

fn place(code: &str) -> PlaceCode {
    PlaceCode::new(code).expect("place")
}

fn zone() -> TimeZone {
    TimeZone::get("America/New_York").expect("zone")
}

/// A time of the hospital's clock in December 2026; the 1st is a Tuesday.
fn clock(day: i8, hour: i8) -> Timestamp {
    date(2026, 12, day).at(hour, 0, 0, 0).to_zoned(zone()).expect("zoned").timestamp()
}

fn custody(code: &str, known_by: KnownBy) -> Custody {
    Custody {
        place: place(code),
        holder: None,
        known_by,
        since: clock(1, 9),
        seen_at: Some(clock(1, 9)),
        seen_place: Some(place("FILE")),
        out_since: (code != "FILE").then(|| clock(1, 9)),
        due_at: (code != "FILE").then(|| clock(8, 14)),
        loan: Some(1),
        missing: None,
        undo: None,
        last: OrderKey { effective_at: clock(1, 9), kiosk: "rr-1".into(), queue_seq: 0, seq: 1 },
    }
}

fn said(hospital: &Hospital, verdict: Verdict, custody: Option<Custody>) -> Receipt {
    let session =
        KioskSession { staff: BadgeNumber::new("7").ok(), active_at: Some(clock(2, 9)), ..KioskSession::default() };
    let outcome = Outcome {
        verdict,
        session,
        kiosk_mode: KioskMode::Receive,
        idle_sign_off_seconds: 120,
        chart_custody: custody,
    };
    let entry = EntryFacts {
        seq: 41,
        epoch: Uuid::nil(),
        id: Uuid::nil(),
        duplicate: false,
        lane: String::new(),
        recorded_at: clock(2, 9),
    };
    receipt(&outcome, &entry, hospital, &zone())
}

fn verdict(kind: VerdictKind, code: &str) -> Verdict {
    Verdict { chart: Some(ChartNumber(17)), place: Some(place(code)), ..Verdict::new(kind, Tone::Ok) }
}

#[test]
fn a_checkout_says_where_and_until_when_in_the_hospital_s_zone() {
    let receipt = said(&OPEN, verdict(VerdictKind::CheckedOut, "CARD"), Some(custody("CARD", KnownBy::Asserted)));
    assert_eq!(receipt.verdict.headline, "Checked out");
    assert_eq!(receipt.verdict.detail, "to Cardiology · due Tue 14:00");
    assert_eq!(receipt.verdict.chart.expect("view").filing, "56-34-12");
    assert_eq!(receipt.session.staff_name.as_deref(), Some("Rosa Diaz"));
    assert_eq!(receipt.session.mode, "receive");
    assert!(receipt.session.signs_off_at.is_some());
}

#[test]
fn a_return_says_where_it_is_filed_or_that_it_was_not_seen_there() {
    let detail =
        |known_by| said(&OPEN, verdict(VerdictKind::Returned, "FILE"), Some(custody("FILE", known_by))).verdict.detail;
    assert_eq!(detail(KnownBy::Scanned), "to File room · file it at 56-34-12");
    assert_eq!(detail(KnownBy::Asserted), "to File room · not seen there yet");
}

#[test]
fn a_refusal_says_what_to_do_next() {
    let receipt = said(&OPEN, Verdict::refused(Rule::RefuseWhenNobodyIsSignedIn), None);
    assert_eq!(receipt.verdict.headline, "Nobody is signed in");
    assert_eq!(receipt.verdict.detail, "Scan your badge, then this code again.");
    assert_eq!(receipt.verdict.rule, Some(Rule::RefuseWhenNobodyIsSignedIn));
}

#[test]
fn where_a_confidential_chart_is_takes_a_supervisor() {
    let ask = |role| {
        let hospital = Hospital { restricted: true, role };
        said(&hospital, verdict(VerdictKind::Located, "CARD"), Some(custody("CARD", KnownBy::Asserted)))
    };
    let told = ask(Role::Clerk);
    assert_eq!(told.verdict.headline, "Restricted record");
    let view = told.verdict.chart.expect("view");
    assert!(view.withheld && view.place.is_none() && view.place_name.is_none() && view.seen_place.is_none());
    let told = ask(Role::Supervisor);
    assert_eq!(told.verdict.headline, "At Cardiology");
    assert!(told.verdict.detail.contains("last seen at File room"), "{}", told.verdict.detail);
    let hospital = Hospital { restricted: true, role: Role::Clerk };
    let moved = said(&hospital, verdict(VerdictKind::CheckedOut, "CARD"), Some(custody("CARD", KnownBy::Asserted)));
    assert!(!moved.verdict.chart.expect("view").withheld, "who moved it knows");
}

#[test]
fn notes_have_their_words() {
    let mut late = verdict(VerdictKind::CheckedOut, "CARD");
    late.notes = vec![
        Note { place: Some(place("FILE")), ..Note::new(NoteKind::SeenElsewhereSince) },
        Note { count: Some(2), ..Note::new(NoteKind::OtherVolumesElsewhere) },
        Note { at: Some(clock(1, 9)), ..Note::new(NoteKind::WasMissingCaseClosed) },
    ];
    let receipt = said(&OPEN, late, Some(custody("FILE", KnownBy::Scanned)));
    assert_eq!(receipt.verdict.detail, "to Cardiology", "no due time of a loan that does not stand");
    let texts: Vec<&str> = receipt.verdict.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Since then it is known to be at File room: not moved.",
            "2 other volumes are elsewhere.",
            "Was missing since Tue 09:00: the case is closed."
        ]
    );
}

#[test]
fn times_are_said_as_people_say_them() {
    let say = |day, hour| when(clock(day, hour), clock(2, 9), &zone());
    assert_eq!(say(2, 14), "today 14:00");
    assert_eq!(say(8, 14), "Tue 14:00");
    assert_eq!(say(9, 14), "Wed 9 Dec 14:00");
    let next_year = date(2027, 2, 3).at(8, 0, 0, 0).to_zoned(zone()).expect("zoned").timestamp();
    assert_eq!(when(next_year, clock(2, 9), &zone()), "3 Feb 2027 08:00");
}
