//! IPP printers (RFC 8010 and 8011): IPP Everywhere printers and CUPS queues, in clear (`ipp://`) or by TLS (`ipps://`).
//!
//! An IPP printer keeps a record of each job: `completed` there is the printer's own word that it was printed. A CUPS
//! queue in front of a raw port says `completed` once it has handed the job on, which proves nothing; only where CUPS
//! itself talks IPP to the printer does it wait for the printer's word.

use std::io;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use ipp::operation::IppOperation;
use ipp::parser::IppParser;
use ipp::prelude::{DelimiterTag, IppOperationBuilder, IppPayload, IppRequestResponse};
use ipp::value::IppValue;

use super::convoy::{LOOK_AGAIN_STOPPED, LOOKS_MAX};
use super::ipp_access::{self, IppAccess, IppAccessError, Reach};
use super::ipp_reasons;
use super::track::Way;
use super::{
    Doubt, Evidence, Fault, Health, Limits, Payload, Printer, PrinterState, Progress, SendError, SendOutcome, Track,
};

/// The longest answer that is read.
const ANSWER_MAX_BYTES: u64 = 1 << 20;
/// Who prints, for the printer's own records.
const USER: &str = "outguide";
/// The pause between two looks at a job.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Statuses from here on are refusals (RFC 8011, appendix B).
const FIRST_REFUSAL: u16 = 0x0400;
const NOT_FOUND: u16 = 0x0406;

/// `job-state` (RFC 8011, section 5.3.7).
const STOPPED: i32 = 6;
const CANCELED: i32 = 7;
const ABORTED: i32 = 8;
const COMPLETED: i32 = 9;

/// What is asked of the printer.
const PRINTER_ATTRIBUTES: [&str; 9] = [
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "document-format-supported",
    "media-ready",
    "printer-input-tray",
    "print-scaling-supported",
    "cups-version",
    "device-uri",
];

/// An IPP printer.
#[derive(Debug)]
pub struct IppPrinter {
    reach: Reach,
    asks: bool,
    agent: ureq::Agent,
    limits: Limits,
    request: AtomicI32,
}

/// What went wrong with a request.
#[derive(Debug)]
enum Trouble {
    /// It was not reached.
    Unreachable(io::Error),
    /// It broke off after that, or the answer makes no sense.
    Broken(io::Error),
    /// It refused.
    Refused(u16, String),
}

impl Trouble {
    fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Trouble::Broken(io::Error::other(error))
    }
}

impl IppPrinter {
    /// The printer or queue at `uri`. A printer that is not asked how it is still says what became of each job.
    pub fn new(uri: &str, access: &IppAccess, asks: bool, limits: Limits) -> Result<Self, IppAccessError> {
        let reach = ipp_access::reach(uri, access)?;
        let mut config = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            // A connection kept from the last question may be gone, which would look like a job that broke off.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.whole_job()));
        if let Some(tls) = &reach.tls {
            config = config.tls_config(tls.clone()).https_only(true);
        }
        Ok(Self { agent: config.build().new_agent(), reach, asks, limits, request: AtomicI32::new(1) })
    }

