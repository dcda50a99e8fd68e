//! Passwords: argon2id for new ones. The Java shop's bcrypt hashes are accepted and replaced at the
//! next login. Both take tens of milliseconds by design.

use std::sync::OnceLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// The password is right.
    Right,
    /// Right, but the hash is of an old kind and should be replaced.
    RightButOld,
    /// Right, but it was stored as plain text or as a bare MD5. Anyone who has seen the table knows it,
    /// so it is not accepted and must be reset.
    MustReset,
    /// The password is wrong.
    Wrong,
}

/// Argon2id with 19 MiB and two passes, as OWASP recommends.
pub fn hash(password: &str) -> String {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.expect("argon2 hashes any password with its own defaults").to_string()
}

/// A hash of an unknown kind never matches.
pub fn check(password: &str, stored: &str) -> PasswordCheck {
    if is_bcrypt(stored) {
        // bcrypt reads 72 bytes; what the Java shop cut off is cut off here too.
        let right = bcrypt::verify(password, stored).unwrap_or(false);
        return if right { PasswordCheck::RightButOld } else { PasswordCheck::Wrong };
    }
    if !stored.starts_with('$') {
        // As slow as the others, so that the time does not reveal how a password is stored.
        let wrong = check_unknown_user(password);
        return if is_stored_in_clear(password, stored) { PasswordCheck::MustReset } else { wrong };
    }
    let parsed = PasswordHash::new(stored);
    let right =
        parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
    if right { PasswordCheck::Right } else { PasswordCheck::Wrong }
}

/// Takes as long as a real check, so that response times do not reveal which usernames exist.
pub fn check_unknown_user(password: &str) -> PasswordCheck {
    static NOBODY: OnceLock<String> = OnceLock::new();
    check(password, NOBODY.get_or_init(|| hash("nobody's password")));
    PasswordCheck::Wrong
}

/// Whether the table stores the password itself or its bare MD5.
fn is_stored_in_clear(password: &str, stored: &str) -> bool {
    let sum: String = Md5::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let same = |text: &str, other: &str| bool::from(text.as_bytes().ct_eq(other.as_bytes()));
    let is_sum = stored.len() == 32 && stored.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sum { same(&stored.to_lowercase(), &sum) } else { !stored.is_empty() && same(stored, password) }
}

/// The highest bcrypt cost that is imported: about one second of CPU.
const BCRYPT_COST_MAX: u32 = 14;

/// The most memory (in KiB) and passes of an argon2 hash that is imported.
const ARGON2_MAX: (u32, u32) = (64 * 1024, 10);

/// Whether an imported hash can be checked here at a cost that is acceptable for each login. The hash
/// is parsed only.
pub fn is_usable(stored: &str) -> bool {
    let is_cheap = |parts: bcrypt::HashParts| (4..=BCRYPT_COST_MAX).contains(&parts.get_cost());
    (is_bcrypt(stored) && stored.parse().is_ok_and(is_cheap)) || is_usable_argon2(stored)
}

fn is_usable_argon2(stored: &str) -> bool {
    let Some(hash) = PasswordHash::new(stored).ok().filter(|hash| hash.salt.is_some() && hash.hash.is_some())
    else {
        return false;
    };
    let is_cheap = |params: Params| {
        params.m_cost() <= ARGON2_MAX.0 && params.t_cost() <= ARGON2_MAX.1 && params.p_cost() <= 4
    };
    stored.starts_with("$argon2id$") && stored.len() <= 100 && Params::try_from(&hash).is_ok_and(is_cheap)
}

/// Whether the stored and the imported hash belong to different passwords. The shop itself replaces
/// bcrypt by argon2id, so that change proves nothing.
pub fn is_other_password(kept: &str, other: &str) -> bool {
    let was_replaced = kept.starts_with("$argon2id$") && is_bcrypt(other);
    kept != other && !was_replaced
}

fn is_bcrypt(stored: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| stored.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_hash_is_argon2_and_matches_its_password_only() {
        let stored = hash("正确的密码");
        assert!(stored.starts_with("$argon2id$") && stored.len() <= 100, "{stored}");
        assert_eq!(check("正确的密码", &stored), PasswordCheck::Right);
        assert_eq!(check("错误的密码", &stored), PasswordCheck::Wrong);
    }

    #[test]
    fn the_java_shops_bcrypt_is_right_but_old() {
        let stored = bcrypt::hash("changgou", 4).unwrap();
        assert_eq!(check("changgou", &stored), PasswordCheck::RightButOld);
        assert_eq!(check("Changgou", &stored), PasswordCheck::Wrong);
    }

    #[test]
    fn plain_and_md5_passwords_open_nothing() {
        for stored in ["123456", "e10adc3949ba59abbe56e057f20f883e", "E10ADC3949BA59ABBE56E057F20F883E"] {
            assert_eq!(check("123456", stored), PasswordCheck::MustReset, "{stored}");
            assert_eq!(check("1234567", stored), PasswordCheck::Wrong, "a wrong guess learns nothing");
        }
        for stored in ["", "$argon2id$", "$2a$10$short"] {
            assert_eq!(check("123456", stored), PasswordCheck::Wrong, "{stored}");
            assert_eq!(check(stored, stored), PasswordCheck::Wrong, "{stored}");
        }
    }

    #[test]
    fn hashes_from_elsewhere_are_taken_if_a_login_can_afford_them() {
        let bcrypt = bcrypt::hash("changgou", 4).unwrap();
        let dear = bcrypt.replace("$04$", "$31$");
        let argon2 = hash("changgou");
        let greedy = argon2.replace("m=19456", "m=4194304");
        for (stored, usable) in [
            (bcrypt.as_str(), true),
            (&bcrypt.replace("$2b$", "$2a$"), true),
            (&argon2, true),
            (&dear, false),
            (&greedy, false),
            (&bcrypt[..59], false),
            (&format!("{}!", &bcrypt[..59]), false),
            ("$argon2id$v=19$m=19456,t=2,p=1", false),
            ("$2a$10$short", false),
            ("e10adc3949ba59abbe56e057f20f883e", false),
            ("123456", false),
            ("", false),
        ] {
            assert_eq!(is_usable(stored), usable, "{stored}");
        }
        let other = bcrypt::hash("changgou", 4).unwrap();
        assert!(!is_other_password(&bcrypt, &bcrypt) && is_other_password(&bcrypt, &other));
        assert!(!is_other_password(&argon2, &bcrypt), "it was replaced at a login");
        assert!(is_other_password("e10adc3949ba59abbe56e057f20f883e", &bcrypt));
    }
}
