//! The rules of counting, by scripts of looks; and against a printer of random habits that knows what came out of it.

use proptest::prelude::*;

use super::Fault;
use super::convoy::*;
use super::track::{Doubt, Evidence, Progress};

fn look(to_come: u32, waiting: u32) -> Look {
    Look { to_come, waiting, ..Look::default() }
}

fn at(to_come: u32) -> Seen {
    Seen::Look(look(to_come, 0))
}

fn with(to_come: u32, waiting: u32) -> Seen {
    Seen::Look(look(to_come, waiting))
}

fn stopped(to_come: u32, fault: Fault) -> Seen {
    Seen::Look(Look { to_come, faults: vec![fault], ..Look::default() })
}

/// The end of one job of `labels` in so many formats that these looks show.
fn end_of(formats: u32, labels: u32, before: Look, looks: impl IntoIterator<Item = Seen>) -> Option<Progress> {
    let mut convoy = Convoy::new(Evidence::CountFell);
    let place = convoy.join(formats, labels, before);
    looks
        .into_iter()
        .map(|seen| {
            convoy.next(seen);
            convoy.progress(&place)
        })
        .find(|progress| !matches!(progress, Progress::StillPrinting { .. }))
}

fn end(labels: u32, before: Look, looks: impl IntoIterator<Item = Seen>) -> Option<Progress> {
    end_of(1, labels, before, looks)
}

/// Jobs of one label each, sent before the first look; which of them are printed after the looks, and what of the others.
fn fates(jobs: usize, looks: impl IntoIterator<Item = Seen>) -> Vec<Option<Progress>> {
    let mut convoy = Convoy::new(Evidence::CountFell);
    let places: Vec<_> = (0..jobs).map(|_| convoy.join(1, 1, Look::default())).collect();
    looks.into_iter().for_each(|seen| convoy.next(seen));
    let fate = |place| Some(convoy.progress(place)).filter(|now| !matches!(now, Progress::StillPrinting { .. }));
    places.iter().map(fate).collect()
}

const FELL: Option<Progress> = Some(Progress::Printed(Evidence::CountFell));
const METERED: Option<Progress> = Some(Progress::Printed(Evidence::Odometer));
const fn doubt(doubt: Doubt) -> Option<Progress> {
    Some(Progress::Unproven(doubt))
}
const IDLE: usize = 5;
const IDLE_WITH_ODOMETER: usize = 50;

fn idle(looks: usize) -> impl Iterator<Item = Seen> {
    (0..looks).map(|_| at(0))
}

#[test]
fn a_count_that_falls_to_0_is_printed() {
    let before = Look::default;
    assert_eq!(end(3, before(), [at(3), at(2), at(2), at(1), at(0)]), FELL);
    assert_eq!(end(1, before(), [at(0), at(1), at(0)]), FELL);
    // The roll ran out with the last label: the count says that it came out.
    assert_eq!(end(2, before(), [at(1), stopped(0, Fault::PaperOut)]), FELL);
    // Loaded anew midway, seen to run again.
    let reload = [at(2), stopped(2, Fault::PaperOut), Seen::Gone(Fault::NoAnswer), at(2), at(0)];
    assert_eq!(end(2, before(), reload), FELL);
}

#[test]
fn idle_before_and_after_proves_nothing() {
    assert_eq!(end(1, Look::default(), idle(IDLE)), doubt(Doubt::NoCountSeen));
    assert_eq!(end(1, Look::default(), idle(IDLE - 1)), None);
}

#[test]
fn others_labels_prove_nothing() {
    assert_eq!(end(2, look(4, 0), [at(2), at(0)]), doubt(Doubt::WasBusy));
    assert_eq!(end(2, look(0, 1), [at(2), at(0)]), doubt(Doubt::WasBusy));
    assert_eq!(end(2, Look::default(), [at(5), at(0)]), doubt(Doubt::OthersPrint));
    assert_eq!(end(3, Look::default(), [at(1), at(2), at(0)]), doubt(Doubt::OthersPrint));
    assert_eq!(end(3, Look::default(), [with(1, 1), at(0)]), doubt(Doubt::OthersPrint), "more formats than were sent");
}

