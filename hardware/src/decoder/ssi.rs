//! Zebra's Simple Serial Interface (Simple Serial Interface Programmer's Guide, 72E-40451), as the host.
//!
//! A packet is `length opcode source status data… checksum-hi checksum-lo`; the length leaves the checksum out, and the
//! checksum is the two's complement of the 16-bit sum of all bytes before it. Each side acknowledges what the other
//! sends. A packet that is damaged is asked for again, so that noise costs a moment and no scan.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Decoder, Output};
use crate::framer::{FrameEvent, text_event};
use crate::profile::Profile;
use crate::scanner::bell::Signal;

const ACK: u8 = 0xD0;
const NAK: u8 = 0xD1;
const PARAM_SEND: u8 = 0xC6;
const BEEP: u8 = 0xE6;
const LED_ON: u8 = 0xE7;
const LED_OFF: u8 = 0xE8;
const SCAN_ENABLE: u8 = 0xE9;
const DECODE_DATA: u8 = 0xF3;

const FROM_DECODER: u8 = 0x00;
const FROM_HOST: u8 = 0x04;

/// Status bits.
const RETRANSMIT: u8 = 0x01;
const MORE_FOLLOWS: u8 = 0x02;

/// Causes of a NAK.
const RESEND: u8 = 0x01;

/// Header without data: length, opcode, source, status.
const HEADER_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 2;

/// The longest pause within a packet; at 9600 baud a byte takes one millisecond.
const PACKET_IDLE: Duration = Duration::from_millis(300);
/// After damage the line must be quiet for so long before the packet is asked for again: its rest is still coming.
const QUIET: Duration = Duration::from_millis(20);
/// The longest pause between two packets of one code.
const MESSAGE_IDLE: Duration = Duration::from_secs(3);
/// How long the scanner may take to acknowledge, and how often it is told again.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const TRIES_MAX: u8 = 3;
/// How many commands can wait for the scanner; the oldest waiting one goes.
const COMMANDS_MAX: usize = 16;
/// How long the lamp stays on after a good read.
const LAMP: Duration = Duration::from_millis(400);

/// `parameter, value` pairs, set until the scanner is switched off: beep after good decode (38) off, since the tone
/// people hear comes after the commit; software handshaking (9F) and packeted data (EE) on; parameter scanning (EC) off,
/// so that a stray code cannot reprogram the kiosk's scanner.
const PARAMETERS: [u8; 8] = [0x9F, 1, 0xEE, 1, 0xEC, 0, 0x38, 0];
/// PARAM_SEND's first byte: which beep accompanies it. FF is none.
const NO_BEEP: u8 = 0xFF;

/// The host's side of the conversation.
#[derive(Debug)]
pub struct Ssi {
    max_bytes: usize,
    no_read: String,
    packet: Vec<u8>,
    last_byte_at: Duration,
    /// A packet was damaged: everything is dropped until the line is quiet.
    skipping: Option<usize>,
    /// The code that is being put together of several packets.
    message: Option<Message>,
    last_accepted: Option<Vec<u8>>,
    commands: VecDeque<Vec<u8>>,
    in_flight: Option<InFlight>,
    lamp_off_at: Option<Duration>,
}

#[derive(Debug)]
struct Message {
    code_type: u8,
    text: Vec<u8>,
    too_long: bool,
    at: Duration,
}

#[derive(Debug)]
struct InFlight {
    packet: Vec<u8>,
    sent_at: Duration,
    tries: u8,
}

impl Ssi {
    /// As `profile` says: the longest code and the no-read message are its.
    pub fn new(profile: &Profile) -> Ssi {
        Ssi {
            max_bytes: profile.framing.max_bytes,
            no_read: profile.framing.no_read.clone(),
            packet: Vec::new(),
            last_byte_at: Duration::ZERO,
            skipping: None,
            message: None,
            last_accepted: None,
            commands: VecDeque::new(),
            in_flight: None,
            lamp_off_at: None,
        }
    }

    fn take(&mut self, byte: u8, now: Duration, out: &mut Output) {
        if let Some(dropped) = &mut self.skipping {
            *dropped = dropped.saturating_add(1);
            return;
        }
        // No packet is shorter than its header. Zero bytes wake a sleeping partner up and mean nothing else.
        if self.packet.is_empty() && usize::from(byte) < HEADER_BYTES {
            if byte != 0 {
                self.skipping = Some(1);
            }
            return;
        }
        self.packet.push(byte);
        let length = self.packet.first().map_or(0, |length| usize::from(*length));
        if self.packet.len() < length + CHECKSUM_BYTES {
            return;
        }
        let packet = std::mem::take(&mut self.packet);
        match opened(&packet) {
            Some([opcode, FROM_DECODER, status, data @ ..]) => self.receive(*opcode, *status, data, now, out),
            // Our own words, from a line that echoes; or another's, which are not for us.
            Some(_) => {}
            None => self.skipping = Some(packet.len()),
        }
    }

