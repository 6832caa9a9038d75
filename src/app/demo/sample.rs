//! The sample hospital as CSV text: the same files that a hospital would import. Equal numbers give equal files.

use std::fmt::Write;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// The sample's places: code, name, kind, loan hours.
pub const PLACES: [(&str, &str, &str, &str); 14] = [
    ("FILE", "Records room", "file_room", ""),
    ("ER", "Emergency", "department", "24"),
    ("ICU", "Intensive care", "department", "72"),
    ("CARD", "Cardiology", "department", "48"),
    ("ORTHO", "Orthopaedics", "department", "48"),
    ("PED", "Paediatrics", "department", "48"),
    ("PSY", "Psychiatry", "department", "72"),
    ("ONC", "Oncology", "clinic", "72"),
    ("SURG", "Surgical clinic", "clinic", "48"),
    ("RAD", "Radiology", "department", "24"),
    ("CODE", "Coding office", "office", "120"),
    ("ROI", "Release of information", "office", "240"),
    ("CART1", "Morning cart", "cart", "4"),
    ("OFFS", "Offsite store", "offsite", ""),
];

/// The sample's staff: badge, name, role, place.
pub const STAFF: [(&str, &str, &str, &str); 14] = [
    ("1001", "Rosa Diaz", "clerk", "ER"),
    ("1002", "Tom Becker", "clerk", "CARD"),
    ("1003", "Aisha Khan", "clerk", "ICU"),
    ("1004", "Jonas Weiß", "clerk", "ORTHO"),
    ("1005", "Marie-Claire Dubois", "clerk", "PED"),
    ("1006", "Kwame Osei", "clerk", "CARD"),
    ("1007", "Søren Lund", "clerk", "ONC"),
    ("2001", "Helen Park", "records", "FILE"),
    ("2002", "Miguel Álvarez", "records", "FILE"),
    ("2003", "Grace Mwangi", "records", "FILE"),
    ("3001", "Ingrid Solberg", "supervisor", "FILE"),
    ("1008", "Nina Petrova", "clerk", "PSY"),
    ("1009", "Daniel Ito", "clerk", "SURG"),
    ("1010", "Leila Haddad", "clerk", "CODE"),
];

const FIRST: [&str; 40] = [
    "Anna", "James", "Maria", "Wei", "Olga", "Noah", "Fatima", "Lucas", "Zoë", "Ivan", "Chloé", "Ahmed", "Sofia",
    "Liam", "Yuki", "Emma", "Mateo", "Ingrid", "Kofi", "Elena", "Hugo", "Priya", "Jakub", "Nora", "Tariq", "Alice",
    "Björn", "Camila", "Dmitri", "Esther", "Finn", "Grace", "Hana", "Isaac", "Joana", "Karim", "Léa", "Miriam", "Omar",
    "Ruth",
];
const LAST: [&str; 48] = [
    "Abbott",
    "Álvarez",
    "Andersson",
    "Bauer",
    "Brown",
    "Castillo",
    "Chen",
    "Clark",
    "Dubois",
    "Evans",
    "Fernández",
    "Fischer",
    "Garcia",
    "Green",
    "Haddad",
    "Hansen",
    "Hughes",
    "Ivanova",
    "Jackson",
    "Johnson",
    "Kim",
    "Kowalski",
    "Lefèvre",
    "Lopez",
    "Martin",
    "Mensah",
    "Miller",
    "Moreau",
    "Müller",
    "Nguyen",
    "Novák",
    "O'Brien",
    "Okafor",
    "Patel",
    "Petrov",
    "Quinn",
    "Ramirez",
    "Rossi",
    "Santos",
    "Schmidt",
    "Silva",
    "Smith",
    "Tanaka",
    "Taylor",
    "Walker",
    "Wang",
    "Young",
    "Żak",
];

/// SplitMix64: small, seeded, the same on every machine.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall alike for one `seed`.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound` (which must not be 0).
    pub fn below(&mut self, bound: u32) -> u32 {
        let share = u128::from(self.next()) * u128::from(bound.max(1));
        u32::try_from(share >> 64).unwrap_or(0)
    }

    /// One of `choices`.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let index = self.below(u32::try_from(choices.len()).unwrap_or(u32::MAX));
        choices.get(usize::try_from(index).unwrap_or(0))
    }
}

