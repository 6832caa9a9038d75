//! Labels at a kiosk's own computer: printed once, whoever dies, and honest about what is unknown.

use std::time::{Duration, Instant};

use outguide_hardware::printer::HostStatus;
use outguide_hardware::printer::sim_server::{Mishap, Moment, Pace, SimZplPrinter};
use serde_json::{Value, json};

use super::{House, Weather};
use crate::support::{Client, Dice, PATIENCE, until};

const AT_SERVER: &str = "[[printer]]\nid = \"er-zebra\"\nplace = \"ER\"\ntransport = \"agent\"\nagent = \"er-1\"\n\
                         language = \"zpl\"\ndpi = 203\nstock = \"folder-4x2\"\n";

struct Printing {
    house: House,
    zebra: SimZplPrinter,
    token: String,
}

impl Printing {
    fn open(charts: u32) -> Printing {
        let zebra = SimZplPrinter::start("127.0.0.1:0").expect("printer");
        let at_agent = format!(
            "[[printer]]\nid = \"er-zebra\"\ntransport = \"tcp\"\naddress = \"{}\"\nlanguage = \"zpl\"\n",
            zebra.address()
        );
        let house = House::open(charts, AT_SERVER, &at_agent);
        let token = house.site.token("records");
        let printing = Printing { house, zebra, token };
        printing.until_printer("ready");
        printing
    }

    fn client(&self) -> Client {
        self.house.server.as_ref().expect("a server").client(&self.token)
    }

    fn until_printer(&self, state: &str) {
        let is = || {
            let printers = self.client().get("/api/v1/printers").json;
            let rows = printers["rows"].as_array().expect("rows").clone();
            rows.iter().any(|row| row["id"] == "er-zebra" && row["state"] == state)
        };
        until(&format!("the printer is {state}"), is);
    }

    fn print(&self, charts: &[u32]) -> Vec<u64> {
        let order = json!({"template": "folder-4x2", "charts": charts, "printer": "er-zebra", "copies": 1});
        let made = self.client().post("/api/v1/labels", &order);
        assert_eq!(made.status, 201, "{:#}", made.json);
        made.json["rows"].as_array().expect("jobs").iter().map(|job| job["id"].as_u64().expect("id")).collect()
    }

    fn job(&self, id: u64) -> Value {
        let jobs = self.client().get("/api/v1/print-jobs?limit=500").json;
        jobs["rows"].as_array().expect("rows").iter().find(|job| job["id"] == id).expect("job").clone()
    }

    fn until_state(&self, id: u64, states: &[&str]) -> Value {
        until(&format!("job {id} is {states:?}"), || states.iter().any(|state| self.job(id)["state"] == *state));
        self.job(id)
    }

    /// Which charts' labels came out, in order.
    fn labels(&self) -> Vec<u32> {
        let number = |label: Vec<u8>| {
            let text = String::from_utf8_lossy(&label).into_owned();
            let at = text.find("C000000").expect("a chart's code");
            text[at + 1..at + 10].parse().expect("a number")
        };
        self.zebra.labels().into_iter().map(number).collect()
    }

    /// The agent's jobs on disk, as it has them.
    fn agent_jobs(&self, column: &str) -> Vec<String> {
        super::ids(&self.house.site.path().join("agent/agent.db"), &format!("SELECT {column} FROM print_jobs"))
    }

    fn times(&self, chart: u32) -> usize {
        self.labels().iter().filter(|label| **label == chart).count()
    }
}

#[test]
fn labels_are_printed_at_the_kiosk_in_order_and_counted_ones_are_printed() {
    let printing = Printing::open(6);
    let jobs = printing.print(&[1, 2, 3]);
    printing.until_state(jobs[2], &["sent", "printed"]);
    assert_eq!(printing.labels(), [1, 2, 3]);
    printing.zebra.set_pace(Pace::EachLook);
    let counted = printing.print(&[4])[0];
    assert_eq!(printing.until_state(counted, &["printed"])["proof"], "counted");
    // What was printed names patients: nothing of it stays on the kiosk's disk.
    until("nothing stays", || printing.agent_jobs("name").is_empty());
    let row = printing.client().get("/api/v1/printers").json;
    let row = row["rows"].as_array().expect("rows").iter().find(|row| row["id"] == "er-zebra").expect("zebra").clone();
    assert_eq!((&row["transport"], &row["agent"]), (&json!("agent"), &json!("er-1")));
}

#[test]
fn a_printer_at_a_kiosk_tells_its_faults_and_its_jobs_wait() {
    let printing = Printing::open(2);
    printing.zebra.set_status(HostStatus { paper_out: true, ..HostStatus::default() });
    printing.until_printer("not_ready");
    let job = printing.print(&[1])[0];
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(printing.job(job)["state"], "queued");
    printing.zebra.mend();
    printing.until_state(job, &["sent", "printed"]);
    assert_eq!(printing.labels(), [1]);
}

