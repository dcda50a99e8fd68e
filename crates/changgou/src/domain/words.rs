//! Enums that are stored and transmitted as words: one declaration gives the
//! enum, the word of each variant and the way back.

/// An enum that a text column holds.
pub trait StoredWord: Sized {
    /// `None` if no variant has this word.
    fn from_word(word: &str) -> Option<Self>;
}

/// Declares an enum together with the word of each variant. It gets `word()`,
/// `parse()` and `ALL`, and can be read from a text column.
///
/// A final `else Variant` names the variant that a column with an unknown word
/// is read as; without it such a column is an error.
macro_rules! word_enum {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$variant_attribute:meta])* $variant:ident = $word:literal,)+
        }
        $(else $fallback:ident)?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $name {
            $($(#[$variant_attribute])* $variant,)+
        }

        impl $name {
            /// All variants in the order of their declaration.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];

            /// The word that is stored.
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// `None` if no variant has this word.
            pub fn parse(word: &str) -> Option<$name> {
                match word {
                    $($word => Some($name::$variant),)+
                    _ => None,
                }
            }
        }

        impl $crate::domain::words::StoredWord for $name {
            fn from_word(word: &str) -> Option<$name> {
                $name::parse(word)$(.or(Some($name::$fallback)))?
            }
        }
    };
}
pub(crate) use word_enum;

#[cfg(test)]
mod tests {
    use super::StoredWord;

    word_enum! {
        enum Strict {
            One = "one",
            Two = "two",
        }
    }

    word_enum! {
        enum Lenient {
            Known = "known",
            Unknown = "unknown",
        }
        else Unknown
    }

    #[test]
    fn every_word_is_read_as_its_variant() {
        for strict in Strict::ALL {
            assert_eq!(Strict::parse(strict.word()), Some(strict));
        }
        for lenient in Lenient::ALL {
            assert_eq!(Lenient::from_word(lenient.word()), Some(lenient));
        }
    }

    #[test]
    fn an_unknown_word_is_read_as_the_fallback_if_there_is_one() {
        assert_eq!(Strict::from_word("three"), None);
        assert_eq!(Lenient::parse("three"), None);
        assert_eq!(Lenient::from_word("three"), Some(Lenient::Unknown));
    }
}
