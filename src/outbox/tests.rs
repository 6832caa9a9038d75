use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Instant;

use jiff::Timestamp;
use outguide_hardware::printer::sim::{Counting, SimFault, SimPrinter};
use outguide_hardware::printer::{Fault, Health, Payload, PrinterState, Progress, SendError, SendOutcome, Track};

use super::*;
use crate::barcode::{ChartNumber, LabelIssue};
use crate::labels::{LabelData, Labels};
use crate::ledger::{ChartLabel, PrintBatchId, PrintJobRow, PrintJobState, Subject};

/// The queue in memory, with every noted state in order.
#[derive(Default)]
struct Queue {
    rows: Mutex<BTreeMap<u64, PrintJobRow>>,
    noted: Mutex<Vec<(u64, PrintJobState)>>,
    refuse_notes: Mutex<u32>,
    hindrances: Mutex<Vec<Option<String>>>,
    held_back: Mutex<Vec<String>>,
    loaded: Mutex<Option<String>>,
    left: Mutex<Vec<u32>>,
}

fn label(chart: u32) -> Subject {
    Subject::Label(ChartLabel { chart: ChartNumber(chart), issue: LabelIssue(1) })
}

fn job(id: u64, printer: &str, state: PrintJobState) -> PrintJobRow {
    PrintJobRow {
        id: PrintJobId(id),
        printer: printer.into(),
        template: "folder-4x2".into(),
        subject: label(17),
        copies: 1,
        start_at: 1,
        batch: None,
        position: None,
        reason: "not given".into(),
        state,
        proof: None,
        requested_by: "user:anna".into(),
        requested_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
        attempts: 0,
        fault: None,
    }
}

impl Queue {
    fn with(jobs: impl IntoIterator<Item = PrintJobRow>) -> Arc<Queue> {
        let queue = Queue::default();
        queue.rows.lock().unwrap().extend(jobs.into_iter().map(|job| (job.id.0, job)));
        Arc::new(queue)
    }

    fn states(&self) -> Vec<PrintJobState> {
        self.rows.lock().unwrap().values().map(|job| job.state).collect()
    }

    fn until(&self, expected: &[PrintJobState]) {
        let since = Instant::now();
        while self.states() != expected {
            assert!(since.elapsed() < Duration::from_secs(10), "{:?}, expected {expected:?}", self.states());
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Jobs for Queue {
    fn next(&self, printer: &str) -> Result<Option<PrintJobRow>, JobsError> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.values().find(|job| job.printer == printer && job.state == PrintJobState::Queued).cloned())
    }

    fn sending(&self, printer: &str) -> Result<Vec<PrintJobRow>, JobsError> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.values().filter(|j| j.printer == printer && j.state == PrintJobState::Sending).cloned().collect())
    }

    fn feed(&self, _printer: &str) -> Result<bool, JobsError> {
        Ok(false)
    }

    fn labels(&self) -> Arc<Labels> {
        static LABELS: LazyLock<Arc<Labels>> =
            LazyLock::new(|| Arc::new(Labels::load(&crate::labels::Files::default()).unwrap().0));
        Arc::clone(&LABELS)
    }

    fn data(&self, job: &PrintJobRow) -> Result<Vec<LabelData>, LabelFault> {
        match job.subject.charts().as_slice() {
            [ChartNumber(404)] => Err(LabelFault::Never("the chart is retired".into())),
            _ => Ok(vec![LabelData::sample()]),
        }
    }

    fn hold_back(&self, job: &PrintJobRow, why: &str) -> bool {
        if job.batch.is_some() {
            self.held_back.lock().unwrap().push(why.to_owned());
            self.rows.lock().unwrap().remove(&job.id.0);
        }
        job.batch.is_some()
    }

    fn loaded(&self, _printer: &str) -> Option<String> {
        self.loaded.lock().unwrap().clone()
    }

    fn stock(&self, _printer: &PrinterSpec, left: Option<u32>, _few: bool) {
        self.left.lock().unwrap().extend(left);
    }

    fn note(&self, id: PrintJobId, state: PrintJobState, fault: Option<String>) -> Result<PrintJobRow, JobsError> {
        let mut refuse = self.refuse_notes.lock().unwrap();
        if *refuse > 0 {
            *refuse -= 1;
            return Err(JobsError::NotRecorded("the disk is full".into()));
        }
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&id.0).unwrap();
        if state == PrintJobState::Sending {
            assert_eq!(row.state, PrintJobState::Queued, "only queued jobs are sent");
            row.attempts += 1;
        }
        (row.state, row.fault) = (state, fault);
        self.noted.lock().unwrap().push((id.0, state));
        Ok(row.clone())
    }

    fn printer_changed(&self, _printer: &PrinterSpec, hindrance: Option<&str>) {
        self.hindrances.lock().unwrap().push(hindrance.map(str::to_owned));
    }
}

