//! Our own codes: `KIND BODY CHECK`.

use super::check::{mod_97_10, mod_97_10_holds};
use super::{BadgeNumber, ChartNumber, Code, CommandWord, LabelIssue, PlaceCode, Unrecognised};

/// The longest code of our own, in characters: `K` and a command word, or `S` and twelve, with two check digits.
pub(super) const OWN_MAX_CHARS: usize = 16;

/// The text printed for `code`. Legacy codes are given back as they were read; `None` for what is not recognised.
pub fn encode(code: &Code) -> Option<String> {
    let body = match code {
        Code::Chart(number, issue) => format!("C{:09}{:03}", number.0, issue.0),
        Code::Reference(number) => format!("R{:09}", number.0),
        Code::Place(place) => format!("L{place}"),
        Code::Badge(badge) => format!("S{badge}"),
        Code::Command(word) => format!("K{}", word.word()),
        Code::Legacy(legacy) => return Some(legacy.text.clone()),
        Code::Unrecognised(_) => return None,
    };
    let check = mod_97_10(&body)?;
    Some(format!("{body}{check:02}"))
}

/// Reads one of our own codes; `Err` says what is wrong with it, [`Unrecognised::UnknownPattern`] that it is not ours.
pub(super) fn parse(text: &str) -> Result<Code, Unrecognised> {
    let Some(kind) = text.chars().next().filter(|kind| "CRLSK".contains(*kind)) else {
        return Err(Unrecognised::UnknownPattern);
    };
    let shaped = text.len() > 3 && text.len() <= OWN_MAX_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let ends_in_digits = text.as_bytes().iter().rev().take(2).all(u8::is_ascii_digit);
    if !shaped || !ends_in_digits {
        return Err(Unrecognised::UnknownPattern);
    }
    let Some(body) = text.get(1..text.len() - 2) else { return Err(Unrecognised::UnknownPattern) };
    if !mod_97_10_holds(text) {
        return Err(Unrecognised::WrongCheck);
    }
    let code = match kind {
        'C' => chart(body),
        'R' => number(body).map(Code::Reference),
        'L' => PlaceCode::new(body).ok().map(Code::Place),
        'S' => BadgeNumber::new(body).ok().map(Code::Badge),
        _ => CommandWord::from_word(body).map(Code::Command),
    };
    code.ok_or(Unrecognised::Malformed)
}

fn chart(body: &str) -> Option<Code> {
    let (number_part, issue) = body.split_at_checked(9)?;
    let issue = digits(issue, 3)?.parse::<u16>().ok().filter(|issue| *issue >= 1)?;
    Some(Code::Chart(number(number_part)?, LabelIssue(issue)))
}

fn number(text: &str) -> Option<ChartNumber> {
    digits(text, 9)?.parse::<u32>().ok().filter(|number| *number >= 1).map(ChartNumber)
}

fn digits(text: &str, count: usize) -> Option<&str> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

impl CommandWord {
    /// All command words.
    pub const ALL: [CommandWord; 11] = [
        CommandWord::Out,
        CommandWord::Return,
        CommandWord::Receive,
        CommandWord::Send,
        CommandWord::Where,
        CommandWord::Missing,
        CommandWord::Found,
        CommandWord::Shelf,
        CommandWord::Label,
        CommandWord::Undo,
        CommandWord::Done,
    ];

    /// The word on the card.
    pub fn word(self) -> &'static str {
        match self {
            CommandWord::Out => "OUT",
            CommandWord::Return => "RETURN",
            CommandWord::Receive => "RECEIVE",
            CommandWord::Send => "SEND",
            CommandWord::Where => "WHERE",
            CommandWord::Missing => "MISSING",
            CommandWord::Found => "FOUND",
            CommandWord::Shelf => "SHELF",
            CommandWord::Label => "LABEL",
            CommandWord::Undo => "UNDO",
            CommandWord::Done => "DONE",
        }
    }

    /// The command that `word` names.
    pub fn from_word(word: &str) -> Option<CommandWord> {
        CommandWord::ALL.into_iter().find(|command| command.word() == word)
    }
}
