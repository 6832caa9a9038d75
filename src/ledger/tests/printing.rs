//! Print jobs, batches, stock and scan-back as the ledger keeps them.

use rusqlite::Connection;

use super::super::changes::{
    AddChart, BatchStep, CancelPrintJob, ConfirmPrintJob, CorrectPlace, CorrectStock, FeedBatch, GatherBatch,
    LoadStock, OpenBatch, PlacePatch, PrintJobFate, PrinterHealth, QueueLabels, QueuePaper, RetryPrintJob, ScanBack,
    ScannedBack, SteerBatch, StockLow, Was,
};
use super::super::queries::{LabelSelection, LabelStanding, Paging, PrintJobFilter, Sight};
use super::super::{
    AlertState, ChangeError, ChartLabel, Depth, PrintBatchId, PrintBatchRow, PrintBatchState, PrintJobId, PrintJobRow,
    PrintJobState, Proof, Rebuild, Subject, schema, verify,
};
use super::*;
use crate::custody::VerdictKind;

use PrintJobState::{Cancelled, Failed, Printed, Queued, Sending, Sent, Unknown};

fn anna() -> Actor {
    Actor::User("anna".into())
}

fn labels_of(charts: &[u32]) -> QueueLabels {
    QueueLabels {
        template: "folder-4x2".into(),
        charts: charts.iter().map(|number| ChartNumber(*number)).collect(),
        printer: "zebra".into(),
        copies: 1,
        start_at: 1,
        per_sheet: 1,
        reason: None,
    }
}

fn own(chart: u32, issue: u16) -> Code {
    Code::Chart(ChartNumber(chart), LabelIssue(issue))
}

impl House {
    fn queue(&self, charts: &[u32]) -> Vec<PrintJobRow> {
        self.ledger.change_blocking(&anna(), labels_of(charts)).unwrap()
    }

    fn fate(&self, id: PrintJobId, state: PrintJobState) -> Result<PrintJobRow, ChangeError> {
        self.ledger.change_blocking(&Actor::System, PrintJobFate { id, state, fault: None })
    }

    fn print_job(&self, id: PrintJobId) -> PrintJobRow {
        self.ledger.read_blocking(|reader| reader.print_job(id)).unwrap().unwrap()
    }

    fn send_next(&self) -> Option<PrintJobRow> {
        let next = self.ledger.read_blocking(|reader| reader.next_print_job("zebra")).unwrap()?;
        self.fate(next.id, Sending).unwrap();
        Some(self.fate(next.id, Sent).unwrap())
    }

    fn batch(&self, charts: &[u32], per_sheet: u16, start_at: u16) -> PrintBatchRow {
        let open = OpenBatch {
            name: "a batch".into(),
            printer: "zebra".into(),
            template: "folder-4x2".into(),
            copies: 1,
            start_at,
            per_sheet,
            reason: Some("new folder".into()),
        };
        let batch = self.ledger.change_blocking(&anna(), open).unwrap();
        let charts = charts.iter().map(|number| ChartNumber(*number)).collect();
        self.ledger.change_blocking(&anna(), GatherBatch { id: batch.id, charts, last: true }).unwrap()
    }

    fn feed(&self) -> bool {
        self.ledger.change_blocking(&Actor::System, FeedBatch { printer: "zebra".into() }).unwrap()
    }

    fn steer(&self, id: PrintBatchId, step: BatchStep) -> Result<PrintBatchRow, ChangeError> {
        self.ledger.change_blocking(&anna(), SteerBatch { id, step })
    }

    /// Sends all there is; the batch's labels by position, in the order in which they went out.
    fn send_all(&self) -> Vec<(u32, Vec<ChartLabel>)> {
        let mut sent = Vec::new();
        loop {
            while let Some(job) = self.send_next() {
                sent.push((job.position.unwrap_or(0), job.subject.labels().to_vec()));
            }
            if !self.feed() {
                return sent;
            }
        }
    }

    fn is_whole(&self) {
        let path = self.dir.path().join("outguide.db");
        assert_eq!(verify(&path, Depth::Full, None, |_, _| {}).unwrap().faults, []);
    }
}

fn numbers(sent: &[(u32, Vec<ChartLabel>)]) -> Vec<u32> {
    sent.iter().map(|(position, _)| *position).collect()
}

