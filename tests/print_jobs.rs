//! Printing as records rooms have it: printers that jam, fall silent and break off; batches; labels scanned back. The
//! printers are simulated, the server is the real binary.

use std::time::{Duration, Instant};

use outguide_hardware::printer::HostStatus;
use outguide_hardware::printer::sim_server::{Mishap, Moment, Pace, SimZplPrinter};
use serde_json::{Value, json};

use crate::support::{Client, Dice, Server, Site, badge, chart, code, until};

fn printer(id: &str, sim: &SimZplPrinter, more: &str) -> String {
    format!(
        "[[printer]]\nid = \"{id}\"\nplace = \"FILE\"\ntransport = \"tcp\"\naddress = \"{}\"\nlanguage = \"zpl\"\n\
         dpi = 203\nstock = \"folder-4x2\"\n{more}",
        sim.address()
    )
}

struct House {
    site: Site,
    server: Option<Server>,
    token: String,
    client: Client,
}

impl House {
    fn open(printers: &str, charts: u32) -> House {
        let site = Site::hospital(printers, charts);
        let token = site.token("records");
        let server = site.serve();
        let client = server.client(&token);
        House { site, server: Some(server), token, client }
    }

    /// Kills the server in the middle of whatever it does, and starts it again.
    fn crash(&mut self) {
        self.server.take().expect("a server").kill();
        let server = self.site.serve();
        self.client = server.client(&self.token);
        self.server = Some(server);
    }

    fn print(&self, printer: &str, charts: &[u32]) -> Vec<u64> {
        let made = self.post(
            "/api/v1/labels",
            &json!({"template": "folder-4x2", "charts": charts, "printer": printer, "copies": 1}),
            201,
        );
        made["rows"].as_array().expect("jobs").iter().map(|job| job["id"].as_u64().expect("id")).collect()
    }

    fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        let reply = self.client.post(path, body);
        assert_eq!(reply.status, status, "{path}: {:#}", reply.json);
        reply.json
    }

    fn rows(&self, path: &str) -> Vec<Value> {
        let reply = self.client.get(path);
        assert_eq!(reply.status, 200, "{path}: {:#}", reply.json);
        reply.json["rows"].as_array().expect("rows").clone()
    }

    fn job(&self, id: u64) -> Value {
        self.rows("/api/v1/print-jobs?limit=500").into_iter().find(|job| job["id"] == id).expect("job")
    }

    fn until_state(&self, id: u64, states: &[&str]) -> Value {
        until(&format!("job {id} is {states:?}"), || states.iter().any(|state| self.job(id)["state"] == *state));
        self.job(id)
    }

    fn batch(&self, id: &Value) -> Value {
        self.client.get(&format!("/api/v1/print-batches/{id}")).json
    }

    fn printer_alert(&self) -> Option<String> {
        let alerts = self.rows("/api/v1/alerts?kind=printer");
        alerts.first().map(|alert| alert["subject"].as_str().unwrap_or_default().to_owned())
    }
}

/// Which charts' labels came out, in order.
fn charts_of(sim: &SimZplPrinter) -> Vec<u32> {
    let number = |label: Vec<u8>| {
        let text = String::from_utf8_lossy(&label).into_owned();
        let at = text.find("C000000").expect("a chart's code");
        text[at + 1..at + 10].parse().expect("a number")
    };
    sim.labels().into_iter().map(number).collect()
}

#[test]
fn a_printer_that_runs_out_mid_batch_is_told_and_goes_on_when_mended() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    zebra.script(Moment::Labels(3), Mishap::Stops(HostStatus { paper_out: true, ..HostStatus::default() }));
    let house = House::open(&printer("zebra", &zebra, ""), 12);
    let wanted = json!({"name": "all", "template": "folder-4x2", "printer": "zebra", "unlabelled": true});
    let batch = house.post("/api/v1/print-batches", &wanted, 201);
    assert_eq!(batch["total"], 12);
    let began = Instant::now();
    until("the alert is open", || house.printer_alert().is_some());
    println!("told {:?} after the batch was made", began.elapsed());
    let told = house.printer_alert().expect("an alert");
    assert!(told.starts_with("zebra: out of labels"), "{told}");
    let place = house.rows("/api/v1/alerts?kind=printer")[0]["place"].clone();
    assert_eq!(place, "FILE", "the people of that place hear of it");
    let out = charts_of(&zebra).len();
    zebra.mend();
    until("all is printed", || charts_of(&zebra).len() == 12);
    let all: Vec<u32> = (1..=12).collect();
    assert_eq!(charts_of(&zebra), all, "each once, in order; {out} before the roll was changed");
    until("the alert is closed", || house.printer_alert().is_none());
    until("the batch is done", || house.batch(&batch["id"])["state"] == "done");
}

