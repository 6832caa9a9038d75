//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::custody::Role;

/// Chart tracking for hospitals: scans in, a tamper-evident ledger, always the place of each chart and how it is known.
#[derive(Debug, Parser)]
#[command(name = "outguide", version, about, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which configuration.
#[derive(Debug, Clone, Args)]
pub struct ConfigArg {
    /// The configuration; without it, ./outguide.toml where that is there, else built-in defaults
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What Outguide does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A sample hospital with simulated scanners and a simulated printer, live at once
    Demo(DemoArgs),
    /// Run the server
    Serve(ConfigArg),
    /// Check the configuration: names the line, the fault and the fix
    CheckConfig(ConfigArg),
    /// Import a CSV file; bad rows go to FILE.rejects.csv
    Import(ImportArgs),
    /// Console accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Bearer tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Kiosks
    #[command(subcommand)]
    Kiosk(KioskCommand),
    /// Certificates for a site of its own
    #[command(subcommand)]
    Tls(TlsCommand),
    /// Labels
    #[command(subcommand)]
    Label(LabelCommand),
    /// Ports and printers seen, which profile fits, what hinders
    Devices(DevicesArgs),
    /// Is the chain intact and does the state follow from it? Exit code 0 or 1
    Verify(VerifyArgs),
    /// Make the tables of current state anew from the ledger
    Rebuild(ConfigArg),
    /// Copy the ledger, beside a running server too; the copy is verified
    Backup(BackupArgs),
    /// Put a backup in the ledger's place; the server must be stopped
    Restore(RestoreArgs),
    /// Run on a kiosk's own computer: drive its scanners and printer, serve its page, forward its scans through outages
    Agent(AgentArgs),
    /// Print a systemd unit for this machine
    SystemdUnit(ConfigArg),
}

impl Command {
    /// Does it run until it is stopped? Then its log says more.
    pub fn runs_for_long(&self) -> bool {
        matches!(self, Command::Serve(_) | Command::Agent(AgentArgs { command: None, .. }))
    }
}

/// `outguide agent`.
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// The configuration; without it, ./agent.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Without one: run.
    #[command(subcommand)]
    pub command: Option<AgentCommand>,
}

/// What else an agent does.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Make this computer a kiosk's, with a one-time code from the console; without CODE it is read from standard input
    Enrol {
        /// The code
        code: Option<String>,
    },
    /// Check the configuration: names the line, the fault and the fix
    CheckConfig,
    /// Print a systemd unit for this computer
    SystemdUnit,
}

/// `outguide demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where the sample hospital lives; kept and used again
    #[arg(long, value_name = "DIR", default_value = "outguide-demo")]
    pub dir: PathBuf,
    /// How many charts
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub charts: u32,
}

/// `outguide import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What the file holds
    pub what: ImportKind,
    /// The file, UTF-8 with a header row
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// Check every row, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArg,
}

/// What a CSV file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    /// code,name,kind,loan_hours
    Places,
    /// badge,name,role,place,email
    Staff,
    /// mrn,last_name,first_name,birth_date,sex
    Patients,
    /// mrn,record_type,volume,home,place,holder_badge,out_since,legacy_barcode
    Charts,
}

/// `outguide user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a console account; the password comes from standard input
    Add {
        /// The name to sign in with
        name: String,
        /// viewer, clerk, records, supervisor, admin, auditor or technician
        #[arg(long, value_parser = role)]
        role: Role,
        /// Read the password from standard input (the only way there is)
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArg,
    },
}

/// `outguide token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a bearer token, shown once; only its hash is kept
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// viewer, clerk, records, supervisor, admin, auditor or technician
        #[arg(long, value_parser = role)]
        role: Role,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArg,
    },
}

/// `outguide kiosk`.
#[derive(Debug, Subcommand)]
pub enum KioskCommand {
    /// Make a bearer token for a kiosk, shown once; only its hash is kept
    Token {
        /// The kiosk's id
        kiosk: String,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArg,
    },
}

/// `outguide tls`.
#[derive(Debug, Subcommand)]
pub enum TlsCommand {
    /// Make a site's own certificate authority and a server certificate that it signs
    Init {
        /// A name or address that kiosks and staff reach the server by; may be given several times
        #[arg(long = "name", value_name = "HOST")]
        names: Vec<String>,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArg,
    },
}

/// `outguide label`.
#[derive(Debug, Subcommand)]
pub enum LabelCommand {
    /// Render a label as a preview: it uses up no label issue
    Render {
        /// The template's name, for example folder-4x2
        #[arg(long)]
        template: String,
        /// The chart's number
        #[arg(long, value_name = "NUMBER")]
        chart: u32,
        /// What to make
        #[arg(long)]
        format: LabelFormat,
        /// Where to; without it, standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArg,
    },
}

/// What `label render` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LabelFormat {
    /// A PDF page of the stock's size
    Pdf,
    /// ZPL II
    Zpl,
    /// An SVG picture
    Svg,
}

/// `outguide devices`.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// Go on and tell what comes and goes
    #[arg(long)]
    pub watch: bool,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArg,
}

/// `outguide verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A chain head noted earlier: finds a tail that was cut off
    #[arg(long, value_name = "SEQ:HASH")]
    pub expect_head: Option<String>,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArg,
}

/// `outguide backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write, or a folder to put a dated one into
    pub dest: PathBuf,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArg,
}

/// `outguide restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup
    pub src: PathBuf,
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArg,
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| {
        let words: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
        format!("use one of {}", words.join(", "))
    })
}
