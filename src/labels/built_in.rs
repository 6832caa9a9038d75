//! The files of `label-templates/` that are built in: name and text.

macro_rules! files {
    ($($file:literal)*) => { &[$(($file, include_str!(concat!("../../label-templates/", $file)))),*] };
}

/// Templates.
pub(super) const TEMPLATES: &[(&str, &str)] = files![
    "chart-small-private.toml"
    "chart-small.toml"
    "commands-a4.toml"
    "commands-letter.toml"
    "end-tab.toml"
    "folder-4x2-private.toml"
    "folder-4x2.toml"
    "folder-5160.toml"
    "outguide-4x2-private.toml"
    "outguide-4x2.toml"
    "place-4x2.toml"
    "place-card.toml"
    "request-4x2-private.toml"
    "request-4x2.toml"
    "sheet-3x1-private.toml"
    "sheet-3x1.toml"
    "staff-badge.toml"
    "transfer-a4-private.toml"
    "transfer-a4.toml"
    "transfer-letter-private.toml"
    "transfer-letter.toml"
    "volume-2x1.toml"
    "wristband.toml"
    "year-band.toml"
];

/// Stocks.
pub(super) const STOCKS: &[(&str, &str)] = files![
    "media/2.25x1.25.toml"
    "media/2x1.toml"
    "media/3x1.toml"
    "media/4x2.toml"
    "media/a4-105x57.toml"
    "media/a4-105x99.toml"
    "media/a4-70x37.toml"
    "media/a4.toml"
    "media/card.toml"
    "media/end-tab-strip.toml"
    "media/letter-5160.toml"
    "media/letter-5163.toml"
    "media/letter-5164.toml"
    "media/letter.toml"
    "media/wristband.toml"
    "media/year-band.toml"
];

/// Palettes.
pub(super) const PALETTES: &[(&str, &str)] = files!["palettes/shelf.toml"];
