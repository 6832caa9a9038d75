//! What the routes work with: the house's other rooms behind the narrowest view of them, and the web's own memory.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use utoipa::ToSchema;

use super::caller::Callers;
use super::feed::Feed;
use super::limiter::SignInLimiter;
use super::looks::OpenLooks;
use super::photos::PhotoDesk;
use super::routes::Sample;
use crate::agent::remote::Agents;
use crate::barcode::ChartNumber;
use crate::custody::Kiosk;
use crate::intake::Intake;
use crate::ledger::queries::Sight;
use crate::ledger::{Ledger, PrintJobId, PrinterStockRow};
use crate::records::Filing;

/// What the web is built from.
#[derive(Clone)]
pub struct App {
    /// The ledger.
    pub ledger: Ledger,
    /// Whose charts these are.
    pub hospital: Hospital,
    /// This machine's scanners.
    pub intake: Arc<Intake>,
    /// Kiosks' own computers.
    pub agents: Agents,
    /// Every configured printer and how it is.
    pub printers: Arc<dyn Fn() -> Vec<PrinterView> + Send + Sync>,
    /// Tells the id of each printer whose state changed, from now on.
    pub printer_changes: PrinterChanges,
    /// Printed matter.
    pub papers: Arc<dyn Papers>,
    /// Writes all metrics in the Prometheus text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Counts requests, where someone wants them counted.
    pub requests: Option<Arc<dyn Requests>>,
    /// This is a demonstration: every page says so, and browsers on this machine are enrolled by themselves.
    pub simulated: bool,
    /// Samples for a kiosk's simulated scanner, in a demonstration. Called on a blocking thread.
    pub samples: Option<Samples>,
    /// The server speaks TLS: cookies are `Secure`, browsers are told to stay with TLS.
    pub secure: bool,
    /// Becomes true when the server stops: event streams end.
    pub closing: watch::Receiver<bool>,
}

/// Begins to tell which printers changed.
pub type PrinterChanges = Arc<dyn Fn() -> broadcast::Receiver<String> + Send + Sync>;

/// Makes the samples of a kiosk.
pub type Samples = Arc<dyn Fn(&Kiosk) -> Vec<Sample> + Send + Sync>;

/// The hospital as configured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Hospital {
    /// Its name.
    pub name: String,
    /// Its time zone's IANA name.
    pub time_zone: String,
    /// How its folders are ordered on the shelf.
    #[serde(skip)]
    pub filing: Filing,
}

/// What the web asks of the rooms that make printed matter. The drawing ones are called on a blocking thread.
pub trait Papers: Send + Sync {
    /// A chart's label, or a slip about it, as it would be printed now, without what is withheld; without a chart one with
    /// invented data. Uses up no issue.
    fn label(&self, template: &str, chart: Option<Shown>, form: LabelForm) -> Result<Vec<u8>, PaperError>;
    /// What is out and where, as PDF.
    fn downtime_list(&self) -> Result<Vec<u8>, PaperError>;
    /// The label templates.
    fn templates(&self) -> Vec<TemplateView>;
    /// The text of a template's file.
    fn template_text(&self, name: &str) -> Option<String>;
    /// What is wrong with the site's own files.
    fn template_faults(&self) -> Vec<TemplateFault>;
    /// What a template that is being written would print, or what is wrong with it.
    fn try_template(&self, file: &str, text: &str, chart: Option<Shown>) -> Result<TemplateTrial, PaperError>;
    /// What there is to print on.
    fn stocks(&self) -> Vec<StockView>;
}

/// A chart, and what whoever asks may see of it.
pub type Shown = (ChartNumber, Sight);

/// A label template.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TemplateView {
    /// The name it is asked for by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is about: `chart`, `place`, `staff`, `commands`, `request`, `transfer`.
    pub about: String,
    /// What it is printed on.
    pub stock: StockView,
    /// Its file.
    pub file: String,
    /// It is one of the site's own files.
    pub own: bool,
    /// It says who the patient is: nothing for a place where others read it.
    pub tells_patient: bool,
}

