//! Packets by the guide's vectors, and a scanner that is heard through noise.

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

fn ssi() -> Ssi {
    Ssi::new(&Profile::named("zebra-ssi").unwrap())
}

/// A packet from the scanner.
fn said(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    sealed(opcode, FROM_DECODER, status, data)
}

fn code(text: &str) -> Vec<u8> {
    said(DECODE_DATA, 0, &[&[0x03], text.as_bytes()].concat())
}

fn fed(ssi: &mut Ssi, bytes: &[u8], now: Duration) -> Output {
    let mut out = Output::default();
    ssi.feed(bytes, now, &mut out);
    out
}

fn ticked(ssi: &mut Ssi, now: Duration) -> Output {
    let mut out = Output::default();
    ssi.tick(now, &mut out);
    out
}

fn ack() -> Vec<u8> {
    vec![0x04, 0xD0, 0x04, 0x00, 0xFF, 0x28]
}

fn nak() -> Vec<u8> {
    vec![0x05, 0xD1, 0x04, 0x00, 0x01, 0xFF, 0x25]
}

#[test]
fn packets_are_those_of_the_guide() {
    assert_eq!(packet(ACK, 0, &[]), ack());
    assert_eq!(packet(NAK, 0, &[RESEND]), nak());
    assert_eq!(packet(LED_ON, 0, &[1]), [0x05, 0xE7, 0x04, 0x00, 0x01, 0xFF, 0x0F]);
    assert_eq!(packet(BEEP, 0, &[1]), [0x05, 0xE6, 0x04, 0x00, 0x01, 0xFF, 0x10]);
    assert_eq!(packet(BEEP, 0, &[0; 300]).len(), 0xFF + CHECKSUM_BYTES, "no packet is longer than its length can say");
}

#[test]
fn a_code_is_acknowledged_and_named_by_its_symbology() {
    let out = fed(&mut ssi(), &code("C00000001700163"), MS(0));
    assert_eq!(out.events, [FrameEvent::Frame("]C0C00000001700163".into())]);
    assert_eq!(out.replies, [ack()]);
}

#[test]
fn a_scanner_is_set_up_one_acknowledged_command_after_the_other() {
    let mut ssi = ssi();
    let mut out = Output::default();
    ssi.greet(MS(0), &mut out);
    assert_eq!(out.replies, [packet(PARAM_SEND, 0, &[0xFF, 0x9F, 1, 0xEE, 1, 0xEC, 0, 0x38, 0])]);
    assert_eq!(fed(&mut ssi, &said(ACK, 0, &[]), MS(5)).replies, [packet(SCAN_ENABLE, 0, &[])]);
    assert!(fed(&mut ssi, &said(ACK, 0, &[]), MS(9)).replies.is_empty());
}

#[test]
fn a_command_is_repeated_when_asked_or_unanswered_and_given_up_at_last() {
    let mut ssi = ssi();
    let mut out = Output::default();
    ssi.signal(Signal::Refused, MS(0), &mut out);
    ssi.signal(Signal::NotRecorded, MS(0), &mut out);
    assert_eq!(out.replies, [packet(BEEP, 0, &[0x0F])], "the second waits for the first");
    let again = [packet(BEEP, RETRANSMIT, &[0x0F])];
    assert_eq!(fed(&mut ssi, &said(NAK, 0, &[RESEND]), MS(10)).replies, again);
    assert_eq!(ticked(&mut ssi, MS(2010)).replies, again);
    assert_eq!(ticked(&mut ssi, MS(4010)).replies, [packet(BEEP, 0, &[0x15])], "three tries are enough");
    assert!(fed(&mut ssi, &said(NAK, 0, &[0x06]), MS(4020)).replies.is_empty(), "denied is denied");
}

#[test]
fn the_lamp_goes_out_by_itself() {
    let mut ssi = ssi();
    let mut out = Output::default();
    ssi.signal(Signal::Good, MS(0), &mut out);
    out.replies.extend(fed(&mut ssi, &said(ACK, 0, &[]), MS(1)).replies);
    out.replies.extend(fed(&mut ssi, &said(ACK, 0, &[]), MS(2)).replies);
    assert!(ticked(&mut ssi, MS(399)).replies.is_empty());
    out.replies.extend(ticked(&mut ssi, MS(400)).replies);
    assert_eq!(out.replies, [packet(BEEP, 0, &[0]), packet(LED_ON, 0, &[1]), packet(LED_OFF, 0, &[1])]);
}

