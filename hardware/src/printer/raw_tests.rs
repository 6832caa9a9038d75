//! Printers on TCP, serial lines and device files, against simulated ones that go wrong in every state.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serialport::{SerialPort, TTYPort};

use super::sim_server::{Mishap, Moment, Pace, SimZplPrinter};
use super::*;

/// Short, yet long enough for a busy machine.
fn quick() -> Limits {
    Limits {
        connect: Duration::from_secs(2),
        write: Duration::from_millis(500),
        job: Duration::from_secs(10),
        linger: Duration::from_millis(500),
        status: Duration::from_secs(1),
    }
}

fn job(bytes: &[u8], labels: u32) -> Payload<'_> {
    Payload { name: "job-1.zpl", bytes, labels, language: "zpl" }
}

const THREE: &[u8] = b"^XA^FDone^FS^PQ3^XZ";

struct House {
    sim: SimZplPrinter,
    printer: RawPrinter,
}

impl House {
    fn new() -> House {
        let sim = SimZplPrinter::start("127.0.0.1:0").unwrap();
        sim.set_pace(Pace::EachLook);
        let printer = tcp(&sim.address().to_string(), &Speech::of("zpl"), quick());
        House { sim, printer }
    }

    fn sent(&self) -> Track {
        sent(&self.printer, job(THREE, 3))
    }

    fn end(&self, track: &mut Track) -> Progress {
        end(&self.printer, track, |_| ())
    }
}

fn sent(printer: &RawPrinter, job: Payload<'_>) -> Track {
    match printer.send(job) {
        SendOutcome::Sent(track) => track,
        other => panic!("{other:?}"),
    }
}

/// Follows to the end, without waiting between looks; `then` happens behind each.
fn end(printer: &RawPrinter, track: &mut Track, mut then: impl FnMut(u32)) -> Progress {
    for look in 1..400 {
        match printer.follow(track) {
            Progress::StillPrinting { .. } => then(look),
            end => return end,
        }
    }
    panic!("no end")
}

