//! The fold of recorded effects into tables. The live writer, `rebuild` and `verify` all use this one; they differ
//! only in which tables they fold into.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::rows::word;
use super::written::Written;
use super::{
    AlertKind, AlertRow, Effect, ImportRunId, ImportRunRow, PatientId, PrintBatchId, PrintBatchRow, PrintJobRow,
    PrinterStockRow, Subject,
};
use crate::barcode::{ChartNumber, LabelIssue, PlaceCode};
use crate::custody::{Act, Custody, OrderKey};

/// The tables that are projections, and the columns by which two of them are compared.
pub(super) const TABLES: [&str; 10] = [
    "charts",
    "chart_history",
    "alerts",
    "print_jobs",
    "label_issues",
    "print_batches",
    "print_batch_charts",
    "printer_stock",
    "import_runs",
    "import_run_charts",
];

/// What the fold needs of an entry besides its effects.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    /// The entry's own place in the fold's order.
    pub key: OrderKey,
    /// A chart it names without an effect on it: looked up, refused.
    pub named: Option<ChartNumber>,
}

/// What the fold reads of an entry's body.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct FoldedBody {
    /// The scan, of a scan.
    #[serde(default)]
    pub scan: Option<FoldedScan>,
    /// What it came to, of a scan.
    #[serde(default)]
    pub outcome: Option<FoldedOutcome>,
    /// What it did.
    pub effects: Vec<Effect>,
}

/// The part of a scan that gives the order.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct FoldedScan {
    /// The kiosk's own counter.
    #[serde(default)]
    pub queue_seq: Option<u64>,
}

/// The part of an outcome that names a chart.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct FoldedOutcome {
    /// The verdict.
    pub verdict: FoldedVerdict,
}

/// The chart that a verdict names.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct FoldedVerdict {
    /// The chart.
    #[serde(default)]
    pub chart: Option<ChartNumber>,
}

impl FoldedBody {
    /// The stamp of the entry this is the body of.
    pub fn stamp(&self, seq: u64, effective_at: Timestamp, kiosk: Option<&str>) -> Stamp {
        let queue_seq = self.scan.as_ref().and_then(|scan| scan.queue_seq).unwrap_or(0);
        let named = self.outcome.as_ref().and_then(|outcome| outcome.verdict.chart);
        Stamp { key: OrderKey { effective_at, kiosk: kiosk.unwrap_or_default().into(), queue_seq, seq }, named }
    }
}

/// Folds effects into one set of tables.
pub(super) struct Projector {
    chart_set: String,
    chart_acted: String,
    label_issue_set: String,
    overdue_alert_set: String,
    history: String,
    alert_set: String,
    print_job_set: String,
    label_issue_of: String,
    print_batch_set: String,
    print_batch_chart: String,
    printer_stock_set: String,
    import_run_set: String,
    import_run_goes_on: String,
    import_run_chart: String,
}

impl Projector {
    /// Into the tables that everybody reads.
    pub fn main() -> Self {
        Self::new("main.")
    }

    /// Into temporary tables of this connection, made by [`Projector::make_shadow`].
    pub fn shadow() -> Self {
        Self::new(SHADOW)
    }

