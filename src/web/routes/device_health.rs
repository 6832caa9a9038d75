//! How every scanner, printer and kiosk's computer is, in one answer.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Access, Api};
use crate::agent::remote::AgentRow;
use crate::barcode::PlaceCode;
use crate::custody::Role;
use crate::intake::DeviceStatus;
use crate::ledger::queries::ScannerPast;
use crate::ledger::{AlertId, KnownKiosk, Reader, ScannerKey};
use crate::web::problem::Answer;
use crate::web::state::{PrinterView, Web};

pub(super) fn register(api: Api) -> Api {
    api.route(Access::AnyRole(&[Role::Viewer, Role::Technician]), routes!(health))
}

/// Every device.
#[derive(Serialize, ToSchema)]
struct DeviceHealth {
    /// When this was so.
    at: Timestamp,
    /// Scanners: the server's own, then those at kiosks' own computers, as these last said.
    scanners: Vec<ScannerHealth>,
    /// Kiosks without a scanner of their own: whatever types into their page, and its buttons.
    pages: Vec<PageHealth>,
    /// Printers.
    printers: Vec<PrinterHealth>,
    /// Kiosks' own computers that were heard since the server started.
    computers: Vec<ComputerHealth>,
}

/// A kiosk, as far as it says where a device is.
#[derive(Clone, Serialize, ToSchema)]
struct Whereabouts {
    /// The kiosk's name.
    kiosk_name: String,
    /// Where it stands.
    #[schema(value_type = String)]
    place: PlaceCode,
    /// That place's name, once it is known.
    place_name: Option<String>,
    /// Scans are taken there.
    kiosk_active: bool,
}

/// What the ledger knows of a scanner's past.
#[derive(Clone, Copy, Default, Serialize, ToSchema)]
struct Past {
    /// How many scans are usual in the hour up to the last quarter: as many as three of the last four weeks had.
    usual_an_hour: u64,
    /// Since when it is silent though scans are usual, while an alert says so.
    silent_since: Option<Timestamp>,
    /// That alert.
    silence_alert: Option<AlertId>,
}

impl From<ScannerPast> for Past {
    fn from(past: ScannerPast) -> Past {
        let (silent_since, silence_alert) = past.silence.unzip();
        Past { usual_an_hour: past.usual_an_hour, silent_since, silence_alert }
    }
}

/// A scanner.
#[derive(Serialize, ToSchema)]
struct ScannerHealth {
    /// The scanner; its last scan is the last one that is known, also from before the server started.
    #[serde(flatten)]
    status: DeviceStatus,
    /// It is at the kiosk's own computer.
    at_computer: bool,
    /// Where it is; nothing where its kiosk is not known.
    #[serde(flatten)]
    at: Option<Whereabouts>,
    /// Its past.
    #[serde(flatten)]
    past: Past,
}

/// What types into a kiosk's page.
#[derive(Serialize, ToSchema)]
struct PageHealth {
    /// The kiosk.
    kiosk: String,
    /// Where it is.
    #[serde(flatten)]
    at: Whereabouts,
    /// When something was last scanned or touched there.
    last_scan_at: Option<Timestamp>,
    /// Its past.
    #[serde(flatten)]
    past: Past,
}

/// A printer.
#[derive(Serialize, ToSchema)]
struct PrinterHealth {
    /// The printer.
    #[serde(flatten)]
    printer: PrinterView,
    /// The name of the place where it stands.
    place_name: Option<String>,
    /// The kiosks whose labels it prints.
    kiosks: Vec<String>,
}

/// A kiosk's own computer.
#[derive(Serialize, ToSchema)]
struct ComputerHealth {
    /// The computer.
    #[serde(flatten)]
    agent: AgentRow,
    /// Where it is; nothing where its kiosk is not known.
    #[serde(flatten)]
    at: Option<Whereabouts>,
}

