use super::*;

#[test]
fn a_badge_signs_in_and_switches_and_clears_the_destination() {
    let mut desk = Desk::open();
    assert_eq!(desk.scan("er-1", 0, &person("C1")).verdict.kind, VerdictKind::SignedIn);
    assert_eq!(desk.scan("er-1", 1, &card("CARD")).verdict.kind, VerdictKind::DestinationSet);
    assert_eq!(desk.session("er-1").destination.expect("set").place, place("CARD"));
    desk.scan("er-1", 2, &person("R1"));
    assert_eq!(desk.session("er-1").staff, Some(badge("R1")));
    assert_eq!(desk.session("er-1").destination, None);
    desk.scans("er-1", 3, &[card("CARD"), person("R1")]);
    assert_eq!(desk.session("er-1").destination, None, "one's own badge again does the same");
    assert_eq!(desk.scan("er-1", 9, &command(CommandWord::Done)).verdict.kind, VerdictKind::SignedOff);
    assert_eq!(desk.session("er-1").staff, None);
}

#[test]
fn an_idle_session_is_over_by_the_scan_s_own_time() {
    let mut desk = Desk::open();
    desk.scan("er-1", 0, &person("C1"));
    assert_eq!(desk.scan("er-1", 120, &chart(1)).verdict.kind, VerdictKind::Received);
    let refused = desk.scan("er-1", 241, &chart(1));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenNobodyIsSignedIn));
    assert_eq!(desk.session("er-1").staff, None);
    let session = desk.session("er-1").touched(at(9999), &desk.kiosks["er-1"]);
    assert_eq!(session.staff, None, "a touch does not bring a session back");
}

#[test]
fn out_and_then_a_badge_names_who_takes_the_charts() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Out), person("C1")]);
    let lent = desk.scan("rr-1", 4, &chart(1));
    assert_eq!(lent.verdict.kind, VerdictKind::CheckedOut);
    assert_eq!(desk.custody(1).holder, Some(badge("C1")));
    assert_eq!(desk.custody(1).place, place("CARD"), "where the person works");
    assert_eq!(desk.session("rr-1").staff, Some(badge("R1")), "who lends stays signed in");
    let lent = desk.scans("rr-1", 5, &[card("ER"), chart(2)]);
    assert_eq!(lent.verdict.badge, Some(badge("C1")));
    assert_eq!(desk.custody(2).place, place("ER"));
    let refused = desk.scans("rr-1", 8, &[command(CommandWord::Out), chart(3)]);
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenDestinationIsMissing));
}

#[test]
fn a_lost_badge_is_dead_at_once() {
    let mut desk = Desk::open();
    desk.scan("er-1", 0, &person("C1"));
    desk.staff.get_mut(&badge("C1")).expect("staff").active = false;
    assert_eq!(desk.scan("er-1", 1, &chart(1)).verdict.rule, Some(Rule::RefuseWhenNobodyIsSignedIn));
    assert_eq!(desk.scan("er-1", 2, &person("C1")).verdict.rule, Some(Rule::RefuseWhenBadgeIsInactive));
    assert_eq!(desk.session("er-1").staff, None);
    desk.scan("er-1", 3, &person("R1"));
    assert_eq!(desk.scan("er-1", 4, &person("X9")).verdict.rule, Some(Rule::RefuseWhenBadgeIsUnknown));
    assert_eq!(desk.session("er-1").staff, None, "what follows is not put down to the one before");
}

#[test]
fn commands_ask_for_their_role() {
    let mut desk = Desk::open();
    desk.scan("er-1", 0, &person("C1"));
    for word in [CommandWord::Missing, CommandWord::Found] {
        assert_eq!(desk.scan("er-1", 1, &command(word)).verdict.rule, Some(Rule::RefuseWhenRoleMayNot));
    }
    for word in [CommandWord::Send, CommandWord::Shelf] {
        let refused = desk.scan("er-1", 2, &command(word));
        assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenCommandIsNotYetServed));
        assert_eq!(refused.verdict.command, Some(word));
    }
    for word in [CommandWord::Out, CommandWord::Return, CommandWord::Receive, CommandWord::Where] {
        assert_eq!(desk.scan("er-1", 3, &command(word)).verdict.kind, VerdictKind::ModeSet);
    }
    assert_eq!(
        desk.scan("er-1", 4, &command(CommandWord::Label)).verdict.rule,
        Some(Rule::RefuseWhenKioskHasNoPrinter)
    );
    let viewer = desk.scans("er-1", 5, &[person("V1"), chart(1)]);
    assert_eq!(viewer.verdict.rule, Some(Rule::RefuseWhenRoleMayNot));
    assert_eq!(desk.custody(1).seen_place, Some(place("ER")), "the sighting is kept");
}

#[test]
fn what_is_refused_ends_what_was_said_before() {
    let refused =
        [card("NOWHERE"), command(CommandWord::Missing), command(CommandWord::Send), command(CommandWord::Label)];
    for refused in refused {
        let mut desk = Desk::open();
        desk.scans("er-1", 0, &[person("C1"), card("CARD"), refused]);
        for asked in [desk.scan("er-1", 4, &chart(1)), desk.typed("er-1", 5, &chart(2))] {
            assert_eq!(asked.verdict.rule, Some(Rule::RefuseWhenDestinationIsMissing));
        }
        assert_eq!((&desk.custody(1).place, &desk.custody(2).place), (&place("FILE"), &place("FILE")));
        assert_eq!(desk.custody(1).seen_place, Some(place("ER")), "the sighting is kept");
        let received = desk.scans("er-1", 6, &[command(CommandWord::Receive), chart(1)]);
        assert_eq!(received.verdict.kind, VerdictKind::Received);
        let lent = desk.scans("er-1", 8, &[card("NOWHERE"), card("CARD"), chart(2)]);
        assert_eq!(lent.verdict.kind, VerdictKind::CheckedOut);
    }
}

#[test]
fn a_place_that_was_closed_meanwhile_ends_the_destination_of_a_queue() {
    let mut desk = Desk::open();
    desk.places.get_mut(&place("CARD")).expect("place").active = false;
    for (number, text) in (1..).zip([person("R1"), card("ER"), chart(1), card("CARD"), chart(2)]) {
        desk.take(&queued("rr-1", i64::try_from(number).expect("few"), number, 600, &text));
    }
    assert_eq!((&desk.custody(1).place, &desk.custody(2).place), (&place("ER"), &place("FILE")));
    assert_eq!(desk.custody(2).known_by, KnownBy::Scanned);
}

#[test]
fn what_says_nothing_of_the_next_chart_ends_nothing() {
    for text in ["garbage".to_owned(), command(CommandWord::Undo), slip(2)] {
        let mut desk = Desk::open();
        desk.scans("er-1", 0, &[person("C1"), card("CARD"), text]);
        assert_eq!(desk.scan("er-1", 4, &chart(1)).verdict.kind, VerdictKind::CheckedOut);
    }
}

#[test]
fn out_asks_on_after_a_refused_place_until_it_knows_who_takes_the_charts() {
    let mut desk = Desk::open();
    let taker = desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Out), card("NOWHERE"), person("C1")]);
    assert_eq!(taker.verdict.kind, VerdictKind::DestinationSet);
    let next = desk.scans("rr-1", 5, &[card("NOWHERE"), person("C1")]);
    assert_eq!(next.verdict.kind, VerdictKind::SignedIn, "the next person's badge");
}
