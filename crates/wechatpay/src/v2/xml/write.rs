//! Writing a message.

use super::super::Fields;
use super::chars::{SPACE, is_allowed, is_name};

/// Writes a message with the root `<xml>` and its fields in ASCII order. Any XML parser reads back
/// exactly the same texts.
///
/// Characters that XML does not allow are left out (control characters other than tab, LF and CR,
/// U+FFFE and U+FFFF), and so are fields with an invalid name. A signed message that loses something
/// this way no longer matches its signature, so the other side refuses it.
/// [`UnifiedOrder::request`](crate::v2::UnifiedOrder::request) refuses such texts beforehand.
pub fn write(fields: &Fields) -> String {
    let mut out = String::from("<xml>");
    for (name, value) in fields.iter().filter(|(name, _)| is_name(name)) {
        let value: String = value.chars().filter(|c| is_allowed(*c)).collect();
        out.extend(["<", name, ">", &encoded(value), "</", name, ">"]);
    }
    out.push_str("</xml>");
    out
}

/// Uses CDATA where needed, which also protects outer white space from parsers that trim. CR stays
/// outside CDATA as a reference, because parsers turn a literal CR into LF.
fn encoded(value: String) -> String {
    let trimmed = value.trim_matches(SPACE).len() < value.len();
    if !trimmed && !value.contains(['<', '>', '&', '\r']) {
        return value;
    }
    let split = value.replace("]]>", "]]]]><![CDATA[>").replace('\r', "]]>&#13;<![CDATA[");
    format!("<![CDATA[{split}]]>")
}
