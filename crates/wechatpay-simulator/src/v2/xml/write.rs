use super::Fields;

/// Writes fields as WeChat does: one root `xml`, every value in CDATA.
pub fn write(fields: &Fields) -> String {
    write_root("xml", fields)
}

/// The same under another root.
pub fn write_root(root: &str, fields: &Fields) -> String {
    let mut text = String::with_capacity(64 + fields.len() * 48);
    text.extend(["<", root, ">"]);
    for (name, value) in fields {
        push(&mut text, name, value);
    }
    text.extend(["</", root, ">"]);
    text
}

/// CDATA cannot contain its own end, so a value with `]]>` is cut in two sections there.
fn push(text: &mut String, name: &str, value: &str) {
    let value = value.replace("]]>", "]]]]><![CDATA[>");
    for part in ["<", name, "><![CDATA[", &value, "]]></", name, ">"] {
        text.push_str(part);
    }
}