#[test]
fn a_count_gone_behind_a_stop_or_a_silence_proves_nothing() {
    let before = Look::default;
    assert_eq!(end(3, before(), [at(3), stopped(2, Fault::Paused), at(0)]), doubt(Doubt::Interrupted));
    assert_eq!(end(3, before(), [at(3), Seen::Gone(Fault::Unreachable), at(0)]), doubt(Doubt::Interrupted));
    assert_eq!(end(3, before(), [at(3), Seen::Gone(Fault::NoAnswer), at(0)]), doubt(Doubt::Interrupted));
    let away = (0..=300).map(|_| Seen::Gone(Fault::Unreachable));
    assert_eq!(end(3, before(), away), doubt(Doubt::Interrupted));
    let paused = (0..=LOOKS_MAX).map(|_| stopped(1, Fault::Paused));
    assert_eq!(end(3, before(), paused), doubt(Doubt::TookTooLong));
}

#[test]
fn a_job_of_several_formats_is_printed_when_each_was_seen_and_fell() {
    assert_eq!(end_of(2, 3, Look::default(), [at(2), at(0)]), None, "the second is still to come");
    assert_eq!(end_of(2, 3, Look::default(), [at(2), at(0), at(1), at(0)]), FELL);
    let one_seen = [at(2)].into_iter().chain(idle(IDLE));
    assert_eq!(end_of(2, 3, Look::default(), one_seen), doubt(Doubt::Interrupted));
}

#[test]
fn an_odometer_must_grow_by_exactly_the_jobs_labels() {
    let odometer = |value: u64, to_come: u32| Look { to_come, odometer: Some(value), ..Look::default() };
    let at = |value, to_come| Seen::Look(odometer(value, to_come));
    let before = || odometer(100, 0);
    assert_eq!(end(2, before(), [at(100, 0), at(101, 1), at(102, 0)]), METERED);
    // Also behind a silence: it is the printer's own lasting count.
    assert_eq!(end(2, before(), [Seen::Gone(Fault::NoAnswer), at(102, 0)]), METERED);
    assert_eq!(end(2, before(), [at(103, 0)]), doubt(Doubt::OthersPrint));
    assert_eq!(end(2, before(), [at(3, 0)]), doubt(Doubt::Interrupted));
    assert_eq!(end(2, before(), [at(102, 4), at(106, 0)]), doubt(Doubt::OthersPrint));
    // Cancelled after the first: the count fell, the odometer knows better.
    let cancelled = [at(100, 2), at(101, 1)].into_iter().chain((0..IDLE_WITH_ODOMETER).map(|_| at(101, 0)));
    assert_eq!(end(2, before(), cancelled), doubt(Doubt::Interrupted));
}

#[test]
fn jobs_sent_back_to_back_are_proved_in_their_order_as_they_come_out() {
    // All three in it, the first in hand: from here none was lost.
    assert_eq!(fates(3, [with(1, 2)]), [None, None, None]);
    assert_eq!(fates(3, [with(1, 2), with(1, 1)]), [None, None, None], "one may be between buffer and print head");
    assert_eq!(fates(3, [with(1, 2), with(1, 1), with(1, 0)]), [FELL, None, None]);
    assert_eq!(fates(3, [with(1, 2), with(1, 1), with(1, 0), at(0)]), [FELL, FELL, None]);
    let ran_out = [with(1, 2), with(1, 1), with(1, 0)].into_iter().chain(idle(IDLE));
    assert_eq!(fates(3, ran_out), [FELL, FELL, FELL]);
}

#[test]
fn one_that_was_never_seen_leaves_all_unproved_until_the_printer_was_idle() {
    // Two of three were seen: which of them is not known.
    let two = [with(1, 1), with(1, 0), at(0)].into_iter().chain(idle(IDLE));
    assert_eq!(fates(3, two), vec![doubt(Doubt::Interrupted); 3]);
    let mut convoy = Convoy::new(Evidence::CountFell);
    let lost = convoy.join(1, 1, Look::default());
    idle(IDLE).for_each(|seen| convoy.next(seen));
    assert_eq!(Some(convoy.progress(&lost)), doubt(Doubt::NoCountSeen));
    convoy.forget_told();
    let next = convoy.join(1, 1, Look::default());
    [at(1), at(0)].into_iter().for_each(|seen| convoy.next(seen));
    assert_eq!(Some(convoy.progress(&next)), FELL, "it is counted from where the printer was idle");
}

