//! Kiosks' own computers: the real binary twice, as server and as agent, over real sockets and pseudo terminals, with
//! everything between them that goes wrong.

mod devices;
mod network;
mod pages;
mod print;
mod scans;
mod trust;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use serialport::{SerialPort, TTYPort};

use crate::support::{Client, Reply, Server, Site, until};
use network::{Network, Weather};

/// A hospital, a network, and the emergency room's own computer with a scanner on a serial line.
struct House {
    site: Site,
    network: Network,
    server: Option<Server>,
    agent: Option<Agent>,
    /// The scanner and its line, which is held open so that what is read waits for the agent.
    gun: Option<[TTYPort; 2]>,
}

const GUN: &str = "[[scanner]]\nid = \"er-gun\"\nkiosk = \"er-1\"\ntransport = \"serial\"\nport = \"gun\"\n";

impl House {
    /// Nothing runs yet. `at_server` ends `outguide.toml`, `at_agent` ends `agent.toml`.
    fn new(charts: u32, at_server: &str, at_agent: &str) -> House {
        House::of(charts, at_server, &format!("{at_agent}{GUN}"))
    }

    /// Both run and know each other; `gun` ends the scanner's section.
    fn with_gun(charts: u32, gun: &str) -> House {
        let mut house = House::of(charts, "", &format!("{GUN}{gun}"));
        house.serve();
        house.start_agent();
        house.until_link("reached");
        house
    }

    fn of(charts: u32, at_server: &str, at_agent: &str) -> House {
        let site = Site::hospital(at_server, charts);
        let network = Network::start();
        let token = site.kiosk_token("er-1");
        write_token(&site, &token);
        let head = "kiosk = \"er-1\"\nlisten = \"127.0.0.1:0\"\ndata_dir = \"./agent\"\n";
        site.write("agent.toml", &format!("{head}[server]\nurl = \"{}\"\n{at_agent}", network.url()));
        House { site, network, server: None, agent: None, gun: None }
    }

    /// Both run and know each other.
    fn open(charts: u32, at_server: &str, at_agent: &str) -> House {
        let mut house = House::new(charts, at_server, at_agent);
        house.serve();
        house.start_agent();
        house.until_link("reached");
        house
    }

    fn serve(&mut self) {
        let server = self.site.serve();
        self.network.lead_to(&server.url);
        self.server = Some(server);
    }

    /// The agent reaches the server without the network between: each sees at once when the other ends.
    fn connect_straight(&self) {
        let file = std::fs::read_to_string(self.site.path().join("agent.toml")).expect("agent.toml");
        let server = self.server.as_ref().expect("a server");
        self.site.write("agent.toml", &file.replace(&self.network.url(), &server.url));
    }

    fn kill_server(&mut self) {
        self.server.take().expect("a server").kill();
    }

    fn start_agent(&mut self) {
        self.agent = Some(Agent::start(&self.site));
    }

    fn kill_agent(&mut self) {
        self.agent.take().expect("an agent").server.kill();
    }

    fn agent(&self) -> &Agent {
        self.agent.as_ref().expect("an agent")
    }

    fn client(&self, role: &str) -> Client {
        let token = self.site.token(role);
        self.server.as_ref().expect("a server").client(&token)
    }

    /// Plugs the scanner in, if it is not, and reads these codes.
    fn read(&mut self, codes: &[String]) {
        let [gun, _line] = self.gun.get_or_insert_with(|| {
            let (scanner, line) = TTYPort::pair().expect("a pseudo terminal");
            let port = self.site.path().join("gun");
            std::os::unix::fs::symlink(line.name().expect("name"), port).expect("link");
            [scanner, line]
        });
        for code in codes {
            gun.write_all(format!("{code}\r").as_bytes()).expect("write");
        }
    }

    /// Until the agent has so many scans on disk, whatever became of them.
    fn until_kept(&self, count: usize) {
        until(&format!("{count} scans are kept"), || self.kept().len() >= count);
    }

    /// The ids of the agent's scans in the order of its queue.
    fn kept(&self) -> Vec<String> {
        ids(&self.site.path().join("agent/agent.db"), "SELECT id FROM scans ORDER BY queue_seq")
    }