#[test]
fn the_outbox_sends_only_what_is_queued_and_nothing_that_ended_comes_back() {
    let house = House::with_charts(1);
    let id = house.queue(&[1])[0].id;
    assert!(matches!(house.fate(id, Sent), Err(ChangeError::Conflict(_))), "it was never sent");
    house.fate(id, Sending).unwrap();
    assert!(matches!(house.fate(id, Sending), Err(ChangeError::Conflict(_))), "somebody sends it already");
    house.fate(id, Unknown).unwrap();
    for state in [Queued, Sending, Sent, Failed] {
        assert!(matches!(house.fate(id, state), Err(ChangeError::Conflict(_))), "{state:?} needs a person's word");
    }
    house.ledger.change_blocking(&anna(), RetryPrintJob { id }).unwrap();
    house.fate(id, Sending).unwrap();
    house.fate(id, Sent).unwrap();
    let counted = house.fate(id, Printed).unwrap();
    assert_eq!((counted.proof, counted.attempts), (Some(Proof::Counted), 2));
    assert!(matches!(house.ledger.change_blocking(&anna(), CancelPrintJob { id }), Err(ChangeError::Conflict(_))));
    house.is_whole();
}

#[test]
fn a_batch_goes_out_in_order_with_single_labels_in_between() {
    let house = House::with_charts(30);
    let batch = house.batch(&(1..=25).collect::<Vec<_>>(), 1, 1);
    assert!(house.feed());
    for _ in 0..3 {
        house.send_next();
    }
    let urgent = house.queue(&[30])[0].id;
    let sent = house.send_all();
    let at = sent.iter().position(|(position, _)| *position == 0).expect("the single one");
    assert!(at <= FeedBatch::CHUNK as usize, "after {at} others");
    assert_eq!(house.print_job(urgent).state, Sent);
    let of_batch: Vec<u32> = numbers(&sent).into_iter().filter(|position| *position > 0).collect();
    assert_eq!(of_batch, (4..=25).collect::<Vec<_>>());
    let view = house.ledger.read_blocking(|reader| reader.print_batch(batch.id)).unwrap().unwrap();
    assert_eq!((view.batch.state, view.sent, view.waiting), (PrintBatchState::Done, 25, 0));
    // What staff call it may name a patient: shown, and not in the chain.
    assert_eq!(view.batch.name, "a batch");
    let conn = rusqlite::Connection::open(house.dir.path().join("outguide.db")).unwrap();
    let named: u32 =
        conn.query_row("SELECT count(*) FROM entries WHERE body LIKE '%a batch%'", [], |row| row.get(0)).unwrap();
    assert_eq!(named, 0);
    drop(conn);
    house.is_whole();
}

#[test]
fn a_jam_is_printed_again_from_a_label_with_the_same_issues() {
    let house = House::with_charts(12);
    let batch = house.batch(&(1..=12).collect::<Vec<_>>(), 1, 1);
    let first = house.send_all();
    house.scan("rr-1", &badge("1")).unwrap();
    house.scan("rr-1", &own(9, 1)).unwrap();
    let resume = BatchStep::Resume { from: Some(7), start_at: None };
    house.steer(batch.id, resume).unwrap();
    let again = house.send_all();
    assert_eq!(numbers(&again), [7, 8, 10, 11, 12], "label 9 was scanned on its chart");
    for (position, labels) in &again {
        assert_eq!(first.iter().find(|(of, _)| of == position).map(|(_, labels)| labels), Some(labels));
    }
    let beyond = house.steer(batch.id, BatchStep::Resume { from: Some(14), start_at: None });
    assert!(matches!(beyond, Err(ChangeError::Refused(refusal)) if refusal.field == Some("from")));
    house.is_whole();
}

#[test]
fn a_paused_batch_sends_nothing_and_a_cancelled_one_never_will() {
    let house = House::with_charts(12);
    let batch = house.batch(&(1..=12).collect::<Vec<_>>(), 1, 1);
    house.feed();
    house.send_next();
    let caught = house.ledger.read_blocking(|reader| reader.next_print_job("zebra")).unwrap().unwrap();
    house.steer(batch.id, BatchStep::Pause { note: None }).unwrap();
    assert_eq!(house.send_next(), None);
    assert!(matches!(house.fate(caught.id, Sending), Err(ChangeError::Conflict(_))), "not even what was in hand");
    assert!(!house.feed());
    house.steer(batch.id, BatchStep::Resume { from: None, start_at: None }).unwrap();
    assert_eq!(house.send_next().unwrap().position, Some(2));
    house.steer(batch.id, BatchStep::Cancel).unwrap();
    assert_eq!(house.send_all(), []);
    assert_eq!(house.print_job(caught.id).state, Sent);
    let cancelled = PrintJobFilter { state: Some(Cancelled), batch: Some(batch.id), ..PrintJobFilter::default() };
    let paging = Paging::default();
    let page = house.ledger.read_blocking(|reader| reader.print_jobs(&cancelled, &paging, Sight::Full)).unwrap();
    assert_eq!(page.rows.len(), 8);
    assert!(house.steer(batch.id, BatchStep::Resume { from: Some(1), start_at: None }).is_err());
    house.is_whole();
}