#[test]
fn a_label_arrives_whole_and_the_state_is_the_printers() {
    let house = House::new();
    house.sim.set_pace(Pace::AtOnce);
    assert_eq!(house.printer.state(), PrinterState::Ready);
    drop(sent(&house.printer, job(b"^XA^FDone^FS^XZ\n^XA^FDtwo^FS^XZ", 2)));
    assert_eq!(house.sim.labels(), [b"^XA^FDone^FS^XZ", b"^XA^FDtwo^FS^XZ"]);
    for (status, fault) in [
        (HostStatus { paper_out: true, ..HostStatus::default() }, Fault::PaperOut),
        (HostStatus { ribbon_out: true, ..HostStatus::default() }, Fault::RibbonOut),
        (HostStatus { head_open: true, ..HostStatus::default() }, Fault::HeadOpen),
        (HostStatus { paused: true, ..HostStatus::default() }, Fault::Paused),
    ] {
        house.sim.set_status(status);
        assert_eq!(house.printer.state(), PrinterState::NotReady(vec![fault]));
        let outcome = house.printer.send(job(THREE, 3));
        let SendOutcome::NothingSent(SendError::NotReady { faults, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(faults, [fault], "it said so before a byte was sent");
    }
    house.sim.mend();
    house.sim.set_silent(true);
    assert_eq!(house.printer.state(), PrinterState::NotReady(vec![Fault::NoAnswer]));
    let outcome = house.printer.send(job(THREE, 3));
    let SendOutcome::NothingSent(SendError::NotReady { faults, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(faults, [Fault::NoAnswer], "it answered before: silence is no readiness");
    house.sim.mend();
    house.sim.script(Moment::Connect, Mishap::AnswersHalf);
    assert_eq!(house.printer.state(), PrinterState::NotReady(vec![Fault::NoAnswer]), "half an answer is none");
    assert_eq!(house.sim.labels().len(), 2);
}

#[test]
fn a_count_that_falls_makes_it_printed() {
    let house = House::new();
    let mut track = house.sent();
    assert!(matches!(house.printer.follow(&mut track), Progress::StillPrinting { left: Some(3), .. }));
    assert_eq!(house.end(&mut track), Progress::Printed(Evidence::CountFell));
    assert_eq!(house.sim.labels().len(), 3);
}

#[test]
fn idle_after_idle_proves_nothing_without_an_odometer_and_all_with_one() {
    let house = House::new();
    house.sim.set_pace(Pace::AtOnce);
    let mut track = house.sent();
    assert_eq!(house.end(&mut track), Progress::Unproven(Doubt::NoCountSeen));
    house.sim.set_odometer(Some(41_000));
    let speech = Speech { odometer: true, ..Speech::of("zpl") };
    let printer = tcp(&house.sim.address().to_string(), &speech, quick());
    let mut track = sent(&printer, job(THREE, 3));
    assert_eq!(end(&printer, &mut track, |_| ()), Progress::Printed(Evidence::Odometer));
    // One that has none after all is believed by its other count.
    house.sim.set_odometer(None);
    house.sim.set_pace(Pace::EachLook);
    let printer = tcp(&house.sim.address().to_string(), &speech, quick());
    let mut track = sent(&printer, job(THREE, 3));
    assert_eq!(end(&printer, &mut track, |_| ()), Progress::Printed(Evidence::CountFell));
    let shared = Speech { shared: true, ..Speech::of("zpl") };
    let printer = tcp(&house.sim.address().to_string(), &shared, quick());
    let mut track = sent(&printer, job(THREE, 3));
    assert_eq!(end(&printer, &mut track, |_| ()), Progress::Unproven(Doubt::OthersPrint));
}

#[test]
fn paper_out_in_the_middle_is_told_and_waited_for() {
    let house = House::new();
    let out = HostStatus { paper_out: true, ..HostStatus::default() };
    house.sim.script(Moment::Labels(2), Mishap::Stops(out));
    let mut track = house.sent();
    for _ in 0..2 {
        house.printer.follow(&mut track);
    }
    let progress = house.printer.follow(&mut track);
    let Progress::StillPrinting { left: Some(1), faults, .. } = progress else { panic!("{progress:?}") };
    assert_eq!(faults, [Fault::PaperOut]);
    assert_eq!(house.sim.labels().len(), 2);
    house.sim.mend();
    assert_eq!(house.end(&mut track), Progress::Printed(Evidence::CountFell), "seen to run again with one to come");
}

#[test]
fn a_stopped_printer_that_says_nothing_is_not_fine() {
    for flag in [
        HostStatus { ribbon_out: true, ..HostStatus::default() },
        HostStatus { head_open: true, ..HostStatus::default() },
    ] {
        let house = House::new();
        house.sim.set_silent_when_stopped(true);
        house.sim.script(Moment::Labels(1), Mishap::Stops(flag));
        let mut track = house.sent();
        house.printer.follow(&mut track);
        let progress = house.printer.follow(&mut track);
        let Progress::StillPrinting { faults, .. } = progress else { panic!("{progress:?}") };
        assert_eq!(faults, [Fault::NoAnswer]);
        // Someone gives up and switches it off and on: its count is 0 again, and two labels never came out.
        house.sim.script(Moment::Connect, Mishap::SwitchedOff);
        house.printer.follow(&mut track);
        assert_eq!(house.end(&mut track), Progress::Unproven(Doubt::Interrupted));
        assert_eq!(house.sim.labels().len(), 1);
    }
}

#[test]
fn a_cancelled_batch_and_anothers_labels_prove_nothing() {
    let house = House::new();
    let paused = HostStatus { paused: true, ..HostStatus::default() };
    house.sim.script(Moment::Labels(1), Mishap::Stops(paused));
    let mut track = house.sent();
    let progress = end(&house.printer, &mut track, |look| {
        if look == 3 {
            house.sim.script(Moment::Connect, Mishap::Cancelled);
        }
    });
    assert_eq!(progress, Progress::Unproven(Doubt::Interrupted));

    let house = House::new();
    house.sim.script(Moment::Labels(1), Mishap::OthersSend(7));
    let mut track = house.sent();
    assert_eq!(house.end(&mut track), Progress::Unproven(Doubt::OthersPrint));

    let house = House::new();
    house.sim.script(Moment::Connect, Mishap::OthersSend(2));
    let mut track = house.sent();
    assert_eq!(house.end(&mut track), Progress::Unproven(Doubt::WasBusy));
}

#[test]
fn resets_before_within_and_after_a_job_are_told_apart() {
    let house = House::new();
    house.sim.script(Moment::Connect, Mishap::Reset);
    assert!(matches!(house.printer.send(job(THREE, 3)), SendOutcome::NothingSent(_)));
    let long = [&b"^XA^FD"[..], &vec![b'x'; 300_000], b"^FS^XZ"].concat();
    house.sim.script(Moment::MidJob, Mishap::Reset);
    let outcome = house.printer.send(job(&long, 1));
    assert!(matches!(outcome, SendOutcome::Unknown { sent_bytes: 1.., .. }), "{outcome:?}");
    house.sim.script(Moment::JobEnd, Mishap::Reset);
    let outcome = house.printer.send(job(THREE, 3));
    assert!(matches!(outcome, SendOutcome::Unknown { sent_bytes: 19, .. }), "{outcome:?}");
}

#[test]
fn a_slow_reader_gets_all_and_one_that_stops_is_stuck() {
    let long = [&b"^XA^FD"[..], &vec![b'x'; 16 << 20], b"^FS^XZ"].concat();
    let house = House::new();
    house.sim.script(Moment::MidJob, Mishap::StopsReading(Duration::from_secs(4)));
    let outcome = house.printer.send(job(&long, 1));
    let SendOutcome::Unknown { sent_bytes, error: SendError::Stuck { .. } } = outcome else { panic!("{outcome:?}") };
    assert!(sent_bytes > 0);
    let house = House::new();
    house.sim.script(Moment::MidJob, Mishap::StopsReading(Duration::from_millis(100)));
    drop(sent(&house.printer, job(&long[..1 << 19], 1)));
}

#[test]
fn nobody_there_is_nothing_sent() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let printer = tcp(&free.to_string(), &Speech::of("zpl"), quick());
    assert!(matches!(printer.send(job(THREE, 3)), SendOutcome::NothingSent(SendError::Unreachable { .. })));
    assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::Unreachable]));
}

