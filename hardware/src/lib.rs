//! Scanners and printers: framing, printer languages, transports, simulators, device profiles. Knows bytes and
//! devices, never charts. `README.md` beside this says how to wire them; [`drivers`] lists what there is.

pub mod aim;
pub mod decoder;
pub mod display;
pub mod drivers;
pub mod framer;
#[cfg(test)]
mod framer_properties;
pub mod hid;
pub mod language;
pub mod listing;
pub mod printer;
pub mod profile;
pub mod scanner;
pub mod usb;