/// How every scanner, printer and kiosk's own computer is, with what the ledger knows of their past.
///
/// Counts are since the server, or the kiosk's computer, started; what a device does not tell is `null`.
#[utoipa::path(get, path = "/api/v1/device-health", tag = "hardware", responses((status = 200, body = DeviceHealth)))]
async fn health(State(web): State<Web>) -> Answer<Json<DeviceHealth>> {
    let app = &web.app;
    let kiosks = web.ledger().kiosks();
    let scanners: Vec<(DeviceStatus, bool)> = {
        let here = app.intake.statuses().into_iter().map(|device| (device, false));
        here.chain(app.agents.devices().into_iter().map(|device| (device, true))).collect()
    };
    let printers = (app.printers)();
    let with_scanner = |kiosk: &str| scanners.iter().any(|(device, _)| device.kiosk == kiosk);
    let pages: Vec<KnownKiosk> = kiosks.iter().filter(|known| !with_scanner(&known.kiosk.id)).cloned().collect();
    let keys = {
        let of_scanner = |(device, _): &(DeviceStatus, bool)| ScannerKey {
            kiosk: device.kiosk.clone(),
            device: Some(device.id.clone()),
        };
        let of_page = |known: &KnownKiosk| ScannerKey { kiosk: known.kiosk.id.clone(), device: None };
        scanners.iter().map(of_scanner).chain(pages.iter().map(of_page)).collect::<Vec<_>>()
    };
    let zone = TimeZone::get(&app.hospital.time_zone).unwrap_or(TimeZone::UTC);
    let mut codes: Vec<PlaceCode> = kiosks.iter().map(|known| known.kiosk.place.clone()).collect();
    codes.extend(printers.iter().filter_map(|printer| PlaceCode::new(printer.place.as_ref()?).ok()));
    let question = move |reader: &Reader| {
        let mut names = HashMap::new();
        for code in codes {
            if let Some(place) = reader.place(&code)? {
                names.insert(code, crate::records::shown(&place.name));
            }
        }
        Ok((reader.scanner_pasts(&keys, &zone)?, names, reader.printer_stocks()?))
    };
    let (pasts, names, stocks) = web.ledger().read(question).await?;
    let at = |kiosk: &str| kiosks.get(kiosk).map(|known| whereabouts(known, &names));
    let (of_scanners, of_pages) = pasts.split_at(scanners.len().min(pasts.len()));
    let scanner = |((mut status, at_computer), past): ((DeviceStatus, bool), &ScannerPast)| {
        status.last_scan_at = status.last_scan_at.max(past.heard_at);
        ScannerHealth { at: at(&status.kiosk), status, at_computer, past: (*past).into() }
    };
    let page = |(known, past): (KnownKiosk, &ScannerPast)| PageHealth {
        at: whereabouts(&known, &names),
        kiosk: known.kiosk.id,
        last_scan_at: past.heard_at,
        past: (*past).into(),
    };
    let printer = |mut printer: PrinterView| {
        printer.loaded = stocks.iter().find(|stock| stock.printer == printer.id).cloned();
        let place = printer.place.as_ref().and_then(|code| PlaceCode::new(code).ok());
        let prints = kiosks.iter().filter(|known| known.kiosk.printer.as_ref() == Some(&printer.id));
        let kiosks = prints.map(|known| known.kiosk.id.clone()).collect();
        PrinterHealth { place_name: place.and_then(|code| names.get(&code).cloned()), kiosks, printer }
    };
    Ok(Json(DeviceHealth {
        at: web.ledger().now(),
        scanners: scanners.into_iter().zip(of_scanners).map(scanner).collect(),
        pages: pages.into_iter().zip(of_pages).map(page).collect(),
        printers: printers.into_iter().map(printer).collect(),
        computers: app.agents.rows().into_iter().map(|agent| ComputerHealth { at: at(&agent.kiosk), agent }).collect(),
    }))
}

fn whereabouts(known: &KnownKiosk, names: &HashMap<PlaceCode, String>) -> Whereabouts {
    Whereabouts {
        kiosk_name: known.kiosk.name.clone(),
        place_name: names.get(&known.kiosk.place).cloned(),
        place: known.kiosk.place.clone(),
        kiosk_active: known.active,
    }
}
