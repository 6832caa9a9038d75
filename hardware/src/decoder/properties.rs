//! What must hold of every decoder for any bytes, reports, descriptors and keys.
//!
//! A failure prints its case and seed. A long run, a few million cases:
//! `PROPTEST_CASES=1000000 cargo test --release -p outguide-hardware properties`.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::hid_pos::tests::DESCRIPTOR;
use super::hid_pos::{HidPos, Layout};
use super::plain::Plain;
use super::report_descriptor::{DESCRIPTOR_MAX_BYTES, Descriptor, ReportKind};
use super::ssi::{Ssi, sealed};
use super::us_keyboard::{Keys, key_for};
use super::{Decoder, Output};
use crate::framer::FrameEvent;
use crate::profile::Profile;
use crate::scanner::bell::Signal;

const MAX_BYTES: usize = 40;
/// A packet of SSI, checksum included.
const PACKET_MAX_BYTES: usize = 257;

fn profile(name: &str) -> Profile {
    let mut profile = Profile::named(name).unwrap();
    profile.framing.max_bytes = MAX_BYTES;
    profile
}

/// What a device does, or what is done to it.
#[derive(Debug, Clone)]
enum Step {
    Bytes(Vec<u8>),
    Pause(u64),
    Ring(Signal),
    HangUp,
}

/// Bytes of SSI: whole packets, damaged ones, and noise.
fn ssi_bytes() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop_oneof![Just(0xF3_u8), Just(0xD0), Just(0xD1), Just(0xF6), any::<u8>()];
    let packet = (opcode, prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], 0_u8..4, vec(any::<u8>(), 0..60))
        .prop_map(|(opcode, source, status, data)| sealed(opcode, source, status, &data));
    let damaged = (packet.clone(), any::<prop::sample::Index>(), 0_u8..8).prop_map(|(mut packet, at, bit)| {
        let at = at.index(packet.len());
        packet[at] ^= 1 << bit;
        packet
    });
    prop_oneof![4 => packet, 1 => damaged, 1 => vec(any::<u8>(), 0..40)]
}

fn steps(bytes: impl Strategy<Value = Vec<u8>> + 'static) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => bytes.prop_map(Step::Bytes),
        3 => (0_u64..4000).prop_map(Step::Pause),
        1 => prop::sample::select(Signal::ALL.to_vec()).prop_map(Step::Ring),
        1 => Just(Step::HangUp),
    ];
    vec(step, 0..40)
}

/// Runs the steps and checks what holds of every decoder: memory is bounded and frames are clean.
fn run(decoder: &mut dyn Decoder, held_max: usize, steps: Vec<Step>) -> Output {
    let (mut now, mut all) = (Duration::ZERO, Output::default());
    decoder.greet(now, &mut all);
    for step in steps {
        match step {
            Step::Bytes(bytes) => decoder.feed(&bytes, now, &mut all),
            Step::Pause(ms) => {
                now += Duration::from_millis(ms);
                decoder.tick(now, &mut all);
            }
            Step::Ring(signal) => decoder.signal(signal, now, &mut all),
            Step::HangUp => {
                decoder.hang_up(&mut all);
                assert_eq!(decoder.held_bytes(), 0, "nothing outlives a connection");
            }
        }
        assert!(decoder.held_bytes() <= held_max);
    }
    for event in &all.events {
        if let FrameEvent::Frame(text) = event {
            assert!(
                !text.is_empty() && text.len() <= MAX_BYTES + 3 && !text.contains(['\r', '\n', '\u{fffd}']),
                "{text:?}"
            );
        }
    }
    all
}

/// A line that spoils what passes.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    None,
    /// One bit is flipped.
    Flip(prop::sample::Index, u8),
    /// A byte is lost.
    Drop(prop::sample::Index),
    /// Our answer is lost.
    Unanswered,
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        2 => Just(Mishap::None),
        1 => (any::<prop::sample::Index>(), 0_u8..8).prop_map(|(at, bit)| Mishap::Flip(at, bit)),
        1 => any::<prop::sample::Index>().prop_map(Mishap::Drop),
        1 => Just(Mishap::Unanswered),
    ]
}

/// Sends one packet as a scanner does: again and again until it hears that it arrived.
fn deliver(ssi: &mut Ssi, text: &[u8], mishaps: &[Mishap], now: &mut Duration) -> Vec<FrameEvent> {
    let (mut events, acknowledged) = (Vec::new(), sealed(0xD0, 4, 0, &[]));
    for (attempt, mishap) in mishaps.iter().copied().chain([Mishap::None]).enumerate() {
        let mut packet = sealed(0xF3, 0, u8::from(attempt > 0), &[&[0x03], text].concat());
        match mishap {
            Mishap::Flip(at, bit) => {
                let at = at.index(packet.len());
                packet[at] ^= 1 << bit;
            }
            Mishap::Drop(at) => drop(packet.remove(at.index(packet.len()))),
            Mishap::None | Mishap::Unanswered => {}
        }
        let mut out = Output::default();
        ssi.feed(&packet, *now, &mut out);
        // The scanner waits for two seconds.
        for _ in 0..20 {
            *now += Duration::from_millis(100);
            ssi.tick(*now, &mut out);
        }
        events.extend(out.events.into_iter().filter(|event| !matches!(event, FrameEvent::Noise { .. })));
        if out.replies.contains(&acknowledged) && !matches!(mishap, Mishap::Unanswered) {
            break;
        }
    }
    events
}

