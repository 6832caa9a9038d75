//! What was made from a text before, kept to be used again: a hospital's name stands on every label.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

/// Things made from texts, for each kind of them (weight, size) a map of its own, so that no text is copied to be
/// looked up. What it gives never depends on what it keeps.
pub(super) struct Kept<K, V> {
    made: RwLock<Made<K, V>>,
    /// The most that is kept, in what `size` counts; one more, and all of it goes.
    most: usize,
    size: fn(&V) -> usize,
}

struct Made<K, V> {
    by_text: HashMap<K, HashMap<Box<str>, Arc<V>>>,
    size: usize,
}

impl<K: Eq + Hash + Copy, V> Kept<K, V> {
    pub(super) fn new(most: usize, size: fn(&V) -> usize) -> Self {
        Self { made: RwLock::new(Made { by_text: HashMap::new(), size: 0 }), most, size }
    }

    /// What was made from the text, or what `make` makes now.
    pub(super) fn get(&self, kind: K, text: &str, make: impl FnOnce() -> V) -> Arc<V> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.by_text.get(&kind).and_then(|texts| texts.get(text)) {
            return Arc::clone(known);
        }
        // Made without the lock: two who want the same at once make it twice.
        drop(made);
        let new = Arc::new(make());
        let size = (self.size)(&new);
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.size + size > self.most {
            *made = Made { by_text: HashMap::new(), size: 0 };
        }
        made.size += size;
        made.by_text.entry(kind).or_default().insert(text.into(), Arc::clone(&new));
        new
    }

    pub(super) fn forget(&mut self) {
        *self.made.get_mut().unwrap_or_else(PoisonError::into_inner) = Made { by_text: HashMap::new(), size: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_made_again_and_little_is_kept() {
        let mut kept: Kept<u8, String> = Kept::new(10, String::len);
        let get = |kept: &Kept<u8, String>, kind: u8, text: &str, made: &str| {
            kept.get(kind, text, || made.to_owned()).to_string()
        };
        assert_eq!(get(&kept, 1, "a", "first"), "first");
        assert_eq!(get(&kept, 1, "a", "other"), "first");
        assert_eq!(get(&kept, 2, "a", "other"), "other");
        assert_eq!(get(&kept, 1, "b", "x"), "x");
        assert_eq!(kept.made.read().unwrap().size, 1, "ten were kept, and one more would have been too many");
        assert_eq!(get(&kept, 1, "a", "again"), "again");
        kept.forget();
        assert_eq!(get(&kept, 1, "b", "y"), "y");
    }
}
