//! The server: every room started in the order in which each needs the other, and stopped the other way round.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use outguide_hardware::scanner::sim::SimScript;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::control::Control;
use super::devices;
use super::metrics::Metrics;
use super::papers::Paperwork;
use super::printing;
use super::say::{self, Failure};
use super::schedule::Repeating;
use super::templates::Templates;
use super::watched::Upkeep;
use super::{agents, backups, downtime, reach, silence};
use crate::agent::remote::Agents;
use crate::config::{Config, Scanner};
use crate::intake::Intake;
use crate::ledger::changes::{Prune, Sweep};
use crate::ledger::{Actor, Ledger, OpenError, PrintJobState, RandomIds};
use crate::outbox::{Jobs, LedgerJobs, Limits, Outbox, PrinterStatus, Shelf};
use crate::web::{self, App, Hospital, PrinterView, Samples, Tls};

/// How often due loans and snoozed alerts are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// How often what is kept for a short time is looked through.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// What a simulated scanner scans by itself.
pub type Script<'a> = Box<dyn FnMut(&Scanner) -> Option<SimScript> + 'a>;
/// Called once the server listens, with its address.
pub type Ready<'a> = Box<dyn FnOnce(&Ledger, &str) -> Result<(), Failure> + 'a>;

/// What a demonstration adds to a server.
#[derive(Default)]
pub struct Extras<'a> {
    /// What simulated scanners scan by themselves.
    pub script: Option<Script<'a>>,
    /// Said on every page.
    pub simulated: bool,
    /// Something to scan at each kiosk.
    pub samples: Option<Samples>,
    /// Called once the server listens.
    pub ready: Option<Ready<'a>>,
}

/// `outguide serve`: until SIGTERM or SIGINT.
pub fn run(config: &Config) -> Result<(), Failure> {
    run_with(config, Extras::default())
}

