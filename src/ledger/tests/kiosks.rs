//! Kiosks of the console beside those of the configuration.

use super::*;
use crate::custody::{Language, VerdictKind};
use crate::ledger::accounts::{CreateToken, Secret};
use crate::ledger::changes::{AddKiosk, CorrectKiosk, KioskPatch, Was};
use crate::ledger::{ChangeError, Depth, Rebuild, restore, schema, verify};

fn by() -> Actor {
    Actor::User("anna".into())
}

fn add(house: &House, id: &str, at: &str) -> Result<(), ChangeError> {
    let kiosk = kiosk(id, at, KioskMode::Receive);
    house.ledger.change_blocking(&by(), AddKiosk { kiosk }).map(drop)
}

fn correct(house: &House, id: &str, patch: KioskPatch) -> Result<(), ChangeError> {
    house.ledger.change_blocking(&by(), CorrectKiosk { id: id.into(), patch, was: Was::default() }).map(drop)
}

fn active(active: bool) -> KioskPatch {
    KioskPatch { active: Some(active), ..KioskPatch::default() }
}

fn rule(made: Result<(), ChangeError>) -> &'static str {
    match made {
        Err(ChangeError::Refused(refusal)) => refusal.rule,
        other => panic!("{other:?}"),
    }
}

/// The ledger closed and opened again, by a configuration of these kiosks.
fn again(house: House, configured: &[&str]) -> House {
    let House { ledger, clock, dir } = house;
    drop(ledger);
    let mut options = options(dir.path(), clock.clone(), u128::from(Uuid::new_v4().as_u64_pair().1 >> 8) << 8);
    options.kiosks.retain(|kiosk| configured.contains(&kiosk.id.as_str()));
    House { ledger: Ledger::open(options).unwrap(), clock, dir }
}

fn whole(house: &House) {
    let report = verify(&house.dir.path().join("outguide.db"), Depth::Full, None, |_, _| {}).unwrap();
    assert_eq!(report.faults, vec![]);
}

#[test]
fn a_kiosk_made_in_the_console_takes_scans_at_once_and_after_a_restart() {
    let house = House::with_charts(1);
    assert!(matches!(house.scan("er-2", &badge("2")), Err(ScanError::UnknownKiosk(_))));
    add(&house, "er-2", "ER").unwrap();
    assert_eq!(house.scan("er-2", &badge("2")).unwrap().verdict.kind, VerdictKind::SignedIn);
    let moved = KioskPatch { name: Some(" Ward ".into()), place: Some(place("CARD")), ..KioskPatch::default() };
    correct(&house, "er-2", moved).unwrap();
    let received = house.scan("er-2", &chart(1)).unwrap();
    assert_eq!(received.verdict.chart.unwrap().place, Some(place("CARD")));
    house.ledger.change_blocking(&by(), Rebuild).unwrap();
    whole(&house);

    let house = again(house, &["rr-1", "er-1", "card-1"]);
    let kiosks = house.ledger.kiosks();
    let known = kiosks.get("er-2").unwrap();
    assert_eq!((known.kiosk.name.as_str(), known.configured, known.active), ("Ward", false, true));
    assert_eq!(kiosks.iter().filter(|known| known.configured).count(), 3);
    house.raw().execute("UPDATE kiosks SET place = 'FILE'", []).unwrap();
    let report = verify(&house.dir.path().join("outguide.db"), Depth::Full, None, |_, _| {}).unwrap();
    assert!(report.faults.iter().any(|fault| fault.to_string().starts_with("kiosks")), "{:?}", report.faults);
}

#[test]
fn kiosks_that_cannot_be_are_refused_by_rule() {
    let house = House::with_charts(0);
    for id in ["", "ER 2", "-a", "enrol", "a/b"] {
        assert_eq!(rule(add(&house, id, "ER")), "refuse_when_kiosk_id_is_malformed", "{id}");
    }
    assert_eq!(rule(add(&house, "er-2", "NONE")), "refuse_when_place_is_unknown");
    let mut hasty = kiosk("er-2", "ER", KioskMode::Receive);
    hasty.idle_sign_off_seconds = 1;
    let made = house.ledger.change_blocking(&by(), AddKiosk { kiosk: hasty }).map(drop);
    assert_eq!(rule(made), "refuse_when_idle_time_is_out_of_range");
    assert!(matches!(add(&house, "er-1", "ER"), Err(ChangeError::Clash { .. })));
    assert!(matches!(correct(&house, "none", active(false)), Err(ChangeError::NotFound(_))));
    assert!(house.ledger.kiosks().get("er-2").is_none());
}

