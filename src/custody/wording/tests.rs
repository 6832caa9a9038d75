use jiff::civil::date;

use super::*;
use crate::barcode::{CommandWord, Unrecognised};
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
    said_in(Language::English, hospital, verdict, custody)
}

fn said_in(language: Language, hospital: &Hospital, verdict: Verdict, custody: Option<Custody>) -> Receipt {
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
    receipt(&outcome, &entry, hospital, Manner { language, zone: &zone() })
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
    assert_eq!(detail(KnownBy::Scanned), "to File room · file it under 56, then 34, then 12");
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
    let say = |day, hour| when(clock(day, hour), clock(2, 9), Language::English, &zone());
    assert_eq!(say(2, 14), "today 14:00");
    assert_eq!(say(8, 14), "Tue 14:00");
    assert_eq!(say(9, 14), "Wed 9 Dec 14:00");
    let next_year = date(2027, 2, 3).at(8, 0, 0, 0).to_zoned(zone()).expect("zoned").timestamp();
    assert_eq!(when(next_year, clock(2, 9), Language::English, &zone()), "3 Feb 2027 08:00");
}

const KINDS: [VerdictKind; 16] = [
    VerdictKind::SignedIn,
    VerdictKind::SignedOff,
    VerdictKind::DestinationSet,
    VerdictKind::ModeSet,
    VerdictKind::CheckedOut,
    VerdictKind::Returned,
    VerdictKind::Received,
    VerdictKind::Sent,
    VerdictKind::AlreadyHere,
    VerdictKind::Sighted,
    VerdictKind::Located,
    VerdictKind::ReportedMissing,
    VerdictKind::Found,
    VerdictKind::LabelQueued,
    VerdictKind::Undone,
    VerdictKind::Unrecognised,
];

const RULES: [Rule; 19] = [
    Rule::RefuseWhenNobodyIsSignedIn,
    Rule::RefuseWhenBadgeIsUnknown,
    Rule::RefuseWhenBadgeIsInactive,
    Rule::RefuseWhenPlaceIsUnknown,
    Rule::RefuseWhenPlaceIsInactive,
    Rule::RefuseWhenChartIsUnknown,
    Rule::RefuseWhenChartIsRetired,
    Rule::RefuseWhenSeveralChartsFit,
    Rule::RefuseWhenRoleMayNot,
    Rule::RefuseWhenCommandIsNotYetServed,
    Rule::RefuseWhenNothingToUndo,
    Rule::RefuseWhenChartWasTouchedSince,
    Rule::RefuseWhenReferenceIsNotTheChart,
    Rule::RefuseWhenChartIsNotMissing,
    Rule::RefuseWhenKioskHasNoPrinter,
    Rule::RefuseWhenKioskPlaceIsUnknown,
    Rule::RefuseWhenCodeIsUnrecognised,
    Rule::RefuseWhenDestinationIsMissing,
    Rule::RefuseWhenEcho,
];

const NOTES: [NoteKind; 14] = [
    NoteKind::WasMissingCaseClosed,
    NoteKind::LabelSuperseded,
    NoteKind::OtherVolumesElsewhere,
    NoteKind::RestrictedRecord,
    NoteKind::BelongsElsewhere,
    NoteKind::Unattributed,
    NoteKind::LateScan,
    NoteKind::SeenElsewhereSince,
    NoteKind::WantedElsewhere,
    NoteKind::LooseSheetsWaiting,
    NoteKind::SightingKept,
    NoteKind::WasOverdue,
    NoteKind::IsMissing,
    NoteKind::ChooseOne,
];

