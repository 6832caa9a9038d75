//! Rules told as scans: a desk with kiosks, places, people and charts, and the ledger's part played in memory.

mod late;
mod loans;
mod orders;
mod rules;
mod sessions;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::barcode::{self, Code, CommandWord};

/// Compiled once: rules are slow to compile and these tests are many.
static READER: LazyLock<barcode::Reader> = LazyLock::new(|| {
    let rule = barcode::LegacyRule { pattern: r"^(?<mrn>\d{6})$".to_owned(), check: None };
    barcode::Reader::new(&[rule]).expect("rule")
});

/// Seconds since the desk opened.
pub(super) type Second = i64;

pub(super) struct Desk {
    pub(super) kiosks: BTreeMap<String, Kiosk>,
    pub(super) places: BTreeMap<PlaceCode, Place>,
    pub(super) staff: BTreeMap<BadgeNumber, Staff>,
    pub(super) charts: Vec<Chart>,
    pub(super) sessions: BTreeMap<String, LaneSessions>,
    pub(super) history: BTreeMap<ChartNumber, Vec<(OrderKey, Act)>>,
    pub(super) seq: u64,
}

pub(super) fn place(code: &str) -> PlaceCode {
    PlaceCode::new(code).expect("place code")
}

pub(super) fn badge(number: &str) -> BadgeNumber {
    BadgeNumber::new(number).expect("badge")
}

pub(super) fn at(second: Second) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("time")
}

pub(super) fn command(word: CommandWord) -> String {
    text(&Code::Command(word))
}

pub(super) fn card(code: &str) -> String {
    text(&Code::Place(place(code)))
}

pub(super) fn person(number: &str) -> String {
    text(&Code::Badge(badge(number)))
}

pub(super) fn chart(number: u32) -> String {
    text(&Code::Chart(ChartNumber(number), LabelIssue(1)))
}

pub(super) fn slip(number: u32) -> String {
    text(&Code::Reference(ChartNumber(number)))
}

fn text(code: &Code) -> String {
    barcode::encode(code).expect("ours")
}

fn a_place(code: &str, kind: PlaceKind, loan_hours: Option<u32>) -> Place {
    Place { code: place(code), name: format!("The {code}"), kind, loan_hours, restricted: false, active: true }
}

fn a_kiosk(id: &str, code: &str, mode: KioskMode) -> Kiosk {
    let printer = (mode == KioskMode::Return).then(|| "zebra".to_owned());
    Kiosk {
        id: id.to_owned(),
        name: id.to_owned(),
        place: place(code),
        mode,
        idle_sign_off_seconds: 120,
        printer,
        language: None,
    }
}

fn a_person(number: &str, role: Role) -> Staff {
    Staff { badge: badge(number), name: number.to_owned(), role, place: Some(place("CARD")), email: None, active: true }
}

impl Desk {
    /// Charts 1 to 3 at home in FILE; clerk C1, records R1, viewer V1; kiosks er-1, card-1 and rr-1.
    pub(super) fn open() -> Desk {
        let mut desk = Desk {
            kiosks: BTreeMap::new(),
            places: BTreeMap::new(),
            staff: BTreeMap::new(),
            charts: Vec::new(),
            sessions: BTreeMap::new(),
            history: BTreeMap::new(),
            seq: 0,
        };
        for (id, code, mode) in [
            ("er-1", "ER", KioskMode::Receive),
            ("card-1", "CARD", KioskMode::Receive),
            ("rr-1", "FILE", KioskMode::Return),
        ] {
            desk.kiosks.insert(id.to_owned(), a_kiosk(id, code, mode));
        }
        for row in [
            a_place("FILE", PlaceKind::FileRoom, None),
            a_place("FILE2", PlaceKind::FileRoom, None),
            a_place("ER", PlaceKind::Department, Some(24)),
            a_place("CARD", PlaceKind::Clinic, Some(72)),
        ] {
            desk.places.insert(row.code.clone(), row);
        }
        for row in [a_person("C1", Role::Clerk), a_person("R1", Role::Records), a_person("V1", Role::Viewer)] {
            desk.staff.insert(row.badge.clone(), row);
        }
        for number in 1..=3 {
            desk.register(ChartNumber(number));
        }
        desk
    }

    fn register(&mut self, number: ChartNumber) {
        self.seq += 1;
        let key = OrderKey { effective_at: at(-1000), kiosk: "".into(), queue_seq: 0, seq: self.seq };
        let act = Act::Registered { place: place("FILE"), holder: None, out_since: None, due_at: None };
        let custody = apply(None, &key, &act).expect("registered");
        self.history.insert(number, vec![(key, act)]);
        self.charts.push(Chart {
            number,
            mrn: format!("{:06}", number.0),
            record_type: "MR".to_owned(),
            volume: 1,
            home: place("FILE"),
            home_in_use: true,
            retired: false,
            restricted: false,
            label_issue: None,
            label_issued: None,
            custody,
            other_volumes_elsewhere: 0,
        });
    }

    pub(super) fn chart(&mut self, number: u32) -> &mut Chart {
        self.charts.iter_mut().find(|chart| chart.number == ChartNumber(number)).expect("chart")
    }

