//! Device profiles: how a make of scanner speaks, as TOML files in `hardware/profiles/`, checked by a test.

use serde::Deserialize;

use crate::decoder::Decoder;
use crate::decoder::plain::Plain;
use crate::decoder::ssi::Ssi;
use crate::framer::{AtIdle, Framing, StxEtx};
use crate::scanner::bell::Signal;
use crate::usb::UsbId;

/// The profiles that are built in, by file name. To add one, write the file and name it here.
const BUILT_IN: [(&str, &str); 8] = [
    ("zebra-cdc", include_str!("../profiles/zebra-cdc.toml")),
    ("zebra-ssi", include_str!("../profiles/zebra-ssi.toml")),
    ("honeywell-cdc", include_str!("../profiles/honeywell-cdc.toml")),
    ("honeywell-2020", include_str!("../profiles/honeywell-2020.toml")),
    ("datalogic-cdc", include_str!("../profiles/datalogic-cdc.toml")),
    ("newland-cdc", include_str!("../profiles/newland-cdc.toml")),
    ("hid", include_str!("../profiles/hid.toml")),
    ("generic", include_str!("../profiles/generic.toml")),
];

/// How a make of scanner speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The word for it in the configuration: the file's name.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// How to set the scanner up for it.
    pub wiring: String,
    /// The USB devices it fits.
    pub usb: Vec<UsbPattern>,
    /// What is spoken on a serial or TCP line.
    pub protocol: Protocol,
    /// The line.
    pub serial: LineSettings,
    /// How frames are marked.
    pub framing: Framing,
    /// What it can be told.
    pub host: HostCommands,
}

/// What is spoken on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Text with a terminator.
    #[default]
    Plain,
    /// Zebra's Simple Serial Interface.
    Ssi,
}

/// Texts that a scanner on a plain line understands; empty where it has no word for it. Protocols with packets have
/// words of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostCommands {
    /// Sent, one after the other, to a scanner that has just come.
    pub hello: Vec<String>,
    /// Its scan was recorded.
    pub good: String,
    /// Recorded, and there is something to read.
    pub attention: String,
    /// Refused.
    pub refused: String,
    /// Not recorded.
    pub not_recorded: String,
}

impl HostCommands {
    /// The longest text, in bytes.
    const TEXT_MAX_BYTES: usize = 64;
    /// How many texts a new scanner can be greeted with.
    const HELLO_MAX: usize = 16;

    /// The text for a signal.
    pub fn for_signal(&self, signal: Signal) -> &str {
        match signal {
            Signal::Good => &self.good,
            Signal::Attention => &self.attention,
            Signal::Refused => &self.refused,
            Signal::NotRecorded => &self.not_recorded,
        }
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        self.hello.iter().chain([&self.good, &self.attention, &self.refused, &self.not_recorded])
    }
}

/// A serial line's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineSettings {
    /// Bits a second.
    pub baud: u32,
    /// Data bits, 7 or 8.
    pub data_bits: u8,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
    /// Flow control.
    pub flow: Flow,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self { baud: 9600, data_bits: 8, parity: Parity::None, stop_bits: 1, flow: Flow::None }
    }
}

/// Parity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each word says it")]
pub enum Parity {
    #[default]
    None,
    Odd,
    Even,
}

/// Flow control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each word says it")]
pub enum Flow {
    #[default]
    None,
    Hardware,
    Software,
}

/// The USB devices a profile fits: `"05e0"`, `"05e0:1701"`, or `"1eab:*06"` for products that end so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbPattern {
    vendor: u16,
    product_ends: String,
    whole_product: bool,
}

impl UsbPattern {
    fn parse(text: &str) -> Option<UsbPattern> {
        let (vendor, product) = text.split_once(':').unwrap_or((text, "*"));
        let (product, whole_product) = product.strip_prefix('*').map_or((product, true), |ends| (ends, false));
        let hex = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let fits = vendor.len() == 4 && hex(vendor) && hex(product) && product.len() <= 4;
        if !fits || (whole_product && product.len() != 4) {
            return None;
        }
        let vendor = u16::from_str_radix(vendor, 16).ok()?;
        Some(UsbPattern { vendor, product_ends: product.to_owned(), whole_product })
    }

