//! Reading a message.

use std::collections::btree_map::Entry;

use super::super::Fields;
use super::XmlError;
use super::chars::{SPACE, is_allowed};
use super::declaration::after_declaration;
use super::markup::{Markup, markup};
use super::text::{push_raw, push_text};

/// The maximum length of a message: 64 KiB. WeChat's messages are much shorter.
pub const MAX_BYTES: usize = 64 * 1024;

/// The maximum number of fields in a message.
pub const MAX_FIELDS: usize = 100;

/// Parses a message with the root `<xml>`.
///
/// # Errors
/// [`XmlError`] for anything but flat XML.
pub fn read(bytes: &[u8]) -> Result<Fields, XmlError> {
    read_rooted(bytes, "xml")
}

/// Parses a message with another root, such as `<root>` in refund notices.
///
/// # Errors
/// [`XmlError`] for anything but flat XML.
pub fn read_rooted(bytes: &[u8], root: &str) -> Result<Fields, XmlError> {
    let text = decoded(bytes)?;
    let mut rest = after_declaration(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    skip_space(&mut rest);
    let fields = match markup(&mut rest)? {
        Markup::Open(name) if name == root => fields(&mut rest, root)?,
        Markup::Empty(name) if name == root => Fields::new(),
        Markup::Cdata(_) => return Err(XmlError::StrayText),
        Markup::Open(_) | Markup::Empty(_) | Markup::Close(_) => return Err(XmlError::Root),
    };
    nothing_more(rest)?;
    Ok(fields)
}

fn decoded(bytes: &[u8]) -> Result<&str, XmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(XmlError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotUtf8)?;
    if text.chars().all(is_allowed) { Ok(text) } else { Err(XmlError::ForbiddenChar) }
}

fn fields(rest: &mut &str, root: &str) -> Result<Fields, XmlError> {
    let mut fields = Fields::new();
    loop {
        skip_space(rest);
        match markup(rest)? {
            Markup::Open(name) => insert(&mut fields, name, value(rest, name)?)?,
            Markup::Empty(name) => insert(&mut fields, name, String::new())?,
            Markup::Close(name) if name == root => return Ok(fields),
            Markup::Close(_) => return Err(XmlError::Mismatch),
            Markup::Cdata(_) => return Err(XmlError::StrayText),
        }
    }
}

fn insert(fields: &mut Fields, name: &str, value: String) -> Result<(), XmlError> {
    if fields.len() == MAX_FIELDS {
        return Err(XmlError::TooManyFields);
    }
    match fields.entry(name.to_owned()) {
        Entry::Vacant(vacant) => drop(vacant.insert(value)),
        Entry::Occupied(_) => return Err(XmlError::Duplicate),
    }
    Ok(())
}

fn value(rest: &mut &str, name: &str) -> Result<String, XmlError> {
    let mut value = String::new();
    loop {
        let (text, after) = rest.split_at(rest.find('<').ok_or(XmlError::Unfinished)?);
        *rest = after;
        push_text(&mut value, text)?;
        match markup(rest)? {
            Markup::Cdata(raw) => push_raw(&mut value, raw),
            Markup::Close(end) if end == name => return Ok(value),
            Markup::Close(_) => return Err(XmlError::Mismatch),
            Markup::Open(_) | Markup::Empty(_) => return Err(XmlError::Nested),
        }
    }
}

fn nothing_more(mut rest: &str) -> Result<(), XmlError> {
    skip_space(&mut rest);
    if rest.is_empty() {
        return Ok(());
    }
    markup(&mut rest).and(Err(XmlError::StrayText))
}

fn skip_space(rest: &mut &str) {
    *rest = rest.trim_start_matches(SPACE);
}