    fn receive(&mut self, opcode: u8, status: u8, data: &[u8], now: Duration, out: &mut Output) {
        match opcode {
            ACK => {
                self.in_flight = None;
            }
            NAK => {
                // Only "resend" asks for another try; "bad context", "denied" and "cancel" will not get better.
                let again = data.first() == Some(&RESEND);
                match self.in_flight.take().filter(|_| again) {
                    Some(waiting) => self.send_again(waiting, now, out),
                    None => self.in_flight = None,
                }
            }
            _ => {
                out.replies.push(packet(ACK, 0, &[]));
                let accepted = [&[opcode, status & !RETRANSMIT], data].concat();
                // It did not hear our acknowledgement: what it repeats was taken already.
                let repeated = status & RETRANSMIT != 0 && self.last_accepted.as_ref() == Some(&accepted);
                self.last_accepted = Some(accepted);
                if opcode == DECODE_DATA && !repeated {
                    self.decoded(status, data, now, out);
                }
            }
        }
        self.send_next(now, out);
    }

    /// A packet of a code: its type and text. Every packet of a long one names the type.
    fn decoded(&mut self, status: u8, data: &[u8], now: Duration, out: &mut Output) {
        let Some((code_type, text)) = data.split_first() else { return };
        let mut message = match self.message.take() {
            Some(message) if message.code_type == *code_type => message,
            other => {
                // The rest of the one before never came.
                out.events.extend(other.map(|message| FrameEvent::HalfRead { bytes: message.text.len() }));
                Message { code_type: *code_type, text: Vec::new(), too_long: false, at: now }
            }
        };
        message.at = now;
        if message.text.len() + text.len() > self.max_bytes {
            message.too_long = true;
        } else {
            message.text.extend_from_slice(text);
        }
        if status & MORE_FOLLOWS != 0 {
            self.message = Some(message);
        } else if message.too_long {
            out.events.push(FrameEvent::Overflow { max_bytes: self.max_bytes });
        } else {
            out.events.extend(self.event(&message));
        }
    }

    fn event(&self, message: &Message) -> Option<FrameEvent> {
        let mut text = message.text.as_slice();
        while let [rest @ .., b'\r' | b'\n' | b'\t' | 0] = text {
            text = rest;
        }
        if text.is_empty() {
            return None;
        }
        if !self.no_read.is_empty() && text == self.no_read.as_bytes() {
            return Some(FrameEvent::NoRead);
        }
        Some(match (text_event(text), aim(message.code_type)) {
            (FrameEvent::Frame(code), Some(identifier)) => FrameEvent::Frame(format!("{identifier}{code}")),
            (event, _) => event,
        })
    }

    fn command(&mut self, opcode: u8, data: &[u8]) {
        if self.commands.len() >= COMMANDS_MAX {
            self.commands.pop_front();
        }
        self.commands.push_back(packet(opcode, 0, data));
    }

    /// One command at a time: the next goes once the one before is acknowledged or given up.
    fn send_next(&mut self, now: Duration, out: &mut Output) {
        if self.in_flight.is_none()
            && let Some(packet) = self.commands.pop_front()
        {
            out.replies.push(packet.clone());
            self.in_flight = Some(InFlight { packet, sent_at: now, tries: 1 });
        }
    }

    fn send_again(&mut self, waiting: InFlight, now: Duration, out: &mut Output) {
        if waiting.tries >= TRIES_MAX {
            return;
        }
        let packet = as_retransmission(waiting.packet);
        out.replies.push(packet.clone());
        self.in_flight = Some(InFlight { packet, sent_at: now, tries: waiting.tries + 1 });
    }