#[test]
fn a_line_that_breaks_mid_job_leaves_it_unknown_and_nothing_is_printed_twice() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    zebra.script(Moment::MidJob, Mishap::Reset);
    let house = House::open(&printer("zebra", &zebra, ""), 3);
    let jobs = house.print("zebra", &[1, 2, 3]);
    let broken = house.until_state(jobs[0], &["unknown"]);
    assert!(broken["fault"].as_str().expect("why").contains("look at the printer"), "{broken:#}");
    house.until_state(jobs[2], &["sent", "printed"]);
    assert_eq!(charts_of(&zebra), [2, 3], "an unknown job holds up nobody and is not sent again");
    house.post(&format!("/api/v1/print-jobs/{}/retry", jobs[0]), &json!({}), 200);
    house.until_state(jobs[0], &["sent", "printed"]);
    assert_eq!(charts_of(&zebra), [2, 3, 1], "on a person's word");
    let issues = house.rows("/api/v1/charts/1/labels");
    assert_eq!((issues.len(), &issues[0]["issue"]), (1, &json!(1)), "with the issue that it has");
}

#[test]
fn a_server_killed_while_sending_leaves_it_unknown_and_never_prints_it_twice() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    zebra.script(Moment::MidJob, Mishap::StopsReading(Duration::from_secs(20)));
    let mut house = House::open(&printer("zebra", &zebra, ""), 2);
    let jobs = house.print("zebra", &[1, 2]);
    house.until_state(jobs[0], &["sending"]);
    house.crash();
    let broken = house.until_state(jobs[0], &["unknown"]);
    assert!(broken["fault"].as_str().expect("why").contains("Outguide stopped"), "{broken:#}");
    house.until_state(jobs[1], &["sent", "printed"]);
    // What it had taken may still come out of the printer; a second one never does.
    assert!(charts_of(&zebra).iter().filter(|chart| **chart == 1).count() <= 1, "{:?}", charts_of(&zebra));
    house.post(&format!("/api/v1/print-jobs/{}/confirm", jobs[0]), &json!({}), 200);
    assert_eq!(house.job(jobs[0])["proof"], "seen");
}

#[test]
fn what_a_printer_counts_is_printed_and_what_it_does_not_count_stays_sent() {
    let (counts, blind) = (SimZplPrinter::start("127.0.0.1:0"), SimZplPrinter::start("127.0.0.1:0"));
    let (counts, blind) = (counts.expect("printer"), blind.expect("printer"));
    counts.set_pace(Pace::EachLook);
    let house = House::open(&format!("{}{}", printer("counts", &counts, ""), printer("blind", &blind, "")), 2);
    let (counted, sent) = (house.print("counts", &[1])[0], house.print("blind", &[2])[0]);
    assert_eq!(house.until_state(counted, &["printed"])["proof"], "counted");
    house.until_state(sent, &["sent"]);
    // Scan-back: the label is scanned on its folder.
    let back = |data: &str, chart: u32| {
        house.post("/api/v1/print-jobs/scan-back", &json!({"data": data, "chart": chart}), 200)["outcome"].clone()
    };
    assert_eq!(back(&chart(2), 1), "wrong_chart");
    assert_eq!(house.job(sent)["state"], "sent");
    assert_eq!(back(&chart(2), 2), "confirmed");
    assert_eq!((&house.job(sent)["state"], &house.job(sent)["proof"]), (&json!("printed"), &json!("scanned")));
    let nonsense = house.client.post("/api/v1/print-jobs/scan-back", &json!({"data": badge("1001")}));
    assert_eq!((nonsense.status, &nonsense.json["field"]), (422, &json!("data")), "{:#}", nonsense.json);
}

#[test]
fn a_label_that_is_scanned_at_a_kiosk_proves_its_job_and_an_older_one_says_so() {
    let blind = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    let house = House::open(&printer("blind", &blind, ""), 1);
    let jobs = [house.print("blind", &[1])[0], house.print("blind", &[1])[0]];
    jobs.iter().for_each(|job| drop(house.until_state(*job, &["sent"])));
    house.client.scan("er-1", &badge("1001"));
    let newest = house.client.scan("er-1", &code("C000000001002"));
    assert_eq!(newest["verdict"]["notes"], json!([]), "{newest:#}");
    assert_eq!(house.job(jobs[1])["proof"], "scanned");
    assert_eq!(house.job(jobs[0])["state"], "sent");
    let older = house.client.scan("er-1", &chart(1));
    let notes = older["verdict"]["notes"].as_array().expect("notes");
    assert!(notes.iter().any(|note| note["kind"] == "label_superseded"), "{older:#}");
    let standings: Vec<_> = house.rows("/api/v1/charts/1/labels").iter().map(|one| one["standing"].clone()).collect();
    assert_eq!(standings, ["on_chart", "superseded"]);
}

