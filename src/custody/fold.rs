//! Where a chart is: the fold of its acts in the order of their keys. A late act takes its place in that order, so any
//! order of arrival gives one result.

use jiff::{SignedDuration, Timestamp};

use super::{Act, Custody, KnownBy, MissingCase, OrderKey, Undoable};
use crate::barcode::{BadgeNumber, PlaceCode};

/// The same kiosk lending a chart to the same holder again within this time is the same loan, not a new term.
const SAME_LOAN_SECONDS: i64 = 3600;

/// Custody after all `acts`, given in the order of their keys; `None` for a chart that was never registered.
///
/// The registration stands first whatever its time: a chart imported at noon may have been scanned at eleven by a kiosk
/// that was offline, and a scan is better evidence than a list.
pub fn fold(acts: impl IntoIterator<Item = (OrderKey, Act)>) -> Option<Custody> {
    let mut acts: Vec<(OrderKey, Act)> = acts.into_iter().collect();
    let first = acts.iter().position(|(_, act)| matches!(act, Act::Registered { .. }))?;
    let (key, registration) = acts.remove(first);
    let start = apply(None, &key, &registration);
    acts.iter().fold(start, |before, (key, act)| apply(before.as_ref(), key, act))
}

/// Custody after one more act; `None` while the chart is not registered.
pub fn apply(before: Option<&Custody>, key: &OrderKey, act: &Act) -> Option<Custody> {
    let Some(before) = before else { return registered(None, key, act) };
    let mut after = match act {
        Act::Registered { .. } => registered(Some(before), key, act)?,
        Act::CheckedOut { .. } | Act::Received { .. } if changes_nothing(before, key, act) => {
            said_again(before, key, act)
        }
        Act::CheckedOut { to, holder, due_at, home, seen_at, same_loan: _ } => moved(
            before,
            key,
            &Move { to, holder: holder.as_ref(), due_at: *due_at, home: *home, seen_at: seen_at.as_ref() },
        ),
        Act::Received { place, due_at, home } => {
            moved(before, key, &Move { to: place, holder: None, due_at: *due_at, home: *home, seen_at: Some(place) })
        }
        Act::Sighted { place, asserted: false } => sighted(before, key, place),
        Act::Sighted { place, asserted: true } => said_seen(before, key, place),
        Act::ReportedMissing { seen } => reported_missing(before, key, seen.as_ref()),
        Act::ReportedFound { place, home, due_at } => reported_found(before, key, place.as_ref(), *home, *due_at),
        Act::Renewed { due_at } => renewed(before, key, *due_at),
        Act::Undone { target, .. } => undone(before, *target),
    };
    after.last = before.last.clone().max(key.clone());
    Some(after)
}

/// Would `act` leave place, holder and term as they are? Received where the chart already is, lent again by the same
/// kiosk to the same holder right after, or said to be where it is lent to: such an act is evidence of where the chart
/// is, and no more.
pub fn changes_nothing(before: &Custody, key: &OrderKey, act: &Act) -> bool {
    match act {
        Act::Received { place, home, .. } => before.place == *place && before.out_since.is_none() == *home,
        Act::CheckedOut { to, holder, home: false, same_loan: true, .. } if before.out_since.is_some() => {
            // Who names nobody says nothing against the one who has it.
            before.place == *to && (holder.is_none() || before.holder == *holder)
        }
        Act::CheckedOut { to, holder, .. } => {
            let same_kiosk = !key.kiosk.is_empty() && before.last.kiosk == key.kiosk;
            before.place == *to && before.holder == *holder && same_kiosk && soon_after(before, key)
        }
        _ => false,
    }
}

fn soon_after(before: &Custody, key: &OrderKey) -> bool {
    let age = key.effective_at.duration_since(before.since);
    (SignedDuration::ZERO..=SignedDuration::from_secs(SAME_LOAN_SECONDS)).contains(&age)
}

fn registered(before: Option<&Custody>, key: &OrderKey, act: &Act) -> Option<Custody> {
    let Act::Registered { place, holder, out_since, due_at } = act else { return None };
    Some(Custody {
        place: place.clone(),
        holder: holder.clone(),
        known_by: KnownBy::Asserted,
        since: out_since.unwrap_or(key.effective_at),
        seen_at: before.and_then(|custody| custody.seen_at),
        seen_place: before.and_then(|custody| custody.seen_place.clone()),
        out_since: *out_since,
        due_at: out_since.and(*due_at),
        loan: out_since.map(|_| key.seq),
        missing: before.and_then(|custody| custody.missing.clone()),
        undo: None,
        last: OrderKey { effective_at: Timestamp::UNIX_EPOCH, ..key.clone() },
    })
}

