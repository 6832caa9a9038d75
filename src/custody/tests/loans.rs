//! Whose a loan is, when it begins anew, and how it is taken back.

use super::*;

#[test]
fn what_is_said_at_the_holder_s_own_place_begins_no_new_term() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), card("ER"), chart(1), chart(2), chart(3)]);
    desk.scans("er-1", 10, &[person("C1"), chart(1)]);
    let loans: Vec<_> = (1..=3).map(|number| desk.custody(number).clone()).collect();
    let late = 25 * 3600;
    desk.scan("er-1", late, &person("C1"));
    let typed = desk.typed("er-1", late + 1, &chart(1));
    assert_eq!((typed.verdict.kind, notes(&typed)), (VerdictKind::AlreadyHere, vec![NoteKind::WasOverdue]));
    assert_eq!(desk.custody(1).known_by, KnownBy::Scanned, "typing shows nothing, and takes nothing away");
    assert_eq!(desk.touched("er-1", late + 2, &slip(2)).verdict.kind, VerdictKind::AlreadyHere);
    let own = desk.scans("er-1", late + 3, &[card("ER"), chart(3)]);
    assert_eq!(own.verdict.kind, VerdictKind::AlreadyHere);
    assert_eq!(desk.custody(3).known_by, KnownBy::Scanned);
    desk.scans("card-1", late + 5, &[person("C1"), card("ER")]);
    desk.typed("card-1", late + 7, &chart(2));
    for (number, before) in (1..=3).zip(loans) {
        let after = desk.custody(number);
        assert_eq!((after.loan, after.due_at, after.since), (before.loan, before.due_at, before.since), "{number}");
    }
    let lent = desk.scans("rr-1", late + 10, &[person("R1"), card("ER"), chart(1)]);
    assert_eq!(lent.verdict.kind, VerdictKind::CheckedOut, "it had come back");
    assert_eq!(desk.custody(1).due_at, Some(at(late + 12 + 24 * 3600)));
}

#[test]
fn undo_never_takes_back_another_chart_than_the_last_one_shown() {
    let mut desk = Desk::open();
    desk.scans("er-1", 0, &[person("C1"), chart(1), chart(2), command(CommandWord::Return), chart(1)]);
    let last = desk.scans("rr-1", 10, &[person("R1"), chart(2), chart(1)]);
    assert_eq!(last.verdict.kind, VerdictKind::Returned, "it arrives where it was said to go");
    let refused = desk.scan("rr-1", 13, &command(CommandWord::Undo));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenNothingToUndo));
    assert_eq!(desk.custody(2).place, place("FILE"));
    desk.scans("rr-1", 20, &[command(CommandWord::Missing), slip(3), command(CommandWord::Return), chart(2)]);
    desk.scans("rr-1", 30, &[command(CommandWord::Found), chart(3)]);
    let refused = desk.scan("rr-1", 32, &command(CommandWord::Undo));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenNothingToUndo));
}

#[test]
fn a_person_takes_charts_also_where_they_are_filed() {
    let mut desk = Desk::open();
    desk.staff.get_mut(&badge("C1")).expect("staff").place = None;
    let taken = desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Out), person("C1"), chart(1)]);
    assert_eq!((taken.verdict.kind, taken.verdict.badge), (VerdictKind::CheckedOut, Some(badge("C1"))));
    let custody = desk.custody(1);
    assert_eq!((&custody.place, &custody.holder), (&place("FILE"), &Some(badge("C1"))));
    assert_eq!((custody.out_since, custody.due_at), (Some(at(3)), None), "no term where the place has none");
    assert_eq!(desk.scan("rr-1", 4, &chart(1)).verdict.kind, VerdictKind::AlreadyHere);
    desk.scan("rr-1", 5, &command(CommandWord::Undo));
    assert_eq!((&desk.custody(1).holder, desk.custody(1).out_since), (&None, None));
    desk.scan("rr-1", 6, &chart(1));
    let back = desk.scans("rr-1", 10, &[person("R1"), chart(1)]);
    assert_eq!(back.verdict.kind, VerdictKind::Returned);
    assert_eq!((&desk.custody(1).holder, desk.custody(1).out_since), (&None, None));
    desk.scans("rr-1", 20, &[command(CommandWord::Out), person("C1"), chart(1)]);
    desk.scan("rr-1", 30, &command(CommandWord::Return));
    assert_eq!(desk.typed("rr-1", 31, &chart(1)).verdict.kind, VerdictKind::Returned);
    assert_eq!((&desk.custody(1).holder, desk.custody(1).out_since), (&None, None));
}

#[test]
fn a_badge_withdrawn_since_it_was_named_takes_no_more_charts() {
    let mut desk = Desk::open();
    desk.scans("rr-1", 0, &[person("R1"), command(CommandWord::Out), person("C1")]);
    desk.staff.get_mut(&badge("C1")).expect("staff").active = false;
    let refused = desk.scan("rr-1", 4, &chart(1));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenBadgeIsInactive));
    assert_eq!((notes(&refused), &desk.custody(1).holder), (vec![NoteKind::SightingKept], &None));
    assert_eq!(desk.session("rr-1").staff, Some(badge("R1")));
}

#[test]
fn nothing_is_sent_home_to_a_place_that_was_closed() {
    let mut desk = Desk::open();
    desk.chart(1).home_in_use = false;
    desk.scans("er-1", 0, &[person("C1"), chart(1)]);
    let refused = desk.scans("er-1", 5, &[command(CommandWord::Return), chart(1)]);
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenPlaceIsInactive));
    assert_eq!(desk.custody(1).place, place("ER"));
    let back = desk.scans("rr-1", 10, &[person("R1"), chart(1)]);
    assert_eq!(back.verdict.kind, VerdictKind::Returned, "the records room takes it all the same");
}

#[test]
fn undo_leaves_a_chart_alone_that_was_retired_or_filed_elsewhere_since() {
    let mut desk = Desk::open();
    desk.scans("er-1", 0, &[person("C1"), chart(1)]);
    desk.chart(1).home = place("FILE2");
    let refused = desk.scan("er-1", 5, &command(CommandWord::Undo));
    assert_eq!(refused.verdict.rule, Some(Rule::RefuseWhenChartWasTouchedSince));
    desk.chart(1).home = place("FILE");
    desk.chart(1).retired = true;
    let refused = desk.scan("er-1", 6, &command(CommandWord::Undo));
    assert_eq!((refused.verdict.rule, refused.acts), (Some(Rule::RefuseWhenChartIsRetired), vec![]));
    desk.chart(1).retired = false;
    assert_eq!(desk.scan("er-1", 7, &command(CommandWord::Undo)).verdict.kind, VerdictKind::Undone);
}
