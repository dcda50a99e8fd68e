//! Writing a message.

use super::super::Fields;
use super::chars::{SPACE, is_allowed, is_name};

/// Writes a message under `<xml>`, fields in ASCII order of their names. Any reader of XML gets back
/// the very same texts.
///
/// What XML cannot carry is left out: control characters other than tab, LF and CR, U+FFFE and
/// U+FFFF, and fields whose name is no tag name. A signed message that lost something this way no
/// longer fits its signature, so it is refused by the other side rather than understood differently;
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

/// Text that needs it goes into CDATA, which also keeps outer white space from lenient readers that
/// trim. CR stays outside CDATA as a reference, for readers turn a bare one into LF.
fn encoded(value: String) -> String {
    let trimmed = value.trim_matches(SPACE).len() < value.len();
    if !trimmed && !value.contains(['<', '>', '&', '\r']) {
        return value;
    }
    let split = value.replace("]]>", "]]]]><![CDATA[>").replace('\r', "]]>&#13;<![CDATA[");
    format!("<![CDATA[{split}]]>")
}
