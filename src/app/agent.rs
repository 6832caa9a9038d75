//! `outguide agent`: a kiosk's own computer, wired.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::cli::{AgentArgs, AgentCommand};
use super::say::{self, Failure};
use super::serve::stopped;
use super::{devices, printing};
use crate::agent::remote::Agents;
use crate::agent::{Agent, Parts, PrinterHere, Settings, Upstream, write_token};
use crate::config::{AgentConfig, PrinterTransport};
use crate::ledger::{RandomIds, SystemClock};
use crate::web;

/// The unit, with places for this computer's paths.
const UNIT: &str = include_str!("outguide-agent.service");
/// The longest code that is read from standard input, in bytes.
const CODE_MAX_BYTES: u64 = 64;

/// `outguide agent`.
pub fn command(arguments: &AgentArgs) -> Result<(), Failure> {
    let config = AgentConfig::load(arguments.config.as_deref());
    match &arguments.command {
        None => run(&config.map_err(Failure::new)?),
        Some(AgentCommand::Enrol { code }) => enrol(&config.map_err(Failure::new)?, code.as_deref()),
        Some(AgentCommand::CheckConfig) => check(&config.map_err(Failure::not_so)?),
        Some(AgentCommand::SystemdUnit) => unit(&config.map_err(Failure::new)?),
    }
}

fn settings(config: &AgentConfig) -> Settings {
    Settings {
        url: config.url.clone(),
        authority: config.authority.clone(),
        token_file: config.token_file.clone(),
        kiosk: config.kiosk.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Until SIGTERM or SIGINT.
fn run(config: &AgentConfig) -> Result<(), Failure> {
    let listener = TcpListener::bind(config.listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| Failure::new(format_args!("cannot listen on {}: {error}", config.listen)))?;
    let agent = Arc::new(start(config)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(Failure::new)?;
    let ended = runtime.block_on(serve(&agent, listener, &config.kiosk));
    agent.stop();
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

fn start(config: &AgentConfig) -> Result<Agent, Failure> {
    // An agent has no agents of its own.
    let none = Agents::new(Arc::new(RandomIds));
    let printers = config.printers.iter().map(|printer| {
        let (id, language) = (printer.id.clone(), printer.language.clone());
        printing::way(printer, &none).map(|printer| PrinterHere { id, language, printer })
    });
    let parts = Parts {
        settings: settings(config),
        data_dir: config.data_dir.clone(),
        max_scans: config.max_scans,
        scanners: devices::specs(&config.scanners, |_| None)?,
        printers: printers.collect::<Result<_, _>>()?,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        dice: Arc::new(|| getrandom::u32().unwrap_or_default()),
    };
    Agent::start(parts).map_err(Failure::new)
}

async fn serve(agent: &Arc<Agent>, listener: TcpListener, kiosk: &str) -> Result<(), Failure> {
    let stopped = stopped().map_err(Failure::new)?;
    let address: SocketAddr = listener.local_addr().map_err(Failure::new)?;
    let (close, closing) = watch::channel(false);
    let router = web::local_router(Arc::clone(agent), closing);
    say::line(format_args!("The page of kiosk {kiosk} is ready at http://{address}/kiosk/{kiosk}"));
    let stop = async move {
        stopped.await;
        // No page open is as good as told.
        let _all_streams_ended = close.send(true);
    };
    web::serve(listener, None, router, stop).await.map_err(Failure::new)
}

/// Makes this computer the kiosk's: the token goes from the server into its file, past everybody's eyes.
fn enrol(config: &AgentConfig, code: Option<&str>) -> Result<(), Failure> {
    let code = match code {
        Some(code) => code.to_owned(),
        None => {
            use std::io::{BufRead, Read};
            let mut line = String::new();
            let input = std::io::BufReader::new(std::io::stdin().lock().take(CODE_MAX_BYTES)).read_line(&mut line);
            input.map_err(Failure::new)?;
            line
        }
    };
    let settings = settings(config);
    let upstream = Upstream::unknown(&settings).map_err(Failure::new)?;
    let body = serde_json::json!({"code": code.trim()});
    let answer = upstream.post("/api/v1/agents/enrol", &body).map_err(Failure::new)?;
    let (status, said) = (answer.status, answer.said());
    let text = |field: &str| answer.body.get(field).and_then(|value| value.as_str()).map(str::to_owned);
    let (201, Some(kiosk), Some(token)) = (status, text("kiosk"), text("token")) else {
        return Err(Failure::not_so(format_args!("not enrolled: {said}")));
    };
    if kiosk != config.kiosk {
        return Err(Failure::not_so(format_args!(
            "the code was for kiosk {kiosk}, {} says kiosk {}: get a code for that one, or correct the file",
            config.file.display(),
            config.kiosk
        )));
    }
    write_token(&config.token_file, &token).map_err(|error| {
        Failure::new(format_args!("{}: {error}: the code is used up, get another", config.token_file.display()))
    })?;
    say::line(format_args!("This computer is kiosk {kiosk} now. Its token is in {}.", config.token_file.display()));
    Ok(())
}

fn check(config: &AgentConfig) -> Result<(), Failure> {
    Upstream::open(&settings(config)).map_err(Failure::not_so)?;
    say::line(format_args!(
        "{}: good. Kiosk {} at {}; {} scanners, {} printers; its page on {}, scans in {}",
        config.file.display(),
        config.kiosk,
        config.url,
        config.scanners.len(),
        config.printers.len(),
        config.listen,
        config.data_dir.display()
    ));
    Ok(())
}

/// For this program and this configuration, with the folders that it may write.
fn unit(config: &AgentConfig) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(Failure::new)?;
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .map(|path| path.display().to_string())
            .map_err(|error| Failure::new(error.to_string()))
    };
    let mut folders = vec![absolute(&config.data_dir)?];
    for printer in &config.printers {
        if let PrinterTransport::Folder { path } = &printer.transport {
            folders.push(absolute(path)?);
        }
    }
    let first: Vec<String> =
        folders.iter().map(|folder| format!("#   install -d -o outguide -g outguide -m 700 {folder}")).collect();
    let unit = UNIT
        .replace("@PROGRAM@", &program.display().to_string())
        .replace("@CONFIG@", &absolute(&config.file)?)
        .replace("@TOKEN@", &absolute(&config.token_file)?)
        .replace("@FIRST@", &first.join("\n"))
        .replace("@FOLDERS@", &folders.join(" "));
    say::bytes(unit.as_bytes()).map_err(Failure::new)
}
