//! Key presses of a scanner in keyboard mode, read as those of a US keyboard, which is what scanners send: the meaning of
//! a key is its place, whatever layout the machine is set to.
//!
//! Key numbers are those of Linux's `input-event-codes.h`, which follow the USB HID keyboard page.

/// What stands for a key that no code is made of: no text, so that the frame it is in is garbled and never guessed.
pub const UNREADABLE: u8 = 0xFF;

/// The decimal digits of an Alt sequence that make a byte.
const ALT_DIGITS_MAX: usize = 4;

const LEFT_CTRL: u16 = 29;
const RIGHT_CTRL: u16 = 97;
const LEFT_SHIFT: u16 = 42;
const RIGHT_SHIFT: u16 = 54;
const LEFT_ALT: u16 = 56;
const RIGHT_ALT: u16 = 100;
const CAPS_LOCK: u16 = 58;
/// Num Lock, Scroll Lock, both Meta keys: they make no text.
const MUTE: [u16; 4] = [69, 70, 125, 126];

/// The keys in rows: number of the first, plain letters, shifted letters.
const ROWS: [(u16, &[u8], &[u8]); 8] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b"ASDFGHJKL:\"~"),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    (57, b" ", b" "),
    (55, b"*", b"*"),
    (71, b"789-456+1230.", b"789-456+1230."),
    (98, b"/", b"/"),
];
/// Enter, the key pad's Enter, Tab.
const ENDS: [(u16, u8); 3] = [(28, b'\r'), (96, b'\r'), (15, b'\t')];

/// What is held down.
#[derive(Debug, Default)]
pub struct Keys {
    shift: [bool; 2],
    ctrl: [bool; 2],
    alt: [bool; 2],
    caps: bool,
    /// Digits typed on the key pad while Alt is held: scanners send letters so to be safe from layouts.
    alt_digits: Vec<u8>,
}

impl Keys {
    /// Nothing held, Caps Lock off.
    pub fn new() -> Keys {
        Keys::default()
    }

    /// A key goes down (`true`) or up; what it makes is added to `text`.
    pub fn key(&mut self, key: u16, down: bool, text: &mut Vec<u8>) {
        let held = match key {
            LEFT_SHIFT => Some(&mut self.shift[0]),
            RIGHT_SHIFT => Some(&mut self.shift[1]),
            LEFT_CTRL => Some(&mut self.ctrl[0]),
            RIGHT_CTRL => Some(&mut self.ctrl[1]),
            LEFT_ALT => Some(&mut self.alt[0]),
            RIGHT_ALT => Some(&mut self.alt[1]),
            _ => None,
        };
        if let Some(held) = held {
            *held = down;
            if matches!(key, LEFT_ALT | RIGHT_ALT) && !down {
                self.end_alt(text);
            }
        } else if down && key == CAPS_LOCK {
            self.caps = !self.caps;
        } else if down && !MUTE.contains(&key) {
            self.press(key, text);
        }
    }

    /// Keys were lost on the way: what is held is no longer known.
    pub fn lost(&mut self, text: &mut Vec<u8>) {
        *self = Keys { caps: self.caps, ..Keys::default() };
        text.push(UNREADABLE);
    }

    fn press(&mut self, key: u16, text: &mut Vec<u8>) {
        if self.alt.contains(&true) {
            match key_pad_digit(key) {
                Some(digit) if self.alt_digits.len() < ALT_DIGITS_MAX => self.alt_digits.push(digit),
                _ => text.push(UNREADABLE),
            }
            return;
        }
        if let Some((_, end)) = ENDS.iter().find(|(end, _)| *end == key) {
            text.push(*end);
            return;
        }
        let shift = self.shift.contains(&true);
        let Some((plain, shifted)) = letters(key) else { return text.push(UNREADABLE) };
        let upper = shift != (self.caps && plain.is_ascii_lowercase());
        let byte = if upper { shifted } else { plain };
        if self.ctrl.contains(&true) {
            // Ctrl makes the control character of the letter: Ctrl and ] is GS, which separates fields of GS1 codes.
            text.push(if matches!(byte, b'a'..=b'z' | b'@'..=b'_') { byte & 0x1F } else { UNREADABLE });
        } else {
            text.push(byte);
        }
    }