    pub(super) fn custody(&self, number: u32) -> &Custody {
        &self.charts.iter().find(|chart| chart.number == ChartNumber(number)).expect("chart").custody
    }

    pub(super) fn session(&self, kiosk: &str) -> KioskSession {
        self.sessions.get(kiosk).map(|sessions| sessions.current.clone()).unwrap_or_default()
    }

    /// A touch of the screen.
    pub(super) fn touch(&mut self, kiosk: &str, second: Second) {
        let sessions = self.sessions.entry(kiosk.to_owned()).or_default();
        sessions.current = std::mem::take(&mut sessions.current).touched(at(second), &self.kiosks[kiosk]);
    }

    /// A live scan.
    pub(super) fn scan(&mut self, kiosk: &str, second: Second, text: &str) -> Decision {
        self.take(&a_scan(kiosk, second, text))
    }

    /// All of `texts`, a second apart; the last decision.
    pub(super) fn scans(&mut self, kiosk: &str, second: Second, texts: &[String]) -> Decision {
        let each = texts.iter().zip(second..).map(|(text, second)| self.scan(kiosk, second, text));
        each.last().expect("a scan")
    }

    /// A scan by hand.
    pub(super) fn typed(&mut self, kiosk: &str, second: Second, text: &str) -> Decision {
        self.take(&Scan { source: ScanSource::Typed, ..a_scan(kiosk, second, text) })
    }

    pub(super) fn touched(&mut self, kiosk: &str, second: i64, text: &str) -> Decision {
        self.take(&Scan { source: ScanSource::Touched, ..a_scan(kiosk, second, text) })
    }

    /// What the ledger does with a scan.
    pub(super) fn take(&mut self, scan: &Scan) -> Decision {
        self.seq += 1;
        let key = OrderKey {
            effective_at: scan.effective_at(),
            kiosk: scan.kiosk.as_str().into(),
            queue_seq: scan.queue_seq.unwrap_or(0),
            seq: self.seq,
        };
        let sessions = self.sessions.entry(scan.kiosk.clone()).or_default();
        let found = sessions.of(scan, scan.received_at, &self.kiosks[&scan.kiosk]);
        let decision = self.judge(scan, &key, &found);
        self.sessions.entry(scan.kiosk.clone()).or_default().keep(&found, decision.session.clone());
        let mut told = decision.clone();
        for (number, act) in &decision.acts {
            let acts = self.history.get_mut(number).expect("known chart");
            acts.push((key.clone(), act.clone()));
            acts.sort_by(|a, b| a.0.cmp(&b.0));
            let custody = fold(acts.clone()).expect("registered");
            let before = std::mem::replace(&mut self.chart(number.0).custody, custody.clone());
            told = told.as_folded(&key, &before, &custody);
        }
        told
    }

    fn judge(&self, scan: &Scan, key: &OrderKey, found: &FoundSession) -> Decision {
        let code = READER.read(&scan.data, None);
        let kiosk = self.kiosks.get(&scan.kiosk).expect("kiosk");
        let session = &found.session;
        let fits = |chart: &&Chart| match &code {
            Code::Chart(number, _) | Code::Reference(number) => chart.number == *number,
            Code::Legacy(legacy) => legacy.mrn.as_deref() == Some(chart.mrn.as_str()),
            _ => false,
        };
        let charts: Vec<Chart> = self.charts.iter().filter(fits).cloned().collect();
        let person = |badge: &Option<BadgeNumber>| badge.as_ref().and_then(|badge| self.staff.get(badge));
        let last = session.last_change.map(|(number, _)| number);
        let situation = Situation {
            kiosk,
            kiosk_place: self.places.get(&kiosk.place),
            session,
            stale: found.stale,
            signed_in: person(&session.staff),
            code: &code,
            badge: if let Code::Badge(badge) = &code { self.staff.get(badge) } else { None },
            place: if let Code::Place(place) = &code { self.places.get(place) } else { None },
            taker: person(&session.destination.as_ref().and_then(|to| to.holder.clone())),
            destination: session.destination.as_ref().and_then(|to| self.places.get(&to.place)),
            charts: &charts,
            last_change_chart: self.charts.iter().find(|chart| Some(chart.number) == last),
        };
        decide(&situation, scan, key, scan.received_at)
    }
}

pub(super) fn a_scan(kiosk: &str, second: Second, data: &str) -> Scan {
    Scan {
        id: Uuid::nil(),
        kiosk: kiosk.to_owned(),
        device: None,
        lane: String::new(),
        source: ScanSource::Scanned,
        symbology: None,
        data: data.to_owned(),
        observed_at: None,
        queue_seq: None,
        sent_at: None,
        received_at: at(second),
    }
}

/// A scan that waited in its kiosk's queue and arrives `delay` seconds later.
pub(super) fn queued(kiosk: &str, second: Second, queue_seq: u64, delay: Second, data: &str) -> Scan {
    let received_at = at(second).checked_add(SignedDuration::from_secs(delay)).expect("time");
    Scan { observed_at: Some(at(second)), queue_seq: Some(queue_seq), received_at, ..a_scan(kiosk, second, data) }
}

pub(super) fn notes(decision: &Decision) -> Vec<NoteKind> {
    decision.verdict.notes.iter().map(|note| note.kind).collect()
}
