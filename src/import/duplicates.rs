//! Which keys a file already had.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Remembers each key's first line. Keeps a 64-bit keyed hash, not the key: a million charts take some 16 MB, and the
/// chance that two of a million different keys share a hash is 3 in 100 million (such a row is in the rejects, and
/// loads from there).
#[derive(Default)]
pub struct Duplicates {
    hasher: RandomState,
    first: HashMap<u64, u32, BuildIdentity>,
}

impl Duplicates {
    /// Takes `key` of line `line`; answers the line that had it before, if one did.
    pub fn seen_before(&mut self, key: &str, line: u64) -> Option<u64> {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        match self.first.entry(self.hasher.hash_one(key)) {
            std::collections::hash_map::Entry::Occupied(first) => Some(u64::from(*first.get())),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(line);
                None
            }
        }
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
        assert_eq!(duplicates.seen_before("123456 MR 1", 2), None);
        assert_eq!(duplicates.seen_before("123456 MR 2", 3), None);
        assert_eq!(duplicates.seen_before("123456 MR 1", 9), Some(2));
        assert_eq!(duplicates.seen_before("123456 MR 1", 12), Some(2));
    }
}
