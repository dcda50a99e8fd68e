//! Who pays, as WeChat names people to this shop.

use std::fmt;

/// An openid. It is a person's, so it is not shown whole where it need not be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Openid(String);

/// The most letters one has.
const LETTERS_MAX: usize = 128;

/// Letters of it that are shown.
const SHOWN: usize = 4;

impl Openid {
    /// An openid that can be one: 1 to 128 letters, digits, `_` and `-`.
    pub fn read(text: &str) -> Option<Openid> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let fits = (1..=LETTERS_MAX).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Openid(text.to_owned()))
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Its first letters alone.
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
        let read = |text: &str| Openid::read(text).map(|openid| format!("{openid:?}"));
        assert_eq!(read("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o").as_deref(), Some("oUpF…"));
        assert_eq!(read("o-1").as_deref(), Some("…"));
        assert_eq!(read(&"o".repeat(128)).as_deref(), Some("oooo…"));
        for wrong in ["", "o 1", "o\n1", "o<1>", "微信", &"o".repeat(129)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
