//! What the sample's simulated scanners scan by themselves, so that there is something to see.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use outguide_hardware::scanner::sim::SimStep;

use super::quiet::Guest;
use super::sample::{Dice, PLACES, STAFF};
use crate::barcode::{self, BadgeNumber, ChartNumber, Code, CommandWord, LabelIssue, PlaceCode};

/// Before the first scan, so that who opens a kiosk sees it empty.
const FIRST_WAIT: Duration = Duration::from_secs(8);
/// How often a script that keeps quiet looks whether the guest has left.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// People who come to a kiosk, scan a few charts and leave, for ever.
#[derive(Debug)]
pub struct Visits {
    dice: Dice,
    place: String,
    returns: bool,
    charts: u32,
    guest: Arc<Guest>,
    begun: bool,
    queue: VecDeque<SimStep>,
}

impl Visits {
    /// Visits at a kiosk of `place`; at one that `returns`, charts come back.
    pub fn new(seed: u64, place: &str, returns: bool, charts: u32, guest: Arc<Guest>) -> Visits {
        let (dice, queue) = (Dice::new(seed), VecDeque::new());
        Visits { dice, place: place.to_owned(), returns, charts, guest, begun: false, queue }
    }

    fn push(&mut self, wait: Duration, code: &Code) {
        if let Some(text) = barcode::encode(code) {
            // The wait is a step of its own, so that a guest who comes meanwhile is noticed before the scan.
            self.queue.push_back(SimStep { wait, bytes: Vec::new() });
            self.queue.push_back(SimStep { wait: Duration::ZERO, bytes: format!("{text}\r").into_bytes() });
        }
    }

    fn visit(&mut self) {
        let wait = if !std::mem::replace(&mut self.begun, true) {
            FIRST_WAIT
        } else {
            Duration::from_secs(6 + u64::from(self.dice.below(14)))
        };
        let here = self.place.clone();
        let people: Vec<&str> = STAFF.iter().filter(|staff| staff.3 == here).map(|staff| staff.0).collect();
        let Some(badge) = self.dice.pick(&people).and_then(|badge| BadgeNumber::new(badge).ok()) else { return };
        self.push(wait, &Code::Badge(badge));
        if self.returns && self.dice.below(3) == 0 {
            let places: Vec<&str> =
                PLACES.iter().map(|place| place.0).filter(|code| *code != here && *code != "OFFS").collect();
            if let Some(place) = self.dice.pick(&places).and_then(|place| PlaceCode::new(place).ok()) {
                self.push(Duration::from_secs(2), &Code::Place(place));
            }
        }
        for _ in 0..1 + self.dice.below(4) {
            let number = ChartNumber(1 + self.dice.below(self.charts));
            let pause = Duration::from_millis(1200 + u64::from(self.dice.below(1800)));
            self.push(pause, &Code::Chart(number, LabelIssue(1)));
        }
        self.push(Duration::from_secs(3), &Code::Command(CommandWord::Done));
    }
}

impl Iterator for Visits {
    type Item = SimStep;

    fn next(&mut self) -> Option<SimStep> {
        if self.guest.is_here() {
            self.queue.clear();
            return Some(SimStep { wait: LOOK_AGAIN, bytes: Vec::new() });
        }
        if self.queue.is_empty() {
            self.visit();
        }
        let step = self.queue.pop_front();
        if step.as_ref().is_some_and(|step| !step.bytes.is_empty()) {
            self.guest.expect_own();
        }
        step
    }
}