#[test]
fn sheets_begin_anywhere_and_are_begun_anew_where_someone_says() {
    let house = House::with_charts(20);
    let batch = house.batch(&(1..=20).collect::<Vec<_>>(), 6, 4);
    let first = house.send_all();
    let shape = |sent: &[(u32, Vec<ChartLabel>)]| sent.iter().map(|(at, of)| (*at, of.len())).collect::<Vec<_>>();
    assert_eq!(shape(&first), [(1, 3), (4, 6), (10, 6), (16, 5)]);
    house.steer(batch.id, BatchStep::Resume { from: Some(12), start_at: Some(6) }).unwrap();
    let again = house.send_all();
    assert_eq!(shape(&again), [(12, 1), (13, 6), (19, 2)]);
    let all = |sent: &[(u32, Vec<ChartLabel>)]| sent.iter().flat_map(|(_, of)| of.clone()).collect::<Vec<_>>();
    assert_eq!(all(&again), all(&first)[11..], "with the issues that they have");
    let start = house.ledger.change_blocking(&anna(), QueueLabels { start_at: 7, per_sheet: 6, ..labels_of(&[1]) });
    assert!(matches!(start, Err(ChangeError::Refused(refusal)) if refusal.field == Some("start_at")));
    house.is_whole();
}

#[test]
fn a_scan_of_a_label_proves_that_it_was_printed_and_supersedes_those_before() {
    let house = House::with_charts(2);
    let (first, second) = (house.queue(&[1])[0].id, house.queue(&[1])[0].id);
    for id in [first, second] {
        house.fate(id, Sending).unwrap();
        house.fate(id, Sent).unwrap();
    }
    let standings = || {
        let issues = house.ledger.read_blocking(|reader| reader.label_issues(ChartNumber(1), Sight::Full)).unwrap();
        issues.into_iter().map(|issue| (issue.issue.0, issue.standing, issue.job.state)).collect::<Vec<_>>()
    };
    assert_eq!(standings(), [(2, LabelStanding::Awaited, Sent), (1, LabelStanding::Awaited, Sent)]);
    house.scan("rr-1", &badge("1")).unwrap();
    let receipt = house.scan("rr-1", &own(1, 2)).unwrap();
    assert_eq!(receipt.verdict.kind, VerdictKind::AlreadyHere);
    assert_eq!(receipt.verdict.notes, []);
    assert_eq!(house.print_job(second).proof, Some(Proof::Scanned));
    assert_eq!(standings(), [(2, LabelStanding::OnChart, Printed), (1, LabelStanding::Superseded, Sent)]);
    let older = house.scan("rr-1", &own(1, 1)).unwrap();
    assert_eq!(older.verdict.notes.len(), 1, "superseded: {older:?}");
    house.is_whole();
}

#[test]
fn scan_back_says_right_label_wrong_chart_and_label_of_before() {
    let house = House::with_charts(2);
    house.queue(&[1]);
    let jobs = house.queue(&[1, 2]);
    for job in &jobs {
        house.fate(job.id, Sending).unwrap();
        house.fate(job.id, Unknown).unwrap();
    }
    let back = |chart: u32, issue: u16, expected: u32| {
        let data = encode(&own(chart, issue)).unwrap();
        let expected = Some(ChartNumber(expected));
        house.ledger.change_blocking(&anna(), ScanBack { data, symbology: None, expected }).unwrap()
    };
    let label = |chart: u32, issue: u16| ChartLabel { chart: ChartNumber(chart), issue: LabelIssue(issue) };
    assert_eq!(back(2, 1, 1), ScannedBack::WrongChart(label(2, 1)));
    assert_eq!(house.print_job(jobs[1].id).state, Unknown, "nothing is confirmed by it");
    let ScannedBack::Confirmed(_, Some(job)) = back(1, 2, 1) else { panic!("confirmed") };
    assert_eq!((job.id, job.state, job.proof), (jobs[0].id, Printed, Some(Proof::Scanned)));
    assert_eq!(back(1, 2, 1), ScannedBack::Confirmed(label(1, 2), None), "again is no news");
    assert_eq!(back(1, 1, 1), ScannedBack::Superseded(label(1, 1), LabelIssue(2)));
    assert_eq!(back(1, 9, 1), ScannedBack::NeverPrinted(label(1, 9)));
    let other = ScanBack { data: encode(&to("ER")).unwrap(), symbology: None, expected: None };
    assert!(matches!(house.ledger.change_blocking(&anna(), other), Err(ChangeError::Refused(_))));
    house.is_whole();
}

