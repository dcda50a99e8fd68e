use super::XmlFields;

/// Writes fields like WeChat: a root `xml`, every value in CDATA.
pub fn write(fields: &XmlFields) -> String {
    write_root("xml", fields)
}

/// Writes fields with another root.
pub fn write_root(root: &str, fields: &XmlFields) -> String {
    let mut text = String::with_capacity(64 + fields.len() * 48);
    text.extend(["<", root, ">"]);
    for (name, value) in fields {
        push(&mut text, name, value);
    }
    text.extend(["</", root, ">"]);
    text
}

/// CDATA cannot contain its own end, so a value with `]]>` is split into two sections.
fn push(text: &mut String, name: &str, value: &str) {
    let value = value.replace("]]>", "]]]]><![CDATA[>");
    for part in ["<", name, "><![CDATA[", &value, "]]></", name, ">"] {
        text.push_str(part);
    }
}
