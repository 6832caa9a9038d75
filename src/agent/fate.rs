//! What an answer to a scan means, and how long to wait before the next try: pure rules, the same as in a kiosk's browser
//! but for one. There, a scan that the ledger could not keep is parked at once, because a person stands before the screen
//! and is told to scan again; here it stays in its place in the queue, because it is on disk and goes on being tried.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::upstream::TOKEN_IS_DEAD;

/// The first and the longest wait between two tries, before jitter.
const WAIT_FIRST: Duration = Duration::from_millis(500);
const WAIT_MOST: Duration = Duration::from_secs(15);
/// A scan on which the server itself fails this often is parked, so that it does not hold up the rest.
pub const REFUSALS_MOST: u32 = 5;

/// What is to be done with a scan after a try.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// The ledger has it.
    Recorded {
        /// The entry.
        seq: u64,
        /// The ledger's epoch, as the receipt has it.
        epoch: Uuid,
        /// It had it before.
        duplicate: bool,
    },
    /// The server will never take it: out of the way, in sight of staff.
    Parked {
        /// The HTTP status.
        status: u16,
        /// What the server said.
        why: String,
    },
    /// It stays first and is tried again.
    Later {
        /// Why.
        why: String,
        /// The server failed on this very scan: counts against [`REFUSALS_MOST`].
        refused: bool,
    },
    /// This kiosk may not, whatever it sends: everything waits for a person.
    Barred {
        /// What the server said.
        why: String,
    },
}

/// Of an answer with `status` and JSON `body`. `refusals`: how often the server failed on this scan before.
pub fn of_answer(status: u16, body: &Value, refusals: u32) -> Fate {
    let said = || {
        let detail = body.get("detail").or_else(|| body.get("title")).and_then(Value::as_str);
        detail.map_or_else(|| format!("the server answered {status}"), str::to_owned)
    };
    match status {
        200..=299 => match receipt(body) {
            Some(recorded) => recorded,
            // Something between us and the server answered in its place.
            None => Fate::Later { why: "the answer is no receipt".to_owned(), refused: false },
        },
        401 => Fate::Barred { why: TOKEN_IS_DEAD.to_owned() },
        403 | 404 => Fate::Barred { why: said() },
        500 if refusals + 1 >= REFUSALS_MOST => Fate::Parked { status, why: said() },
        408 | 429 | 500.. => Fate::Later { why: said(), refused: status == 500 },
        // A redirection is not followed: the address in the configuration is wrong.
        300..=399 => Fate::Later { why: format!("the server answered {status}: check its address"), refused: false },
        _ => Fate::Parked { status, why: said() },
    }
}

fn receipt(body: &Value) -> Option<Fate> {
    Some(Fate::Recorded {
        seq: body.get("seq")?.as_u64()?,
        epoch: body.get("epoch")?.as_str()?.parse().ok()?,
        duplicate: body.get("duplicate").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// How long to wait after the `tries`th failure in a row: doubled each time, and between half and the whole of that by
/// `dice`, so that a hundred kiosks do not come back at the same moment.
pub fn wait(tries: u32, dice: u32) -> Duration {
    let doubled = 1_u32.checked_shl(tries.saturating_sub(1).min(16)).unwrap_or(u32::MAX);
    let whole = WAIT_FIRST.saturating_mul(doubled).min(WAIT_MOST);
    whole / 2 + (whole / 2).mul_f64(f64::from(dice) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scan_leaves_the_queue_on_a_receipt_or_a_refusal_for_good() {
        let epoch = Uuid::from_u128(7);
        let receipt = json!({"seq": 41, "epoch": epoch, "duplicate": true});
        assert_eq!(of_answer(200, &receipt, 0), Fate::Recorded { seq: 41, epoch, duplicate: true });
        for body in [json!(null), json!({"seq": "41"}), json!({"ok": true})] {
            assert!(matches!(of_answer(200, &body, 0), Fate::Later { refused: false, .. }), "{body}");
        }
        for status in [400, 409, 413, 415, 422] {
            assert!(matches!(of_answer(status, &json!({"detail": "no"}), 0), Fate::Parked { why, .. } if why == "no"));
        }
        for status in [302, 408, 429, 502, 503, 504] {
            assert!(matches!(of_answer(status, &json!({}), 99), Fate::Later { refused: false, .. }), "{status}");
        }
        for status in [401, 403, 404] {
            assert!(matches!(of_answer(status, &json!({}), 0), Fate::Barred { .. }), "{status}");
        }
        assert!(matches!(of_answer(500, &json!({}), 0), Fate::Later { refused: true, .. }));
        assert!(matches!(of_answer(500, &json!({}), REFUSALS_MOST - 1), Fate::Parked { status: 500, .. }));
    }

    #[test]
    fn waits_grow_to_their_limit_and_spread() {
        assert_eq!(wait(1, 0), WAIT_FIRST / 2);
        assert_eq!(wait(1, u32::MAX), WAIT_FIRST);
        assert_eq!(wait(3, u32::MAX), WAIT_FIRST * 4);
        assert_eq!(wait(1000, u32::MAX), WAIT_MOST);
        assert!(wait(5, 1 << 30) < wait(5, 1 << 31));
    }
}