/// `places.csv`.
pub fn places() -> String {
    let mut csv = "code,name,kind,loan_hours\n".to_owned();
    for (code, name, kind, hours) in PLACES {
        let _infallible = writeln!(csv, "{code},{name},{kind},{hours}");
    }
    csv
}

/// `staff.csv`.
pub fn staff() -> String {
    let mut csv = "badge,name,role,place,email\n".to_owned();
    for (badge, name, role, place) in STAFF {
        let _infallible = writeln!(csv, "{badge},{name},{role},{place},");
    }
    csv
}

/// The MRN of the sample's patient number `index`, spread over the whole shelf.
pub fn mrn(index: u32) -> String {
    // 700,001 is prime to a million, so no two of the first million are alike.
    format!("{:06}", (u64::from(index) * 700_001 + 123_456) % 1_000_000)
}

/// `patients.csv`, `count` of them.
pub fn patients(count: u32, today: Date) -> String {
    let mut dice = Dice::new(7);
    let mut csv = "mrn,last_name,first_name,birth_date,sex\n".to_owned();
    for index in 0..count {
        let first = dice.pick(&FIRST).copied().unwrap_or_default();
        let mut last = dice.pick(&LAST).copied().unwrap_or_default().to_owned();
        if dice.below(9) == 0 {
            last = format!("{last}-{}", dice.pick(&LAST).copied().unwrap_or_default());
        }
        let days = i32::try_from(dice.below(95 * 365)).unwrap_or(0) + 30;
        let born = today.checked_sub(days.days()).unwrap_or(today);
        let sex = if dice.below(2) == 0 { "F" } else { "M" };
        let _infallible = writeln!(csv, "{},{last},{first},{born},{sex}", mrn(index));
    }
    csv
}

/// `charts.csv`, `count` of them: every seventh patient has a second volume, one in nine charts is out, some for long.
pub fn charts(count: u32, now: Timestamp) -> (u32, String) {
    let mut dice = Dice::new(11);
    let mut csv = "mrn,record_type,volume,home,place,holder_badge,out_since\n".to_owned();
    let (mut made, mut patients) = (0, 0);
    while made < count {
        let volumes = if patients % 7 == 3 { 2 } else { 1 };
        for volume in 1..=volumes.min(count - made) {
            let whereabouts = if dice.below(9) == 0 { out(&mut dice, now) } else { ",,".to_owned() };
            let _infallible = writeln!(csv, "{},MR,{volume},FILE,{whereabouts}", mrn(patients));
            made += 1;
        }
        patients += 1;
    }
    (patients, csv)
}

/// `place,holder_badge,out_since` of a chart that is out on the day of the change-over.
fn out(dice: &mut Dice, now: Timestamp) -> String {
    let borrowers = PLACES.get(1..12).unwrap_or_default();
    let place = dice.pick(borrowers).map_or("ER", |place| place.0);
    let holders: Vec<_> = STAFF.iter().filter(|staff| staff.3 == place).collect();
    let holder = if dice.below(3) == 0 { dice.pick(&holders).map_or("", |staff| staff.0) } else { "" };
    // Most came in the last day or two; a few are far beyond any term.
    let minutes = if dice.below(12) == 0 { dice.below(20 * 1440) } else { dice.below(22 * 60) };
    let since = now.checked_sub(i64::from(minutes).minutes()).unwrap_or(now);
    format!("{place},{holder},{}", since.strftime("%Y-%m-%dT%H:%M:00Z"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_sample_is_the_same_each_time_and_its_numbers_differ() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().expect("time");
        assert_eq!(charts(500, now), charts(500, now));
        let numbers: BTreeSet<_> = (0..100_000).map(mrn).collect();
        assert_eq!(numbers.len(), 100_000);
        assert_eq!(charts(500, now).1.lines().count(), 501);
    }
}
