//! What the parser refuses, each with its reason.

use wechatpay::v2::XmlError;
use wechatpay::v2::xml::{self, MAX_BYTES, MAX_FIELDS};

fn refused(text: impl AsRef<[u8]>) -> XmlError {
    let text = text.as_ref();
    xml::read(text).expect_err(&String::from_utf8_lossy(&text[..text.len().min(200)]))
}

#[test]
fn external_entities_and_their_bombs() {
    let xxe = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\
        <xml><a>&e;</a></xml>";
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><xml><a>&b;</a></xml>";
    for text in [xxe, laughs, "<xml><!DOCTYPE x></xml>", "<xml><a><!ENTITY e ''></a></xml>"] {
        assert_eq!(refused(text), XmlError::Doctype, "{text}");
    }
    for entity in
        ["&e;", "&nbsp;", "&LT;", "&", "&;", "&lt", "&#;", "&#x;", "&#+5;", "&#x1_0;", "&#000000065;"]
    {
        assert_eq!(refused(format!("<xml><a>{entity}</a></xml>")), XmlError::Entity, "{entity}");
    }
}

#[test]
fn fields_that_two_readers_may_read_differently() {
    let twice = "<xml><total_fee>1</total_fee><total_fee>100</total_fee></xml>";
    for text in [twice, "<xml><a/><a>1</a></xml>", "<xml><a>1</a><a>1</a></xml>"] {
        assert_eq!(refused(text), XmlError::Duplicate, "{text}");
    }
    for text in ["<xml><a>1<!-- -->0</a></xml>", "<xml><!-- --></xml>", "<!----><xml/>", "<xml/><!-- -->"] {
        assert_eq!(refused(text), XmlError::Comment, "{text}");
    }
    for text in ["<xml><a><b>1</b></a></xml>", "<xml><a>1<b/></a></xml>"] {
        assert_eq!(refused(text), XmlError::Nested, "{text}");
    }
    for text in ["<xml a='1'/>", "<xml><a b=\"1\">1</a></xml>", "<xml><a xmlns='x'/></xml>", "<xml></xml x>"]
    {
        assert_eq!(refused(text), XmlError::Attribute, "{text}");
    }
}

#[test]
fn too_much_of_anything() {
    assert_eq!(refused(vec![b'x'; 10_000_000]), XmlError::TooLong);
    let frame = "<xml><a></a></xml>".len();
    let filled = |length| format!("<xml><a>{}</a></xml>", "x".repeat(length - frame));
    assert!(xml::read(filled(MAX_BYTES).as_bytes()).is_ok());
    assert_eq!(refused(filled(MAX_BYTES + 1)), XmlError::TooLong);
    let many = |count| format!("<xml>{}</xml>", (0..count).map(|n| format!("<f{n}/>")).collect::<String>());
    assert!(xml::read(many(MAX_FIELDS).as_bytes()).is_ok());
    assert_eq!(refused(many(MAX_FIELDS + 1)), XmlError::TooManyFields);
    assert_eq!(refused(format!("<xml><{0}/></xml>", "n".repeat(65))), XmlError::Name);
}

#[test]
fn other_encodings_and_characters() {
    assert_eq!(refused(b"<xml><a>caf\xe9</a></xml>"), XmlError::NotUtf8);
    let utf16: Vec<u8> = "<xml/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(utf16), XmlError::ForbiddenChar);
    for name in ["gbk", "ISO-8859-1", "UTF-16", "UTF-7", ""] {
        let text = format!("<?xml version=\"1.0\" encoding=\"{name}\"?><xml/>");
        assert_eq!(refused(text), XmlError::OtherEncoding, "{name}");
    }
    for text in ["\0", "\u{8}", "\u{1f}", "\u{fffe}", "&#0;", "&#x1F;", "&#xD800;", "&#xFFFF;", "&#x110000;"]
    {
        assert_eq!(refused(format!("<xml><a>{text}</a></xml>")), XmlError::ForbiddenChar, "{text:?}");
    }
}

#[test]
fn declarations_and_instructions() {
    for text in ["<?xml?><xml/>", "<?xml version='1.1'?><xml/>", "<?xml version=1.0?><xml/>"] {
        assert_eq!(refused(text), XmlError::Declaration, "{text}");
    }
    for text in ["<?xml version='1.0' x='1'?><xml/>", "<?xml-stylesheet version='1.0'?><xml/>"] {
        assert_eq!(refused(text), XmlError::Declaration, "{text}");
    }
    for text in
        [" <?xml version='1.0'?><xml/>", "<xml><?php x?></xml>", "<xml><a><?x?></a></xml>", "<xml/><?x?>"]
    {
        assert_eq!(refused(text), XmlError::Instruction, "{text}");
    }
}

#[test]
fn frames_that_do_not_fit() {
    for text in [
        "",
        " ",
        "<",
        "<xml",
        "<xml>",
        "<xml><a>",
        "<xml><a>1",
        "<xml><a>1</a>",
        "<xml><a><![CDATA[x</a></xml>",
    ] {
        assert_eq!(refused(text), XmlError::Unfinished, "{text}");
    }
    for text in [
        "hello",
        "{}",
        "<xml>x</xml>",
        "<xml><a/>,<b/></xml>",
        "<xml/>x",
        "<xml/><xml/>",
        "<![CDATA[]]><xml/>",
    ] {
        assert_eq!(refused(text), XmlError::StrayText, "{text}");
    }
    for text in ["<xml><![CDATA[x]]></xml>", "<xml><a>]]></a></xml>"] {
        assert_eq!(refused(text), XmlError::StrayText, "{text}");
    }
    for text in ["<XML></XML>", "<root><a>1</a></root>", "</xml>"] {
        assert_eq!(refused(text), XmlError::Root, "{text}");
    }
    for text in ["<xml></a></xml>", "<xml><a>1</b></xml>", "<xml><a>1</xml>", "<xml><a>1</A></xml>"] {
        assert_eq!(refused(text), XmlError::Mismatch, "{text}");
    }
    for text in
        ["< xml/>", "<>", "<xml><1/></xml>", "<xml><é/></xml>", "<xml><a:b/></xml>", "<xml><a/ ></a/ ></xml>"]
    {
        assert_eq!(refused(text), XmlError::Name, "{text}");
    }
}
