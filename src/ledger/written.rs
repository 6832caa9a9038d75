//! A value that is written as JSON in more than one place: into an entry's body and into a projection's column.

use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A value and its JSON, which is made once, when it is first asked for.
#[derive(Debug, Clone)]
pub struct Written<T> {
    value: Box<T>,
    json: OnceLock<Box<RawValue>>,
}

impl<T: Serialize> Written<T> {
    /// Not written yet.
    pub fn new(value: T) -> Self {
        Written { value: Box::new(value), json: OnceLock::new() }
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        *self.value
    }

    /// Its JSON.
    pub fn json(&self) -> serde_json::Result<&RawValue> {
        if let Some(json) = self.json.get() {
            return Ok(json);
        }
        let json = serde_json::value::to_raw_value(&self.value)?;
        Ok(self.json.get_or_init(|| json))
    }
}

impl<T> Deref for Written<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Written<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Serialize> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned + Serialize> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through a tagged enum's buffer no raw text comes: the value is read, and written anew where that is needed.
        T::deserialize(deserializer).map(Written::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_written_like_the_value_itself() {
        let written = Written::new(vec![1, 2]);
        assert_eq!(serde_json::to_string(&(&written, "x")).unwrap(), r#"[[1,2],"x"]"#);
        assert_eq!(written.json().unwrap().get(), "[1,2]");
        let read: Written<Vec<i32>> = serde_json::from_str(" [1, 2]").unwrap();
        assert_eq!(read, written);
        assert_eq!(read.json().unwrap().get(), "[1,2]");
        assert_eq!(read.into_inner().len(), 2);
    }
}
