//! Recorded events of a real USB keyboard, made into text.

use std::time::Duration;

use super::*;
use crate::decoder::us_keyboard::key_for;
use crate::decoder::{Decoder, Output};
use crate::framer::FrameEvent;

/// `struct input_event` on a 64-bit machine: 16 bytes of time, type, code, value.
const EVENT_BYTES: usize = 24;

fn recorded(bytes: &[u8]) -> Vec<InputEvent> {
    let number = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
    let events = bytes.chunks_exact(EVENT_BYTES).map(|event| {
        let value = i32::from_le_bytes([event[20], event[21], event[22], event[23]]);
        InputEvent::new(number(&event[16..]), number(&event[18..]), value)
    });
    events.collect()
}

fn frames(events: impl IntoIterator<Item = InputEvent>) -> Vec<FrameEvent> {
    let mut reader = KeyReader::default();
    let (mut plain, mut out) = (Plain::listening_only(&Profile::named("hid").unwrap()), Output::default());
    for event in events {
        reader.take(event);
        let mut bytes = [0; 8];
        let given = reader.give(&mut bytes);
        plain.feed(&bytes[..given], Duration::ZERO, &mut out);
    }
    out.events
}

fn key(code: u16, value: i32) -> InputEvent {
    InputEvent::new(EventType::KEY.0, code, value)
}

fn sync(code: SynchronizationCode) -> InputEvent {
    InputEvent::new(EventType::SYNCHRONIZATION.0, code.0, 0)
}

/// What a scanner in keyboard mode types for `text`.
fn typed(text: &str) -> Vec<InputEvent> {
    let mut events = Vec::new();
    for byte in text.bytes() {
        let (code, shift) = key_for(byte).unwrap();
        let steps = [(42, 1, shift), (code, 1, true), (code, 2, true), (code, 0, true), (42, 0, shift)];
        for (code, value, _) in steps.into_iter().filter(|(_, _, wanted)| *wanted) {
            events.extend([key(code, value), sync(SynchronizationCode::SYN_REPORT)]);
        }
    }
    events
}

#[test]
fn what_is_typed_is_a_code_and_a_held_key_is_one() {
    let code = |text: &str| FrameEvent::Frame(text.to_owned());
    assert_eq!(frames(typed("C00000001700163\rLER07\r")), [code("C00000001700163"), code("LER07")]);
    assert_eq!(frames(typed("mixed Case/9\r")), [code("mixed Case/9")]);
}

#[test]
fn keys_that_the_kernel_dropped_spoil_their_code_and_no_other() {
    let mut events = typed("LER");
    events.push(sync(SynchronizationCode::SYN_DROPPED));
    // Of these nothing is to be believed up to the next report.
    events.push(key(30, 1));
    events.push(sync(SynchronizationCode::SYN_REPORT));
    events.extend(typed("07\rK1\r"));
    assert_eq!(frames(events), [FrameEvent::Garbled("LER\u{fffd}07".into()), FrameEvent::Frame("K1".into())]);
}

#[test]
fn bytes_recorded_from_a_real_keyboard_are_the_code_that_was_typed() {
    let events = recorded(include_bytes!("../../recordings/usb-keyboard.events"));
    assert_eq!(frames(events), [FrameEvent::Frame("C00000001700163".into()), FrameEvent::Frame("LER07".into())]);
}