#[test]
fn a_damaged_packet_is_asked_for_again_and_read_once() {
    let mut ssi = ssi();
    let whole = code("LER07");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let start = MS(10_000) * u32::try_from(at).unwrap();
        let mut out = fed(&mut ssi, &damaged, start);
        // A length that grew waits for bytes that never come.
        out.replies.extend(ticked(&mut ssi, start + MS(300)).replies);
        out.replies.extend(ticked(&mut ssi, start + MS(330)).replies);
        // A damaged source or a "not for us" is no damage that can be seen but by the checksum, which all bytes are in.
        assert_eq!((out.events.len(), out.replies), (0, vec![nak()]), "byte {at}");
        let again = said(DECODE_DATA, RETRANSMIT, b"\x03LER07");
        let heard = fed(&mut ssi, &again, start + MS(400));
        assert_eq!(heard.events, [FrameEvent::Frame("]C0LER07".into())], "byte {at}");
        // Forgotten by another packet, so that the next round is a first time.
        fed(&mut ssi, &said(0xF6, 0, &[1]), start + MS(500));
    }
}

#[test]
fn what_is_repeated_because_our_answer_was_lost_is_one_code() {
    let mut ssi = ssi();
    assert_eq!(fed(&mut ssi, &code("A"), MS(0)).events.len(), 1);
    let repeated = fed(&mut ssi, &said(DECODE_DATA, RETRANSMIT, b"\x03A"), MS(990));
    assert_eq!((repeated.events.len(), repeated.replies), (0, vec![ack()]));
    assert_eq!(fed(&mut ssi, &code("A"), MS(3000)).events.len(), 1, "a second trigger pull is a second code");
}

#[test]
fn a_long_code_of_several_packets_is_one_and_half_of_it_is_none() {
    let mut ssi = ssi();
    let more = |text: &str| said(DECODE_DATA, MORE_FOLLOWS, &[&[0x1B], text.as_bytes()].concat());
    assert_eq!(fed(&mut ssi, &more("ABC"), MS(0)).replies, [ack()]);
    assert!(fed(&mut ssi, &more("DEF"), MS(10)).events.is_empty());
    let last = fed(&mut ssi, &said(DECODE_DATA, 0, b"\x1BGHI\r\n"), MS(20));
    assert_eq!(last.events, [FrameEvent::Frame("]d1ABCDEFGHI".into())]);

    fed(&mut ssi, &more("ABC"), MS(100));
    let other = fed(&mut ssi, &code("LER07"), MS(200));
    assert_eq!(other.events, [FrameEvent::HalfRead { bytes: 3 }, FrameEvent::Frame("]C0LER07".into())]);

    fed(&mut ssi, &more("ABC"), MS(300));
    assert_eq!(ticked(&mut ssi, MS(3300)).events, [FrameEvent::HalfRead { bytes: 3 }]);
    fed(&mut ssi, &more("ABC"), MS(4000));
    let mut out = Output::default();
    ssi.hang_up(&mut out);
    assert_eq!(out.events, [FrameEvent::HalfRead { bytes: 3 }]);
    assert_eq!(fed(&mut ssi, &said(DECODE_DATA, 0, b"\x1BGHI"), MS(4100)).events, [FrameEvent::Frame("]d1GHI".into())]);
}

#[test]
fn what_is_too_long_is_said_once() {
    let mut profile = Profile::named("zebra-ssi").unwrap();
    profile.framing.max_bytes = 5;
    let mut ssi = Ssi::new(&profile);
    fed(&mut ssi, &said(DECODE_DATA, MORE_FOLLOWS, b"\x03ABC"), MS(0));
    fed(&mut ssi, &said(DECODE_DATA, MORE_FOLLOWS, b"\x03DEF"), MS(1));
    let out = fed(&mut ssi, &said(DECODE_DATA, 0, b"\x03GHI"), MS(2));
    assert_eq!(out.events, [FrameEvent::Overflow { max_bytes: 5 }]);
}

#[test]
fn no_reads_wake_ups_and_our_own_echo_are_no_codes() {
    let mut ssi = ssi();
    assert_eq!(fed(&mut ssi, &code("NR"), MS(0)).events, [FrameEvent::NoRead]);
    let noise = [&[0, 0, 0][..], &ack(), &packet(BEEP, 0, &[1]), &code("K1")].concat();
    let out = fed(&mut ssi, &noise, MS(10));
    assert_eq!((out.events, out.replies), (vec![FrameEvent::Frame("]C0K1".into())], vec![ack()]));
    assert_eq!(fed(&mut ssi, &code("\x07\u{e9}"), MS(20)).events, [FrameEvent::Garbled("\u{fffd}é".into())]);
}
