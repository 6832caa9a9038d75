//! `outguide label render` and `outguide tls init`.

use crate::app::cli::{LabelCommand, LabelFormat, TlsCommand};
use crate::app::papers::next_issue;
use crate::app::reach::Reach;
use crate::app::say::{self, Failure};
use crate::app::tasks::{Done, Task};
use crate::app::templates::Templates;
use crate::app::tls;
use crate::barcode::ChartNumber;
use crate::labels::{DOCUMENT_DPI, Format, LabelData, Target};
use crate::ledger::{Clock, SystemClock};
use crate::outbox::chart_label;

/// ZPL is drawn for the most common label printer unless a configured one says otherwise, in dots per inch.
const ZPL_DPI: u16 = 203;

/// `outguide label render`.
pub fn label(command: &LabelCommand) -> Result<(), Failure> {
    let LabelCommand::Render { template, chart, format, out, config } = command;
    let config = super::config(config)?;
    let Done::Chart(detail) = Reach::open(&config)?.run(&Task::Chart { number: ChartNumber(*chart) })? else {
        return Err(Failure::new(format_args!("chart {chart} could not be read")));
    };
    let label = chart_label(&detail.row, next_issue(&detail), &config.hospital, config.numbering.filing);
    let now = SystemClock.now().to_zoned(config.time_zone.clone()).datetime();
    let data = LabelData::chart(&label).of_year(now.year()).printed(now);
    let dpi = match format {
        LabelFormat::Pdf | LabelFormat::Svg => DOCUMENT_DPI,
        LabelFormat::Zpl => {
            let zpl = config.printers.iter().find(|printer| printer.language == "zpl");
            zpl.and_then(|printer| u16::try_from(printer.dpi).ok()).unwrap_or(ZPL_DPI)
        }
    };
    let format = match format {
        LabelFormat::Pdf => Format::Pdf,
        LabelFormat::Svg => Format::Svg,
        LabelFormat::Zpl => Format::Printer("zpl"),
    };
    let templates = Templates::open(config.label_directory.clone()).map_err(Failure::new)?;
    let rendered = templates.now().render(template, &data, Target { format, dpi, copies: 1 }).map_err(Failure::new)?;
    for note in &rendered.notes {
        say::warn(format_args!("outguide: {note}"));
    }
    match out {
        None => say::bytes(&rendered.bytes).map_err(Failure::new),
        Some(file) => std::fs::write(file, &rendered.bytes)
            .map_err(|error| Failure::new(format_args!("{}: {error}", file.display()))),
    }
}

/// `outguide tls init`.
pub fn tls(command: &TlsCommand) -> Result<(), Failure> {
    let TlsCommand::Init { names, config } = command;
    // Read without checking: its [tls] section may name the very files that are made here.
    let dir =
        config.config.as_deref().and_then(std::path::Path::parent).map(std::path::Path::to_owned).unwrap_or_default();
    let dir = dir.join("tls");
    let made = tls::init(&dir, names, SystemClock.now()).map_err(Failure::new)?;
    say::line(format_args!("A server certificate for {}:", made.names.join(", ")));
    say::line(format_args!("  {}\n  {}", made.certificate.display(), made.key.display()));
    say::line("\nName both in outguide.toml:\n");
    say::line(format_args!(
        "  [tls]\n  certificate = \"{}\"\n  key = \"{}\"\n",
        made.certificate.strip_prefix(dir.parent().unwrap_or(&dir)).unwrap_or(&made.certificate).display(),
        made.key.strip_prefix(dir.parent().unwrap_or(&dir)).unwrap_or(&made.key).display()
    ));
    say::line(format_args!("Have each kiosk's browser trust the site's authority, once: {}", made.authority.display()));
    say::line(
        "Keep ca.key beside it safe, best off this machine: who has it can pose as any server of these names to whoever",
    );
    say::line("trusts ca.pem. (An authority made before Outguide bound it to its names can pose as any site at all.)");
    Ok(())
}
