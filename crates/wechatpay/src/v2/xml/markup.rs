//! Tags, CDATA sections and other markup.

use super::XmlError;
use super::chars::{SPACE, is_name};

const CDATA: &str = "<![CDATA[";

pub(super) enum Markup<'a> {
    Open(&'a str),
    Empty(&'a str),
    Close(&'a str),
    Cdata(&'a str),
}

/// Reads the next piece of markup.
pub(super) fn markup<'a>(rest: &mut &'a str) -> Result<Markup<'a>, XmlError> {
    if let Some(inside) = rest.strip_prefix(CDATA) {
        return until(rest, inside, "]]>").map(Markup::Cdata);
    }
    refuse_exotic(rest)?;
    let inside = rest.strip_prefix('<').ok_or_else(|| not_markup(rest))?;
    tag(until(rest, inside, ">")?)
}

fn until<'a>(rest: &mut &'a str, from: &'a str, end: &str) -> Result<&'a str, XmlError> {
    let (inside, after) = from.split_once(end).ok_or(XmlError::Unfinished)?;
    *rest = after;
    Ok(inside)
}

fn refuse_exotic(rest: &str) -> Result<(), XmlError> {
    match rest {
        _ if rest.starts_with("<!--") => Err(XmlError::Comment),
        _ if rest.starts_with("<!") => Err(XmlError::Doctype),
        _ if rest.starts_with("<?") => Err(XmlError::Instruction),
        _ => Ok(()),
    }
}

fn not_markup(rest: &str) -> XmlError {
    if rest.is_empty() { XmlError::Unfinished } else { XmlError::StrayText }
}

fn tag(inside: &str) -> Result<Markup<'_>, XmlError> {
    if let Some(name) = inside.strip_prefix('/') {
        return checked(name).map(Markup::Close);
    }
    match inside.strip_suffix('/') {
        Some(name) => checked(name).map(Markup::Empty),
        None => checked(inside).map(Markup::Open),
    }
}

fn checked(text: &str) -> Result<&str, XmlError> {
    let name = text.trim_end_matches(SPACE);
    match name.split_once(SPACE) {
        Some((before, _)) if is_name(before) => Err(XmlError::Attribute),
        Some(_) => Err(XmlError::Name),
        None if is_name(name) => Ok(name),
        None => Err(XmlError::Name),
    }
}
