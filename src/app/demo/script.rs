//! What the sample's simulated scanners scan by themselves, so that there is something to see.

use std::collections::VecDeque;
use std::time::Duration;

use outguide_hardware::scanner::sim::SimStep;

use super::sample::{Dice, PLACES, STAFF};
use crate::barcode::{self, BadgeNumber, ChartNumber, Code, CommandWord, LabelIssue, PlaceCode};

/// Before the first scan, so that who opens a kiosk sees it empty.
const FIRST_WAIT: Duration = Duration::from_secs(8);

/// People who come to a kiosk, scan a few charts and leave, for ever.
#[derive(Debug)]
pub struct Visits {
    dice: Dice,
    place: String,
    returns: bool,
    charts: u32,
    queue: VecDeque<SimStep>,
}

impl Visits {
    /// Visits at a kiosk of `place`; at one that `returns`, charts come back.
    pub fn new(seed: u64, place: &str, returns: bool, charts: u32) -> Visits {
        Visits { dice: Dice::new(seed), place: place.to_owned(), returns, charts, queue: VecDeque::new() }
    }

    fn push(&mut self, wait: Duration, code: &Code) {
        if let Some(text) = barcode::encode(code) {
            self.queue.push_back(SimStep { wait, bytes: format!("{text}\r").into_bytes() });
        }
    }

    fn visit(&mut self) {
        let wait = if self.queue.capacity() == 0 {
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
        if self.queue.is_empty() {
            self.visit();
        }
        self.queue.pop_front()
    }
}