    fn new(prefix: &str) -> Self {
        let sql = |template: &str| template.replace('@', prefix);
        Projector {
            // The place of a chart that has not acted yet is its home; its first act comes with the same entry.
            chart_set: sql(
                "INSERT INTO @charts (number, patient, record_type, volume, home, retired, place, custody) \
                            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, 'null') ON CONFLICT (number) DO UPDATE SET \
                            patient = ?2, record_type = ?3, volume = ?4, home = ?5, retired = ?6",
            ),
            // A new loan or a new term has no alert yet.
            chart_acted: sql("UPDATE @charts SET place = ?2, holder = ?3, out_since = ?4, overdue_alert = \
                              CASE WHEN loan IS ?6 AND due_at IS ?5 THEN overdue_alert END, due_at = ?5, loan = ?6, \
                              missing = ?7, custody = ?8 WHERE number = ?1"),
            label_issue_set: sql("UPDATE @charts SET issued = ?2, on_chart = ?3 WHERE number = ?1"),
            overdue_alert_set: sql("UPDATE @charts SET overdue_alert = ?3 WHERE number = ?1 AND loan IS ?2"),
            history: sql("INSERT INTO @chart_history (chart, effective_at, kiosk, queue_seq, seq, act) \
                          VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
            alert_set: sql("INSERT OR REPLACE INTO @alerts (id, kind, state, chart, place, about, subject, \
                            opened_at, due_at, owner, snoozed_until, resolved_at, resolution, resolved_by, resolved_place) \
                            VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
            print_job_set: sql("INSERT OR REPLACE INTO @print_jobs (id, printer, template, subject, chart, copies, \
                                start_at, batch, position, reason, state, proof, requested_by, requested_at, \
                                changed_at, attempts, fault) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
            // A sheet that is printed anew in part has the issues that its labels had: the newest job counts.
            label_issue_of: sql("INSERT INTO @label_issues (chart, issue, job) VALUES (?, ?, ?) \
                                 ON CONFLICT (chart, issue) DO UPDATE SET job = max(job, excluded.job)"),
            print_batch_set: sql("INSERT OR REPLACE INTO @print_batches (id, printer, template, copies, start_at, \
                                  per_sheet, reason, state, total, next, note, requested_by, requested_at, changed_at) \
                                  VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
            print_batch_chart: sql(
                "INSERT OR REPLACE INTO @print_batch_charts (batch, position, chart) VALUES (?, ?, ?)",
            ),
            printer_stock_set: sql(
                "INSERT OR REPLACE INTO @printer_stock (printer, stock, loaded, remaining, loaded_by, \
                                    loaded_at) VALUES (?,?,?,?,?,?)",
            ),
            import_run_set: sql(
                "INSERT OR REPLACE INTO @import_runs (id, key, added, changed, imported_by, began_at, \
                                 changed_at) VALUES (?,?,?,?,?,?,?)",
            ),
            import_run_goes_on: sql("UPDATE @import_run_charts SET last = ?3 WHERE run = ?1 AND last = ?2 - 1"),
            import_run_chart: sql("INSERT OR REPLACE INTO @import_run_charts (run, first, last) VALUES (?1, ?2, ?3)"),
        }
    }

    /// Makes this connection's shadow tables anew, empty: the same columns and keys, none of the other indexes.
    pub fn make_shadow(conn: &Connection) -> Result<(), StoreError> {
        drop_shadow(conn)?;
        for table in TABLES {
            let sql: String = conn.query_row(
                "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?",
                [table],
                |row| row.get(0),
            )?;
            let shadow = sql.replacen(&format!("CREATE TABLE {table}"), &format!("CREATE TABLE {SHADOW}{table}"), 1);
            conn.execute_batch(&shadow)?;
        }
        Ok(())
    }

    /// Folds one entry's effects.
    pub fn apply(&self, conn: &Connection, stamp: &Stamp, effects: &[Effect]) -> Result<(), StoreError> {
        for effect in effects {
            match effect {
                Effect::ChartSet { chart, patient, record_type, volume, home, retired } => {
                    self.set_chart(conn, *chart, *patient, record_type, *volume, home, *retired)?;
                }
                Effect::Acted { chart, key, act, custody } => self.act(conn, *chart, key, act, custody)?,
                Effect::LabelIssueSet { chart, issued, on_chart } => {
                    let (issued, on_chart) = (issued.map(|LabelIssue(n)| n), on_chart.map(|LabelIssue(n)| n));
                    conn.prepare_cached(&self.label_issue_set)?.execute(params![chart.0, issued, on_chart])?;
                }
                Effect::RowSet { .. } => {}
                Effect::AlertSet(alert) => self.set_alert(conn, alert)?,
                Effect::PrintJobSet(job) => self.set_print_job(conn, job)?,
                Effect::PrintBatchSet(batch) => self.set_print_batch(conn, batch)?,
                Effect::PrintBatchCharts { batch, first, charts } => {
                    self.add_batch_charts(conn, *batch, *first, charts)?;
                }
                Effect::PrinterStockSet(stock) => self.set_printer_stock(conn, stock)?,
                Effect::ImportRunSet(run) => self.set_import_run(conn, run)?,
                Effect::ImportRunCharts { run, first, last } => self.add_run_charts(conn, *run, *first, *last)?,
            }
        }
        for chart in charts_without_act(stamp, effects) {
            self.write_history(conn, chart, &stamp.key, None)?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one effect")]
    fn set_chart(
        &self,
        conn: &Connection,
        chart: ChartNumber,
        patient: PatientId,
        record_type: &str,
        volume: u16,
        home: &PlaceCode,
        retired: bool,
    ) -> Result<(), StoreError> {
        let row = params![chart.0, patient.0, record_type, volume, home.as_str(), retired];
        conn.prepare_cached(&self.chart_set)?.execute(row)?;
        Ok(())
    }

    fn act(
        &self,
        conn: &Connection,
        chart: ChartNumber,
        key: &OrderKey,
        act: &Act,
        custody: &Written<Custody>,
    ) -> Result<(), StoreError> {
        self.write_history(conn, chart, key, Some(&serde_json::to_string(act)?))?;
        conn.prepare_cached(&self.chart_acted)?.execute(params![
            chart.0,
            custody.place.as_str(),
            custody.holder.as_ref().map(|holder| holder.as_str()),
            custody.out_since.map(Timestamp::as_microsecond),
            custody.due_at.map(Timestamp::as_microsecond),
            custody.loan,
            custody.missing.as_ref().map(|case| case.seq),
            custody.json()?.get(),
        ])?;
        Ok(())
    }

    fn write_history(
        &self,
        conn: &Connection,
        chart: ChartNumber,
        key: &OrderKey,
        act: Option<&str>,
    ) -> Result<(), StoreError> {
        let row = params![chart.0, key.effective_at.as_microsecond(), key.kiosk.as_str(), key.queue_seq, key.seq, act];
        conn.prepare_cached(&self.history)?.execute(row)?;
        Ok(())
    }

    fn set_alert(&self, conn: &Connection, alert: &AlertRow) -> Result<(), StoreError> {
        conn.prepare_cached(&self.alert_set)?.execute(params![
            alert.id.0,
            word(&alert.kind)?,
            word(&alert.state)?,
            alert.chart.map(|chart| chart.0),
            alert.place.as_ref().map(PlaceCode::as_str),
            alert.about,
            alert.subject,
            alert.opened_at.as_microsecond(),
            alert.due_at.map(Timestamp::as_microsecond),
            alert.owner,
            alert.snoozed_until.map(Timestamp::as_microsecond),
            alert.resolved_at.map(Timestamp::as_microsecond),
            alert.resolution,
            alert.resolved_by,
            alert.resolved_place.as_ref().map(PlaceCode::as_str),
        ])?;
        // One alert for each loan's term: while this stands, the sweep leaves the chart alone, also once the alert
        // was resolved by hand, and where a loan so settled is at hand again.
        if alert.kind == AlertKind::Overdue {
            let row = params![alert.chart.map(|chart| chart.0), alert.about, alert.id.0];
            conn.prepare_cached(&self.overdue_alert_set)?.execute(row)?;
        }
        Ok(())
    }

    fn set_print_job(&self, conn: &Connection, job: &PrintJobRow) -> Result<(), StoreError> {
        let chart = match &job.subject {
            Subject::Label(label) => Some(label.chart.0),
            Subject::Reference(chart) => Some(chart.0),
            _ => None,
        };
        conn.prepare_cached(&self.print_job_set)?.execute(params![
            job.id.0,
            job.printer,
            job.template,
            serde_json::to_string(&job.subject)?,
            chart,
            job.copies,
            job.start_at,
            job.batch.map(|PrintBatchId(id)| id),
            job.position,
            job.reason,
            word(&job.state)?,
            job.proof.as_ref().map(word).transpose()?,
            job.requested_by,
            job.requested_at.as_microsecond(),
            job.changed_at.as_microsecond(),
            job.attempts,
            job.fault,
        ])?;
        for label in job.subject.labels() {
            let row = params![label.chart.0, label.issue.0, job.id.0];
            conn.prepare_cached(&self.label_issue_of)?.execute(row)?;
        }
        Ok(())
    }

    fn set_print_batch(&self, conn: &Connection, batch: &PrintBatchRow) -> Result<(), StoreError> {
        conn.prepare_cached(&self.print_batch_set)?.execute(params![
            batch.id.0,
            batch.printer,
            batch.template,
            batch.copies,
            batch.start_at,
            batch.per_sheet,
            batch.reason,
            word(&batch.state)?,
            batch.total,
            batch.next,
            batch.note,
            batch.requested_by,
            batch.requested_at.as_microsecond(),
            batch.changed_at.as_microsecond(),
        ])?;
        Ok(())
    }

    fn add_batch_charts(
        &self,
        conn: &Connection,
        batch: PrintBatchId,
        first: u32,
        charts: &[ChartNumber],
    ) -> Result<(), StoreError> {
        let mut insert = conn.prepare_cached(&self.print_batch_chart)?;
        for (position, chart) in (first..).zip(charts) {
            insert.execute(params![batch.0, position, chart.0])?;
        }
        Ok(())
    }

    fn set_printer_stock(&self, conn: &Connection, stock: &PrinterStockRow) -> Result<(), StoreError> {
        conn.prepare_cached(&self.printer_stock_set)?.execute(params![
            stock.printer,
            stock.stock,
            stock.loaded,
            stock.left,
            stock.loaded_by,
            stock.loaded_at.as_microsecond(),
        ])?;
        Ok(())
    }

    fn set_import_run(&self, conn: &Connection, run: &ImportRunRow) -> Result<(), StoreError> {
        conn.prepare_cached(&self.import_run_set)?.execute(params![
            run.id.0,
            run.key.to_string(),
            run.added,
            run.changed,
            run.imported_by,
            run.began_at.as_microsecond(),
            run.changed_at.as_microsecond(),
        ])?;
        Ok(())
    }

    /// Chunks follow each other without a gap, unless someone registers a chart in between.
    fn add_run_charts(
        &self,
        conn: &Connection,
        run: ImportRunId,
        first: ChartNumber,
        last: ChartNumber,
    ) -> Result<(), StoreError> {
        let row = params![run.0, first.0, last.0];
        if conn.prepare_cached(&self.import_run_goes_on)?.execute(row)? == 0 {
            conn.prepare_cached(&self.import_run_chart)?.execute(row)?;
        }
        Ok(())
    }
}

/// What the names of shadow tables begin with.
pub(super) const SHADOW: &str = "temp.shadow_";

/// Drops this connection's shadow tables.
pub(super) fn drop_shadow(conn: &Connection) -> rusqlite::Result<()> {
    TABLES.iter().try_for_each(|table| conn.execute_batch(&format!("DROP TABLE IF EXISTS {SHADOW}{table}")))
}

/// The charts an entry names without acting on them; their history shows it all the same.
fn charts_without_act(stamp: &Stamp, effects: &[Effect]) -> Vec<ChartNumber> {
    let mut acted = Vec::new();
    let mut named: Vec<ChartNumber> = stamp.named.into_iter().collect();
    for effect in effects {
        match effect {
            Effect::Acted { chart, .. } => acted.push(*chart),
            Effect::ChartSet { chart, .. } | Effect::LabelIssueSet { chart, .. } => named.push(*chart),
            Effect::AlertSet(alert) => named.extend(alert.chart),
            Effect::PrintJobSet(job) => named.extend(job.subject.charts()),
            Effect::RowSet { .. }
            | Effect::PrintBatchSet(_)
            | Effect::PrintBatchCharts { .. }
            | Effect::PrinterStockSet(_)
            | Effect::ImportRunSet(_)
            | Effect::ImportRunCharts { .. } => {}
        }
    }
    named.sort_unstable();
    named.dedup();
    acted.sort_unstable();
    named.retain(|chart| acted.binary_search(chart).is_err());
    named
}