#[test]
fn a_printer_known_to_be_silent_is_not_asked_before_each_job() {
    let house = House::new();
    house.sim.set_silent(true);
    assert_eq!(house.printer.state(), PrinterState::NotReady(vec![Fault::NoAnswer]));
    let began = std::time::Instant::now();
    let mut track = house.sent();
    assert!(began.elapsed() < quick().status, "it did not wait for an answer");
    assert_eq!(house.printer.follow(&mut track), Progress::Unproven(Doubt::CannotCount));
}

/// An EPL2 printer on a port: answers `^ee` with this, or not at all, and keeps what it was sent besides.
fn epl2_printer(answer: Option<&'static [u8]>) -> (String, std::sync::mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (mut all, mut piece) = (Vec::new(), [0_u8; 1024]);
            while let Ok(read @ 1..) = std::io::Read::read(&mut stream, &mut piece) {
                all.extend_from_slice(&piece[..read]);
                if all.ends_with(b"\r\n^ee\r\n") {
                    all.truncate(all.len() - 7);
                    std::io::Write::write_all(&mut stream, answer.unwrap_or_default()).unwrap();
                }
            }
            if !all.is_empty() && told.send(all).is_err() {
                return;
            }
        }
    });
    (address, heard)
}

#[test]
fn an_epl2_printer_is_asked_and_one_that_never_answers_is_no_fault() {
    let speech = Speech::of("epl2");
    let (well, heard) = epl2_printer(Some(b"00\r\n"));
    let printer = tcp(&well, &speech, quick());
    assert_eq!(printer.state(), PrinterState::Ready);
    let mut track = sent(&printer, job(b"N\r\nP1\r\n", 1));
    assert_eq!(printer.follow(&mut track), Progress::Unproven(Doubt::CannotCount));
    assert_eq!(heard.recv_timeout(Duration::from_secs(5)).unwrap(), b"N\r\nP1\r\n");

    let (open, _) = epl2_printer(Some(b"11\r\n"));
    let printer = tcp(&open, &speech, quick());
    let outcome = printer.send(job(b"N\r\nP1\r\n", 1));
    let SendOutcome::NothingSent(SendError::NotReady { faults, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(faults, [Fault::HeadOpen]);

    let (mute, heard) = epl2_printer(None);
    let printer = tcp(&mute, &speech, quick());
    assert_eq!(printer.state(), PrinterState::CannotAsk);
    let began = std::time::Instant::now();
    drop(sent(&printer, job(b"N\r\nP1\r\n", 1)));
    assert!(began.elapsed() < quick().status, "it is not waited for again");
    assert_eq!(heard.recv_timeout(Duration::from_secs(5)).unwrap(), b"N\r\nP1\r\n");
}

#[test]
fn an_absent_device_gets_nothing_and_no_file_appears() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("lp0");
    let printer = device(&path, &Speech::of("zpl"), quick());
    let outcome = printer.send(job(THREE, 3));
    assert!(matches!(outcome, SendOutcome::NothingSent(SendError::Unreachable { .. })));
    assert_eq!(printer.state(), PrinterState::NotReady(vec![Fault::Unreachable]));
    assert!(!path.exists());
}

#[test]
fn a_file_that_stands_in_for_a_device_gets_the_bytes() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("lp0");
    std::fs::write(&path, b"").unwrap();
    let printer = device(&path, &Speech::of("zpl"), quick());
    let mut track = sent(&printer, job(THREE, 3));
    assert_eq!(std::fs::read(&path).unwrap(), THREE);
    assert_eq!(printer.state(), PrinterState::CannotAsk);
    assert_eq!(printer.follow(&mut track), Progress::Unproven(Doubt::CannotCount));
}

#[test]
fn a_one_way_serial_printer_gets_the_bytes_unasked() {
    let (mut master, slave) = TTYPort::pair().unwrap();
    let speech = Speech { asks: false, ..Speech::of("zpl") };
    let printer = serial(Path::new(&slave.name().unwrap()), LineSettings::default(), &speech, quick());
    let reader = std::thread::spawn(move || {
        let mut read = [0_u8; THREE.len()];
        master.set_timeout(Duration::from_secs(5)).unwrap();
        std::io::Read::read_exact(&mut master, &mut read).unwrap();
        // The port stays open until the printer has drained it.
        (master, read)
    });
    drop(sent(&printer, job(THREE, 3)));
    assert_eq!(reader.join().unwrap().1, THREE);
}

#[test]
fn a_print_server_that_ends_each_conversation_gets_the_job_in_one_of_its_own() {
    let house = House::new();
    house.sim.set_hangs_up(true);
    let mut track = house.sent();
    assert_eq!(house.end(&mut track), Progress::Printed(Evidence::CountFell));
    assert_eq!(house.sim.labels().len(), 3);
}