#[test]
fn a_batch_is_paused_resumed_from_a_label_and_cancelled() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    let house = House::open(&printer("zebra", &zebra, ""), 30);
    let wanted = json!({"name": "a list", "template": "folder-4x2", "printer": "zebra", "charts": [9, 3, 7, 3, 1, 2]});
    let batch = house.post("/api/v1/print-batches", &wanted, 201);
    let at = |verb: &str| format!("/api/v1/print-batches/{}/{verb}", batch["id"]);
    assert_eq!(batch["total"], 5, "one chart was named twice");
    until("the batch is done", || house.batch(&batch["id"])["state"] == "done");
    assert_eq!(charts_of(&zebra), [9, 3, 7, 1, 2], "in the list's order");
    // Labels 4 and 5 were torn.
    house.post(&at("resume"), &json!({"from": 4}), 200);
    until("they came again", || charts_of(&zebra).len() == 7);
    assert_eq!(charts_of(&zebra)[5..], [1, 2]);
    let one = zebra.labels().into_iter().filter(|label| String::from_utf8_lossy(label).contains(&chart(1))).count();
    assert_eq!(one, 2, "with the issue that it had");
    let beyond = house.client.post(&at("resume"), &json!({"from": 9}));
    assert_eq!((beyond.status, &beyond.json["field"]), (422, &json!("from")), "{:#}", beyond.json);

    // A part of the shelf, on a printer that is open: paused and given up before anything of it went out.
    zebra.set_status(HostStatus { head_open: true, ..HostStatus::default() });
    until("it is told", || house.printer_alert().is_some_and(|told| told.contains("close the head")));
    let wanted =
        json!({"name": "shelf", "template": "folder-4x2", "printer": "zebra", "section_from": 10, "section_to": 14});
    let shelf = house.post("/api/v1/print-batches", &wanted, 201);
    assert_eq!(shelf["total"], 5);
    let at = |verb: &str| format!("/api/v1/print-batches/{}/{verb}", shelf["id"]);
    assert_eq!(house.post(&at("pause"), &json!({}), 200)["state"], "paused");
    zebra.mend();
    until("it is mended", || house.printer_alert().is_none());
    let urgent = house.print("zebra", &[30])[0];
    house.until_state(urgent, &["sent", "printed"]);
    assert_eq!(charts_of(&zebra)[7..], [30], "a paused batch holds up nobody");
    assert_eq!(house.post(&at("cancel"), &json!({}), 200)["state"], "cancelled");
    assert_eq!(house.client.post(&at("resume"), &json!({})).status, 409);
    for (field, body) in [
        ("charts", json!({"name": "x", "template": "folder-4x2", "printer": "zebra", "charts": [4, 404]})),
        ("charts", json!({"name": "nothing named", "template": "folder-4x2", "printer": "zebra", "charts": []})),
        (
            "section_to",
            json!({"name": "x", "template": "folder-4x2", "printer": "zebra", "section_from": 9, "section_to": 2}),
        ),
        ("printer", json!({"name": "x", "template": "folder-4x2", "printer": "none", "unlabelled": true})),
        ("name", json!({"name": " ", "template": "folder-4x2", "printer": "zebra", "unlabelled": true})),
    ] {
        let refused = house.client.post("/api/v1/print-batches", &body);
        assert_eq!((refused.status, &refused.json["field"]), (422, &json!(field)), "{:#}", refused.json);
    }
}