fn spec(id: &str) -> PrinterSpec {
    let format = Format::Printer("zpl");
    PrinterSpec { id: id.into(), place: None, format, dpi: 203, stock: Some("folder-4x2".into()), low_stock: 5 }
}

fn limits() -> Limits {
    let ms = Duration::from_millis;
    Limits {
        attempts_most: 3,
        backoff_first: ms(1),
        backoff_most: ms(4),
        hold_most: ms(2000),
        away_most: ms(6000),
        follow_most: ms(500),
        ahead_labels_most: 2,
        poll_every: ms(5),
        ask_every: ms(10),
    }
}

fn start(queue: &Arc<Queue>, printers: &[(&str, &SimPrinter)]) -> Outbox {
    let jobs: Arc<dyn Jobs> = Arc::clone(queue) as Arc<dyn Jobs>;
    let printers = printers.iter().map(|(id, sim)| (spec(id), Arc::new((*sim).clone()) as Arc<dyn Printer>)).collect();
    Outbox::start(&jobs, printers, limits()).unwrap()
}

use PrintJobState::{Failed, Printed, Queued, Sending, Sent, Unknown};

#[test]
fn jobs_go_out_in_order_and_sending_is_noted_first() {
    let queue = Queue::with((1..=3).map(|id| job(id, "p", Queued)));
    let sim = SimPrinter::default();
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Printed; 3]);
    outbox.stop();
    let names: Vec<String> = sim.labels().into_iter().map(|label| label.name).collect();
    assert_eq!(names, ["job-000001.zpl", "job-000002.zpl", "job-000003.zpl"]);
    let noted = queue.noted.lock().unwrap().clone();
    let of = |id| noted.iter().filter(|(job, _)| *job == id).map(|(_, state)| *state).collect::<Vec<_>>();
    (1..=3).for_each(|id| assert_eq!(of(id), [Sending, Sent, Printed]));
}

#[test]
fn what_was_being_sent_at_a_crash_is_unknown_and_not_sent_again() {
    let queue = Queue::with([job(1, "p", Sending), job(2, "p", Queued)]);
    let sim = SimPrinter::default();
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Unknown, Printed]);
    outbox.stop();
    assert_eq!(sim.labels().len(), 1);
}

#[test]
fn a_line_that_breaks_midway_makes_one_unknown_and_holds_up_nobody() {
    let queue = Queue::with([job(1, "p", Queued), job(2, "p", Queued)]);
    let sim = SimPrinter::default();
    sim.fail_next(SimFault::BreaksAfter { bytes: 100 });
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Unknown, Printed]);
    outbox.stop();
    assert!(queue.rows.lock().unwrap()[&1].fault.as_ref().unwrap().contains("100 bytes"));
}

#[test]
fn nothing_sent_is_tried_again_and_then_failed() {
    let queue = Queue::with([job(1, "p", Queued), job(2, "p", Queued)]);
    let sim = SimPrinter::default();
    (0..4).for_each(|_| sim.fail_next(SimFault::Unreachable));
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Failed, Printed]);
    outbox.stop();
    let rows = queue.rows.lock().unwrap();
    assert_eq!((rows[&1].attempts, rows[&2].attempts), (3, 2));
    assert_eq!(sim.labels().len(), 1);
}

