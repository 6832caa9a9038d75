//! How a printer is: what stops it, what will soon, and what to do about it.

/// What stops a printer, in the words of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// No labels left.
    PaperOut,
    /// No ribbon, toner or ink left.
    RibbonOut,
    /// The head is open.
    HeadOpen,
    /// A cover or door is open.
    CoverOpen,
    /// Labels or the cutter are jammed.
    Jam,
    /// Someone pressed pause, or the queue was stopped.
    Paused,
    /// Other labels are loaded than the job is for.
    WrongStock,
    /// It takes no more data.
    BufferFull,
    /// Its memory is damaged.
    CorruptMemory,
    /// The head is too hot or too cold.
    HeadTemperature,
    /// It reports an error that has no word of its own here.
    Other,
    /// It takes no jobs.
    NotAccepting,
    /// It answers nothing, as newer printers do while they lack labels or stand open.
    NoAnswer,
    /// It cannot be reached.
    Unreachable,
}

impl Fault {
    /// The word for it in alerts and HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Fault::PaperOut => "paper_out",
            Fault::RibbonOut => "ribbon_out",
            Fault::HeadOpen => "head_open",
            Fault::CoverOpen => "cover_open",
            Fault::Jam => "jam",
            Fault::Paused => "paused",
            Fault::WrongStock => "wrong_stock",
            Fault::BufferFull => "buffer_full",
            Fault::CorruptMemory => "corrupt_memory",
            Fault::HeadTemperature => "head_temperature",
            Fault::Other => "other",
            Fault::NotAccepting => "not_accepting",
            Fault::NoAnswer => "no_answer",
            Fault::Unreachable => "unreachable",
        }
    }

    /// What is the matter and what to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Fault::PaperOut => "out of labels: load a roll",
            Fault::RibbonOut => "out of ribbon: load one",
            Fault::HeadOpen => "open: close the head",
            Fault::CoverOpen => "open: close its cover",
            Fault::Jam => "jammed: open it and take the label out",
            Fault::Paused => "paused: press its pause key",
            Fault::WrongStock => "loaded with other labels: change the roll",
            Fault::BufferFull => "its memory is full: wait, or switch it off and on",
            Fault::CorruptMemory => "its memory is damaged: call a technician",
            Fault::HeadTemperature => "too hot or too cold: wait",
            Fault::Other => "reports an error: look at its display",
            Fault::NotAccepting => "takes no jobs: see to its queue",
            Fault::NoAnswer => "gives no answer: see whether it is on, closed and loaded",
            Fault::Unreachable => "cannot be reached: see whether it is on and plugged in",
        }
    }
}

/// Several faults as one sentence.
pub fn advice(faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.advice()).collect::<Vec<_>>().join("; ")
}

/// What will stop a printer soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Warning {
    /// Few labels are left.
    PaperLow,
    /// Little ribbon, toner or ink is left.
    RibbonLow,
}

impl Warning {
    /// The word for it in alerts and HTTP.
    pub fn word(self) -> &'static str {
        match self {
            Warning::PaperLow => "paper_low",
            Warning::RibbonLow => "ribbon_low",
        }
    }
}

/// Whether a printer can print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterState {
    /// It said that it is ready.
    Ready,
    /// It is not ready; why, in its own order.
    NotReady(Vec<Fault>),
    /// This transport has no way to ask; the place it leads to is there.
    CannotAsk,
}

impl PrinterState {
    /// Ready, or what stops it.
    pub fn from_faults(faults: Vec<Fault>) -> Self {
        if faults.is_empty() { PrinterState::Ready } else { PrinterState::NotReady(faults) }
    }

    /// What stops it.
    pub fn faults(&self) -> &[Fault] {
        match self {
            PrinterState::NotReady(faults) => faults,
            PrinterState::Ready | PrinterState::CannotAsk => &[],
        }
    }

    /// The word for it in HTTP: `ready`, `not_ready`, `unasked`.
    pub fn word(&self) -> &'static str {
        match self {
            PrinterState::Ready => "ready",
            PrinterState::NotReady(_) => "not_ready",
            PrinterState::CannotAsk => "unasked",
        }
    }
}

/// All that a printer says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it can print.
    pub state: PrinterState,
    /// What will stop it soon.
    pub warnings: Vec<Warning>,
    /// Labels of a batch that are still to come out, where it counts them.
    pub labels_to_come: Option<u32>,
    /// Labels or sheets left in it, where it knows.
    pub stock_left: Option<u32>,
    /// What is loaded, in its words (`62 mm endless`), where it tells.
    pub loaded: Option<String>,
}

impl From<PrinterState> for Health {
    fn from(state: PrinterState) -> Self {
        Health { state, warnings: Vec::new(), labels_to_come: None, stock_left: None, loaded: None }
    }
}

impl Health {
    /// Not ready for one reason.
    pub fn down(fault: Fault) -> Self {
        PrinterState::NotReady(vec![fault]).into()
    }
}