/// Where a chart goes.
struct Move<'a> {
    to: &'a PlaceCode,
    holder: Option<&'a BadgeNumber>,
    due_at: Option<Timestamp>,
    home: bool,
    seen_at: Option<&'a PlaceCode>,
}

fn moved(before: &Custody, key: &OrderKey, to: &Move<'_>) -> Custody {
    let out = !to.home;
    let after = Custody {
        place: to.to.clone(),
        holder: to.holder.filter(|_| out).cloned(),
        known_by: if to.seen_at == Some(to.to) { KnownBy::Scanned } else { KnownBy::Asserted },
        since: key.effective_at,
        out_since: out.then(|| before.out_since.unwrap_or(key.effective_at)),
        due_at: to.due_at.filter(|_| out),
        loan: out.then_some(key.seq),
        undo: undoable(before, key),
        ..before.clone()
    };
    match to.seen_at {
        Some(place) => seen(after, key, place),
        None => after,
    }
}

/// The chart was in hand at `place`: that closes its missing case.
fn seen(custody: Custody, key: &OrderKey, place: &PlaceCode) -> Custody {
    Custody { seen_at: Some(key.effective_at), seen_place: Some(place.clone()), missing: None, ..custody }
}

fn sighted(before: &Custody, key: &OrderKey, place: &PlaceCode) -> Custody {
    let mut after = seen(before.clone(), key, place);
    if before.place == *place {
        after.known_by = KnownBy::Scanned;
    }
    if before.seen_place.as_ref() != Some(place) {
        // It was carried on since the last change: what UNDO would restore is no longer so.
        after.undo = None;
    }
    after
}

/// The newest evidence says how the place is known: where it was scanned before, it is only said from now on.
fn said_seen(before: &Custody, key: &OrderKey, place: &PlaceCode) -> Custody {
    let known_by = if before.place == *place { KnownBy::Asserted } else { before.known_by };
    Custody { known_by, ..sighted(before, key, place) }
}

fn said_again(before: &Custody, key: &OrderKey, act: &Act) -> Custody {
    let place = match act {
        Act::Received { place, .. } => Some(place),
        Act::CheckedOut { seen_at, .. } => seen_at.as_ref(),
        _ => None,
    };
    let mut after = place.map_or_else(|| before.clone(), |place| sighted(before, key, place));
    if before.last.kiosk == key.kiosk
        && soon_after(before, key)
        && let Some(undo) = &mut after.undo
    {
        // The session's last change is this entry now; taking it back takes back the change itself.
        undo.target = key.seq;
    }
    after
}

fn reported_missing(before: &Custody, key: &OrderKey, seen: Option<&PlaceCode>) -> Custody {
    let case = before.missing.clone().unwrap_or(MissingCase { seq: key.seq, since: key.effective_at });
    let stood = Custody {
        missing: before.missing.clone(),
        ..seen.map_or_else(|| before.clone(), |place| sighted(before, key, place))
    };
    Custody { missing: Some(case), undo: undoable(&stood, key), ..stood }
}

fn reported_found(
    before: &Custody,
    key: &OrderKey,
    place: Option<&PlaceCode>,
    home: bool,
    due_at: Option<Timestamp>,
) -> Custody {
    let elsewhere = place.filter(|place| **place != before.place);
    let after = match elsewhere {
        Some(to) => moved(before, key, &Move { to, holder: None, due_at, home, seen_at: None }),
        None => Custody { undo: undoable(before, key), ..before.clone() },
    };
    Custody { missing: None, ..after }
}

fn renewed(before: &Custody, key: &OrderKey, due_at: Option<Timestamp>) -> Custody {
    if before.out_since.is_none() {
        return before.clone();
    }
    Custody { due_at, loan: Some(key.seq), undo: undoable(before, key), ..before.clone() }
}

/// Restores what stood before entry `target`, if that still is the last change; what was seen stays seen.
fn undone(now: &Custody, target: u64) -> Custody {
    let Some(undo) = now.undo.as_ref().filter(|undo| undo.target == target) else { return now.clone() };
    let before = undo.before.as_ref().clone();
    let unseen_since = |case: &MissingCase| now.seen_at.is_none_or(|seen| seen <= case.since);
    Custody {
        seen_at: now.seen_at,
        seen_place: now.seen_place.clone(),
        missing: before.missing.clone().filter(unseen_since),
        ..before
    }
}

fn undoable(before: &Custody, key: &OrderKey) -> Option<Undoable> {
    Some(Undoable { target: key.seq, before: Box::new(Custody { undo: None, ..before.clone() }) })
}
