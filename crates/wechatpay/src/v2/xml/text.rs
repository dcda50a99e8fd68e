//! Text between tags: entities, references and line ends.

use super::XmlError;
use super::chars::is_allowed;

/// Appends text and decodes its entities.
pub(super) fn push_text(out: &mut String, text: &str) -> Result<(), XmlError> {
    if text.contains("]]>") {
        return Err(XmlError::StrayText);
    }
    let mut parts = text.split('&');
    push_raw(out, parts.next().unwrap_or_default());
    for part in parts {
        let (entity, plain) = part.split_once(';').ok_or(XmlError::Entity)?;
        out.push(decoded(entity)?);
        push_raw(out, plain);
    }
    Ok(())
}

/// Appends text and normalizes line ends to LF (XML 1.0, section 2.11).
pub(super) fn push_raw(out: &mut String, text: &str) {
    if text.contains('\r') {
        out.push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
    } else {
        out.push_str(text);
    }
}

fn decoded(entity: &str) -> Result<char, XmlError> {
    match entity {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => referenced(entity.strip_prefix('#').ok_or(XmlError::Entity)?),
    }
}

fn referenced(digits: &str) -> Result<char, XmlError> {
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |hex| (hex, 16));
    if !(1..=8).contains(&digits.len()) || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(XmlError::Entity);
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| XmlError::Entity)?;
    char::from_u32(code).filter(|c| is_allowed(*c)).ok_or(XmlError::ForbiddenChar)
}