    /// Sends a request, a document behind it, and reads the answer.
    fn ask(&self, operation: impl IppOperation, document: &[u8]) -> Result<IppRequestResponse, Trouble> {
        let mut request = operation.into_ipp_request();
        request.header_mut().request_id = self.request.fetch_add(1, Ordering::Relaxed).max(1);
        let mut body = request.to_bytes().to_vec();
        body.extend_from_slice(document);
        let limit = if document.is_empty() { self.limits.question() } else { self.limits.whole_job() };
        let post = self.agent.post(&self.reach.url).config().timeout_global(Some(limit)).build();
        let mut post = post.header("content-type", "application/ipp");
        if let Some(authorization) = &self.reach.authorization {
            post = post.header("authorization", authorization.value());
        }
        let answer = post.send(&body[..]).map_err(sort)?;
        if !answer.status().is_success() {
            let why = match (answer.status().as_u16(), &self.reach.authorization) {
                (401, None) => "it asks who prints: give `user` and `password_file`".to_owned(),
                (401 | 403, _) => "it does not let this user print: see to `user` and `password_file`".to_owned(),
                (426, _) => "it wants to be spoken to by TLS: write ipps:// and give `certificate`".to_owned(),
                _ => format!("HTTP {}", answer.status()),
            };
            return Err(Trouble::Refused(answer.status().as_u16(), why));
        }
        let answer = answer.into_body().with_config().limit(ANSWER_MAX_BYTES).read_to_vec();
        let answer = answer.map_err(Trouble::broken)?;
        let answer = IppParser::new(ipp::reader::IppReader::new(io::Cursor::new(answer)));
        let answer = answer.parse().map_err(Trouble::broken)?;
        let status = u16::from_be_bytes(answer.header().operation_or_status.to_be_bytes());
        if status >= FIRST_REFUSAL {
            let said = texts(&answer, DelimiterTag::OperationAttributes, "status-message").into_iter().next();
            return Err(Trouble::Refused(status, said.unwrap_or_else(|| format!("status {status:#06x}"))));
        }
        Ok(answer)
    }

    fn attributes(&self) -> Result<Attributes, Trouble> {
        let question =
            IppOperationBuilder::get_printer_attributes(self.reach.uri.clone()).attributes(PRINTER_ATTRIBUTES);
        let answer = self.ask(question.build().map_err(Trouble::broken)?, &[])?;
        let list = |name: &str| texts(&answer, DelimiterTag::PrinterAttributes, name);
        let first = |name: &str| list(name).into_iter().next();
        let state = number(&answer, DelimiterTag::PrinterAttributes, "printer-state").unwrap_or(3);
        let accepts = first("printer-is-accepting-jobs").is_none_or(|accepts| accepts != "false");
        let mut health = ipp_reasons::health(state, &list("printer-state-reasons"), accepts);
        if !self.asks {
            health = PrinterState::CannotAsk.into();
        }
        health.loaded = first("media-ready");
        health.stock_left = ipp_reasons::stock_left(&list("printer-input-tray"));
        let device = first("device-uri").unwrap_or_default();
        let waits_for_paper = ["ipp:", "ipps:"].iter().any(|scheme| device.starts_with(scheme))
            || device.starts_with("dnssd:") && device.contains("._ipp");
        Ok(Attributes {
            health,
            formats: list("document-format-supported"),
            scales: list("print-scaling-supported").iter().any(|way| way == "none"),
            hands_on: first("cups-version").is_some() && !waits_for_paper,
        })
    }

    fn print(&self, job: Payload<'_>, format: &str, unscaled: bool) -> Result<i32, Trouble> {
        let document = IppPayload::empty();
        let mut operation = IppOperationBuilder::print_job(self.reach.uri.clone(), document)
            .user_name(USER)
            .job_title(job.name)
            .document_format(format);
        if unscaled {
            let none = IppValue::new_keyword("none").map_err(Trouble::broken)?;
            let attribute = ipp::attribute::IppAttribute::with_name("print-scaling", none).map_err(Trouble::broken)?;
            operation = operation.attribute(attribute);
        }
        let answer = self.ask(operation.build().map_err(Trouble::broken)?, job.bytes)?;
        number(&answer, DelimiterTag::JobAttributes, "job-id").ok_or_else(|| Trouble::broken("the answer names no job"))
    }

    fn job(&self, job: i32) -> Result<(i32, Vec<String>), Trouble> {
        let question = IppOperationBuilder::get_job_attributes(self.reach.uri.clone(), job).user_name(USER);
        let answer = self.ask(question.build().map_err(Trouble::broken)?, &[])?;
        let state = number(&answer, DelimiterTag::JobAttributes, "job-state")
            .ok_or_else(|| Trouble::broken("the answer has no job-state"))?;
        Ok((state, texts(&answer, DelimiterTag::JobAttributes, "job-state-reasons")))
    }

    /// For error messages; an address holds no password.
    fn to(&self) -> String {
        self.reach.uri.to_string()
    }
}

/// What is known of the printer.
struct Attributes {
    health: Health,
    formats: Vec<String>,
    scales: bool,
    hands_on: bool,
}

