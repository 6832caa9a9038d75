//! What a kiosk speaks. All words of kiosks, those of the screen and those of receipts, stand in `kiosk-ui/languages`, one
//! file a language. A verdict is kept without words and worded when it leaves, so the ledger knows no language.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language that kiosks speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
pub enum Language {
    /// English, the usual one.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// French.
    #[serde(rename = "fr")]
    French,
}

/// A text as its file has it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    /// Differs by what `{count}` says.
    Counted {
        one: String,
        other: String,
    },
}

type Texts = HashMap<String, Text>;

/// Files that do not parse give no texts; a test sees to it that they parse.
fn read(file: &str) -> Texts {
    serde_json::from_str(file).unwrap_or_default()
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(Language::English.file()));
static SPANISH: LazyLock<Texts> = LazyLock::new(|| read(Language::Spanish.file()));
static FRENCH: LazyLock<Texts> = LazyLock::new(|| read(Language::French.file()));

impl Language {
    /// All of them.
    pub const ALL: [Language; 3] = [Language::English, Language::Spanish, Language::French];

    /// Its tag (BCP 47), as configured and as its file is called.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
            Language::French => "fr",
        }
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// What those who speak it call it.
    pub fn name(self) -> String {
        self.say("language", &[])
    }

    /// The text with this key, each `{name}` in it replaced by its value. A key that is not there says itself.
    pub fn say(self, key: &str, values: &[(&str, &str)]) -> String {
        match self.texts().get(key) {
            Some(Text::Plain(text) | Text::Counted { other: text, .. }) => filled(text, values),
            None => key.to_owned(),
        }
    }

    /// The same of a text that differs by a number, which is its value `count`.
    pub fn say_count(self, key: &str, count: u32) -> String {
        let number = count.to_string();
        let values = [("count", number.as_str())];
        match self.texts().get(key) {
            Some(Text::Counted { one, .. }) if self.is_one(count) => filled(one, &values),
            _ => self.say(key, &values),
        }
    }

    /// Unicode's plural rules (CLDR) for whole numbers below a million.
    fn is_one(self, count: u32) -> bool {
        match self {
            Language::English | Language::Spanish => count == 1,
            Language::French => count <= 1,
        }
    }

    fn file(self) -> &'static str {
        match self {
            Language::English => include_str!("../../kiosk-ui/languages/en.json"),
            Language::Spanish => include_str!("../../kiosk-ui/languages/es.json"),
            Language::French => include_str!("../../kiosk-ui/languages/fr.json"),
        }
    }

    fn texts(self) -> &'static Texts {
        match self {
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
            Language::French => &FRENCH,
        }
    }
}

/// `text` with its named places filled. What has no value stays as it is written. Values are never looked into.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut said = String::with_capacity(text.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        said.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        match value {
            Some((value, after)) => {
                said.push_str(value);
                rest = after;
            }
            None => {
                said.push('{');
                rest = after;
            }
        }
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Each key with its places; of a counted text those of both its forms.
    fn shape(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let texts: Texts = serde_json::from_str(language.file()).expect("a file of texts");
        let places = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
        };
        let of = |text: &Text| match text {
            Text::Plain(text) => places(text),
            Text::Counted { one, other } => places(one).union(&places(other)).cloned().collect(),
        };
        texts.iter().map(|(key, text)| (key.clone(), of(text))).collect()
    }

    #[test]
    fn all_languages_have_the_same_keys_and_the_same_named_places() {
        let english = shape(Language::English);
        assert!(english.len() > 300, "{}", english.len());
        for language in Language::ALL {
            let other = shape(language);
            for (key, places) in &english {
                assert_eq!(Some(places), other.get(key), "{key} in {}", language.tag());
            }
            assert_eq!(english.len(), other.len(), "keys that English has not, in {}", language.tag());
        }
    }

    #[test]
    fn no_text_is_empty_and_counted_ones_are_counted_everywhere() {
        for language in Language::ALL {
            for (key, text) in language.texts() {
                let counted = matches!(Language::English.texts().get(key), Some(Text::Counted { .. }));
                match text {
                    Text::Plain(text) => assert!(!text.trim().is_empty() && !counted, "{key} in {}", language.tag()),
                    Text::Counted { one, other } => {
                        assert!(!one.trim().is_empty() && !other.trim().is_empty() && counted, "{key}");
                    }
                }
            }
        }
    }

    #[test]
    fn tags_are_the_same_in_the_configuration_in_json_and_in_the_files_names() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
            assert_eq!(serde_json::to_value(language).expect("json"), language.tag());
        }
        assert_eq!(Language::ALL.map(Language::name), ["English", "Español", "Français"]);
        assert_eq!(Language::from_tag("de"), None);
    }

    #[test]
    fn places_are_filled_by_name_and_values_are_not_looked_into() {
        assert_eq!(filled("{a}, {b}; {a}", &[("a", "{b}"), ("b", "2")]), "{b}, 2; {b}");
        assert_eq!(filled("{gone} {", &[]), "{gone} {");
    }

    #[test]
    fn numbers_choose_the_form() {
        let say = |language: Language, count| language.say_count("span.days", count);
        assert_eq!([1, 2].map(|count| say(Language::Spanish, count)), ["1 día", "2 días"]);
        assert_eq!([0, 1, 2].map(|count| say(Language::French, count)), ["0 jour", "1 jour", "2 jours"]);
        assert_eq!(say(Language::English, 0), "0 days");
    }
}
