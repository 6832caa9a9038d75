use super::*;

#[test]
fn charts_go_to_the_destination_and_come_back() {
    let mut desk = Desk::open();
    let lent = desk.scans("rr-1", 0, &[person("C1"), card("CARD"), chart(1)]);
    assert_eq!((lent.verdict.kind, lent.verdict.tone), (VerdictKind::CheckedOut, Tone::Ok));
    let custody = desk.custody(1).clone();
    assert_eq!((custody.place, custody.known_by), (place("CARD"), KnownBy::Asserted));
    assert_eq!((custody.seen_place, custody.due_at), (Some(place("FILE")), Some(at(2 + 72 * 3600))));
    let again = desk.scan("rr-1", 60, &chart(1));
    assert_eq!(again.verdict.kind, VerdictKind::AlreadyHere);
    assert_eq!(desk.custody(1).loan, custody.loan, "no new term");
    let arrived = desk.scans("card-1", 100, &[person("C1"), chart(1)]);
    assert_eq!(arrived.verdict.kind, VerdictKind::Received);
    assert_eq!((desk.custody(1).known_by, desk.custody(1).loan), (KnownBy::Scanned, custody.loan));
    assert_eq!(desk.scan("card-1", 110, &chart(1)).verdict.kind, VerdictKind::AlreadyHere);
    desk.scans("er-1", 200, &[person("C1"), chart(1)]);
    assert_eq!(desk.custody(1).out_since, custody.out_since, "handed on, still out since it left home");
    assert_ne!(desk.custody(1).loan, custody.loan, "handed on begins the new place's term");
    let back = desk.scans("rr-1", 300, &[person("C1"), chart(1)]);
    assert_eq!((back.verdict.kind, back.verdict.place), (VerdictKind::Returned, Some(place("FILE"))));
    let home = desk.custody(1);
    assert_eq!((&home.out_since, &home.due_at, &home.loan), (&None, &None, &None));
}

#[test]
fn return_at_a_department_is_said_and_not_seen() {
    let mut desk = Desk::open();
    let back = desk.scans("er-1", 0, &[person("C1"), chart(1), command(CommandWord::Return), chart(1)]);
    assert_eq!(back.verdict.kind, VerdictKind::Returned);
    let custody = desk.custody(1);
    assert_eq!((&custody.place, custody.known_by, &custody.out_since), (&place("FILE"), KnownBy::Asserted, &None));
    assert_eq!(custody.seen_place, Some(place("ER")));
    let arrived = desk.scans("rr-1", 50, &[person("R1"), chart(1)]);
    assert_eq!(arrived.verdict.kind, VerdictKind::Returned);
    assert_eq!(desk.custody(1).known_by, KnownBy::Scanned);
}

#[test]
fn a_return_at_another_file_room_says_where_it_belongs() {
    let mut desk = Desk::open();
    desk.kiosks.get_mut("rr-1").expect("kiosk").place = place("FILE2");
    let back = desk.scans("rr-1", 0, &[person("C1"), chart(1)]);
    assert_eq!((back.verdict.kind, back.verdict.tone), (VerdictKind::Returned, Tone::Attention));
    assert_eq!(notes(&back), [NoteKind::BelongsElsewhere]);
}

#[test]
fn a_refused_scan_still_is_a_sighting() {
    let mut desk = Desk::open();
    let refused = desk.scan("er-1", 0, &chart(1));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenNobodyIsSignedIn));
    assert_eq!(notes(&refused), [NoteKind::SightingKept]);
    assert_eq!((&desk.custody(1).place, &desk.custody(1).seen_place), (&place("FILE"), &Some(place("ER"))));
    desk.chart(2).retired = true;
    let refused = desk.scans("er-1", 1, &[person("C1"), chart(2)]);
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenChartIsRetired));
    assert_eq!(desk.custody(2).seen_place, Some(place("ER")));
    let typed = desk.typed("er-1", 5, &chart(2));
    assert!(typed.acts.is_empty(), "typing shows nothing");
    assert_eq!(desk.scan("er-1", 6, &chart(99)).verdict.rule, Some(Rule::RefuseWhenChartIsUnknown));
    assert_eq!(desk.scan("er-1", 7, "nonsense").verdict.kind, VerdictKind::Unrecognised);
}

#[test]
fn a_slip_is_not_the_chart() {
    let mut desk = Desk::open();
    let refused = desk.scans("er-1", 0, &[person("R1"), slip(1)]);
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenReferenceIsNotTheChart));
    assert!(refused.acts.is_empty());
    let touched = desk.touched("er-1", 3, &slip(1));
    assert_eq!(touched.verdict.kind, VerdictKind::Received, "chosen on the screen among several");
    assert_eq!((desk.custody(1).known_by, desk.custody(1).seen_at), (KnownBy::Asserted, None));
    desk.scan("er-1", 4, &command(CommandWord::Undo));
    let told = desk.scans("er-1", 5, &[command(CommandWord::Where), slip(1)]);
    assert_eq!((told.verdict.kind, told.acts.len()), (VerdictKind::Located, 0));
    assert_eq!(told.verdict.place, Some(place("FILE")));
}