/// A server with `extras`.
pub fn run_with(config: &Config, extras: Extras<'_>) -> Result<(), Failure> {
    let tls = config.tls.as_ref().map(|tls| Tls::from_files(&tls.certificate, &tls.key)).transpose();
    let tls = tls.map_err(Failure::new)?;
    let ledger = reach::open(config).map_err(|error| match error {
        OpenError::Locked { dir } => Failure::new(format_args!("a server already runs on {}", dir.display())),
        error => Failure::new(error),
    })?;
    let listener = TcpListener::bind(config.listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| Failure::new(format_args!("cannot listen on {}: {error}", config.listen)))?;
    take_all_files_allowed();
    let runtime = runtime()?;
    let script = extras.script.unwrap_or_else(|| Box::new(|_| None));
    let rooms = Rooms::start(config, &ledger, script)?;
    let show = Show { simulated: extras.simulated, samples: extras.samples };
    // Before anybody hears that the server is ready, so that a stop at that very moment is a clean one.
    let stopped = {
        let _inside = runtime.enter();
        stopped().map_err(Failure::new)?
    };
    // The listener is open: who connects from here on waits for the moment that the web takes to start.
    let url = url(listener.local_addr().map_err(Failure::new)?, tls.is_some());
    match extras.ready {
        Some(ready) => ready(&ledger, &url)?,
        None => say::line(format_args!("Outguide is ready at {url}/")),
    }
    let ended = runtime.block_on(serve(config, &rooms, listener, tls, show, stopped));
    rooms.stop();
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

/// Every configured printer and how it is.
type Printers = Arc<dyn Fn() -> Vec<PrinterView> + Send + Sync>;

/// What pages show of a demonstration.
struct Show {
    simulated: bool,
    samples: Option<Samples>,
}

/// The rooms at work behind the web.
struct Rooms {
    ledger: Ledger,
    intake: Arc<Intake>,
    outbox: Arc<Outbox>,
    agents: Agents,
    templates: Arc<Templates>,
    upkeep: Upkeep,
    jobs: Vec<Repeating>,
    _control: Control,
}

impl Rooms {
    fn start(config: &Config, ledger: &Ledger, script: Script<'_>) -> Result<Rooms, Failure> {
        let scanners = devices::scanners(config, script)?;
        let recorder = Arc::new(ledger.clone());
        let intake = Intake::start(recorder, Arc::new(RandomIds), scanners).map_err(Failure::new)?;
        let templates = Arc::new(Templates::open(config.label_directory.clone()).map_err(Failure::new)?);
        printing::check_chart_labels(config, &templates.now()).map_err(Failure::new)?;
        let shelf: Shelf = {
            let templates = Arc::clone(&templates);
            Arc::new(move || templates.now())
        };
        let jobs_of: Arc<dyn Jobs> = Arc::new(LedgerJobs::new(ledger.clone(), printing::texts(config, ledger), shelf));
        let agents = Agents::new(Arc::new(RandomIds));
        let printers = printing::printers(config, &agents)?;
        let outbox = Outbox::start(&jobs_of, printers, Limits::default()).map_err(Failure::new)?;
        let control = Control::serve(&config.data_dir, ledger.clone())
            .map_err(|error| Failure::new(format_args!("{}: {error}", config.data_dir.display())))?;
        let upkeep = Upkeep::new(ledger);
        let mut jobs = jobs(config, ledger, &templates, &upkeep).map_err(Failure::new)?;
        jobs.push(agents::watch(ledger, &agents).map_err(Failure::new)?);
        let intake = Arc::new(intake);
        let zone = config.time_zone.clone();
        jobs.push(silence::watch(ledger, &intake, &agents, config.silence, zone).map_err(Failure::new)?);
        Ok(Rooms {
            ledger: ledger.clone(),
            intake,
            outbox: Arc::new(outbox),
            agents,
            templates,
            upkeep,
            jobs,
            _control: control,
        })
    }

    /// Readers first, so that what they hold is offered to the ledger while it is open.
    fn stop(mut self) {
        self.jobs.clear();
        self.intake.stop();
        // A worker that waits for a kiosk's computer waits no more.
        self.agents.close();
        // The outbox stops with its last handle, after the job in hand.
        drop(self.outbox);
    }
}

fn jobs(
    config: &Config,
    ledger: &Ledger,
    templates: &Arc<Templates>,
    upkeep: &Upkeep,
) -> std::io::Result<Vec<Repeating>> {
    let sweeper = ledger.clone();
    let mut jobs = vec![Repeating::start("sweep", SWEEP_EVERY, move || sweep(&sweeper))?];
    let pruner = ledger.clone();
    jobs.push(Repeating::start("prune", PRUNE_EVERY, move || {
        if let Err(error) = pruner.change_blocking(&Actor::System, Prune) {
            tracing::warn!(%error, "old scans' texts could not be forgotten");
        }
    })?);
    let of = Paperwork::new(config, ledger, templates);
    let (schedule, clock, watched) = (config.downtime.clone(), ledger.clone(), Arc::clone(&upkeep.downtime_list));
    jobs.push(Repeating::start("downtime", schedule.every, move || {
        downtime::make(&schedule, &of, &clock.now().strftime("%Y%m%dT%H%MZ").to_string(), &watched);
    })?);
    if let Some(schedule) = config.backup.clone() {
        let (of, watched) = (ledger.clone(), Arc::clone(&upkeep.backup));
        jobs.push(Repeating::start("backup", schedule.every, move || backups::make(&schedule, &of, &watched))?);
    }
    Ok(jobs)
}

fn sweep(ledger: &Ledger) {
    loop {
        match ledger.change_blocking(&Actor::System, Sweep) {
            Ok(swept) if swept.more => {}
            Ok(_) => return,
            Err(error) => return tracing::warn!(%error, "the sweep for overdue loans could not be recorded"),
        }
    }
}

async fn serve(
    config: &Config,
    rooms: &Rooms,
    listener: TcpListener,
    tls: Option<Tls>,
    show: Show,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::new)?;
    let metrics = Arc::new(Metrics::new());
    metrics.follow(&rooms.ledger);
    wake_printers(&rooms.ledger, &rooms.outbox);
    agents::ask_printers(&rooms.agents, &rooms.outbox);
    let (close, closing) = watch::channel(false);
    let (outbox, agents) = (Arc::clone(&rooms.outbox), rooms.agents.clone());
    let at_agents = config.clone();
    let printers: Printers = Arc::new(move || {
        let view = |status: PrinterStatus| {
            let agent = printing::agent_of(&at_agents, &status.spec.id);
            let not_heard_since = agent.as_deref().and_then(|kiosk| agents.not_heard_since(kiosk));
            printing::view(status, agent, not_heard_since)
        };
        outbox.printers().into_iter().map(view).collect()
    });
    let text = {
        let (metrics, ledger, intake) = (Arc::clone(&metrics), rooms.ledger.clone(), Arc::clone(&rooms.intake));
        let (printers, upkeep) = (Arc::clone(&printers), rooms.upkeep.clone());
        Arc::new(move || metrics.text(ledger.head().seq, ledger.pace(), &upkeep, intake.statuses(), printers()))
    };
    let app = App {
        ledger: rooms.ledger.clone(),
        hospital: Hospital {
            name: config.hospital.clone(),
            time_zone: config.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            filing: config.numbering.filing,
        },
        intake: Arc::clone(&rooms.intake),
        agents: rooms.agents.clone(),
        printers,
        printer_changes: {
            let outbox = Arc::clone(&rooms.outbox);
            Arc::new(move || outbox.subscribe())
        },
        papers: Arc::new(Paperwork::new(config, &rooms.ledger, &rooms.templates)),
        metrics: text,
        requests: Some(metrics),
        simulated: show.simulated,
        samples: show.samples,
        secure: tls.is_some(),
        closing,
    };
    let stop = async move {
        stopped.await;
        // Nobody left to tell is as good as told.
        let _all_streams_ended = close.send(true);
    };
    warn_of_unknown_places(rooms).await;
    tracing::info!(%address, tls = tls.is_some(), data = %config.data_dir.display(), "ready");
    web::serve(listener, tls, web::router(app), stop).await.map_err(Failure::new)
}