proptest! {
    #[test]
    fn ssi_survives_anything_and_says_only_whole_packets(steps in steps(ssi_bytes())) {
        let out = run(&mut Ssi::new(&profile("zebra-ssi")), MAX_BYTES + PACKET_MAX_BYTES, steps);
        for reply in out.replies {
            let length = usize::from(reply[0]);
            let sum = reply[..length].iter().map(|byte| u32::from(*byte)).sum::<u32>();
            let check = u32::from(reply[length]) << 8 | u32::from(reply[length + 1]);
            prop_assert_eq!((reply.len(), (sum + check) % 0x1_0000), (length + 2, 0));
        }
    }

    #[test]
    fn ssi_makes_the_same_of_any_split(bytes in vec(ssi_bytes(), 0..8), cuts in vec(1_usize..12, 1..60)) {
        let bytes = bytes.concat();
        let (mut whole, mut pieces) = (Output::default(), Output::default());
        Ssi::new(&profile("zebra-ssi")).feed(&bytes, Duration::ZERO, &mut whole);
        let mut ssi = Ssi::new(&profile("zebra-ssi"));
        let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, left) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            ssi.feed(piece, Duration::ZERO, &mut pieces);
            rest = left;
        }
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn ssi_delivers_each_code_once_through_a_line_that_spoils(
        codes in vec(("[A-Z0-9]{1,20}", vec(mishap(), 0..3)), 1..8),
    ) {
        let (mut ssi, mut now) = (Ssi::new(&profile("zebra-ssi")), Duration::ZERO);
        for (index, (code, mishaps)) in codes.iter().enumerate() {
            // Different from its neighbours, so that a code taken for a repetition of the one before would be missed.
            let code = format!("{code}{index}");
            let events = deliver(&mut ssi, code.as_bytes(), mishaps, &mut now);
            prop_assert_eq!(events, vec![FrameEvent::Frame(format!("]C0{code}"))]);
        }
    }

    #[test]
    fn hid_pos_survives_any_report(steps in steps(vec(any::<u8>(), 0..70)), numbered in any::<bool>()) {
        let steps = steps.into_iter().map(|step| match step {
            Step::Bytes(mut bytes) if numbered => {
                bytes.insert(0, 2);
                Step::Bytes(bytes)
            }
            other => other,
        });
        let layout = Layout::of(Descriptor::parse(DESCRIPTOR).unwrap()).unwrap();
        run(&mut HidPos::new(layout, &profile("hid")), MAX_BYTES, steps.collect());
    }

    #[test]
    fn any_descriptor_is_read_or_refused_and_what_it_promises_is_bounded(
        mut bytes in prop_oneof![vec(any::<u8>(), 0..200), Just(DESCRIPTOR.to_vec())],
        spoilt in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        report in vec(any::<u8>(), 0..100),
    ) {
        for (at, byte) in spoilt.into_iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let Ok(descriptor) = Descriptor::parse(&bytes) else { return Ok(()) };
        for field in &descriptor.fields {
            let bits = field.bit_offset + field.bits * field.count;
            prop_assert!(bits <= 8 * descriptor.report_bytes(field.kind, field.report_id));
        }
        prop_assert!(descriptor.report_bytes(ReportKind::Input, 0) <= DESCRIPTOR_MAX_BYTES);
        if let Some(layout) = Layout::of(descriptor) {
            let steps = vec![Step::Bytes(report), Step::Ring(Signal::Good), Step::Ring(Signal::Refused), Step::HangUp];
            run(&mut HidPos::new(layout, &profile("hid")), MAX_BYTES, steps);
        }
    }

    #[test]
    fn keys_make_at_most_one_byte_each_and_a_scanner_is_read_after_any_of_them(
        keys in vec((any::<u16>().prop_map(|key| key % 256), any::<bool>()), 0..100),
        code in "[A-Z0-9]{1,20}",
    ) {
        let (mut reader, mut text) = (Keys::new(), Vec::new());
        for (key, down) in &keys {
            let before = text.len();
            reader.key(*key, *down, &mut text);
            prop_assert!(text.len() <= before + 1);
        }
        // Whatever a cat typed: after all keys are up and the frame has ended, a code is a code, but for Caps Lock.
        for key in 0..256 {
            reader.key(key, false, &mut text);
        }
        text.clear();
        for byte in code.bytes().chain([b'\r']) {
            let (key, shift) = key_for(byte).unwrap();
            let held = [(42, true), (key, true), (key, false), (42, false)];
            for (key, down) in held.into_iter().filter(|(key, _)| shift || *key != 42) {
                reader.key(key, down, &mut text);
            }
        }
        prop_assert_eq!(String::from_utf8(text).unwrap().to_uppercase(), format!("{code}\r"));
    }

    #[test]
    fn plain_text_survives_anything(steps in steps(vec(any::<u8>(), 0..60))) {
        run(&mut Plain::new(&profile("datalogic-cdc")), MAX_BYTES, steps);
    }
}