    fn end_alt(&mut self, text: &mut Vec<u8>) {
        let digits = std::mem::take(&mut self.alt_digits);
        if digits.is_empty() {
            return;
        }
        let value = digits.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        text.push(u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(UNREADABLE));
    }
}

fn letters(key: u16) -> Option<(u8, u8)> {
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let at = usize::from(key.checked_sub(*first)?);
        Some((*plain.get(at)?, *shifted.get(at)?))
    })
}

fn key_pad_digit(key: u16) -> Option<u8> {
    letters(key).map(|(plain, _)| plain).filter(|plain| (71..=82).contains(&key) && plain.is_ascii_digit())
}

/// The key for a byte of ASCII and whether Shift is held: what a scanner does, for simulated ones.
pub fn key_for(byte: u8) -> Option<(u16, bool)> {
    if let Some((key, _)) = ENDS.iter().find(|(_, end)| *end == byte) {
        return Some((*key, false));
    }
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let at = |row: &[u8]| row.iter().position(|one| *one == byte).and_then(|at| u16::try_from(at).ok());
        let plain = at(plain).map(|at| (first + at, false));
        plain.or_else(|| at(shifted).map(|at| (first + at, true)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &mut Keys, presses: &[(u16, bool)]) -> Vec<u8> {
        let mut text = Vec::new();
        for (key, down) in presses {
            keys.key(*key, *down, &mut text);
        }
        text
    }

    fn tap(key: u16) -> [(u16, bool); 2] {
        [(key, true), (key, false)]
    }

    #[test]
    fn every_letter_of_ascii_comes_back() {
        let mut keys = Keys::new();
        for byte in (b' '..=b'~').chain([b'\r', b'\t']) {
            let (key, shift) = key_for(byte).unwrap();
            let mut presses = Vec::from(tap(key));
            if shift {
                presses.insert(0, (RIGHT_SHIFT, true));
                presses.push((RIGHT_SHIFT, false));
            }
            assert_eq!(typed(&mut keys, &presses), [byte], "{:?}", char::from(byte));
        }
        assert_eq!(key_for(0x80), None);
    }

    #[test]
    fn caps_lock_turns_letters_and_nothing_else() {
        let mut keys = Keys::new();
        let presses = [tap(CAPS_LOCK), tap(30), tap(2), [(LEFT_SHIFT, true), (30, true)]].concat();
        assert_eq!(typed(&mut keys, &presses), b"A1a");
        assert_eq!(
            typed(&mut keys, &[&tap(CAPS_LOCK)[..], &[(31, true)], &[(LEFT_SHIFT, false), (31, true)]].concat()),
            b"Ss"
        );
    }

    #[test]
    fn control_and_alt_sequences_make_bytes() {
        let mut keys = Keys::new();
        assert_eq!(typed(&mut keys, &[(LEFT_CTRL, true), (27, true), (27, false), (LEFT_CTRL, false)]), [0x1D]);
        // Alt 0 0 6 7 on the key pad: C.
        let alt = [&[(LEFT_ALT, true)][..], &tap(82), &tap(82), &tap(77), &tap(71), &[(LEFT_ALT, false)]].concat();
        assert_eq!(typed(&mut keys, &alt), b"C");
        assert_eq!(typed(&mut keys, &[&[(LEFT_ALT, true)][..], &tap(30), &[(LEFT_ALT, false)]].concat()), [UNREADABLE]);
    }

    #[test]
    fn other_keys_and_lost_ones_spoil_the_frame_and_mute_ones_do_not() {
        let mut keys = Keys::new();
        assert_eq!(typed(&mut keys, &[tap(59), tap(103)].concat()), [UNREADABLE; 2], "F1 and an arrow");
        assert!(typed(&mut keys, &[tap(69), tap(125)].concat()).is_empty());
        keys.key(LEFT_SHIFT, true, &mut Vec::new());
        let mut text = Vec::new();
        keys.lost(&mut text);
        keys.key(30, true, &mut text);
        assert_eq!(text, [UNREADABLE, b'a'], "a Shift that was held before is not known to be held now");
    }
}