#[test]
fn a_stop_or_a_cancel_leaves_all_that_was_not_out_before_it_unproved() {
    let cancelled = [with(1, 2), with(1, 1), with(1, 0), stopped(1, Fault::Paused), at(0)];
    assert_eq!(fates(3, cancelled), [FELL, doubt(Doubt::Interrupted), doubt(Doubt::Interrupted)]);
    // Stopped where it showed nothing: the last may have been between buffer and print head.
    let stopped = [with(1, 2), with(1, 1), with(1, 0), at(0), stopped(0, Fault::Paused)].into_iter().chain(idle(IDLE));
    assert_eq!(fates(3, stopped), [FELL, FELL, doubt(Doubt::Interrupted)]);
}

#[test]
fn behind_a_doubt_nothing_is_proved_before_the_printer_was_idle_for_long() {
    let mut convoy = Convoy::new(Evidence::CountFell);
    let first = convoy.join(1, 1, Look::default());
    [stopped(1, Fault::Paused), at(0)].into_iter().for_each(|seen| convoy.next(seen));
    assert_eq!(Some(convoy.progress(&first)), doubt(Doubt::Interrupted));
    // What was in it may still come out, and be taken for the next.
    let second = convoy.join(1, 1, Look::default());
    [at(1), at(0)].into_iter().chain(idle(IDLE - 2)).for_each(|seen| convoy.next(seen));
    assert!(matches!(convoy.progress(&second), Progress::StillPrinting { .. }));
    convoy.next(at(0));
    assert_eq!(Some(convoy.progress(&second)), doubt(Doubt::Interrupted));
    let third = convoy.join(1, 1, Look::default());
    [at(1), at(0)].into_iter().for_each(|seen| convoy.next(seen));
    assert_eq!(Some(convoy.progress(&third)), FELL);
}

#[test]
fn labels_that_follow_each_other_and_are_never_counted_wait_for_nobody() {
    let mut convoy = Convoy::new(Evidence::CountFell);
    let first = convoy.join(1, 1, Look::default());
    idle(3).for_each(|seen| convoy.next(seen));
    let second = convoy.join(1, 1, Look::default());
    idle(2).for_each(|seen| convoy.next(seen));
    assert_eq!(Some(convoy.progress(&first)), doubt(Doubt::NoCountSeen));
    assert!(matches!(convoy.progress(&second), Progress::StillPrinting { .. }));
    idle(3).for_each(|seen| convoy.next(seen));
    assert_eq!(Some(convoy.progress(&second)), doubt(Doubt::NoCountSeen));
}

#[test]
fn jobs_that_nobody_asks_about_are_left_behind() {
    let mut convoy = Convoy::new(Evidence::CountFell);
    drop(convoy.join(1, 1, Look::default()));
    convoy.next(at(1));
    convoy.forget_told();
    let busy = convoy.join(1, 1, look(1, 0));
    assert_eq!(Some(convoy.progress(&busy)), doubt(Doubt::WasBusy), "what is in it is no part of the sum any more");
}

/// What happens to the printer between two looks.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A job of so many labels comes, or is lost on the way.
    Job { labels: u32, lost: bool },
    /// It takes what came into its buffer.
    Takes,
    /// It renders the next format, which then shows neither in the buffer nor at the print head.
    Renders,
    /// The rendered format goes to the print head, or a label of the one there comes out.
    Prints,
    /// It is paused; the format in hand, or all that is in it, may be cancelled; more may come; it goes on.
    Stops { cancels: Option<bool> },
    /// It is looked at.
    Looks,
    /// It is looked at while nobody is at it, for so long that it would do whatever it can.
    Rests,
}

/// A printer that prints in order what it has, and keeps a list of what came out.
#[derive(Debug, Default)]
struct Printer {
    on_the_way: Vec<(u64, u32)>,
    buffer: Vec<(u64, u32)>,
    rendered: Option<(u64, u32)>,
    in_hand: Option<(u64, u32)>,
    out: Vec<u64>,
    paused: bool,
    odometer: u64,
    idle_looks: u32,
}

impl Printer {
    /// It is looked at. A printer that runs does not rest five looks long with work before it.
    fn looked_at(&mut self) {
        let shows_nothing = self.in_hand.is_none() && self.buffer.is_empty() && !self.paused;
        self.idle_looks = if shows_nothing { self.idle_looks + 1 } else { 0 };
        if self.idle_looks >= 4 {
            [Event::Takes, Event::Renders, Event::Prints].into_iter().for_each(|event| self.happens(event));
            self.idle_looks = 0;
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Takes => self.buffer.append(&mut self.on_the_way),
            Event::Renders if !self.paused && self.rendered.is_none() && !self.buffer.is_empty() => {
                self.rendered = Some(self.buffer.remove(0));
            }
            Event::Prints if !self.paused => match self.in_hand.take() {
                None => self.in_hand = self.rendered.take(),
                Some((job, left)) => {
                    self.odometer += 1;
                    match left - 1 {
                        0 => self.out.push(job),
                        left => self.in_hand = Some((job, left)),
                    }
                }
            },
            _ => {}
        }
    }

