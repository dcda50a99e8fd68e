//! Addresses of the shop's own pages.

/// The login page that returns to `from`.
pub(super) fn login_page(from: &str) -> String {
    format!("/login?FROM={}", percent_encoded(from))
}

/// A text as it may stand in a query.
pub(super) fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let each = text
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    each.collect()
}
