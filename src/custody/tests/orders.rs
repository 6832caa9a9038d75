//! Whatever the order of arrival, a chart is in one place.

use proptest::prelude::*;

use super::*;

/// A kiosk's stream: what was scanned and how many seconds after the scan before.
fn streams() -> impl Strategy<Value = Vec<Vec<(u8, Second)>>> {
    proptest::collection::vec(proptest::collection::vec((0u8..18, 1i64..90), 1..12), 3)
}

fn text_of(what: u8) -> String {
    match what {
        0..=5 => chart(u32::from(what) % 3 + 1),
        6 => person("C1"),
        7 => person("R1"),
        8 => card("CARD"),
        9 => card("FILE"),
        10 => card("ER"),
        11 => command(CommandWord::Out),
        12 => command(CommandWord::Return),
        13 => command(CommandWord::Missing),
        14 => command(CommandWord::Found),
        15 => command(CommandWord::Undo),
        16 => slip(2),
        _ => command(CommandWord::Receive),
    }
}

fn scans_of(streams: &[Vec<(u8, Second)>]) -> Vec<Vec<Scan>> {
    let kiosks = ["card-1", "er-1", "rr-1"];
    let each = kiosks.iter().zip(streams).zip(0i64..).map(|((kiosk, stream), offset)| {
        let mut second = offset;
        let numbered = stream.iter().zip(1u64..);
        numbered
            .map(|((what, pause), number)| {
                second += pause * 3;
                queued(kiosk, second, number, 100_000, &text_of(*what))
            })
            .collect()
    });
    each.collect()
}

/// Takes the streams' scans, each stream in its order, the next stream chosen by `turns`.
fn custodies(streams: &[Vec<Scan>], turns: &[usize]) -> Vec<Custody> {
    let mut desk = Desk::open();
    let mut rest: Vec<std::slice::Iter<'_, Scan>> = streams.iter().map(|stream| stream.iter()).collect();
    for turn in turns.iter().copied().chain((0..3).flat_map(|stream| std::iter::repeat_n(stream, 12))) {
        if let Some(scan) = rest[turn % 3].next() {
            desk.take(scan);
        }
    }
    (1..=3).map(|number| without_entry_numbers(desk.custody(number).clone())).collect()
}

/// Entries are numbered in order of arrival; all else must be equal.
fn without_entry_numbers(mut custody: Custody) -> Custody {
    custody.loan = custody.loan.map(|_| 0);
    custody.last.seq = 0;
    if let Some(case) = &mut custody.missing {
        case.seq = 0;
    }
    if let Some(undo) = &mut custody.undo {
        undo.target = 0;
        *undo.before = without_entry_numbers((*undo.before).clone());
    }
    custody
}

/// Custody after all of `scans`, of which those from `reached` on wait in the kiosk's queue, while the screen is touched
/// and, at the end, someone else signs in.
fn custodies_of_outage(scans: &[(u8, Second)], reached: usize, touches: &[usize], badge: bool) -> Vec<Custody> {
    let mut desk = Desk::open();
    desk.scan("rr-1", 0, &person("R1"));
    let mut second = 0;
    let mut waiting = Vec::new();
    for (at, (what, pause)) in scans.iter().enumerate() {
        second += pause;
        if at < reached {
            desk.scan("rr-1", second, &text_of(*what));
            continue;
        }
        waiting.push((second, text_of(*what)));
        if touches.contains(&at) {
            desk.touch("rr-1", second + 5);
        }
    }
    if badge {
        desk.scan("rr-1", second + 30, &person("C1"));
    }
    for (number, (at, text)) in (1..).zip(waiting) {
        desk.take(&queued("rr-1", at, number, second + 60 - at, &text));
    }
    let first = OrderKey { effective_at: at(0), kiosk: "".into(), queue_seq: 0, seq: 0 };
    let custody = |number| without_entry_numbers(desk.custody(number).clone());
    (1..=3).map(|number| Custody { last: first.clone(), undo: None, ..custody(number) }).collect()
}

proptest! {
    #[test]
    fn a_queue_is_judged_as_if_it_had_been_sent_in_time(
        scans in proptest::collection::vec((0u8..16, 1i64..90), 1..14),
        reached in 0usize..6,
        touches in proptest::collection::vec(0usize..14, 0..8),
        badge in any::<bool>(),
    ) {
        // What UNDO takes back late is the fold's to say, not the session's; and FOUND is refused in time where nothing
        // is missing, but not late, because the report may come after it.
        let scans: Vec<_> = scans.into_iter().map(|(what, pause)| (if what < 14 { what } else { what + 2 }, pause)).collect();
        let in_time = custodies_of_outage(&scans, scans.len(), &[], false);
        prop_assert_eq!(custodies_of_outage(&scans, reached, &touches, badge), in_time);
    }

    #[test]
    fn any_order_of_arrival_gives_the_same_custody(
        streams in streams(),
        one in proptest::collection::vec(0usize..3, 0..40),
        other in proptest::collection::vec(0usize..3, 0..40),
    ) {
        let scans = scans_of(&streams);
        prop_assert_eq!(custodies(&scans, &one), custodies(&scans, &other));
    }

    #[test]
    fn undo_restores_what_stood_before(lent in 0u8..6, to in 8u8..11) {
        let mut desk = Desk::open();
        let number = u32::from(lent) % 3 + 1;
        desk.scans("rr-1", 0, &[person("C1"), card("ER"), chart(number), text_of(to)]);
        let before = desk.custody(number).clone();
        desk.scan("rr-1", 10, &chart(number));
        desk.scan("rr-1", 11, &command(CommandWord::Undo));
        let after = desk.custody(number);
        // Lent to ER again is no change of its own: taking it back takes back the loan itself.
        let stood = if to == 10 { (place("FILE"), None) } else { (before.place, before.out_since) };
        prop_assert_eq!((after.place.clone(), after.out_since), stood);
    }

    #[test]
    fn no_scan_makes_it_panic(texts in proptest::collection::vec((0usize..3, ".{0,20}", 0u8..18, any::<bool>(), -90_000i64..90_000), 0..20)) {
        let mut desk = Desk::open();
        for (kiosk, garbage, what, wild, second) in texts {
            let kiosk = ["card-1", "er-1", "rr-1"][kiosk];
            desk.scan(kiosk, second, &if wild { garbage } else { text_of(what) });
        }
    }
}
