//! The parts of a list that one looks at separately.

/// One of them.
pub(super) struct Tab {
    pub word: &'static str,
    pub title: &'static str,
    pub is_here: bool,
}

/// Tabs of these words and titles; `which` is the word of the one that is shown.
pub(super) fn tabs<const N: usize>(all: [(&'static str, &'static str); N], which: &str) -> Vec<Tab> {
    all.into_iter().map(|(word, title)| Tab { word, title, is_here: word == which }).collect()
}
