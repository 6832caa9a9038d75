//! Labels asked for, printed to a folder and to a printer on TCP, and what a newer label does to an older one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Client, Server, Site, badge, chart, code, command, until};

/// A Zebra's answer to `~HS`: ready, nothing in its buffer.
const WELL: &[u8] =
    b"\x02030,0,0,0406,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n";

/// A printer on a port: keeps what it was sent, status questions left out.
struct Zebra {
    heard: Arc<Mutex<Vec<String>>>,
}

impl Zebra {
    fn on(listener: TcpListener) -> Zebra {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Zebra { heard }
    }

    fn labels(&self) -> Vec<String> {
        self.heard.lock().expect("heard").clone()
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Vec<String>>) {
    let (mut job, mut piece) = (Vec::new(), [0u8; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        job.extend_from_slice(&piece[..read]);
        if job.starts_with(b"~HS") {
            let _gone = stream.write_all(WELL);
            job.clear();
        }
    }
    if !job.is_empty() {
        kept.lock().expect("heard").push(String::from_utf8_lossy(&job).into_owned());
    }
}

struct House {
    site: Site,
    server: Server,
    client: Client,
}

impl House {
    fn open(printers: &str) -> House {
        let site = Site::hospital(printers, 3);
        let token = site.token("records");
        let server = site.serve();
        let client = server.client(&token);
        House { site, server, client }
    }

    /// Asks for labels: their jobs.
    fn print(&self, printer: &str, charts: &[u32], copies: u32) -> Vec<u64> {
        let wanted = json!({"template": "folder-4x2", "charts": charts, "printer": printer, "copies": copies});
        let made = self.client.post("/api/v1/labels", &wanted);
        assert_eq!(made.status, 201, "{:#}", made.json);
        made.json["rows"].as_array().expect("jobs").iter().map(|job| job["id"].as_u64().expect("id")).collect()
    }

    fn job(&self, id: u64) -> Value {
        let jobs = self.client.get("/api/v1/print-jobs").json;
        jobs["rows"].as_array().expect("jobs").iter().find(|job| job["id"] == id).expect("job").clone()
    }

    fn until_state(&self, id: u64, state: &str) {
        until(&format!("job {id} is {state}"), || self.job(id)["state"] == state);
    }

    /// What lies in the folder that the folder printer prints to.
    fn folder(&self) -> Vec<String> {
        // A file that is being written is hidden, and gone under that name a moment later.
        let hidden = |path: &std::path::Path| path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        let mut files: Vec<_> = std::fs::read_dir(self.site.path().join("labels"))
            .map(|files| files.map(|file| file.expect("file").path()).filter(|path| !hidden(path)).collect())
            .unwrap_or_default();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).expect("label")).collect()
    }
}

fn count(text: &str, word: &str) -> usize {
    text.matches(word).count()
}

#[test]
fn labels_go_to_a_folder_one_job_a_chart_and_copies_share_an_issue() {
    let house = House::open("");
    let jobs = house.print("labels", &[1, 2], 2);
    assert_eq!(jobs.len(), 2);
    jobs.iter().for_each(|job| house.until_state(*job, "sent"));
    let files = house.folder();
    assert_eq!(files.len(), 2, "{files:#?}");
    for (file, number) in files.iter().zip([1, 2]) {
        assert_eq!((count(file, "^XA"), count(file, "^XZ")), (1, 1), "{file}");
        assert!(file.contains("^PQ2") && file.contains(&chart(number)), "{file}");
    }
    assert_eq!(house.client.get("/api/v1/charts/1").json["label_issue"], Value::Null, "sent is not printed");
    let confirmed = house.client.post(&format!("/api/v1/print-jobs/{}/confirm", jobs[0]), &json!({}));
    assert_eq!(confirmed.json["state"], "printed", "{:#}", confirmed.json);
    assert_eq!(house.client.get("/api/v1/charts/1").json["label_issue"], 1);
    for (field, body) in [
        ("printer", json!({"template": "folder-4x2", "charts": [1], "printer": "none", "copies": 1})),
        ("template", json!({"template": "none", "charts": [1], "printer": "labels", "copies": 1})),
        ("copies", json!({"template": "folder-4x2", "charts": [1], "printer": "labels", "copies": 0})),
    ] {
        let refused = house.client.post("/api/v1/labels", &body);
        assert_eq!((refused.status, &refused.json["field"]), (422, &json!(field)), "{:#}", refused.json);
    }
}

