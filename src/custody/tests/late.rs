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
    let straggler = desk.take(&queued("er-1", 3, 4, 800, &chart(2)));
    assert_eq!(notes(&straggler), [NoteKind::LateScan]);
    assert_eq!(straggler.verdict.place, Some(place("CARD")));
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

/// An outage at `rr-1`: who signed in before it, a card and charts, an UNDO and another card, as its queue has them.
fn an_outage() -> [Scan; 6] {
    let texts = [chart(1), chart(2), command(CommandWord::Undo), card("ER"), chart(3), command(CommandWord::Done)];
    let mut number = 0;
    texts.map(|text| {
        number += 1;
        queued("rr-1", 5 * i64::try_from(number).expect("few"), number, 100, &text)
    })
}

fn assert_lent(desk: &Desk) {
    assert_eq!([1, 2, 3].map(|number| desk.custody(number).place.clone()), [place("CARD"), place("FILE"), place("ER")]);
}

#[test]
fn a_touch_before_the_replay_leaves_a_queue_in_its_session() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), card("CARD")]);
    for touch in [40, 150, 260] {
        desk.touch("rr-1", touch);
    }
    let told = an_outage().map(|scan| desk.take(&scan).verdict.kind);
    assert_eq!(told[..2], [VerdictKind::CheckedOut; 2]);
    assert_lent(&desk);
}

#[test]
fn a_touch_of_an_idle_lane_begins_no_session() {
    let mut desk = Desk::open();
    desk.scans("rr-1", -2000, &[person("C1"), card("ER")]);
    desk.touch("rr-1", 50);
    for (number, text) in (1..).zip([person("R1"), card("CARD"), chart(1)]) {
        desk.take(&queued("rr-1", i64::try_from(number).expect("few"), number, 100, &text));
    }
    assert_eq!(desk.custody(1).place, place("CARD"));
    assert_eq!(desk.session("rr-1").staff, Some(badge("R1")));
}

#[test]
fn a_badge_before_the_replay_leaves_a_queue_in_its_session() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), card("CARD")]);
    let live = desk.scan("rr-1", 60, &person("C1")).session;
    for scan in an_outage() {
        let told = desk.take(&scan);
        assert!(!notes(&told).contains(&NoteKind::Unattributed));
    }
    assert_lent(&desk);
    assert_eq!(desk.session("rr-1"), live);
}

#[test]
fn two_queues_of_a_lane_do_not_mix() {
    let mut desk = Desk::open();
    desk.scan("rr-1", 2000, &person("C1"));
    let one = [person("R1"), card("CARD"), chart(1), chart(2)];
    let other = [person("C1"), card("ER"), chart(3), command(CommandWord::Done)];
    for (number, (one, other)) in (1..).zip(one.iter().zip(&other)) {
        let second = i64::try_from(number).expect("few");
        desk.take(&queued("rr-1", second, number, 3000, one));
        desk.take(&queued("rr-1", 1000 + second, 100 + number, 3000, other));
    }
    assert_eq!([1, 2, 3].map(|number| desk.custody(number).place.clone()), [place("CARD"), place("CARD"), place("ER")]);
}

#[test]
fn a_chart_of_a_session_that_is_forgotten_was_only_seen() {
    let mut desk = Desk::open();
    desk.scans("er-1", 0, &[person("C1"), card("CARD"), chart(1)]);
    desk.scan("rr-1", 500, &person("R1"));
    let stray = desk.take(&queued("rr-1", 100, 1, 600, &chart(1)));
    assert_eq!(stray.verdict.kind, VerdictKind::Sighted);
    assert_eq!(notes(&stray), [NoteKind::LateScan, NoteKind::Unattributed]);
    assert_eq!(desk.custody(1).place, place("CARD"));
    assert_eq!(desk.custody(1).seen_place, Some(place("FILE")));
}

#[test]
fn a_late_undo_says_whether_it_undid_anything() {
    let mut desk = Desk::open();
    for (number, text) in (1..).zip([person("R1"), card("ER"), chart(1), chart(2)]) {
        desk.take(&queued("rr-1", i64::try_from(number).expect("few"), number, 600, &text));
    }
    desk.take(&queued("card-1", 20, 1, 600, &chart(2)));
    let late = desk.take(&queued("rr-1", 30, 5, 600, &command(CommandWord::Undo)));
    assert_eq!(late.verdict.rule, Some(Rule::RefuseWhenChartWasTouchedSince), "received between");
    desk.take(&queued("rr-1", 40, 6, 600, &chart(3)));
    desk.take(&queued("card-1", 60, 2, 600, &chart(3)));
    let late = desk.take(&queued("rr-1", 50, 7, 600, &command(CommandWord::Undo)));
    assert_eq!((late.verdict.kind, late.verdict.tone), (VerdictKind::Undone, Tone::Attention), "received after it");
    assert!(notes(&late).contains(&NoteKind::SeenElsewhereSince));
    assert_eq!(desk.custody(3).out_since, Some(at(60)));
}

#[test]
fn a_late_report_of_a_chart_that_was_seen_since_calls_attention() {
    let mut desk = Desk::open();
    desk.scans("er-1", 100, &[person("C1"), chart(1)]);
    for (number, text) in (1..).zip([person("R1"), command(CommandWord::Missing)]) {
        desk.take(&queued("rr-1", i64::try_from(number).expect("few"), number, 600, &text));
    }
    let late = desk.take(&queued("rr-1", 3, 3, 600, &slip(1)));
    assert_eq!((late.verdict.kind, late.verdict.tone), (VerdictKind::ReportedMissing, Tone::Attention));
    assert_eq!(desk.custody(1).missing, None);
    let open = desk.take(&queued("rr-1", 4, 4, 600, &slip(2)));
    assert_eq!(open.verdict.tone, Tone::Ok);
}