    /// Ends what has waited too long.
    fn expire(&mut self, now: Duration, out: &mut Output) {
        let pause = now.saturating_sub(self.last_byte_at);
        if !self.packet.is_empty() && pause >= PACKET_IDLE {
            self.skipping = Some(std::mem::take(&mut self.packet).len());
        }
        if pause >= QUIET
            && let Some(bytes) = self.skipping.take()
        {
            out.events.push(FrameEvent::Noise { bytes });
            out.replies.push(packet(NAK, 0, &[RESEND]));
        }
        if let Some(message) = self.message.take_if(|message| now.saturating_sub(message.at) >= MESSAGE_IDLE) {
            out.events.push(FrameEvent::HalfRead { bytes: message.text.len() });
        }
        if let Some(waiting) = self.in_flight.take_if(|waiting| now.saturating_sub(waiting.sent_at) >= ANSWER_WITHIN) {
            self.send_again(waiting, now, out);
        }
        if self.lamp_off_at.take_if(|at| now >= *at).is_some() {
            self.command(LED_OFF, &[1]);
        }
        self.send_next(now, out);
    }
}

impl Decoder for Ssi {
    fn greet(&mut self, now: Duration, out: &mut Output) {
        self.command(PARAM_SEND, &[&[NO_BEEP], &PARAMETERS[..]].concat());
        self.command(SCAN_ENABLE, &[]);
        self.send_next(now, out);
    }

    fn feed(&mut self, bytes: &[u8], now: Duration, out: &mut Output) {
        if bytes.is_empty() {
            return;
        }
        self.expire(now, out);
        self.last_byte_at = now;
        for byte in bytes {
            self.take(*byte, now, out);
        }
    }

    fn tick(&mut self, now: Duration, out: &mut Output) {
        self.expire(now, out);
    }

    fn hang_up(&mut self, out: &mut Output) {
        let bytes = self.packet.len() + self.message.take().map_or(0, |message| message.text.len());
        if bytes > 0 {
            out.events.push(FrameEvent::HalfRead { bytes });
        }
        if let Some(bytes) = self.skipping.take() {
            out.events.push(FrameEvent::Noise { bytes });
        }
        self.packet.clear();
        self.commands.clear();
        self.in_flight = None;
        self.last_accepted = None;
        self.lamp_off_at = None;
    }

    /// Beep codes of the guide's BEEP command: 00 one short high, 01 two short high, 0F one long low, 15 a slow warble.
    fn signal(&mut self, signal: Signal, now: Duration, out: &mut Output) {
        let beep = match signal {
            Signal::Good => 0x00,
            Signal::Attention => 0x01,
            Signal::Refused => 0x0F,
            Signal::NotRecorded => 0x15,
        };
        self.command(BEEP, &[beep]);
        if signal == Signal::Good {
            self.command(LED_ON, &[1]);
            self.lamp_off_at = now.checked_add(LAMP);
        }
        self.send_next(now, out);
    }

    fn held_bytes(&self) -> usize {
        self.packet.len() + self.message.as_ref().map_or(0, |message| message.text.len())
    }
}

/// A packet from the host.
fn packet(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    sealed(opcode, FROM_HOST, status, data)
}

/// A packet of any source; `data` has at most 251 bytes, more is left out.
pub fn sealed(opcode: u8, source: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let data = data.get(..usize::from(u8::MAX) - HEADER_BYTES).unwrap_or(data);
    let length = u8::try_from(HEADER_BYTES + data.len()).unwrap_or(u8::MAX);
    let mut packet = vec![length, opcode, source, status];
    packet.extend_from_slice(data);
    packet.extend(checksum(&packet).to_be_bytes());
    packet
}

fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg()
}

/// What stands between length and checksum, if the checksum agrees.
fn opened(packet: &[u8]) -> Option<&[u8]> {
    let (body, sum) = packet.split_last_chunk::<CHECKSUM_BYTES>()?;
    (checksum(body).to_be_bytes() == *sum).then(|| body.get(1..)).flatten()
}

/// The same packet with its retransmit bit set.
fn as_retransmission(mut packet: Vec<u8>) -> Vec<u8> {
    packet.truncate(packet.len().saturating_sub(CHECKSUM_BYTES));
    if let Some(status) = packet.get_mut(3) {
        *status |= RETRANSMIT;
    }
    packet.extend(checksum(&packet).to_be_bytes());
    packet
}

/// The AIM identifier for a code type of the guide's table, so that what comes after knows one name for each symbology.
fn aim(code_type: u8) -> Option<&'static str> {
    Some(match code_type {
        0x01 => "]A0",
        0x02 => "]F0",
        0x03 => "]C0",
        0x06 => "]I0",
        0x07 => "]G0",
        0x08 | 0x0B => "]E0",
        0x0A => "]E4",
        0x0F => "]C1",
        0x11 => "]L0",
        0x13 => "]A4",
        0x1B => "]d1",
        0x1C => "]Q1",
        0x2D => "]z0",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "ssi_tests.rs"]
mod tests;