#[test]
fn nothing_leaves_before_sending_is_recorded() {
    let queue = Queue::with([job(1, "p", Queued)]);
    *queue.refuse_notes.lock().unwrap() = 1;
    let sim = SimPrinter::default();
    let outbox = start(&queue, &[("p", &sim)]);
    std::thread::sleep(Duration::from_millis(100));
    assert!(sim.labels().is_empty());
    queue.until(&[Printed]);
    outbox.stop();
    assert_eq!(sim.labels().len(), 1);
}

#[test]
fn a_printer_out_of_labels_holds_its_own_queue_only() {
    let queue = Queue::with([job(1, "stuck", Queued), job(2, "free", Queued)]);
    let (stuck, free) = (SimPrinter::default(), SimPrinter::default());
    stuck.set_state(PrinterState::NotReady(vec![Fault::PaperOut]));
    let outbox = start(&queue, &[("stuck", &stuck), ("free", &free)]);
    queue.until(&[Queued, Printed]);
    while !outbox.all_tried() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(queue.states(), [Queued, Printed]);
    assert_eq!(outbox.printers()[0].state, "not_ready");
    stuck.set_state(PrinterState::Ready);
    queue.until(&[Printed, Printed]);
    let hindrances = queue.hindrances.lock().unwrap().clone();
    assert_eq!(hindrances, [Some("out of labels: load a roll".to_owned()), None]);
}

/// A printer at a computer that is there or away, and that goes away while a job is offered where it is told to.
#[derive(Default, Clone)]
struct AtComputer {
    sim: SimPrinter,
    away: Arc<Mutex<bool>>,
    goes_away: Arc<Mutex<bool>>,
}

impl Printer for AtComputer {
    fn send(&self, job: Payload<'_>) -> SendOutcome {
        if std::mem::take(&mut *self.goes_away.lock().unwrap()) {
            *self.away.lock().unwrap() = true;
        }
        if *self.away.lock().unwrap() {
            let error = std::io::Error::other("away");
            return SendOutcome::NothingSent(SendError::Unreachable { to: "p".into(), error });
        }
        self.sim.send(job)
    }
    fn follow_all(&self, tracks: &mut [Track]) -> Vec<Progress> {
        self.sim.follow_all(tracks)
    }
    fn health(&self) -> Health {
        if *self.away.lock().unwrap() { Health::down(Fault::Unreachable) } else { self.sim.health() }
    }
    fn transport(&self) -> &'static str {
        "agent"
    }
    fn knows_when_away(&self) -> bool {
        true
    }
}

#[test]
fn a_printer_known_to_be_away_keeps_its_queue_for_longer_than_any_attempts_take() {
    let queue = Queue::with([job(1, "p", Queued), job(2, "p", Queued)]);
    let printer = AtComputer::default();
    *printer.goes_away.lock().unwrap() = true;
    let jobs: Arc<dyn Jobs> = Arc::clone(&queue) as Arc<dyn Jobs>;
    let outbox = Outbox::start(&jobs, vec![(spec("p"), Arc::new(printer.clone()) as _)], limits()).unwrap();
    // Other printers' jobs have failed by now, even those that wait for a roll.
    std::thread::sleep(limits().hold_most + Duration::from_millis(500));
    assert_eq!(queue.states(), [Queued, Queued]);
    assert_eq!(outbox.printers()[0].state, "unreachable");
    let tried = queue.rows.lock().unwrap()[&1].attempts;
    assert!(tried <= 1, "{tried} entries of attempts that could not succeed");
    *printer.away.lock().unwrap() = false;
    queue.until(&[Printed, Printed]);
    assert_eq!(printer.sim.labels().len(), 2);
    // Not for ever: nobody expects the label any more.
    *printer.away.lock().unwrap() = true;
    while outbox.printers()[0].state != "unreachable" {
        std::thread::sleep(Duration::from_millis(5));
    }
    queue.rows.lock().unwrap().insert(3, job(3, "p", Queued));
    queue.until(&[Printed, Printed, Failed]);
}