#[test]
fn a_newer_label_supersedes_an_older_one_once_it_is_scanned() {
    let house = House::open("");
    let first = house.print("labels", &[1], 1)[0];
    house.until_state(first, "sent");
    house.client.scan("er-1", &badge("1001"));
    let notes = |data: &str| {
        let receipt = house.client.scan("er-1", data);
        assert_eq!(receipt["verdict"]["chart"]["number"], 1, "{receipt:#}");
        let notes = receipt["verdict"]["notes"].as_array().expect("notes").clone();
        notes.iter().any(|note| note["kind"] == "label_superseded")
    };
    let newer = code("C000000001002");
    assert!(!notes(&chart(1)));

    // The kiosk's LABEL command queues the next issue at the kiosk's printer.
    house.client.scan("er-1", &command("LABEL"));
    assert_eq!(house.client.scan("er-1", &chart(1))["verdict"]["kind"], "label_queued");
    until("the second label is printed", || house.folder().len() == 2);
    assert!(house.folder()[1].contains(&newer), "{:#?}", house.folder());
    house.client.scan("er-1", &badge("1001"));
    assert!(!notes(&chart(1)), "the newer one may still lie in the printer");
    assert!(!notes(&newer));
    assert!(notes(&chart(1)), "now the older one is superseded, and still that chart");
    assert_eq!(house.client.get("/api/v1/charts/1").json["label_issue"], 2);
    let preview = house.site.ok(&["label", "render", "--template", "folder-4x2", "--chart", "1", "--format", "zpl"]);
    assert_eq!(count(&preview, "^XA"), 1);
    assert_eq!(house.client.get("/api/v1/charts/1").json["label_issued"], 2, "a preview uses up no issue");
}

#[test]
fn a_printer_on_tcp_prints_and_one_that_is_off_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("port");
    let address = listener.local_addr().expect("address");
    let zebra = Zebra::on(listener);
    let off = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address");
    let printer = |id: &str, address: std::net::SocketAddr| {
        format!(
            "[[printer]]\nid = \"{id}\"\nplace = \"FILE\"\ntransport = \"tcp\"\naddress = \"{address}\"\n\
             language = \"zpl\"\ndpi = 203\nstock = \"folder-4x2\"\n"
        )
    };
    let house = House::open(&format!("{}{}", printer("zebra", address), printer("off", off)));
    let waits = house.print("off", &[3], 1)[0];
    let job = house.print("zebra", &[1], 1)[0];
    house.until_state(job, "sent");
    let labels = zebra.labels();
    assert_eq!(labels.len(), 1, "{labels:#?}");
    assert_eq!((count(&labels[0], "^XA"), count(&labels[0], "^XZ")), (1, 1));
    assert!(labels[0].contains(&chart(1)), "{}", labels[0]);

    until("why it waits is said", || house.job(waits)["fault"].is_string());
    let state = |id: &str| {
        let printers = house.client.get("/api/v1/printers").json;
        printers["rows"].as_array().expect("rows").iter().find(|one| one["id"] == id).expect("printer")["state"].clone()
    };
    assert_eq!(state("zebra"), "ready");
    until("the one that is off is told", || state("off") == "unreachable");
    until("an alert is open", || {
        !house.client.get("/api/v1/alerts?kind=printer").json["rows"].as_array().expect("rows").is_empty()
    });
    let late = Zebra::on(TcpListener::bind(off).expect("switched on"));
    until("it prints", || matches!(house.job(waits)["state"].as_str(), Some("sent")));
    assert_eq!(late.labels().len(), 1);
    until("the alert is closed", || {
        house.client.get("/api/v1/alerts?kind=printer").json["rows"].as_array().expect("rows").is_empty()
    });
    let cancelled = house.client.post(&format!("/api/v1/print-jobs/{waits}/cancel"), &json!({}));
    assert_eq!(cancelled.status, 409, "what was sent cannot be cancelled: {:#}", cancelled.json);
}

