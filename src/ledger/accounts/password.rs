//! Passwords: Argon2id, the parameters of OWASP's recommendation (19 MiB, 2 passes), some 25 ms each.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// The shortest password taken, in characters (NIST SP 800-63B: at least 8).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// The longest, so that nobody makes the server hash a book.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub(in crate::ledger) String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Too short.
    #[error("use at least {PASSWORD_MIN_CHARS} characters")]
    TooShort,
    /// Too long.
    #[error("use at most {PASSWORD_MAX_CHARS} characters")]
    TooLong,
    /// It could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

impl PasswordHash {
    /// Hashes a new password. Takes some 25 ms: on a blocking thread, please.
    pub fn of(password: &str) -> Result<PasswordHash, PasswordFault> {
        match password.chars().count() {
            length if length < PASSWORD_MIN_CHARS => return Err(PasswordFault::TooShort),
            length if length > PASSWORD_MAX_CHARS => return Err(PasswordFault::TooLong),
            _ => {}
        }
        hash(password).map(PasswordHash).map_err(PasswordFault::Failed)
    }
}

fn hash(password: &str) -> Result<String, String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Is it the password? An account that does not exist costs the same work, so that the time tells nothing.
pub(super) fn verify(password: &str, kept: Option<&PasswordHash>) -> bool {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    if password.chars().count() > PASSWORD_MAX_CHARS {
        return false;
    }
    let nobodys = || NOBODYS.get_or_init(|| hash("an account that does not exist").unwrap_or_default());
    let hash = kept.map_or_else(nobodys, |kept| &kept.0);
    let fits = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
    fits && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_fits() {
        let kept = PasswordHash::of("correct horse").unwrap();
        assert!(kept.0.starts_with("$argon2id$"));
        assert!(verify("correct horse", Some(&kept)));
        assert!(!verify("correct horse ", Some(&kept)));
        assert!(!verify("an account that does not exist", None));
        assert_ne!(kept, PasswordHash::of("correct horse").unwrap(), "salted");
        assert_eq!(PasswordHash::of("short"), Err(PasswordFault::TooShort));
        assert_eq!(PasswordHash::of(&"x".repeat(257)), Err(PasswordFault::TooLong));
        assert!(!format!("{kept:?}").contains("argon2"));
    }
}
