//! Facts of a message, as a sentence of either language shows them.

use std::borrow::Cow;

use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::id::{Id, OrderId};
use crate::domain::lang::Lang;
use crate::domain::money::Fen;

pub(super) trait Fact {
    fn shown(&self, lang: Lang) -> Cow<'_, str>;

    #[cfg(test)]
    fn sample() -> Self;
}

/// Facts that both languages write alike.
macro_rules! alike {
    ($($type:ty, $sample:expr;)+) => {
        $(impl Fact for $type {
            fn shown(&self, _: Lang) -> Cow<'_, str> {
                self.to_string().into()
            }

            #[cfg(test)]
            fn sample() -> Self {
                $sample
            }
        })+
    };
}

alike! {
    u32, 7;
    u64, 7;
    usize, 7;
    i64, 7;
    String, "x7".to_owned();
    &'static str, "x7";
    Fen, Fen(700);
    Id, Id(7);
    OrderId, OrderId("NO.7".to_owned());
    Day, Day::containing(UtcMs(0));
}

/// Beijing time, to the minute.
impl Fact for UtcMs {
    fn shown(&self, _: Lang) -> Cow<'_, str> {
        self.beijing().into()
    }

    #[cfg(test)]
    fn sample() -> Self {
        UtcMs(0)
    }
}

/// The values a field may have.
impl Fact for &'static [&'static str] {
    fn shown(&self, lang: Lang) -> Cow<'_, str> {
        self.join(lang.of("、", ", ")).into()
    }

    #[cfg(test)]
    fn sample() -> Self {
        &["x7", "x8"]
    }
}
