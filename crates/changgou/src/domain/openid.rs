//! A payer, as WeChat identifies people to this shop.

use std::fmt;

/// Personal data, so `Debug` shows only the beginning.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Openid(String);

const LETTERS_MAX: usize = 128;

const SHOWN: usize = 4;

impl Openid {
    /// 1 to 128 letters, digits, `_` and `-`.
    pub fn parse(text: &str) -> Option<Openid> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let fits = (1..=LETTERS_MAX).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Openid(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Openid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.0.len() > 2 * SHOWN { &self.0[..SHOWN] } else { "" };
        write!(f, "{shown}…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openid_is_plain_and_shown_in_part() {
        let read = |text: &str| Openid::parse(text).map(|openid| format!("{openid:?}"));
        assert_eq!(read("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o").as_deref(), Some("oUpF…"));
        assert_eq!(read("o-1").as_deref(), Some("…"));
        assert_eq!(read(&"o".repeat(128)).as_deref(), Some("oooo…"));
        for wrong in ["", "o 1", "o\n1", "o<1>", "微信", &"o".repeat(129)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
