//! Simulated printers to try a configuration with, until Enter is pressed: a ZPL and a TSPL printer on TCP, a Brother QL
//! on a serial line. They say what to put into `outguide.toml`.
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::io;

use outguide_hardware::printer::sim_ql::SimQlPrinter;
use outguide_hardware::printer::sim_server::{Pace, SimZplPrinter};
use outguide_hardware::printer::sim_tspl::SimTsplPrinter;

fn main() -> io::Result<()> {
    let zebra = SimZplPrinter::start("127.0.0.1:0")?;
    zebra.set_pace(Pace::EachLook);
    let (tspl, ql) = (SimTsplPrinter::start("127.0.0.1:0")?, SimQlPrinter::start(62, 0)?);
    let section = |id: &str, way: String, rest: &str| {
        println!("[[printer]]\nid = \"{id}\"\n{way}\n{rest}\nstock = \"folder-4x2\"\n");
    };
    let tcp = |address| format!("transport = \"tcp\"\naddress = \"{address}\"");
    section("sim-zebra", tcp(zebra.address()), "language = \"zpl\"\ndpi = 203");
    section("sim-tspl", tcp(tspl.address()), "language = \"tspl\"\ndpi = 203");
    let serial = format!("transport = \"serial\"\nport = {:?}", ql.path().display().to_string());
    section("sim-brother", serial, "language = \"brother-ql\"\ndpi = 300");
    io::stdin().read_line(&mut String::new())?;
    println!("printed: {} ZPL, {} TSPL, {} Brother QL", zebra.labels().len(), tspl.labels().len(), ql.labels().len());
    Ok(())
}