/// What labels are printed on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StockView {
    /// The name templates and printers use.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Width of one label, in millimetres.
    pub width_mm: f64,
    /// Height of one label, in millimetres.
    pub height_mm: f64,
    /// Labels on a sheet; 1 for rolls and forms.
    pub per_sheet: u16,
    /// Labels side by side.
    pub columns: u16,
}

/// What is wrong with a file, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TemplateFault {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: String,
    /// What to do about it.
    pub fix: String,
}

/// A template that is being written, as it would come out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct TemplateTrial {
    /// What is wrong with it; none where it can be used.
    pub fault: Option<TemplateFault>,
    /// The template as it was read.
    pub template: Option<TemplateView>,
    /// Its first page.
    pub svg: Option<String>,
    /// How many pages there are.
    pub pages: usize,
    /// What staff should know about it: texts that were cut, letters that are missing.
    pub notes: Vec<String>,
}

/// How a label preview is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelForm {
    /// For screens.
    Svg,
    /// For paper.
    Pdf,
}

/// Why something cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// No such template or chart.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be drawn; says why.
    #[error("{0}")]
    Failed(String),
}

/// Counts requests for the metrics.
pub trait Requests: Send + Sync {
    /// One request was answered. `route` is the pattern, never the path.
    fn count(&self, method: &Method, route: &str, status: u16, elapsed: Duration);
}

/// A printer as screens show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrinterView {
    /// Its id as configured.
    pub id: String,
    /// Where it stands.
    pub place: Option<String>,
    /// How it is connected: tcp, serial, device, ipp, folder, sim, agent.
    pub transport: String,
    /// The kiosk whose own computer drives it.
    pub agent: Option<String>,
    /// What it understands: zpl, pdf, ….
    pub language: String,
    /// The stock that is in it.
    pub stock: Option<String>,
    /// How it is, in a word: `ready`, `failed`, `unknown`, ….
    pub state: String,
    /// What hinders it: `paper_out`, `ribbon_out`, `head_open`, `paused`, `wrong_stock`, `no_answer`, `unreachable`, ….
    pub faults: Vec<String>,
    /// What will hinder it soon: `paper_low`, `ribbon_low`.
    pub warnings: Vec<String>,
    /// What hinders it and what to do about it.
    pub detail: Option<String>,
    /// An alert opens when so few labels are left.
    pub low_stock: u32,
    /// What staff said is loaded, counted down by labels sent.
    pub loaded: Option<PrinterStockRow>,
    /// The job that it is being sent.
    pub sending: Option<PrintJobId>,
    /// It is not real.
    pub simulated: bool,
    /// Since when the kiosk's computer that drives it is not heard, where that is so.
    pub not_heard_since: Option<Timestamp>,
}

/// The state of every handler.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

/// What [`Web`] points to.
pub struct Inner {
    /// The house.
    pub app: App,
    /// Who was identified lately.
    pub callers: Arc<Callers>,
    /// Failed sign-ins.
    pub limiter: SignInLimiter,
    /// Who has which charts and lists open.
    pub looks: OpenLooks,
    /// Live events.
    pub feed: Arc<Feed>,
    /// Photographs that are being read.
    pub photos: PhotoDesk,
}

impl Web {
    /// Starts the web's own memory. Must be called inside the async runtime.
    pub fn new(app: App) -> Self {
        let callers = Arc::new(Callers::default());
        let feed = Feed::start(&app.ledger, &callers);
        let device_key = device_key(&app.ledger);
        Self(Arc::new(Inner {
            callers,
            limiter: SignInLimiter::new(device_key),
            looks: OpenLooks::default(),
            photos: PhotoDesk::default(),
            feed,
            app,
        }))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.0.app.ledger
    }
}

impl std::ops::Deref for Web {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The key that seals device cookies. It is the ledger's, so that browsers are known again after a restart.
fn device_key(ledger: &Ledger) -> [u8; 32] {
    ledger.read_blocking(|reader| reader.derived_key("sign-in device cookies")).unwrap_or_else(|cause| {
        tracing::warn!(%cause, "browsers that signed in before are not known again");
        // Two random UUIDs: 244 random bits; the cookie opens nothing, it only chooses a counter.
        let mut key = [0; 32];
        let (first, second) = key.split_at_mut(16);
        first.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        second.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        key
    })
}
