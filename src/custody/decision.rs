//! What a decision is made from and what it says.

use serde::{Deserialize, Serialize};

use super::{Act, Chart, Custody, Kiosk, KioskMode, KioskSession, Note, OrderKey, Place, Rule, Staff, Tone};
use super::{Verdict, VerdictKind};
use crate::barcode::{ChartNumber, Code, LabelIssue};

/// The state that one scan touches, loaded by the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The kiosk.
    pub kiosk: &'a Kiosk,
    /// Where it stands; `None` while that place is not entered yet.
    pub kiosk_place: Option<&'a Place>,
    /// The session that the scan belongs to, as it stands at its time.
    pub session: &'a KioskSession,
    /// The lane was scanned at since: the session is one of before.
    pub stale: bool,
    /// The person the session names.
    pub signed_in: Option<&'a Staff>,
    /// What was scanned.
    pub code: &'a Code,
    /// The person whose badge was scanned.
    pub badge: Option<&'a Staff>,
    /// The place whose card was scanned.
    pub place: Option<&'a Place>,
    /// The session's destination.
    pub destination: Option<&'a Place>,
    /// The person whom the destination names.
    pub taker: Option<&'a Staff>,
    /// The charts the code fits: at most one for our own codes, any number for a legacy one.
    pub charts: &'a [Chart],
    /// The chart of the session's last change, for UNDO.
    pub last_change_chart: Option<&'a Chart>,
}

/// What a scan comes to: what the screen is told, what the session becomes, what happens to charts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the screen is told.
    pub verdict: Verdict,
    /// The session that it belongs to, after it.
    pub session: KioskSession,
    /// What happens to which chart; all under the entry's one order key, at most one act a chart.
    pub acts: Vec<(ChartNumber, Act)>,
    /// A folder label is to be printed for this chart.
    pub label_for: Option<ChartNumber>,
    /// This issue was seen on this chart: older ones are superseded from now on.
    pub on_chart: Option<(ChartNumber, LabelIssue)>,
}

impl Decision {
    /// The decision, once the fold has said what came of it: a late act takes its place in the history, where it may
    /// change nothing any more. `before` and `after` are the custody of the verdict's chart.
    #[must_use]
    pub fn as_folded(mut self, key: &OrderKey, before: &Custody, after: &Custody) -> Decision {
        let verdict = &mut self.verdict;
        let stands = || Custody { last: before.last.clone(), ..after.clone() } == *before;
        match verdict.kind {
            VerdictKind::Undone if stands() => {
                let rule = Verdict::refused(Rule::RefuseWhenChartWasTouchedSince);
                (verdict.kind, verdict.tone, verdict.rule) = (rule.kind, rule.tone, rule.rule);
            }
            VerdictKind::Undone if *key < after.last => {
                verdict.notes.push(Note::seen_elsewhere_since(after));
                verdict.tone = Tone::Attention;
            }
            VerdictKind::ReportedMissing if after.missing.is_none() => verdict.tone = Tone::Attention,
            _ => {}
        }
        self
    }
}

/// What the entry of a scan keeps besides its effects, enough to make its receipt again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the screen was told.
    pub verdict: Verdict,
    /// The session that goes on in the lane after it.
    pub session: KioskSession,
    /// The kiosk's mode then.
    pub kiosk_mode: KioskMode,
    /// After how many idle seconds the session ended, then.
    pub idle_sign_off_seconds: u32,
    /// The chart's custody after it, without its undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_custody: Option<Custody>,
}

impl Outcome {
    /// The outcome of `decision` at `kiosk`; `custody` is that of the verdict's chart after it.
    pub fn new(decision: Decision, kiosk: &Kiosk, custody: Option<Custody>) -> Outcome {
        Outcome {
            verdict: decision.verdict,
            session: decision.session,
            kiosk_mode: kiosk.mode,
            idle_sign_off_seconds: kiosk.idle_sign_off_seconds,
            chart_custody: custody.map(|custody| Custody { undo: None, ..custody }),
        }
    }
}