#[test]
fn stock_is_counted_down_by_labels_sent_and_corrected_by_the_printer() {
    let house = House::with_charts(2);
    let left = || house.ledger.read_blocking(|reader| reader.printer_stock("zebra")).unwrap().map(|stock| stock.left);
    let print = |copies: u16| {
        let jobs = house.ledger.change_blocking(&anna(), QueueLabels { copies, ..labels_of(&[1]) }).unwrap();
        house.fate(jobs[0].id, Sending).unwrap();
        house.fate(jobs[0].id, Sent).unwrap();
    };
    print(1);
    assert_eq!(left(), None, "nobody said what is loaded");
    let load = LoadStock { printer: "zebra".into(), loaded: 10, stock: Some("4x2".into()) };
    house.ledger.change_blocking(&anna(), load).unwrap();
    print(4);
    assert_eq!(left(), Some(6));
    house.ledger.change_blocking(&Actor::System, CorrectStock { printer: "zebra".into(), left: 3 }).unwrap();
    print(5);
    assert_eq!(left(), Some(0));
    let nothing = LoadStock { printer: "zebra".into(), loaded: 0, stock: None };
    assert!(matches!(house.ledger.change_blocking(&anna(), nothing), Err(ChangeError::Refused(_))));
    house.is_whole();
}

#[test]
fn one_alert_follows_a_printers_faults_and_another_its_stock() {
    let house = House::with_charts(1);
    let health = |fault: Option<&str>| {
        let change =
            PrinterHealth { printer: "zebra".into(), place: Some(place("FILE")), fault: fault.map(str::to_owned) };
        house.ledger.change_blocking(&Actor::System, change).unwrap()
    };
    assert_eq!(health(None), None);
    let opened = health(Some("out of labels: load a roll")).unwrap();
    assert_eq!((opened.place.clone(), opened.state), (Some(place("FILE")), AlertState::Open));
    let low = StockLow { printer: "zebra".into(), place: None, low: true };
    let stock = house.ledger.change_blocking(&Actor::System, low).unwrap().unwrap();
    assert_ne!(stock.id, opened.id);
    let changed = health(Some("open: close the head")).unwrap();
    assert_eq!((changed.id, changed.subject.as_deref()), (opened.id, Some("zebra: open: close the head")));
    let closed = health(None).unwrap();
    assert_eq!(
        (closed.id, closed.state, closed.resolution.as_deref()),
        (opened.id, AlertState::Resolved, Some("mended"))
    );
    let low = StockLow { printer: "zebra".into(), place: None, low: false };
    assert_eq!(house.ledger.change_blocking(&Actor::System, low).unwrap().unwrap().id, stock.id);
    house.is_whole();
}

#[test]
fn cards_slips_and_lists_use_up_no_issue_and_are_rebuilt_from_their_entries() {
    let house = House::with_charts(2);
    for subject in [
        Subject::Reference(ChartNumber(1)),
        Subject::Transfer { charts: vec![ChartNumber(1), ChartNumber(2)], to: Some(place("ER")) },
        Subject::Place(place("ER")),
        Subject::Staff(BadgeNumber::new("1").unwrap()),
        Subject::Commands,
    ] {
        let paper = QueuePaper {
            template: "slip".into(),
            subject: subject.clone(),
            printer: "zebra".into(),
            copies: 1,
            start_at: 1,
            per_sheet: 1,
        };
        let job = house.ledger.change_blocking(&anna(), paper).unwrap();
        assert_eq!(house.print_job(job.id).subject, subject);
    }
    assert_eq!(house.queue(&[1])[0].subject.labels()[0].issue, LabelIssue(1));
    house.ledger.change_blocking(&Actor::System, Rebuild).unwrap();
    house.is_whole();
}