/// What a look at a job, and then at the printer, says.
fn concluded(seen: Result<(i32, Vec<String>), Trouble>, printer: &Result<Attributes, Trouble>) -> Progress {
    let (state, reasons) = match seen {
        Ok(seen) => seen,
        Err(Trouble::Refused(NOT_FOUND, _)) => return Progress::Unproven(Doubt::Interrupted),
        Err(_) => return waiting(vec![Fault::Unreachable]),
    };
    let ended = |words: &str| {
        let faults: Vec<Fault> =
            printer.iter().flat_map(|printer| printer.health.state.faults().iter().copied()).collect();
        let why = reasons.iter().map(String::as_str).chain(faults.iter().map(|fault| fault.advice()));
        Progress::Failed(format!("the printer {words} the job: {}", why.collect::<Vec<_>>().join("; ")))
    };
    match (state, printer) {
        (COMPLETED, Ok(printer)) if printer.hands_on => Progress::Unproven(Doubt::HandedOn),
        // What kind of queue it is could not be learnt now: ask again.
        (COMPLETED, Err(_)) => waiting(vec![Fault::Unreachable]),
        (COMPLETED, _) if reasons.iter().any(|reason| reason == "job-completed-with-errors") => {
            Progress::Unproven(Doubt::WithErrors)
        }
        (COMPLETED, _) => Progress::Printed(Evidence::JobCompleted),
        (CANCELED, _) => ended("cancelled"),
        (ABORTED, _) => ended("aborted"),
        (_, printer) => {
            let mut faults = printer.as_ref().map(|printer| printer.health.state.faults().to_vec()).unwrap_or_default();
            if state == STOPPED && faults.is_empty() {
                faults.push(Fault::Paused);
            }
            waiting(faults)
        }
    }
}

fn waiting(faults: Vec<Fault>) -> Progress {
    let look_again = if faults.is_empty() { LOOK_AGAIN } else { LOOK_AGAIN_STOPPED };
    Progress::StillPrinting { left: None, faults, look_again }
}

/// What a failed request means: only what never got a connection has surely sent nothing.
fn sort(error: ureq::Error) -> Trouble {
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::BadUri(_) => {
            Trouble::Unreachable(io::Error::other(error))
        }
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            Trouble::Unreachable(io::Error::other(error))
        }
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => Trouble::Unreachable(error),
        other => Trouble::Broken(io::Error::other(other)),
    }
}

/// The media type under which a language is sent: the first of its own that the printer takes.
fn format(language: &str, supported: &[String]) -> Option<&'static str> {
    let own: &[&'static str] = match language {
        "pdf" => &["application/pdf"],
        // CUPS guesses at octet streams, and would print commands as text; raw is never guessed at.
        "zpl" => &["application/vnd.zebra-zpl", "application/vnd.cups-raw", "application/octet-stream"],
        _ => &["application/vnd.cups-raw", "application/octet-stream"],
    };
    own.iter().find(|own| supported.iter().any(|format| format.eq_ignore_ascii_case(own))).copied()
}

fn texts(answer: &IppRequestResponse, group: DelimiterTag, name: &str) -> Vec<String> {
    fn add(value: &IppValue, into: &mut Vec<String>) {
        match value {
            IppValue::Array(values) => values.iter().for_each(|value| add(value, into)),
            IppValue::OctetString(bytes) => into.push(String::from_utf8_lossy(bytes).into_owned()),
            IppValue::NoValue => {}
            other => into.push(other.to_string()),
        }
    }
    let mut all = Vec::new();
    let values = answer.attributes().groups_of(group).filter_map(|group| group.get(name));
    values.for_each(|attribute| add(attribute.value(), &mut all));
    all
}

fn number(answer: &IppRequestResponse, group: DelimiterTag, name: &str) -> Option<i32> {
    let attribute = answer.attributes().groups_of(group).find_map(|group| group.get(name))?;
    match attribute.value() {
        IppValue::Integer(number) | IppValue::Enum(number) => Some(*number),
        _ => None,
    }
}

