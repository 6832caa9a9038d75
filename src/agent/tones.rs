//! What this computer's scanners sound: the verdict's tone where the receipt comes while the person still waits for it,
//! "look at the screen" where the scan was only kept. Each scan sounds once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use outguide_hardware::scanner::bell::{Bell, Signal};
use serde_json::Value;
use uuid::Uuid;

/// Scans that wait for their tone at once; whoever scans faster than that hears that they are kept.
const WAITING_MAX: usize = 64;

/// A scan that has not sounded yet.
struct Silent {
    device: String,
    since: Instant,
}

/// Scans whose tone is still to come, and the ways back to their scanners.
#[derive(Default)]
pub struct Tones {
    silent: Mutex<HashMap<Uuid, Silent>>,
    bells: Mutex<HashMap<String, Bell>>,
}

impl Tones {
    fn silent(&self) -> MutexGuard<'_, HashMap<Uuid, Silent>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scanners that can sound a tone.
    pub fn set_bells(&self, bells: HashMap<String, Bell>) {
        *self.bells.lock().unwrap_or_else(PoisonError::into_inner) = bells;
    }

    /// A scan was read and is on its way to the server. `false`: too many are, its tone is not waited for.
    pub fn await_verdict(&self, id: Uuid, device: &str) -> bool {
        let mut silent = self.silent();
        if silent.len() >= WAITING_MAX && !silent.contains_key(&id) {
            return false;
        }
        silent.entry(id).or_insert_with(|| Silent { device: device.to_owned(), since: Instant::now() });
        true
    }

    /// It could not be kept: its scanner has said so already.
    pub fn forget(&self, id: Uuid) {
        self.silent().remove(&id);
    }

    /// The server's receipt came.
    pub fn recorded(&self, id: Uuid, receipt: &Value) {
        if let Some(scan) = self.forgotten(id)
            && let Some(signal) = signal_for(receipt)
        {
            self.ring(&scan.device, signal);
        }
    }

    /// The server will never take it.
    pub fn parked(&self, id: Uuid) {
        if let Some(scan) = self.forgotten(id) {
            self.ring(&scan.device, Signal::Refused);
        }
    }

    /// What has waited for so long is kept here, not recorded: its scanner says "look at the screen".
    pub fn tell_kept(&self, patience: Duration) {
        let kept: Vec<Silent> =
            self.silent().extract_if(|_, scan| scan.since.elapsed() >= patience).map(|(_, scan)| scan).collect();
        kept.iter().for_each(|scan| self.ring(&scan.device, Signal::Attention));
    }

    fn forgotten(&self, id: Uuid) -> Option<Silent> {
        self.silent().remove(&id)
    }

    fn ring(&self, device: &str, signal: Signal) {
        let bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.get(device).into_iter().for_each(|bell| bell.ring(signal));
    }
}

/// What a receipt sounds like, as at the server; nothing for an echo. A tone of a newer server is "look at the screen".
fn signal_for(receipt: &Value) -> Option<Signal> {
    let verdict = receipt.get("verdict")?;
    if verdict.get("rule").and_then(Value::as_str) == Some("refuse_when_echo") {
        return None;
    }
    Some(match verdict.get("tone").and_then(Value::as_str) {
        Some("ok") => Signal::Good,
        Some("refused") => Signal::Refused,
        Some("not_recorded") => Signal::NotRecorded,
        _ => Signal::Attention,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gun() -> (Tones, Bell) {
        let (tones, bell) = (Tones::default(), Bell::new().unwrap());
        tones.set_bells(HashMap::from([("gun".to_owned(), bell.clone())]));
        (tones, bell)
    }

    fn receipt(tone: &str, rule: Value) -> Value {
        json!({"verdict": {"tone": tone, "rule": rule}})
    }

    #[test]
    fn a_receipt_in_time_sounds_its_verdict_and_nothing_sounds_twice() {
        let (tones, bell) = gun();
        for (tone, signal) in [("ok", Signal::Good), ("refused", Signal::Refused), ("attention", Signal::Attention)] {
            let id = Uuid::now_v7();
            assert!(tones.await_verdict(id, "gun"));
            tones.recorded(id, &receipt(tone, Value::Null));
            tones.recorded(id, &receipt(tone, Value::Null));
            tones.tell_kept(Duration::ZERO);
            assert_eq!(bell.take(), [signal], "{tone}");
        }
        let id = Uuid::now_v7();
        tones.await_verdict(id, "gun");
        tones.recorded(id, &receipt("refused", json!("refuse_when_echo")));
        assert_eq!(bell.take(), [], "an echo was answered already");
    }

    #[test]
    fn what_is_only_kept_sounds_once_and_its_late_receipt_does_not() {
        let (tones, bell) = gun();
        let (kept, parked) = (Uuid::now_v7(), Uuid::now_v7());
        tones.await_verdict(kept, "gun");
        tones.tell_kept(Duration::from_secs(60));
        assert_eq!(bell.take(), []);
        tones.tell_kept(Duration::ZERO);
        tones.recorded(kept, &receipt("ok", Value::Null));
        assert_eq!(bell.take(), [Signal::Attention]);
        tones.await_verdict(parked, "gun");
        tones.parked(parked);
        assert_eq!(bell.take(), [Signal::Refused]);
    }

    #[test]
    fn too_many_at_once_are_not_waited_for() {
        let (tones, _bell) = gun();
        let ids: Vec<Uuid> = (0..WAITING_MAX).map(|_| Uuid::now_v7()).collect();
        assert!(ids.iter().all(|id| tones.await_verdict(*id, "gun")));
        assert!(!tones.await_verdict(Uuid::now_v7(), "gun"));
        assert!(ids.first().is_some_and(|id| tones.await_verdict(*id, "gun")), "the same one again");
        ids.first().into_iter().for_each(|id| tones.forget(*id));
        assert!(tones.await_verdict(Uuid::now_v7(), "gun"));
    }
}