#[test]
fn what_an_import_brought_is_labelled_as_one_batch() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    let house = House::open(&printer("zebra", &zebra, ""), 4);
    house.site.write("late.csv", "mrn,record_type,volume,home\n100002,MR,2,FILE\n100001,MR,2,FILE\n100003,MR,1,FILE\n");
    house.site.ok(&["import", "charts", "late.csv"]);
    let runs = house.rows("/api/v1/import-runs");
    assert_eq!((runs[0]["file"].as_str(), runs[0]["added"].as_u64()), (Some("late.csv"), Some(2)), "{runs:#?}");
    assert_eq!((runs[1]["file"].as_str(), runs[1]["added"].as_u64()), (Some("charts.csv"), Some(4)), "{runs:#?}");
    house.site.ok(&["import", "charts", "late.csv"]);
    assert_eq!(house.rows("/api/v1/import-runs").len(), 2, "the same file again brings nothing");
    let wanted = json!({"name": "late", "template": "folder-4x2", "printer": "zebra", "import_run": runs[0]["id"]});
    assert_eq!(house.post("/api/v1/print-batches", &wanted, 201)["total"], 2);
    until("both came out", || charts_of(&zebra).len() == 2);
    let mut charts = charts_of(&zebra);
    charts.sort_unstable();
    assert_eq!(charts, [5, 6]);
    let none = json!({"name": "none", "template": "folder-4x2", "printer": "zebra", "import_run": 99});
    let refused = house.client.post("/api/v1/print-batches", &none);
    assert_eq!((refused.status, &refused.json["field"]), (422, &json!("import_run")), "{:#}", refused.json);
    let both = json!({"name": "x", "template": "folder-4x2", "printer": "zebra", "import_run": 1, "charts": [1]});
    assert_eq!(house.client.post("/api/v1/print-batches", &both).status, 422);
    house.site.ok(&["verify"]);
}

#[test]
fn sheets_of_labels_begin_where_the_first_free_position_is() {
    let house = House::open(
        "[[printer]]\nid = \"laser\"\nplace = \"FILE\"\ntransport = \"folder\"\npath = \"sheets\"\n\
         language = \"pdf\"\nstock = \"letter-5160\"\n",
        40,
    );
    let charts: Vec<u32> = (1..=35).collect();
    let wanted = json!({"template": "folder-5160", "charts": charts, "printer": "laser", "copies": 1, "start_at": 28});
    let made = house.post("/api/v1/labels", &wanted, 201);
    let jobs = made["rows"].as_array().expect("jobs");
    let parts: Vec<_> =
        jobs.iter().map(|job| (job["labels"].as_array().map(Vec::len), job["start_at"].as_u64())).collect();
    assert_eq!(
        parts,
        [(Some(3), Some(28)), (Some(30), Some(1)), (Some(2), Some(1))],
        "3 on the sheet in use, then whole ones"
    );
    for job in jobs {
        house.until_state(job["id"].as_u64().expect("id"), &["sent"]);
    }
    let mut files: Vec<_> = std::fs::read_dir(house.site.path().join("sheets"))
        .expect("sheets")
        .map(|file| file.expect("file").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 3);
    // Where each label's filing number stands, from the lower left of a letter sheet, in points.
    let places = |path: &std::path::Path| -> Vec<(f64, f64)> {
        let text =
            std::process::Command::new("pdftotext").args(["-bbox"]).arg(path).arg("-").output().expect("pdftotext");
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        let word = |line: &str| {
            let number = |key: &str| line.split(&format!("{key}=\"")).nth(1)?.split('"').next()?.parse::<f64>().ok();
            line.contains("Patient").then_some(())?;
            Some((number("xMin")?, number("yMin")?))
        };
        text.lines().filter_map(word).collect()
    };
    let (first, second) = (places(&files[0]), places(&files[1]));
    assert_eq!((first.len(), second.len()), (3, 30), "{first:?} {second:?}");
    // Positions 28 to 30 are the last row of three columns: the lowest of the whole sheet's.
    let lowest = second.iter().map(|place| place.1).fold(0.0, f64::max);
    assert!(first.iter().all(|place| (place.1 - lowest).abs() < 1.0), "{first:?}, lowest {lowest}");
    for (wrong, field) in [(31, "start_at"), (0, "start_at")] {
        let body =
            json!({"template": "folder-5160", "charts": [1], "printer": "laser", "copies": 1, "start_at": wrong});
        let refused = house.client.post("/api/v1/labels", &body);
        assert_eq!((refused.status, &refused.json["field"]), (422, &json!(field)), "{:#}", refused.json);
    }
}

#[test]
fn a_roll_that_runs_low_is_told_and_a_new_one_ends_it() {
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    let house = House::open(&printer("zebra", &zebra, "low_stock = 3\n"), 6);
    let load = |loaded: u32| house.post("/api/v1/printers/zebra/stock", &json!({ "loaded": loaded }), 200);
    assert_eq!(load(5)["left"], 5);
    let jobs = house.print("zebra", &[1, 2, 3]);
    house.until_state(jobs[2], &["sent", "printed"]);
    let zebra_row = || {
        let printers = house.rows("/api/v1/printers");
        printers.into_iter().find(|printer| printer["id"] == "zebra").expect("zebra")
    };
    assert_eq!(zebra_row()["loaded"]["left"], 2);
    until("it is told", || house.printer_alert().is_some_and(|told| told.starts_with("zebra, stock")));
    load(500);
    until("it is over", || house.printer_alert().is_none());
    let none = house.client.post("/api/v1/printers/zebra/stock", &json!({"loaded": 5, "stock": "none"}));
    assert_eq!((none.status, &none.json["field"]), (422, &json!("stock")), "{:#}", none.json);
}