/// Ends when the program is told to stop, by SIGTERM or SIGINT. Both are listened to from now on. Inside a runtime.
pub(super) fn stopped() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

/// A printer's worker hears at once that its queue changed.
fn wake_printers(ledger: &Ledger, outbox: &Arc<Outbox>) {
    let (mut published, outbox) = (ledger.subscribe(), Arc::downgrade(outbox));
    tokio::spawn(async move {
        loop {
            let entry = match published.recv().await {
                Ok(entry) => entry,
                // Workers look by themselves too, so what was missed is only late.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
            let Some(outbox) = outbox.upgrade() else { return };
            match &entry.print_job {
                Some(job) if job.state == PrintJobState::Queued => outbox.wake(&job.printer),
                None if entry.kind.starts_with("print_batch_") => outbox.wake_all(),
                _ => {}
            }
        }
    });
}

fn url(address: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// Places are imported later than kiosks are configured: a warning, not an error.
async fn warn_of_unknown_places(rooms: &Rooms) {
    for known in &rooms.ledger.kiosks() {
        let kiosk = &known.kiosk;
        let code = kiosk.place.clone();
        let known = rooms.ledger.read(move |reader| reader.place(&code)).await;
        if matches!(known, Ok(None)) {
            tracing::warn!(kiosk = %kiosk.id, place = %kiosk.place, "this kiosk's place does not exist yet: import places");
        }
    }
}

/// Each connection is an open file, and most systems allow 1,024 at first and far more on request: a flood of connections
/// must not leave the ledger none.
fn take_all_files_allowed() {
    let allowed = getrlimit(Resource::Nofile);
    // Where it is refused, it stays as it was.
    let _refused = setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, ..allowed });
}

/// How much lower than the thread that writes the ledger those stand that speak HTTP and read: where processors are short,
/// what waits to be recorded goes before what waits to be asked.
const BEHIND_THE_LEDGER: i32 = 5;

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let behind = || {
        // Linux keeps this for each thread. Where it is refused, all stand alike.
        let _refused = rustix::process::nice(BEHIND_THE_LEDGER);
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().on_thread_start(behind).build().map_err(Failure::new)
}