#[test]
fn a_printers_own_chart_label_is_what_a_kiosk_prints_and_a_wrong_one_is_told_at_the_start() {
    let site = Site::hospital("", 1);
    let file = std::fs::read_to_string(site.path().join("outguide.toml")).expect("configuration");
    let with = |chart_label: &str, stock: &str| {
        let (before, labels) = file.split_once("id = \"labels\"").expect("the folder printer");
        let labels = labels.replacen("stock = \"folder-4x2\"", stock, 1);
        site.write("outguide.toml", &format!("{before}id = \"labels\"\nchart_label = \"{chart_label}\"{labels}"));
    };
    for (wrong, stock, words) in [
        ("volume-2x", "", "did you mean `volume-2x1`?"),
        ("outguide-4x2", "", "is about a request"),
        ("folder-5160", "", "is a sheet of labels"),
        ("volume-2x1", "stock = \"folder-4x2\"", "set stock = \"2x1\""),
    ] {
        with(wrong, stock);
        let output = site.run(&["check-config"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words) && said.contains("outguide.toml:"), "{said}");
    }
    with("volume-2x1", "stock = \"2x1\"");
    let token = site.token("records");
    let server = site.serve();
    let client = server.client(&token);
    client.scan("er-1", &badge("1001"));
    client.scan("er-1", &command("LABEL"));
    assert_eq!(client.scan("er-1", &chart(1))["verdict"]["kind"], "label_queued");
    let jobs = client.get("/api/v1/print-jobs").json;
    assert_eq!(jobs["rows"][0]["template"], "volume-2x1", "{jobs:#}");
}

#[test]
fn an_outguide_says_who_has_the_chart_where_since_when_and_who_had_it_handed_out() {
    let house = House::open(
        "[[printer]]\nid = \"slips\"\nplace = \"FILE\"\ntransport = \"folder\"\npath = \"slips\"\nlanguage = \"pdf\"\n\
         stock = \"4x2\"\n",
    );
    let print = |template: &str| {
        let made =
            house.client.post("/api/v1/print-jobs", &json!({"template": template, "chart": 1, "printer": "slips"}));
        assert_eq!(made.status, 201, "{:#}", made.json);
        let id = made.json["id"].as_u64().expect("id");
        house.until_state(id, "sent");
        let file = house.site.path().join(format!("slips/job-{id:06}.pdf"));
        let text =
            std::process::Command::new("pdftotext").arg("-layout").arg(file).arg("-").output().expect("pdftotext");
        String::from_utf8_lossy(&text.stdout).into_owned()
    };
    // In its place: what is known is who asks for the slip; a token is nobody.
    assert!(!print("request-4x2").contains("Rosa"));
    // A department's kiosk receives for whoever is signed in there.
    house.client.scan("er-1", &badge("1001"));
    house.client.scan("er-1", &chart(1));
    let slip = print("outguide-4x2");
    for words in ["Emergency", "since ", "due ", "asked for by Rosa Diaz"] {
        assert!(slip.contains(words), "{words}: {slip}");
    }
    // Where a chart is in confidence is on no paper, nor who had it brought there.
    let hide = json!({"restricted": true});
    let supervisor = house.site.token("supervisor");
    let url = &house.server.url;
    assert_eq!(Client::new(url, &supervisor).patch("/api/v1/places/ER", &hide).status, 200);
    let slip = print("outguide-4x2");
    assert!(!slip.contains("Emergency") && !slip.contains("Rosa"), "{slip}");
}
