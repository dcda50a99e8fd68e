use super::Fields;

/// Writes fields as WeChat does: one root `xml`, every value in CDATA.
pub fn write(fields: &Fields) -> String {
    let mut text = String::with_capacity(64 + fields.len() * 48);
    text.push_str("<xml>");
    for (name, value) in fields {
        push(&mut text, name, value);
    }
    text.push_str("</xml>");
    text
}

/// CDATA cannot contain its own end, so a value with `]]>` is cut in two sections there.
fn push(text: &mut String, name: &str, value: &str) {
    let value = value.replace("]]>", "]]]]><![CDATA[>");
    for part in ["<", name, "><![CDATA[", &value, "]]></", name, ">"] {
        text.push_str(part);
    }
}