#[test]
fn typed_numbers_are_asserted() {
    let mut desk = Desk::open();
    desk.scan("er-1", 0, &person("C1"));
    assert_eq!(desk.typed("er-1", 1, &chart(1)).verdict.kind, VerdictKind::Received);
    let custody = desk.custody(1);
    assert_eq!((&custody.place, custody.known_by, &custody.seen_at), (&place("ER"), KnownBy::Asserted, &None));
}

#[test]
fn any_scan_of_a_missing_chart_closes_its_case() {
    let mut desk = Desk::open();
    let lost = desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Missing), slip(1)]);
    assert_eq!(lost.verdict.kind, VerdictKind::ReportedMissing);
    assert!(desk.custody(1).missing.is_some());
    let told = desk.scans("rr-1", 5, &[command(CommandWord::Where), slip(1)]);
    assert_eq!(notes(&told), [NoteKind::IsMissing]);
    let seen = desk.scan("er-1", 10, &chart(1));
    assert_eq!(seen.verdict.kind, VerdictKind::Refused, "nobody is signed in there");
    assert_eq!(notes(&seen), [NoteKind::SightingKept, NoteKind::WasMissingCaseClosed]);
    assert_eq!(desk.custody(1).missing, None);
    desk.scans("rr-1", 20, &[command(CommandWord::Missing), chart(2), command(CommandWord::Found)]);
    let found = desk.scan("rr-1", 30, &chart(2));
    assert_eq!(found.verdict.kind, VerdictKind::Found);
    assert_eq!(desk.custody(2).missing, None);
    assert_eq!(desk.scan("rr-1", 31, &chart(2)).verdict.rule, Some(Rule::RefuseWhenChartIsNotMissing));
}

#[test]
fn undo_takes_back_the_session_s_own_last_change() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("C1"), card("CARD"), chart(1)]);
    let undone = desk.scan("rr-1", 5, &command(CommandWord::Undo));
    assert_eq!(undone.verdict.kind, VerdictKind::Undone);
    assert_eq!((&desk.custody(1).place, desk.custody(1).out_since), (&place("FILE"), None));
    assert_eq!(desk.custody(1).seen_at, Some(at(2)), "the sighting stays");
    assert_eq!(desk.scan("rr-1", 6, &command(CommandWord::Undo)).verdict.rule, Some(Rule::RefuseWhenNothingToUndo));
    desk.scans("rr-1", 10, &[chart(1), chart(1), command(CommandWord::Undo)]);
    assert_eq!(desk.custody(1).place, place("FILE"), "scanned twice is one change");
    desk.scan("rr-1", 20, &chart(1));
    desk.scan("er-1", 21, &chart(1));
    let refused = desk.scan("rr-1", 22, &command(CommandWord::Undo));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenChartWasTouchedSince));
}

#[test]
fn a_number_that_several_charts_carry_is_not_guessed() {
    let mut desk = Desk::open();
    desk.scan("er-1", 0, &person("C1"));
    assert_eq!(desk.scan("er-1", 1, "000001").verdict.kind, VerdictKind::Received);
    desk.chart(2).mrn = "000003".to_owned();
    let refused = desk.scan("er-1", 2, "000003");
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenSeveralChartsFit));
    assert_eq!(refused.verdict.notes[0].charts, [ChartNumber(2), ChartNumber(3)]);
    assert!(refused.acts.is_empty());
    let chosen = desk.touched("er-1", 3, &slip(3));
    assert_eq!(chosen.verdict.kind, VerdictKind::Received);
    assert_eq!((desk.custody(3).known_by, desk.custody(3).seen_at), (KnownBy::Scanned, Some(at(3))));
    for (between, touched) in [(person("C1"), 2), (card("ER"), 2), ("000003".to_owned(), 1)] {
        desk.scans("er-1", 10, &["000003".to_owned(), between]);
        desk.touched("er-1", 12, &slip(touched));
        assert_ne!(desk.custody(touched).seen_at, Some(at(12)), "no label that fits it was read just before");
    }
    desk.typed("er-1", 20, "000003");
    desk.touched("er-1", 21, &slip(2));
    assert_eq!(desk.custody(2).seen_at, None, "nobody had a label in hand");
}

