//! The outbox's rules, on a real file.

use super::*;
use crate::agent::wire::{JobFate, Offer};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn scan(n: u128) -> NewScan {
    NewScan {
        id: Uuid::from_u128(n),
        device: Some("gun".into()),
        lane: String::new(),
        source: ScanSource::Scanned,
        symbology: None,
        data: format!("CODE{n}"),
        observed_at: at(i64::try_from(n).unwrap()),
    }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, 5).unwrap()
}

fn waiting(store: &Store) -> Vec<String> {
    store.waiting_after(0, 100).unwrap().into_iter().map(|queued| queued.scan.data).collect()
}

#[test]
fn scans_keep_their_order_over_restarts_and_an_id_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for n in [3, 1, 2] {
        assert!(matches!(store.add(&scan(n)).unwrap(), Added::Queued(_)));
    }
    assert_eq!(store.add(&scan(1)).unwrap(), Added::WasQueued);
    assert_eq!(store.add(&NewScan { data: "OTHER".into(), ..scan(1) }).unwrap(), Added::Conflict);
    assert!(matches!(Store::open(dir.path(), 5), Err(StoreError::Locked { .. })));
    drop(store);
    let store = open(dir.path());
    assert_eq!(waiting(&store), ["CODE3", "CODE1", "CODE2"]);
    let first = store.first().unwrap().unwrap();
    store.acknowledge(first.queue_seq, 41, Uuid::nil(), at(10)).unwrap();
    assert_eq!(store.add(&scan(3)).unwrap(), Added::WasRecorded);
    assert_eq!(store.counts().unwrap(), Counts { waiting: 2, oldest_at: Some(at(1)), parked: 0 });
}

#[test]
fn a_number_is_never_given_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let Added::Queued(first) = store.add(&scan(1)).unwrap() else { panic!("queued") };
    store.acknowledge(first, 1, Uuid::nil(), at(0)).unwrap();
    store.forget(at(8 * 24 * 3600)).unwrap();
    assert!(!store.knows(Uuid::from_u128(1)).unwrap(), "forgotten after seven days");
    assert_eq!(store.add(&scan(2)).unwrap(), Added::Queued(first + 1));
}

#[test]
fn a_full_store_refuses_the_next_and_drops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=5).for_each(|n| assert!(matches!(store.add(&scan(n)).unwrap(), Added::Queued(_))));
    assert!(matches!(store.add(&scan(6)), Err(StoreError::Full { waiting: 5 })));
    store.park(1, 422, "no").unwrap();
    assert!(matches!(store.add(&scan(6)), Err(StoreError::Full { .. })), "what is parked counts");
    assert!(store.set_aside(1, at(0)).unwrap() && !store.set_aside(1, at(0)).unwrap());
    assert!(matches!(store.add(&scan(6)).unwrap(), Added::Queued(_)));
    assert_eq!(store.counts().unwrap().waiting, 5);
}

#[test]
fn a_restored_ledger_is_offered_what_was_acknowledged_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (before, after) = (Uuid::from_u128(1), Uuid::from_u128(2));
    (1..=4).for_each(|n| assert!(store.add(&scan(n)).is_ok()));
    [1, 2].into_iter().for_each(|seq| store.acknowledge(seq, seq, before, at(9)).unwrap());
    store.park(3, 400, "no").unwrap();
    store.set_aside(3, at(9)).unwrap();
    assert_eq!(store.offer_again(before).unwrap(), 0);
    assert_eq!(store.offer_again(after).unwrap(), 2, "what staff set aside stays so");
    assert_eq!(waiting(&store), ["CODE1", "CODE2", "CODE4"]);
}

#[test]
fn a_parked_scan_goes_back_to_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    (1..=2).for_each(|n| assert!(store.add(&scan(n)).is_ok()));
    store.park(1, 409, "used before").unwrap();
    let parked = store.parked().unwrap();
    assert_eq!((parked.len(), parked[0].status, parked[0].why.as_str()), (1, 409, "used before"));
    assert!(store.unpark(1).unwrap());
    assert_eq!(waiting(&store), ["CODE1", "CODE2"]);
}

#[test]
fn a_job_is_sent_once_and_its_bytes_do_not_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let offer = Offer {
        offer: Uuid::from_u128(9),
        printer: "p".into(),
        name: "job-000001.zpl".into(),
        language: "zpl".into(),
        labels: 1,
        bytes: String::new(),
    };
    store.add_job(&offer, b"^XA").unwrap();
    store.add_job(&offer, b"^XA").unwrap();
    assert!(store.sending_job(offer.offer).unwrap());
    assert!(!store.sending_job(offer.offer).unwrap(), "not a second time");
    store.job_done(offer.offer, &JobFate::Sent).unwrap();
    let job = store.jobs("p").unwrap().remove(0);
    assert_eq!((job.state, job.fate, job.bytes.len()), (JobState::Done, Some(JobFate::Sent), 0));
    store.job_done(offer.offer, &JobFate::Printed).unwrap();
    store.forget_job(offer.offer, &JobFate::Sent).unwrap();
    assert_eq!(store.jobs("p").unwrap().len(), 1, "the newer fate is still to be told");
    store.forget_job(offer.offer, &JobFate::Printed).unwrap();
    assert!(store.jobs("p").unwrap().is_empty());
}
