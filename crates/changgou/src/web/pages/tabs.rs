//! Tabs that filter a list.

pub(super) struct Tab {
    pub word: &'static str,
    pub title: &'static str,
    pub is_here: bool,
}

/// Tabs of (word, title) pairs; `which` is the word of the current tab.
pub(super) fn tabs<const N: usize>(all: [(&'static str, &'static str); N], which: &str) -> Vec<Tab> {
    all.into_iter().map(|(word, title)| Tab { word, title, is_here: word == which }).collect()
}
