//! The sweep: what has become due since the last one.

use super::super::error::ChangeError;
use super::super::work::Work;
use super::Change;

/// Opens an alert for each loan newly overdue, and brings back snoozed alerts whose time is over. Does at most
/// [`Sweep::CHUNK`] of them; call it again while [`Swept::more`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Sweep;

impl Sweep {
    /// The most alerts one sweep opens or brings back.
    pub const CHUNK: usize = 100;
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Loans found overdue.
    pub overdue: usize,
    /// Snoozed alerts that are back.
    pub woken: usize,
    /// There may be more: sweep again at once.
    pub more: bool,
}

impl Change for Sweep {
    type Made = Swept;
    const BACKGROUND: bool = true;

    fn make(self, work: &mut Work<'_>) -> Result<Self::Made, ChangeError> {
        let _ = work;
        todo!()
    }
}
