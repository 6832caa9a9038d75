//! Which keys a file already had rows of that were taken.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Remembers the line of each key. Keeps a 64-bit keyed hash, not the key: a million charts take some 16 MB, and the
/// chance that two of a million different keys share a hash is 3 in 100 million (such a row is in the rejects, and
/// loads from there).
#[derive(Default)]
pub struct Duplicates {
    hasher: RandomState,
    first: HashMap<u64, u32, BuildIdentity>,
}

impl Duplicates {
    /// The line whose row of this key was taken, if one was.
    pub fn line_of(&self, key: &str) -> Option<u64> {
        self.first.get(&self.hasher.hash_one(key)).map(|line| u64::from(*line))
    }

    /// The row of `line` was taken: a row that was not is no reason to refuse the next one of its key.
    pub fn taken(&mut self, key: &str, line: u64) {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.first.entry(self.hasher.hash_one(key)).or_insert(line);
    }
}

/// The keys are hashes already.
type BuildIdentity = std::hash::BuildHasherDefault<Identity>;

#[derive(Default)]
struct Identity(u64);

impl std::hash::Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_line() {
        let mut duplicates = Duplicates::default();
        assert_eq!(duplicates.line_of("123456 MR 1"), None);
        duplicates.taken("123456 MR 1", 2);
        duplicates.taken("123456 MR 1", 9);
        assert_eq!(duplicates.line_of("123456 MR 1"), Some(2));
        assert_eq!(duplicates.line_of("123456 MR 2"), None);
    }
}