#[test]
fn an_agent_that_is_away_leaves_jobs_unsent_and_prints_them_when_it_is_back() {
    let mut printing = Printing::open(2);
    printing.house.kill_agent();
    // One is offered while nobody knows yet that it is away.
    let offered = printing.print(&[1])[0];
    printing.until_printer("unreachable");
    let later = printing.print(&[2])[0];
    // Longer than a printer elsewhere is tried for.
    std::thread::sleep(Duration::from_secs(35));
    for job in [offered, later] {
        assert_eq!(printing.job(job)["state"], "queued", "{:#}", printing.job(job));
    }
    printing.house.start_agent();
    printing.until_state(later, &["sent", "printed"]);
    assert_eq!(printing.labels(), [1, 2]);
}

#[test]
fn an_agent_killed_while_sending_leaves_it_unknown_and_nothing_comes_out_twice() {
    let mut printing = Printing::open(3);
    printing.zebra.script(Moment::MidJob, Mishap::StopsReading(Duration::from_secs(8)));
    let jobs = printing.print(&[1, 2]);
    until("it is being sent", || printing.agent_jobs("state") == ["sending"]);
    printing.house.kill_agent();
    printing.house.start_agent();
    let broken = printing.until_state(jobs[0], &["unknown"]);
    assert!(broken["fault"].as_str().expect("why").contains("look at the printer"), "{broken:#}");
    printing.until_state(jobs[1], &["sent", "printed"]);
    assert!(printing.times(1) <= 1, "{:?}", printing.labels());
    let again = printing.client().post(&format!("/api/v1/print-jobs/{}/retry", jobs[0]), &json!({}));
    assert_eq!(again.status, 200);
    printing.until_state(jobs[0], &["sent", "printed"]);
    assert_eq!(printing.labels().last(), Some(&1), "on a person's word");
}

#[test]
fn a_server_killed_while_the_agent_prints_hears_the_end_from_the_agent() {
    let mut printing = Printing::open(2);
    printing.zebra.script(Moment::MidJob, Mishap::StopsReading(Duration::from_secs(3)));
    let jobs = printing.print(&[1, 2]);
    until("it is being sent", || printing.agent_jobs("state") == ["sending"]);
    printing.house.kill_server();
    printing.house.serve();
    // To the server it was unknown; the agent knows that all of it was handed over, and the ledger hears it.
    printing.until_state(jobs[1], &["sent", "printed"]);
    let end = printing.until_state(jobs[0], &["sent", "printed"]);
    assert_eq!(end["fault"], Value::Null, "{end:#}");
    until("both came out", || printing.times(1) == 1 && printing.times(2) == 1);
    printing.house.site.ok(&["verify"]);
}

/// Random histories: labels, kills of both, a bad network, broken lines, people who answer. No label comes out twice
/// unless a person said so, and what is said to be sent did go out.
#[test]
fn no_label_comes_out_twice_at_a_kiosk_unless_a_person_said_so() {
    let mut dice = Dice::new("no_label_comes_out_twice_at_a_kiosk");
    let mut printing = Printing::open(60);
    let (mut jobs, mut again) = (Vec::new(), std::collections::HashMap::<u32, usize>::new());
    let mut fresh = 1..=60_u32;
    for _ in 0..16 {
        match dice.below(8) {
            0 => printing.zebra.script(Moment::MidJob, Mishap::Reset),
            1 => printing.zebra.script(Moment::Connect, Mishap::Reset),
            2 => {
                printing.house.kill_agent();
                printing.house.start_agent();
            }
            3 => {
                printing.house.kill_server();
                printing.house.serve();
            }
            4 => printing.house.network.set(Weather::Foul),
            5 => printing.house.network.set(Weather::Fair),
            _ => {}
        }
        let charts: Vec<u32> = fresh.by_ref().take(2).collect();
        jobs.extend(printing.print(&charts).into_iter().zip(charts));
        std::thread::sleep(Duration::from_millis(u64::try_from(dice.below(400)).expect("small")));
        if let Some((job, chart)) = jobs.iter().find(|(job, _)| printing.job(*job)["state"] == "unknown")
            && dice.below(2) == 0
        {
            let said = printing.client().post(&format!("/api/v1/print-jobs/{job}/retry"), &json!({}));
            // The agent may have told more in this very moment.
            if said.status == 200 {
                *again.entry(*chart).or_default() += 1;
            }
        }
    }
    printing.house.network.set(Weather::Fair);
    printing.zebra.mend();
    let settled = |state: &Value| ["sent", "printed", "unknown", "failed"].iter().any(|word| state == word);
    for (job, chart) in &jobs {
        let end = Instant::now() + 2 * PATIENCE;
        while !settled(&printing.job(*job)["state"]) {
            let on_disk = printing.agent_jobs("name || ' ' || state || ' ' || ifnull(fate, '')");
            assert!(Instant::now() < end, "no end: {:#}\nat the agent: {on_disk:?}", printing.job(*job));
            std::thread::sleep(Duration::from_millis(100));
        }
        let (state, times) = (printing.job(*job)["state"].clone(), printing.times(*chart));
        let allowed = 1 + again.get(chart).copied().unwrap_or(0);
        assert!(times <= allowed, "chart {chart} came out {times} times, {allowed} allowed, {state}");
        if state == "sent" || state == "printed" {
            until("what is said to be sent comes out", || printing.times(*chart) >= 1);
        }
    }
    printing.house.site.ok(&["verify"]);
}