impl Printer for IppPrinter {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        let to = self.to();
        let before = match self.attributes() {
            Ok(before) => before,
            Err(Trouble::Refused(_, why)) => return SendOutcome::NothingSent(SendError::Refused { to, why }),
            Err(Trouble::Unreachable(error) | Trouble::Broken(error)) => {
                return SendOutcome::NothingSent(SendError::Unreachable { to, error });
            }
        };
        let Some(format) = format(job.language, &before.formats) else {
            let why = format!("it takes {}, not {}", before.formats.join(", "), job.language);
            return SendOutcome::NothingSent(SendError::Refused { to, why });
        };
        if !before.health.state.faults().is_empty() {
            let faults = before.health.state.faults().to_vec();
            return SendOutcome::NothingSent(SendError::NotReady { to, faults });
        }
        match self.print(job, format, before.scales && job.language == "pdf") {
            Ok(job) => SendOutcome::Sent(Track(Way::Ipp { job, looks: 0 })),
            Err(Trouble::Unreachable(error)) => SendOutcome::NothingSent(SendError::Unreachable { to, error }),
            Err(Trouble::Refused(_, why)) => SendOutcome::NothingSent(SendError::Refused { to, why }),
            // It was connected: how much of the job it took is not known.
            Err(Trouble::Broken(error)) => {
                SendOutcome::Unknown { sent_bytes: 0, error: SendError::Write { to, error } }
            }
        }
    }

    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress> {
        let ask = |track: &mut Track| match &mut track.0 {
            Way::Ipp { looks, .. } if *looks >= LOOKS_MAX => Err(Doubt::TookTooLong),
            Way::Ipp { job, looks } => {
                *looks += 1;
                Ok(self.job(*job))
            }
            Way::None(doubt) => Err(*doubt),
            Way::Simulated { .. } | Way::Count { .. } | Way::Reports(_) | Way::Elsewhere => Err(Doubt::CannotCount),
        };
        let jobs: Vec<_> = tracks.iter_mut().map(ask).collect();
        // The printer itself is asked once for all of them, behind them: how it is when they had got so far.
        let printer = jobs.iter().any(Result::is_ok).then(|| self.attributes());
        let conclude = |job| match (job, &printer) {
            (Ok(seen), Some(printer)) => concluded(seen, printer),
            (Ok(_), None) => Progress::Unproven(Doubt::CannotCount),
            (Err(doubt), _) => Progress::Unproven(doubt),
        };
        jobs.into_iter().map(conclude).collect()
    }

    fn health(&self) -> Health {
        match self.attributes() {
            Ok(attributes) => attributes.health,
            Err(Trouble::Unreachable(_)) => Health::down(Fault::Unreachable),
            Err(Trouble::Broken(_)) => Health::down(Fault::NoAnswer),
            Err(Trouble::Refused(..)) => Health::down(Fault::NotAccepting),
        }
    }

    fn transport(&self) -> &'static str {
        "ipp"
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_language_goes_under_a_type_that_the_printer_takes() {
        let takes = |formats: &[&str]| formats.iter().map(|format| (*format).to_owned()).collect::<Vec<_>>();
        let all = takes(&["application/octet-stream", "application/pdf", "application/vnd.zebra-zpl"]);
        assert_eq!(format("zpl", &all), Some("application/vnd.zebra-zpl"));
        assert_eq!(format("pdf", &all), Some("application/pdf"));
        assert_eq!(format("tspl", &all), Some("application/octet-stream"));
        let cups = takes(&["application/octet-stream", "application/vnd.cups-raw"]);
        assert_eq!(format("zpl", &cups), Some("application/vnd.cups-raw"));
        assert_eq!(format("pdf", &cups), None);
    }

    #[test]
    fn nobody_there_is_nothing_sent() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let printer =
            IppPrinter::new(&format!("ipp://{free}/ipp/print"), &IppAccess::default(), true, Limits::default())
                .unwrap();
        assert_eq!(printer.health(), Health::down(Fault::Unreachable));
        let outcome = printer.send(Payload { name: "j", bytes: b"x", labels: 1, language: "pdf" });
        assert!(matches!(outcome, SendOutcome::NothingSent(SendError::Unreachable { .. })), "{outcome:?}");
    }
}