#[test]
fn where_charts_are_sent_in_confidence_shows_to_nobody_else() {
    let house = House::with_charts(1);
    let patch = PlacePatch { restricted: Some(true), ..PlacePatch::default() };
    house.ledger.change_blocking(&anna(), CorrectPlace { code: place("CARD"), patch, was: Was::default() }).unwrap();
    for to in ["CARD", "ER"] {
        let subject = Subject::Transfer { charts: vec![ChartNumber(1)], to: Some(place(to)) };
        let (template, printer) = ("transfer-sheet".into(), "zebra".into());
        let paper = QueuePaper { template, subject, printer, copies: 1, start_at: 1, per_sheet: 1 };
        house.ledger.change_blocking(&anna(), paper).unwrap();
    }
    let seen = |sight| {
        let (filter, paging) = (PrintJobFilter::default(), Paging::default());
        let page = house.ledger.read_blocking(|reader| reader.print_jobs(&filter, &paging, sight)).unwrap();
        let to = |subject| if let Subject::Transfer { to, .. } = subject { to } else { None };
        page.rows.into_iter().map(|view| to(view.job.subject)).collect::<Vec<_>>()
    };
    assert_eq!(seen(Sight::Full), [Some(place("ER")), Some(place("CARD"))]);
    assert_eq!(seen(Sight::Masked), [Some(place("ER")), None]);
}

#[test]
fn charts_are_chosen_by_section_and_home_and_want_of_a_label() {
    let house = House::with_charts(3);
    for mrn in ["123457", "123399"] {
        let patient = Patient {
            mrn: mrn.into(),
            last_name: "Ek".into(),
            first_name: "Bo".into(),
            birth_date: None,
            sex: None,
            active: true,
        };
        house.ledger.change_blocking(&anna(), AddPatient { patient }).unwrap();
        let add = AddChart { mrn: mrn.into(), record_type: "MR".into(), volume: None, home: place("ER") };
        house.ledger.change_blocking(&anna(), add).unwrap();
    }
    house.queue(&[2]);
    let chosen = |wanted: LabelSelection| {
        let found = house.ledger.read_blocking(|reader| reader.select_for_labels(&wanted, 100)).unwrap();
        found.into_iter().map(|chart| chart.0).collect::<Vec<_>>()
    };
    assert_eq!(chosen(LabelSelection::default()), [1, 2, 3, 4, 5], "in the order of the shelf");
    assert_eq!(chosen(LabelSelection { unlabelled: true, ..LabelSelection::default() }), [1, 3, 4, 5]);
    assert_eq!(chosen(LabelSelection { sections: Some((57, 99)), ..LabelSelection::default() }), [4, 5]);
    assert_eq!(chosen(LabelSelection { home: Some(place("ER")), ..LabelSelection::default() }), [4, 5]);
}

#[test]
fn a_ledger_of_version_3_is_read_verified_and_rebuilt() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("outguide.db");
    let conn = Connection::open(&path).unwrap();
    schema::up_to(&conn, 3).unwrap();
    conn.execute_batch(include_str!("ledger_v3.sql")).unwrap();
    drop(conn);
    assert_eq!(verify(&path, Depth::Full, None, |_, _| {}).unwrap().faults, [], "before it is brought up to date");
    let clock = Arc::new(TestClock::at(1_900_000_000_000_000));
    let ledger = Ledger::open(options(dir.path(), clock.clone(), 1 << 50)).unwrap();
    let house = House { ledger, clock, dir };
    house.is_whole();
    let first = house.print_job(PrintJobId(1));
    assert_eq!((first.state, first.reason.as_str()), (Printed, "a dog ate it"));
    assert_eq!(first.subject, Subject::Label(ChartLabel { chart: ChartNumber(1), issue: LabelIssue(1) }));
    assert_eq!(house.queue(&[1])[0].subject.labels()[0].issue, LabelIssue(2));
    house.ledger.change_blocking(&anna(), ConfirmPrintJob { id: PrintJobId(2) }).unwrap();
    house.ledger.change_blocking(&Actor::System, Rebuild).unwrap();
    house.is_whole();
    assert_eq!(house.print_job(PrintJobId(2)).proof, Some(Proof::Seen));
}
