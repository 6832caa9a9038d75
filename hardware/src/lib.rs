//! Scanners and printers.
