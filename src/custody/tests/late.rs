use super::*;

#[test]
fn a_replayed_scan_is_never_refused_for_sign_in() {
    let mut desk = Desk::open();
    let late = desk.take(&queued("er-1", 0, 1, 600, &chart(1)));
    assert_eq!(late.verdict.kind, VerdictKind::Received);
    assert_eq!(notes(&late), [NoteKind::LateScan, NoteKind::Unattributed]);
    let fresh = desk.take(&queued("er-1", 700, 2, 3, &chart(1)));
    assert_eq!(fresh.verdict.rule, Some(Rule::RefuseWhenNobodyIsSignedIn), "queued for a moment is live");
}

#[test]
fn a_late_scan_finds_the_session_of_its_day_and_leaves_today_s_alone() {
    let mut desk = Desk::open();
    desk.take(&queued("er-1", 0, 1, 600, &person("C1")));
    desk.take(&queued("er-1", 1, 2, 600, &card("CARD")));
    let late = desk.take(&queued("er-1", 2, 3, 600, &chart(1)));
    assert_eq!((late.verdict.kind, late.verdict.place.clone()), (VerdictKind::CheckedOut, Some(place("CARD"))));
    assert_eq!(notes(&late), [NoteKind::LateScan]);
    desk.scan("er-1", 700, &person("R1"));
    let stray = desk.take(&queued("er-1", 3, 4, 800, &chart(2)));
    assert_eq!(notes(&stray), [NoteKind::LateScan, NoteKind::Unattributed]);
    assert_eq!(desk.session("er-1").staff, Some(badge("R1")));
}

#[test]
fn a_late_scan_does_not_move_a_chart_that_was_seen_elsewhere_since() {
    let mut desk = Desk::open();
    desk.scans("card-1", 100, &[person("C1"), chart(1)]);
    let late = desk.take(&queued("er-1", 50, 1, 600, &chart(1)));
    assert_eq!(notes(&late), [NoteKind::SeenElsewhereSince, NoteKind::LateScan, NoteKind::Unattributed]);
    assert_eq!(desk.custody(1).place, place("CARD"));
    assert_eq!(desk.custody(1).out_since, Some(at(50)), "it left home when the late scan says");
}

#[test]
fn a_scan_older_than_the_chart_s_registration_moves_it_and_says_so() {
    let mut desk = Desk::open();
    for (second, queue_seq, kiosk, stands) in [(-2000, 1, "er-1", "ER"), (-1500, 1, "card-1", "CARD")] {
        let late = desk.take(&queued(kiosk, second, queue_seq, 9000, &chart(1)));
        assert_eq!(notes(&late), [NoteKind::LateScan, NoteKind::Unattributed]);
        assert_eq!(desk.custody(1).place, place(stands));
    }
    let older = desk.take(&queued("er-1", -1800, 2, 9000, &chart(1)));
    assert!(notes(&older).contains(&NoteKind::SeenElsewhereSince));
    assert_eq!(desk.custody(1).place, place("CARD"));
}

#[test]
fn evidence_older_than_the_case_does_not_close_it() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 100, &[person("R1"), command(CommandWord::Missing), slip(1)]);
    let late = desk.take(&queued("er-1", 50, 1, 600, &chart(1)));
    assert!(desk.custody(1).missing.is_some());
    assert!(notes(&late).contains(&NoteKind::IsMissing));
    desk.take(&queued("er-1", 150, 2, 600, &chart(1)));
    assert_eq!(desk.custody(1).missing, None);
}
