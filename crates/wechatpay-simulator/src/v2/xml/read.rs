//! A strict parser. It has no support for DOCTYPE, comments, processing instructions, attributes or nesting, so there
//! is nothing to exploit (the lesson of CVE-2018-13439).

use super::XmlFields;

const MAX_FIELDS: usize = 100;
const MAX_NAME_BYTES: usize = 64;

/// The text is not valid flat XML.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not flat XML: {0}")]
pub struct XmlSyntaxError(&'static str);

/// Parses `<xml>` with flat children. A name may occur once. Values may mix text, CDATA and the five entities.
pub fn read(text: &str) -> Result<XmlFields, XmlSyntaxError> {
    let text = text.replace("\r\n", "\n");
    let mut rest = skip_declaration(text.strip_prefix('\u{feff}').unwrap_or(&text))?;
    rest = expect(rest.trim_start(), "<xml>", "the root is <xml>")?;
    let mut fields = XmlFields::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("</xml>") {
            return at_end(after).map(|()| fields);
        }
        rest = child(rest, &mut fields)?;
    }
}

fn skip_declaration(text: &str) -> Result<&str, XmlSyntaxError> {
    match text.trim_start().strip_prefix("<?xml ") {
        Some(declaration) => declaration
            .split_once("?>")
            .map(|(_, rest)| rest)
            .ok_or(XmlSyntaxError("the declaration does not end")),
        None => Ok(text),
    }
}

fn at_end(rest: &str) -> Result<(), XmlSyntaxError> {
    if rest.trim().is_empty() { Ok(()) } else { Err(XmlSyntaxError("there is text after </xml>")) }
}

fn child<'a>(text: &'a str, fields: &mut XmlFields) -> Result<&'a str, XmlSyntaxError> {
    let text = expect(text, "<", "there is text between the fields")?;
    let end = text.find(['>', '/']).ok_or(XmlSyntaxError("a tag does not end"))?;
    let (name, rest) = text.split_at(end);
    check_name(name)?;
    let (value, rest) = match rest.strip_prefix("/>") {
        Some(rest) => (String::new(), rest),
        None => value(expect(rest, ">", "a tag does not end")?, name)?,
    };
    if fields.len() == MAX_FIELDS || fields.insert(name.to_owned(), value).is_some() {
        return Err(XmlSyntaxError("a field comes twice, or there are too many"));
    }
    Ok(rest)
}

fn check_name(name: &str) -> Result<(), XmlSyntaxError> {
    let start = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let legal = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let sound = start && legal && name.len() <= MAX_NAME_BYTES;
    if sound { Ok(()) } else { Err(XmlSyntaxError("a name is not a plain name")) }
}

fn value<'a>(mut text: &'a str, name: &str) -> Result<(String, &'a str), XmlSyntaxError> {
    let mut value = String::new();
    loop {
        let stop = text.find(['<', '&']).ok_or(XmlSyntaxError("a field does not end"))?;
        push_legal(&mut value, &text[..stop])?;
        text = &text[stop..];
        if let Some(rest) = text.strip_prefix("</") {
            let rest = rest.strip_prefix(name).and_then(|rest| rest.trim_start().strip_prefix('>'));
            return rest.map(|rest| (value, rest)).ok_or(XmlSyntaxError("a field ends under another name"));
        }
        text = section_or_entity(text, &mut value)?;
    }
}

fn section_or_entity<'a>(text: &'a str, value: &mut String) -> Result<&'a str, XmlSyntaxError> {
    if let Some(section) = text.strip_prefix("<![CDATA[") {
        let (content, rest) =
            section.split_once("]]>").ok_or(XmlSyntaxError("a CDATA section does not end"))?;
        push_legal(value, content)?;
        return Ok(rest);
    }
    let text = expect(text, "&", "only text, CDATA and entities may stand in a field")?;
    let (name, rest) = text.split_once(';').ok_or(XmlSyntaxError("an entity does not end"))?;
    value.push(entity(name).ok_or(XmlSyntaxError("an entity is unknown"))?);
    Ok(rest)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        numbered => numbered_entity(numbered).filter(|c| is_xml_char(*c)),
    }
}

/// Eight digits are enough for any character, and the limit excludes `+` and endless zeros.
fn numbered_entity(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    let sound = digits.len() <= 8 && digits.chars().all(|c| c.is_digit(radix));
    sound.then(|| u32::from_str_radix(digits, radix).ok()).flatten().and_then(char::from_u32)
}

fn push_legal(value: &mut String, text: &str) -> Result<(), XmlSyntaxError> {
    if !text.chars().all(is_xml_char) {
        return Err(XmlSyntaxError("a character is not allowed in XML"));
    }
    value.push_str(text);
    Ok(())
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn expect<'a>(text: &'a str, token: &str, otherwise: &'static str) -> Result<&'a str, XmlSyntaxError> {
    text.strip_prefix(token).ok_or(XmlSyntaxError(otherwise))
}