/// Every verdict that there can be, in all the ways in which its words differ.
fn verdicts() -> Vec<Verdict> {
    let notes = NOTES.into_iter().flat_map(|kind| {
        let known = Note { place: Some(place("FILE")), count: Some(2), at: Some(clock(1, 9)), ..Note::new(kind) };
        [Note::new(kind), known]
    });
    let mut all = Vec::new();
    for kind in KINDS {
        all.push(verdict(kind, "CARD"));
        all.push(verdict(kind, "FILE"));
        all.push(Verdict { badge: BadgeNumber::new("7").ok(), ..verdict(kind, "CARD") });
        all.push(Verdict::new(kind, Tone::Ok));
    }
    all.extend(RULES.map(Verdict::refused));
    let commands = [CommandWord::Out, CommandWord::Return, CommandWord::Receive, CommandWord::Send];
    let more = [CommandWord::Where, CommandWord::Missing, CommandWord::Found, CommandWord::Shelf, CommandWord::Label];
    for command in commands.into_iter().chain(more) {
        all.push(Verdict { command: Some(command), ..Verdict::new(VerdictKind::ModeSet, Tone::Ok) });
        all.push(Verdict { command: Some(command), ..Verdict::refused(Rule::RefuseWhenCommandIsNotYetServed) });
        all.push(Verdict { command: Some(command), ..Verdict::refused(Rule::RefuseWhenRoleMayNot) });
    }
    let reasons = [Unrecognised::WrongCheck, Unrecognised::Empty, Unrecognised::TooLong, Unrecognised::Malformed];
    all.extend(reasons.map(|reason| Verdict { reason: Some(reason), ..Verdict::refused(RULES[16]) }));
    all.push(Verdict { notes: notes.collect(), ..verdict(VerdictKind::CheckedOut, "CARD") });
    all
}

/// Is it a key that no text was found for, or a place that was not filled?
fn is_left_over(text: &str) -> bool {
    let key =
        |part: &str| part.contains('.') && part.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte));
    text.contains(['{', '}']) || text.split(" · ").any(key)
}

#[test]
fn every_verdict_refusal_and_note_has_words_of_its_own_in_every_language() {
    let known = [KnownBy::Scanned, KnownBy::Asserted, KnownBy::Inferred];
    let mut custodies: Vec<Option<Custody>> = known.map(|known| Some(custody("CARD", known))).into();
    custodies.extend([Some(custody("FILE", KnownBy::Scanned)), Some(custody("FILE", KnownBy::Asserted)), None]);
    for (verdict, custody) in verdicts().iter().flat_map(|verdict| custodies.iter().map(move |one| (verdict, one))) {
        let in_language = |language| said_in(language, &OPEN, verdict.clone(), custody.clone()).verdict;
        let english = in_language(Language::English);
        for language in Language::ALL {
            let said = in_language(language);
            let texts = [&said.headline, &said.detail].into_iter().chain(said.notes.iter().map(|note| &note.text));
            for text in texts {
                assert!(!is_left_over(text), "{} {verdict:?}: {text}", language.tag());
            }
            assert!(!said.headline.is_empty(), "{} {verdict:?}", language.tag());
            let notes = said.notes.iter().zip(&english.notes).all(|(note, english)| note.text != english.text);
            let differs = said.headline != english.headline && notes;
            assert!(language == Language::English || differs, "{} {verdict:?}: {said:?}", language.tag());
        }
    }
}

#[test]
fn a_checkout_is_said_in_spanish_and_in_french() {
    let out = |language| {
        let custody = Some(custody("CARD", KnownBy::Asserted));
        let said = said_in(language, &OPEN, verdict(VerdictKind::CheckedOut, "CARD"), custody).verdict;
        (said.headline, said.detail)
    };
    assert_eq!(out(Language::Spanish), ("Prestada".to_owned(), "a Cardiology · vence mar 14:00".to_owned()));
    assert_eq!(out(Language::French), ("Sorti".to_owned(), "vers Cardiology · à rendre mar. 14:00".to_owned()));
    let day = |language| when(clock(9, 14), clock(2, 9), language, &zone());
    assert_eq!(Language::ALL.map(day), ["Wed 9 Dec 14:00", "mié 9 dic 14:00", "mer. 9 déc. 14:00"]);
}