#[test]
fn nothing_arrives_at_a_kiosk_whose_place_was_closed() {
    let mut desk = Desk::open();
    desk.scan("er-1", 0, &person("C1"));
    desk.places.get_mut(&place("ER")).expect("place").active = false;
    let refused = desk.scan("er-1", 1, &chart(1));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenPlaceIsInactive));
    assert_eq!(notes(&refused), [NoteKind::SightingKept]);
    assert_eq!((&desk.custody(1).place, &desk.custody(1).seen_place), (&place("FILE"), &Some(place("ER"))));
    let sent_on = desk.scans("er-1", 2, &[card("CARD"), chart(1)]);
    assert_eq!(sent_on.verdict.kind, VerdictKind::CheckedOut);
    let sent_home = desk.scans("er-1", 4, &[command(CommandWord::Return), chart(1)]);
    assert_eq!(sent_home.verdict.kind, VerdictKind::Returned);
}

#[test]
fn a_label_read_to_report_its_chart_missing_is_a_sighting_too() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Missing), slip(1)]);
    let again = desk.scan("rr-1", 5, &chart(1));
    assert_eq!(again.verdict.kind, VerdictKind::ReportedMissing);
    assert_eq!(notes(&again), [NoteKind::IsMissing, NoteKind::SightingKept]);
    assert_eq!((desk.custody(1).seen_at, &desk.custody(1).seen_place), (Some(at(5)), &Some(place("FILE"))));
    assert_eq!(desk.custody(1).missing.as_ref().map(|case| case.since), Some(at(2)), "the case goes on");
    desk.scan("rr-1", 6, &command(CommandWord::Undo));
    assert_eq!(desk.custody(1).seen_at, Some(at(5)), "the sighting stays");
}

#[test]
fn labels_are_superseded_only_once_the_newer_one_is_on_the_chart() {
    let mut desk = Desk::open();
    let issue = |issue| text(&Code::Chart(ChartNumber(1), LabelIssue(issue)));
    desk.scan("er-1", 0, &person("C1"));
    assert_eq!(desk.scan("er-1", 1, &issue(7)).on_chart, None, "Outguide never printed one");
    desk.chart(1).label_issued = Some(LabelIssue(2));
    let first = desk.scan("er-1", 2, &issue(1));
    assert_eq!((notes(&first), first.on_chart), (vec![], Some((ChartNumber(1), LabelIssue(1)))));
    desk.chart(1).label_issue = Some(LabelIssue(2));
    let old = desk.scan("er-1", 3, &issue(1));
    assert_eq!((notes(&old), old.verdict.tone), (vec![NoteKind::LabelSuperseded], Tone::Attention));
    assert_eq!(old.acts.len(), 1, "the scan counts");
}

#[test]
fn an_overdue_chart_at_its_holder_stays_overdue() {
    let mut desk = Desk::open();
    desk.scans("er-1", 0, &[person("C1"), chart(1)]);
    let (loan, due_at) = (desk.custody(1).loan, desk.custody(1).due_at);
    let seen = desk.scans("er-1", 25 * 3600, &[person("C1"), chart(1)]);
    assert_eq!((seen.verdict.kind, notes(&seen)), (VerdictKind::AlreadyHere, vec![NoteKind::WasOverdue]));
    assert_eq!((desk.custody(1).loan, desk.custody(1).due_at), (loan, due_at));
}

#[test]
fn label_queues_a_label() {
    let mut desk = Desk::open();
    let queued = desk.scans("rr-1", 0, &[person("C1"), command(CommandWord::Label), slip(3)]);
    assert_eq!((queued.verdict.kind, queued.label_for), (VerdictKind::LabelQueued, Some(ChartNumber(3))));
}

#[test]
fn a_chart_found_is_where_it_was_found() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Missing), slip(1), slip(2)]);
    let found = desk.scans("er-1", 10, &[person("R1"), command(CommandWord::Found), chart(1)]);
    assert_eq!((found.verdict.kind, found.verdict.place), (VerdictKind::Found, Some(place("ER"))));
    let custody = desk.custody(1);
    assert_eq!((&custody.place, custody.known_by, &custody.missing), (&place("ER"), KnownBy::Scanned, &None));
    assert_eq!((custody.out_since, custody.due_at), (Some(at(12)), Some(at(12 + 24 * 3600))));
    desk.scan("er-1", 13, &command(CommandWord::Undo));
    let back = desk.custody(1);
    assert_eq!((&back.place, &back.missing), (&place("FILE"), &None), "taken back, and still it was seen");
    let said = desk.scans("er-1", 15, &[command(CommandWord::Missing), slip(3), command(CommandWord::Found)]);
    assert_eq!(said.verdict.kind, VerdictKind::ModeSet);
    desk.typed("er-1", 18, &chart(3));
    assert_eq!((&desk.custody(3).place, desk.custody(3).due_at), (&place("ER"), Some(at(18 + 24 * 3600))));
    let home = desk.scans("rr-1", 20, &[command(CommandWord::Found), chart(2)]);
    assert_eq!(home.verdict.kind, VerdictKind::Found);
    assert_eq!((&desk.custody(2).place, desk.custody(2).out_since), (&place("FILE"), None));
}
