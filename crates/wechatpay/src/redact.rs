//! People are not shown whole.

/// The first characters of an openid.
pub(crate) fn masked(openid: &str) -> String {
    let shown = if openid.len() > 8 { 4 } else { 0 };
    openid.chars().take(shown).chain("...".chars()).collect()
}