    /// The ids of the ledger's entries of these scans, in its order.
    fn recorded(&self) -> Vec<String> {
        let kept: std::collections::HashSet<String> = self.kept().into_iter().collect();
        let all = ids(&self.site.database(), "SELECT id FROM entries ORDER BY seq");
        all.into_iter().filter(|id| kept.contains(id)).collect()
    }

    /// What the agent kept is in the ledger: each once, in its order.
    fn until_all_recorded(&self) {
        until("all is recorded", || self.recorded().len() >= self.kept().len());
        assert_eq!(self.recorded(), self.kept(), "each once, in order");
    }

    fn until_link(&self, state: &str) -> Value {
        until(&format!("the link is {state}"), || self.agent().state()["link"] == state);
        self.agent().state()
    }
}

/// The rows of a question with one text column.
fn ids(database: &Path, sql: &str) -> Vec<String> {
    if !database.exists() {
        return Vec::new();
    }
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = rusqlite::Connection::open_with_flags(database, flags).expect("open");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("patience");
    // The agent may be making its file this very moment.
    let Ok(mut statement) = connection.prepare(sql) else { return Vec::new() };
    statement.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("rows")
}

fn write_token(site: &Site, token: &str) {
    use std::os::unix::fs::PermissionsExt;
    site.write("agent.token", token);
    let only_mine = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(site.path().join("agent.token"), only_mine).expect("permissions");
}

/// A running agent and its page's requests.
struct Agent {
    server: Server,
    url: String,
    http: ureq::Agent,
}

impl Agent {
    fn start(site: &Site) -> Agent {
        let mut command = site.command(&["agent", "--config", "agent.toml"]);
        command.stderr(Stdio::inherit());
        let server = Server::start(command);
        let url = server.url.strip_suffix("/kiosk/er-1").expect("the page's address").to_owned();
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let http = config.timeout_global(Some(crate::support::PATIENCE)).build().into();
        Agent { server, url, http }
    }

    fn get(&self, path: &str) -> Reply {
        crate::support::reply(self.http.get(format!("{}{path}", self.url)).call().expect("an answer"))
    }

    fn try_post(&self, path: &str, body: &Value) -> Result<Reply, ureq::Error> {
        let request = self.http.post(format!("{}{path}", self.url)).header("x-outguide", "1");
        Ok(crate::support::reply(request.send_json(body)?))
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.try_post(path, body).expect("an answer")
    }

    /// The kiosk as its page shows it; null where the server was never reached.
    fn view(&self) -> Value {
        let reply = self.get("/api/v1/kiosks/er-1");
        if reply.status == 200 { reply.json } else { Value::Null }
    }

    /// How the agent is, with or without a server: what its page's events begin with.
    fn state(&self) -> Value {
        next(&events(self), "agent")
    }

    fn scan(&self, data: &str) -> Reply {
        self.post("/api/v1/kiosks/er-1/scans", &scan_of(uuid::Uuid::now_v7(), data))
    }
}

/// A scan as the page sends it.
fn scan_of(id: uuid::Uuid, data: &str) -> Value {
    let now = jiff::Timestamp::now();
    json!({"id": id, "data": data, "source": "scanned", "observed_at": now, "queue_seq": 1, "sent_at": now})
}

/// The events of the agent's page from now on, each with its name, until the agent ends.
fn events(agent: &Agent) -> std::sync::mpsc::Receiver<(String, Value)> {
    let response = agent.http.get(format!("{}/api/v1/kiosks/er-1/events", agent.url)).call().expect("an answer");
    assert_eq!(response.status(), 200);
    read_events(response.into_body().into_reader())
}

/// The events of a stream, each with its name, until it ends.
fn read_events(stream: impl std::io::Read + Send + 'static) -> std::sync::mpsc::Receiver<(String, Value)> {
    use std::io::BufRead;
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut name = String::new();
        for line in std::io::BufReader::new(stream).lines().map_while(Result::ok) {
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data = serde_json::from_str(data).expect("JSON");
                if tell.send((name.clone(), data)).is_err() {
                    return;
                }
            }
        }
    });
    told
}

/// The next event of this name.
fn next(events: &std::sync::mpsc::Receiver<(String, Value)>, wanted: &str) -> Value {
    loop {
        let (name, data) = events.recv_timeout(crate::support::PATIENCE).expect(wanted);
        if name == wanted {
            return data;
        }
    }
}
