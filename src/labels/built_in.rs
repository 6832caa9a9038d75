//! The files of `label-templates/` that are built in: name and text.

macro_rules! files {
    ($($file:literal)*) => { &[$(($file, include_str!(concat!("../../label-templates/", $file)))),*] };
}

/// Templates.
pub(super) const TEMPLATES: &[(&str, &str)] = files!["folder-4x2.toml"];

/// Stocks.
pub(super) const STOCKS: &[(&str, &str)] = files!["media/4x2.toml"];

/// Palettes.
pub(super) const PALETTES: &[(&str, &str)] = files!["palettes/shelf.toml"];
