//! Outguide.
fn main() {}
