//! What must hold of the framer for any bytes, however they were cut into reads.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::framer::{AtIdle, FrameEvent, Framer, Framing, StxEtx, Terminator};

fn framings() -> impl Strategy<Value = Framing> {
    let terminator = prop_oneof![
        Just(Terminator::Cr),
        Just(Terminator::Lf),
        Just(Terminator::CrLf),
        Just(Terminator::Tab),
        Just(Terminator::Nul)
    ];
    let stx_etx = prop_oneof![Just(StxEtx::Off), Just(StxEtx::Optional), Just(StxEtx::Required)];
    let at_idle = prop_oneof![Just(AtIdle::Discard), Just(AtIdle::Frame)];
    (vec(terminator, 0..4), stx_etx, at_idle, "[<]?", "[>]?", 1_usize..40).prop_map(
        |(terminators, stx_etx, at_idle, prefix, suffix, max_bytes)| Framing {
            terminators,
            stx_etx,
            prefix,
            suffix,
            no_read: String::new(),
            max_bytes,
            idle_timeout_ms: 100,
            at_idle,
        },
    )
}

/// Bytes with many of those that mean something.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => prop_oneof![Just(0x00_u8), Just(0x02), Just(0x03), Just(0x09), Just(0x0A), Just(0x0D)],
        4 => b'A'..=b'Z',
        1 => prop_oneof![Just(b'<'), Just(b'>')],
        1 => any::<u8>(),
    ];
    vec(byte, 0..200)
}

proptest! {
    #[test]
    fn any_split_gives_the_same_events(framing in framings(), bytes in stream(), cuts in vec(1_usize..12, 1..60)) {
        let mut whole = Vec::new();
        let mut framer = Framer::new(framing.clone());
        framer.feed(&bytes, Duration::ZERO, &mut whole);
        framer.hang_up(&mut whole);

        let mut pieces = Vec::new();
        let mut framer = Framer::new(framing);
        let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, left) = rest.split_at((*cuts.next().unwrap_or(&1)).min(rest.len()));
            framer.feed(piece, Duration::from_millis(1), &mut pieces);
            framer.tick(Duration::from_millis(2), &mut pieces);
            rest = left;
        }
        framer.hang_up(&mut pieces);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn memory_is_bounded_and_frames_are_clean(
        framing in framings(),
        reads in vec((stream(), 0_u64..300), 0..8),
    ) {
        let max_bytes = framing.max_bytes;
        let mut framer = Framer::new(framing);
        let (mut now, mut out) = (Duration::ZERO, Vec::new());
        for (bytes, pause_ms) in reads {
            now += Duration::from_millis(pause_ms);
            framer.feed(&bytes, now, &mut out);
            prop_assert!(framer.held_bytes() <= max_bytes);
        }
        for event in out {
            if let FrameEvent::Frame(text) = event {
                prop_assert!(!text.is_empty() && text.len() <= max_bytes);
                let clean = !text.contains(['\r', '\n', '\x02', '\x03']);
                prop_assert!(clean, "{:?}", text);
            }
        }
    }

    #[test]
    fn what_was_sent_whole_arrives_whole(codes in vec("[A-Z0-9]{1,30}", 0..20), crlf in any::<bool>()) {
        let end = if crlf { "\r\n" } else { "\r" };
        let sent: String = codes.iter().map(|code| format!("{code}{end}")).collect();
        let mut out = Vec::new();
        Framer::new(Framing::default()).feed(sent.as_bytes(), Duration::ZERO, &mut out);
        prop_assert_eq!(out, codes.into_iter().map(FrameEvent::Frame).collect::<Vec<_>>());
    }
}