    /// Is this device meant?
    pub fn fits(&self, id: UsbId) -> bool {
        self.vendor == id.vendor && format!("{:04x}", id.product).ends_with(&self.product_ends)
    }

    /// The vendor it is about.
    pub fn vendor(&self) -> u16 {
        self.vendor
    }

    fn names_product(&self) -> bool {
        self.whole_product || !self.product_ends.is_empty()
    }
}

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("there is no profile {name:?}; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The file is not as it should be.
    #[error("profile {id:?}: {fault}")]
    Invalid {
        /// Which profile.
        id: String,
        /// What is wrong, with line and column where they are known.
        fault: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    wiring: String,
    #[serde(default)]
    usb: Vec<String>,
    #[serde(default)]
    protocol: Protocol,
    #[serde(default)]
    serial: LineSettings,
    framing: Framing,
    #[serde(default)]
    host: HostCommands,
}

impl Profile {
    /// The built-in profile of this name.
    pub fn named(name: &str) -> Result<Profile, ProfileError> {
        let found = BUILT_IN.iter().find(|(id, _)| *id == name);
        let (id, text) = found.ok_or_else(|| ProfileError::Unknown {
            name: name.to_owned(),
            known: Profile::names().collect::<Vec<_>>().join(", "),
        })?;
        Profile::parse(id, text)
    }

    /// The names of the built-in profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(id, _)| *id)
    }

    /// The built-in profile that fits a USB device best: one that names the product before one that names the vendor.
    pub fn for_usb(id: UsbId) -> Option<Profile> {
        let fitting = |profile: &Profile| profile.usb.iter().any(|pattern| pattern.fits(id));
        let exact = |profile: &Profile| profile.usb.iter().any(|pattern| pattern.fits(id) && pattern.names_product());
        let profiles: Vec<Profile> = Profile::names().filter_map(|name| Profile::named(name).ok()).collect();
        profiles.iter().find(|p| exact(p)).or_else(|| profiles.iter().find(|p| fitting(p))).cloned()
    }

    /// A built-in profile for some device of this vendor, whatever mode it is in now.
    pub fn for_vendor(vendor: u16) -> Option<Profile> {
        let mut profiles = Profile::names().filter_map(|name| Profile::named(name).ok());
        profiles.find(|profile| profile.usb.iter().any(|pattern| pattern.vendor == vendor))
    }

    /// Reads a profile's file and checks it.
    pub fn parse(id: &str, text: &str) -> Result<Profile, ProfileError> {
        let invalid = |fault: String| ProfileError::Invalid { id: id.to_owned(), fault };
        let file: File = toml::from_str(text).map_err(|e| invalid(e.to_string()))?;
        let mut usb = Vec::new();
        for pattern in &file.usb {
            let parsed = UsbPattern::parse(pattern);
            usb.push(parsed.ok_or_else(|| {
                invalid(format!("usb {pattern:?} is not \"vvvv\", \"vvvv:pppp\" or \"vvvv:*pp\" in lower case hex"))
            })?);
        }
        let profile = Profile {
            id: id.to_owned(),
            name: file.name,
            wiring: file.wiring,
            usb,
            protocol: file.protocol,
            serial: file.serial,
            framing: file.framing,
            host: file.host,
        };
        profile.check().map_err(invalid)?;
        Ok(profile)
    }

    /// What understands such a scanner on a line; a new one for each connection.
    pub fn decoder(&self) -> Box<dyn Decoder> {
        match self.protocol {
            Protocol::Plain => Box::new(Plain::new(self)),
            Protocol::Ssi => Box::new(Ssi::new(self)),
        }
    }

    fn check(&self) -> Result<(), String> {
        let framing = &self.framing;
        if self.host.hello.len() > HostCommands::HELLO_MAX
            || self.host.texts().any(|text| text.len() > HostCommands::TEXT_MAX_BYTES)
        {
            let (texts, bytes) = (HostCommands::HELLO_MAX, HostCommands::TEXT_MAX_BYTES);
            return Err(format!("[host]: at most {texts} texts in hello, each text at most {bytes} bytes"));
        }
        if self.protocol == Protocol::Ssi && self.host != HostCommands::default() {
            return Err("protocol \"ssi\" has commands of its own: leave [host] out".into());
        }
        let ends = !framing.terminators.is_empty() || framing.stx_etx == StxEtx::Required;
        if !ends && framing.at_idle != AtIdle::Frame {
            return Err(
                "no frame would ever end: give terminators, stx_etx = \"required\" or at_idle = \"frame\"".into()
            );
        }
        if !(1..=Framing::MAX_BYTES_LIMIT).contains(&framing.max_bytes) {
            return Err(format!("max_bytes must be 1 to {}", Framing::MAX_BYTES_LIMIT));
        }
        if !(10..=60_000).contains(&framing.idle_timeout_ms) {
            return Err("idle_timeout_ms must be 10 to 60000".into());
        }
        if !(300..=4_000_000).contains(&self.serial.baud) {
            return Err("baud must be 300 to 4000000".into());
        }
        if !matches!(self.serial.data_bits, 7 | 8) || !matches!(self.serial.stop_bits, 1 | 2) {
            return Err("data_bits must be 7 or 8, stop_bits 1 or 2".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_file_is_built_in_and_valid() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let id = path.file_stem().unwrap().to_str().unwrap();
            let profile = Profile::named(id).unwrap();
            assert!(!profile.name.is_empty() && !profile.wiring.is_empty(), "{id}");
        }
        assert_eq!(Profile::names().count(), std::fs::read_dir(folder).unwrap().count());
    }

    #[test]
    fn a_device_finds_its_profile() {
        let fits = |text: &str| Profile::for_usb(text.parse().unwrap()).map(|profile| profile.id);
        assert_eq!(fits("05e0:1701").as_deref(), Some("zebra-cdc"));
        assert_eq!(fits("05e0:1900"), None, "SNAPI is not a serial port");
        assert_eq!(fits("0c2e:0b61").as_deref(), Some("honeywell-cdc"));
        assert_eq!(fits("1eab:1d06").as_deref(), Some("newland-cdc"));
        assert_eq!(fits("1eab:1d03").as_deref(), Some("hid"), "a keyboard");
        assert_eq!(fits("1eab:1d10").as_deref(), Some("hid"), "HID POS");
        assert_eq!(fits("0a5f:0001"), None, "a printer");
    }

    #[test]
    fn faults_are_named() {
        let parse = |framing: &str| {
            let text = format!("name='n'\nwiring='w'\n[serial]\nbaud=9600\n[framing]\n{framing}");
            Profile::parse("p", &text).unwrap_err().to_string()
        };
        assert!(parse("terminators = []").contains("no frame would ever end"));
        assert!(parse("terminators = ['bell']").contains("unknown variant"));
        assert!(parse("max_bytes = 0").contains("max_bytes must be"));
        assert!(parse("max_byte = 5").contains("unknown field"));
        let host = "name='n'\nwiring='w'\n[framing]\n[host]\ngood = '";
        let long = Profile::parse("p", &format!("{host}{}'", "x".repeat(65))).unwrap_err().to_string();
        assert!(long.contains("at most 64 bytes"), "{long}");
        let both = Profile::parse("p", &format!("protocol = 'ssi'\n{host}x'")).unwrap_err().to_string();
        assert!(both.contains("leave [host] out"), "{both}");
        assert!(Profile::named("gneric").unwrap_err().to_string().contains("there are: zebra-cdc"));
    }
}