#[test]
fn labels_that_cannot_be_made_fail_with_the_reason() {
    let queue = Queue::with([
        PrintJobRow { subject: label(404), ..job(1, "p", Queued) },
        PrintJobRow { template: "folder-4x3".into(), ..job(2, "p", Queued) },
        job(3, "p", Queued),
    ]);
    let sim = SimPrinter::default();
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Failed, Failed, Printed]);
    outbox.stop();
    let rows = queue.rows.lock().unwrap();
    assert_eq!(rows[&1].fault.as_deref(), Some("the chart is retired"));
    assert!(rows[&2].fault.as_ref().unwrap().contains("did you mean `folder-4x2`?"));
}

#[test]
fn a_fault_is_told_within_ten_seconds_however_slowly_a_printer_answers() {
    let (limits, line) = (Limits::default(), outguide_hardware::printer::Limits::default());
    // It is asked by its status, and once how it is asked best.
    assert!(limits.ask_every + line.connect + 2 * line.status <= Duration::from_secs(10));
}

#[test]
fn what_a_printer_does_not_count_stays_sent() {
    let queue = Queue::with((1..=2).map(|id| job(id, "p", Queued)));
    let sim = SimPrinter::default();
    sim.set_counting(Counting::Nothing);
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Sent, Sent]);
    outbox.stop();
}

#[test]
fn the_next_job_waits_for_no_fate_but_only_so_many_are_ahead_of_the_printer() {
    let queue = Queue::with((1..=4).map(|id| job(id, "p", Queued)));
    let sim = SimPrinter::default();
    sim.set_counting(Counting::AfterLooks(1));
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Printed; 4]);
    outbox.stop();
    let noted = queue.noted.lock().unwrap().clone();
    let two = [(1, Sending), (1, Sent), (2, Sending), (2, Sent), (1, Printed), (2, Printed), (3, Sending), (3, Sent)];
    assert_eq!(noted[..8], two);
}

#[test]
fn a_printer_that_stops_keeps_what_it_took_and_gets_no_more() {
    let queue = Queue::with((1..=4).map(|id| job(id, "p", Queued)));
    let sim = SimPrinter::default();
    sim.set_counting(Counting::AfterLooks(1));
    sim.stop_after(1, PrinterState::NotReady(vec![Fault::PaperOut]));
    let outbox = start(&queue, &[("p", &sim)]);
    while queue.hindrances.lock().unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    // One or two went out before it was seen to have stopped.
    let states = queue.states();
    assert_eq!((states[0], &states[2..]), (Sent, &[Queued, Queued][..]), "{states:?}");
    sim.set_state(PrinterState::Ready);
    queue.until(&[Printed; 4]);
    outbox.stop();
}

#[test]
fn a_batch_waits_where_a_single_label_fails() {
    let of_batch = PrintJobRow { batch: Some(PrintBatchId(1)), position: Some(1), ..job(1, "p", Queued) };
    let queue = Queue::with([of_batch, job(2, "p", Queued)]);
    *queue.loaded.lock().unwrap() = Some("2x1".into());
    let sim = SimPrinter::default();
    let outbox = start(&queue, &[("p", &sim)]);
    queue.until(&[Failed]);
    let held = queue.held_back.lock().unwrap().clone();
    assert!(held[0].contains("this label needs 4x2"), "{held:?}");
    assert_eq!(outbox.printers()[0].faults, ["wrong_stock"]);
    *queue.loaded.lock().unwrap() = Some("4x2".into());
    queue.rows.lock().unwrap().insert(3, job(3, "p", Queued));
    queue.until(&[Failed, Printed]);
    outbox.stop();
    assert_eq!(queue.hindrances.lock().unwrap().last(), Some(&None), "mended");
}
