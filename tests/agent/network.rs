//! A network that can be bad: an HTTP relay between the agent and the server that drops requests and answers, delays
//! them, sends them twice, and sends old ones again behind newer ones.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::Dice;

/// What it does to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nothing.
    Fair,
    /// Each is cut off.
    Down,
    /// Each is taken and never answered.
    Silent,
    /// Whatever the dice say.
    Foul,
}

struct Inner {
    weather: Weather,
    to: Option<SocketAddr>,
    dice: Dice,
    /// Scans that went through, to be sent again some time.
    past: Vec<Vec<u8>>,
}

/// The relay.
pub struct Network {
    address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    harms: Arc<AtomicUsize>,
}

impl Network {
    pub fn start() -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let address = listener.local_addr().expect("address");
        let dice = Dice::new("network");
        let inner = Inner { weather: Weather::Fair, to: None, dice, past: Vec::new() };
        let network = Network { address, inner: Arc::new(Mutex::new(inner)), harms: Arc::default() };
        let (inner, harms) = (Arc::clone(&network.inner), Arc::clone(&network.harms));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (inner, harms) = (Arc::clone(&inner), Arc::clone(&harms));
                // An error is what a bad network is for: the agent sees its end of it.
                std::thread::spawn(move || drop(relay(stream, &inner, &harms)));
            }
        });
        network
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The server is at `url` from now on.
    pub fn lead_to(&self, url: &str) {
        let address = url.trim_start_matches("http://").parse().expect("address");
        self.inner.lock().expect("network").to = Some(address);
    }

    pub fn set(&self, weather: Weather) {
        self.inner.lock().expect("network").weather = weather;
    }

    /// How many requests were harmed.
    pub fn harms(&self) -> usize {
        self.harms.load(Ordering::Relaxed)
    }
}

fn relay(mut from: TcpStream, inner: &Mutex<Inner>, harms: &AtomicUsize) -> std::io::Result<()> {
    from.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = request(&mut from)?;
    let is_scan = request.starts_with(b"POST /api/v1/kiosks/er-1/scans ");
    let (weather, to, luck, pause, again) = {
        let mut inner = inner.lock().expect("network");
        let luck = if inner.weather == Weather::Foul { inner.dice.below(10) } else { 9 };
        let pause = u64::try_from(inner.dice.below(120)).expect("small");
        let again = match inner.past.len() {
            0 => None,
            past => {
                let at = inner.dice.below(past);
                inner.past.get(at).cloned()
            }
        };
        if is_scan && inner.past.len() < 200 {
            inner.past.push(request.clone());
        }
        (inner.weather, inner.to, luck, pause, again)
    };
    let to = match (weather, to) {
        (Weather::Silent, _) => {
            std::thread::sleep(Duration::from_secs(30));
            return Ok(());
        }
        (Weather::Down, _) | (_, None) => return Ok(()),
        (_, Some(to)) => to,
    };
    if luck < 5 {
        harms.fetch_add(1, Ordering::Relaxed);
    }
    match luck {
        0 => return Ok(()),
        // It arrives, its answer does not.
        1 => {
            let _lost = answer(to, &request)?;
            return Ok(());
        }
        2 if is_scan => drop(answer(to, &request)?),
        // An old scan comes again, behind newer ones.
        3 => {
            if let Some(again) = again {
                let _nobody_waits = answer(to, &again)?;
            }
        }
        4 => std::thread::sleep(Duration::from_millis(pause)),
        _ => {}
    }
    let mut server = TcpStream::connect(to)?;
    server.write_all(&request)?;
    std::io::copy(&mut server, &mut from)?;
    Ok(())
}

fn answer(to: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(to)?;
    server.set_read_timeout(Some(Duration::from_secs(5)))?;
    server.write_all(request)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}

/// One request, made the last of its connection.
fn request(from: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let mut some = [0; 4096];
        match from.read(&mut some)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&some[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    let whole = head_end + 4 + length.unwrap_or(0);
    while bytes.len() < whole {
        let mut some = [0; 4096];
        match from.read(&mut some)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&some[..read]),
        }
    }
    bytes.splice(head_end..head_end, b"\r\nConnection: close".iter().copied());
    Ok(bytes)
}
