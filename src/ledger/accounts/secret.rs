//! Random secrets and what is kept of them.

use sha2::{Digest, Sha256};

use super::super::error::ChangeError;

/// A bearer token's or cookie's value: 256 random bits in hex.
#[derive(Clone)]
pub struct Secret(String);

/// What is kept of a secret: its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub(in crate::ledger) [u8; 32]);

impl Secret {
    /// A new one.
    pub fn random() -> Result<Secret, ChangeError> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| ChangeError::NotRecorded(error.to_string()))?;
        Ok(Secret(hex::encode(bytes)))
    }

    /// The value to hand out, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl SecretHash {
    /// Of what a client sent.
    pub fn of(secret: &str) -> SecretHash {
        SecretHash(Sha256::digest(secret.as_bytes()).into())
    }
}