#[test]
fn a_printer_that_falls_silent_delays_nobody_else() {
    let (stuck, well) = (SimZplPrinter::start("127.0.0.1:0"), SimZplPrinter::start("127.0.0.1:0"));
    let (stuck, well) = (stuck.expect("printer"), well.expect("printer"));
    stuck.script(Moment::MidJob, Mishap::StopsReading(Duration::from_secs(30)));
    let house = House::open(&format!("{}{}", printer("stuck", &stuck, ""), printer("well", &well, "")), 6);
    let held = house.print("stuck", &[1])[0];
    house.until_state(held, &["sending", "unknown"]);
    let began = Instant::now();
    for chart in 2..=6 {
        let job = house.print("well", &[chart])[0];
        house.until_state(job, &["sent", "printed"]);
    }
    house.client.scan("er-1", &badge("1001"));
    house.client.scan("er-1", &chart(6));
    println!("five labels and two scans took {:?}", began.elapsed());
    assert_eq!(charts_of(&well).len(), 5);
}

/// Random histories: labels, batches, faults, kills, confirmations. Without a person's word to print again no label comes
/// out twice, and what is said to be printed did come out.
#[test]
fn no_label_comes_out_twice_unless_a_person_said_so() {
    let mut dice = Dice::new("no_label_comes_out_twice_unless_a_person_said_so");
    let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
    let mut house = House::open(&printer("zebra", &zebra, ""), 60);
    let mut again = std::collections::HashMap::<u32, usize>::new();
    for step in 0..24_u32 {
        match dice.below(8) {
            0 => zebra.script(Moment::MidJob, Mishap::Reset),
            1 => zebra.script(Moment::JobEnd, Mishap::Reset),
            2 => zebra.script(Moment::Connect, Mishap::Reset),
            3 => house.crash(),
            4 => zebra.set_pace(if dice.below(2) == 0 { Pace::AtOnce } else { Pace::EachLook }),
            5 => {
                let charts: Vec<u32> = (0..3).map(|_| u32::try_from(dice.below(60)).expect("small") + 1).collect();
                let wanted =
                    json!({"name": format!("b{step}"), "template": "folder-4x2", "printer": "zebra", "charts": charts});
                let _made = house.client.post("/api/v1/print-batches", &wanted);
            }
            6 => {
                let unknown = house.rows("/api/v1/print-jobs?state=unknown");
                if let Some(job) = unknown.first() {
                    *again.entry(label_of(job)).or_default() += 1;
                    house.post(&format!("/api/v1/print-jobs/{}/retry", job["id"]), &json!({}), 200);
                }
            }
            _ => drop(house.print("zebra", &[u32::try_from(dice.below(60)).expect("small") + 1])),
        }
    }
    zebra.mend();
    until("nothing waits", || {
        ["queued", "sending"].iter().all(|state| house.rows(&format!("/api/v1/print-jobs?state={state}")).is_empty())
            && house.rows("/api/v1/print-batches").iter().all(|batch| batch["state"] != "running")
    });
    let mut came_out = std::collections::HashMap::<u32, usize>::new();
    for label in zebra.labels() {
        let text = String::from_utf8_lossy(&label).into_owned();
        let at = text.find("C000000").expect("a chart's code");
        *came_out.entry(text[at + 1..at + 13].parse().expect("chart and issue")).or_default() += 1;
    }
    let jobs = house.rows("/api/v1/print-jobs?limit=500");
    for job in &jobs {
        let (label, times) = (label_of(job), came_out.get(&label_of(job)).copied().unwrap_or(0));
        assert!(times <= 1 + again.get(&label).copied().unwrap_or(0), "label {label} came out {times} times: {job:#}");
        if job["state"] == "printed" {
            assert!(times >= 1, "said to be printed: {job:#}");
        }
    }
    house.site.ok(&["verify"]);
}

/// A label's chart and issue, as they stand in its code.
fn label_of(job: &Value) -> u32 {
    let number = |field: &str| u32::try_from(job[field].as_u64().expect("a number")).expect("small");
    number("chart") * 1000 + number("issue")
}
