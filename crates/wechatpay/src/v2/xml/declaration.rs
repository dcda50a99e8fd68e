//! The XML declaration, which is only allowed at the very start.

use super::XmlError;
use super::chars::SPACE;

/// Returns the text after the declaration, or the whole text if there is none.
pub(super) fn after_declaration(text: &str) -> Result<&str, XmlError> {
    let Some(rest) = text.strip_prefix("<?xml") else {
        return Ok(text);
    };
    let (inside, after) = rest.split_once("?>").ok_or(XmlError::Unfinished)?;
    check(inside)?;
    Ok(after)
}

fn check(mut inside: &str) -> Result<(), XmlError> {
    let version = declared(&mut inside, "version");
    let encoding = declared(&mut inside, "encoding");
    let standalone = declared(&mut inside, "standalone");
    if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
        return Err(XmlError::OtherEncoding);
    }
    let known = version == Some("1.0") && matches!(standalone, None | Some("yes" | "no"));
    if known && inside.trim_matches(SPACE).is_empty() { Ok(()) } else { Err(XmlError::Declaration) }
}

fn declared<'a>(text: &mut &'a str, name: &str) -> Option<&'a str> {
    let spaced = text.strip_prefix(SPACE)?.trim_start_matches(SPACE);
    let after_name = spaced.strip_prefix(name)?.trim_start_matches(SPACE);
    let quoted = after_name.strip_prefix('=')?.trim_start_matches(SPACE);
    let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, after) = quoted[1..].split_once(quote)?;
    *text = after;
    Some(value)
}