    fn seen(&self, odometer: bool) -> Seen {
        Seen::Look(Look {
            to_come: self.in_hand.map_or(0, |(_, left)| left),
            waiting: u32::try_from(self.buffer.len()).unwrap(),
            faults: if self.paused { vec![Fault::Paused] } else { Vec::new() },
            odometer: odometer.then_some(self.odometer),
        })
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (1..4_u32, prop::bool::weighted(0.1)).prop_map(|(labels, lost)| Event::Job { labels, lost }),
        3 => Just(Event::Takes),
        3 => Just(Event::Renders),
        5 => Just(Event::Prints),
        1 => any::<Option<bool>>().prop_map(|cancels| Event::Stops { cancels }),
        6 => Just(Event::Looks),
        1 => Just(Event::Rests),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// Whatever a printer does in whatever order, what is said to be printed came out of it.
    #[test]
    fn what_is_said_to_be_printed_came_out(
        events in prop::collection::vec(event(), 1..80),
        odometer in any::<bool>(),
    ) {
        let (mut printer, mut convoy) = (Printer::default(), Convoy::new(Evidence::CountFell));
        let mut places: Vec<(u64, Place)> = Vec::new();
        let look = |printer: &mut Printer, convoy: &mut Convoy, places: &mut Vec<(u64, Place)>| {
            printer.looked_at();
            convoy.next(printer.seen(odometer));
            for (job, place) in places.iter() {
                if let Progress::Printed(_) = convoy.progress(place) {
                    prop_assert!(printer.out.contains(job), "job {job} is said to be printed");
                }
            }
            places.retain(|(_, place)| matches!(convoy.progress(place), Progress::StillPrinting { .. }));
            convoy.forget_told();
            Ok(())
        };
        for (job, event) in (1_u64..).zip(events) {
            match event {
                Event::Job { labels, lost } => {
                    look(&mut printer, &mut convoy, &mut places)?;
                    let Seen::Look(before) = printer.seen(odometer) else { unreachable!() };
                    places.push((job, convoy.join(1, labels, before)));
                    if !lost {
                        printer.on_the_way.push((job, labels));
                    }
                }
                Event::Stops { cancels } => {
                    printer.paused = true;
                    // A stop lasts longer than the pause between two looks.
                    look(&mut printer, &mut convoy, &mut places)?;
                    if let Some(all) = cancels {
                        printer.in_hand = printer.rendered.take().filter(|_| !all);
                        printer.buffer.retain(|_| !all);
                    }
                    printer.happens(Event::Takes);
                    look(&mut printer, &mut convoy, &mut places)?;
                    printer.paused = false;
                }
                Event::Looks => look(&mut printer, &mut convoy, &mut places)?,
                Event::Rests => {
                    for _ in 0..20 {
                        [Event::Takes, Event::Renders, Event::Prints].into_iter().for_each(|event| printer.happens(event));
                        look(&mut printer, &mut convoy, &mut places)?;
                    }
                }
                event => printer.happens(event),
            }
        }
    }
}

#[test]
fn a_well_printer_proves_a_long_batch_as_it_goes() {
    let (mut printer, mut convoy) = (Printer::default(), Convoy::new(Evidence::CountFell));
    let (mut places, mut proved) = (Vec::new(), 0);
    for step in 0..4000_u64 {
        // Never more than ten ahead, each sent with a look before it.
        if places.len() < 10 && step < 3900 {
            let Seen::Look(before) = printer.seen(false) else { unreachable!() };
            convoy.next(printer.seen(false));
            places.push(convoy.join(1, 1, before));
            printer.on_the_way.push((step, 1));
        }
        printer.happens(Event::Takes);
        convoy.next(printer.seen(false));
        if step % 3 == 0 {
            printer.happens(Event::Prints);
            printer.happens(Event::Renders);
            printer.happens(Event::Prints);
        }
        let before = places.len();
        places.retain(|place| matches!(convoy.progress(place), Progress::StillPrinting { .. }));
        proved += before - places.len();
        convoy.forget_told();
    }
    assert!(places.is_empty(), "{} are left", places.len());
    assert_eq!(proved, printer.out.len());
    assert!(proved > 600, "{proved}");
}