#[test]
fn of_a_configured_kiosk_only_its_use_is_the_consoles_to_change() {
    let house = House::with_charts(0);
    let renamed = KioskPatch { name: Some("Other".into()), ..KioskPatch::default() };
    assert_eq!(rule(correct(&house, "er-1", renamed)), "refuse_when_kiosk_is_configured");
    correct(&house, "er-1", active(false)).unwrap();
    assert_eq!(house.scan("er-1", &badge("2")), Err(ScanError::InactiveKiosk("er-1".into())));
    let head = house.ledger.head();
    correct(&house, "er-1", active(false)).unwrap();
    assert_eq!(house.ledger.head(), head);

    let house = again(house, &["rr-1", "er-1"]);
    assert!(matches!(house.scan("er-1", &badge("2")), Err(ScanError::InactiveKiosk(_))));
    let house = again(house, &["rr-1"]);
    assert!(matches!(house.scan("er-1", &badge("2")), Err(ScanError::UnknownKiosk(_))));
    add(&house, "er-1", "ER").unwrap();
    house.scan("er-1", &badge("2")).unwrap();
    let house = again(house, &["rr-1", "er-1"]);
    assert!(house.ledger.kiosks().get("er-1").is_some_and(|known| known.configured && known.active));
    whole(&house);
}

#[test]
fn what_spoke_for_a_deactivated_kiosk_stays_dead_when_it_is_active_again() {
    let house = House::with_charts(0);
    let secret = Secret::random().unwrap();
    let token = CreateToken { name: "t".into(), role: None, kiosk: Some("er-1".into()), secret: secret.hash() };
    house.ledger.change_blocking(&by(), token).unwrap();
    let living = || house.raw().query_row("SELECT count(*) FROM tokens WHERE revoked_at IS NULL", [], |row| row.get(0));
    correct(&house, "er-1", active(false)).unwrap();
    correct(&house, "er-1", active(true)).unwrap();
    assert_eq!(living(), Ok(0));
    house.scan("er-1", &badge("2")).unwrap();
    whole(&house);
}

#[test]
fn a_ledger_from_before_there_were_such_kiosks_verifies_is_restored_and_opens() {
    let house = House::with_charts(1);
    let House { ledger, clock, dir } = house;
    drop(ledger);
    std::fs::remove_file(dir.path().join("outguide.db")).unwrap();
    let old = dir.path().join("old.db");
    let conn = rusqlite::Connection::open(&old).unwrap();
    schema::up_to(&conn, 2).unwrap();
    conn.execute_batch(include_str!("ledger_v3.sql")).unwrap();
    drop(conn);
    restore(&old, options(dir.path(), clock.clone(), 1 << 50)).unwrap();
    let house = House { ledger: Ledger::open(options(dir.path(), clock.clone(), 1 << 60)).unwrap(), clock, dir };
    add(&house, "er-2", "ER").unwrap();
    whole(&house);
}

fn speaks(language: Language) -> KioskPatch {
    KioskPatch { language: Some(language), ..KioskPatch::default() }
}

#[test]
fn a_kiosks_language_is_how_its_receipts_are_worded_not_what_the_ledger_keeps() {
    let house = House::with_charts(1);
    add(&house, "er-2", "ER").unwrap();
    let english = house.scan("er-2", &badge("2")).unwrap();
    correct(&house, "er-2", speaks(Language::Spanish)).unwrap();
    let spanish = house.scan("er-2", &badge("2")).unwrap();
    assert_eq!((english.verdict.headline.as_str(), spanish.verdict.headline.as_str()), ("Signed in", "Sesión abierta"));
    let bodies: String = house
        .raw()
        .query_row("SELECT group_concat(body) FROM entries WHERE kind = 'signed_in'", [], |row| row.get(0))
        .unwrap();
    assert!(!bodies.contains("Signed") && !bodies.contains("Sesi") && !bodies.contains("language"), "{bodies}");
    house.ledger.change_blocking(&by(), Rebuild).unwrap();
    whole(&house);
    let house = again(house, &["rr-1", "er-1", "card-1"]);
    assert_eq!(house.ledger.kiosks().get("er-2").unwrap().kiosk.language(), Language::Spanish);
}

#[test]
fn a_row_from_before_kiosks_had_a_language_keeps_its_hash_until_it_is_given_one() {
    let house = House::with_charts(0);
    // As an older Outguide wrote it: without the field.
    add(&house, "er-2", "ER").unwrap();
    let stored = || house.raw().query_row("SELECT language FROM kiosks", [], |row| row.get::<_, Option<String>>(0));
    assert_eq!(stored(), Ok(None));
    whole(&house);
    assert_eq!(house.ledger.kiosks().get("er-2").unwrap().kiosk.language, Some(Language::English), "as it is shown");
    let was = |seen: &str| Was(serde_json::from_value(serde_json::json!({ "language": seen })).unwrap());
    let named = KioskPatch { name: Some("Ward".into()), ..KioskPatch::default() };
    let named = CorrectKiosk { id: "er-2".into(), patch: named, was: was("en") };
    house.ledger.change_blocking(&by(), named).unwrap();
    assert_eq!(stored(), Ok(None), "another field was corrected");
    let late = CorrectKiosk { id: "er-2".into(), patch: speaks(Language::French), was: was("es") };
    assert!(
        matches!(house.ledger.change_blocking(&by(), late), Err(ChangeError::Clash { field, .. }) if field == "language")
    );
    correct(&house, "er-2", speaks(Language::French)).unwrap();
    assert_eq!(stored(), Ok(Some("fr".into())));
    correct(&house, "er-2", speaks(Language::English)).unwrap();
    assert_eq!(stored(), Ok(Some("en".into())));
    whole(&house);
}
