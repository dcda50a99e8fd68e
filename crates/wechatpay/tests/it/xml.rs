//! What the parser accepts, and that it reads back what the writer wrote.

use proptest::prelude::*;
use wechatpay::v2::{Fields, xml};

use crate::common::fields;

fn value(inside: &str) -> String {
    let text = format!("<xml><a>{inside}</a></xml>");
    xml::read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))["a"].clone()
}

#[test]
fn text_cdata_entities_and_references_are_decoded() {
    for (inside, expected) in [
        ("", ""),
        ("畅购", "畅购"),
        ("<![CDATA[<b>&amp;</b>]]>", "<b>&amp;</b>"),
        ("a<![CDATA[b]]>c<![CDATA[]]><![CDATA[]]]]><![CDATA[>]]>", "abc]]>"),
        ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
        ("&#65;&#x4E2d;&#13;", "A中\r"),
        ("1\r\n2\r3<![CDATA[\r\n]]>", "1\n2\n3\n"),
        (" x ", " x "),
        ("--> ] > ", "--> ] > "),
    ] {
        assert_eq!(value(inside), expected, "{inside}");
    }
}

#[test]
fn the_frame_may_be_spaced_declared_and_marked() {
    for text in [
        "<xml><a>1</a><b/></xml>",
        "\u{feff}<?xml version=\"1.0\" encoding='UTF-8' standalone=\"yes\" ?>\n<xml>\n<a>1</a >\t<b />\r\n</xml>\n",
        "<?xml version='1.0'?> <xml ><a >1</a><b></b></xml >",
    ] {
        assert_eq!(xml::read(text.as_bytes()), Ok(fields(&[("a", "1"), ("b", "")])), "{text}");
    }
    assert_eq!(xml::read(b"<xml/>"), Ok(Fields::new()));
    assert_eq!(xml::read_rooted(b"<root><a>1</a></root>", "root"), Ok(fields(&[("a", "1")])));
}

#[test]
fn cdata_is_written_where_needed() {
    for (text, expected) in [
        ("plain 畅购", "plain 畅购"),
        ("<&>", "<![CDATA[<&>]]>"),
        ("]]>", "<![CDATA[]]]]><![CDATA[>]]>"),
        (" x", "<![CDATA[ x]]>"),
        ("a\rb", "<![CDATA[a]]>&#13;<![CDATA[b]]>"),
    ] {
        assert_eq!(xml::write(&fields(&[("a", text)])), format!("<xml><a>{expected}</a></xml>"));
    }
}

#[test]
fn what_xml_cannot_carry_is_left_out() {
    let message = fields(&[("a", "1\0\u{1b}2\u{ffff}"), ("b c", "x"), ("", "x"), ("<d", "x")]);
    assert_eq!(xml::write(&message), "<xml><a>12</a></xml>");
}

fn carried(text: &str) -> String {
    let refused = |c: &char| (*c < ' ' && !"\t\n\r".contains(*c)) || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| !refused(c)).collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        message in prop::collection::btree_map("[A-Za-z_][A-Za-z0-9_.-]{0,20}", any::<String>(), 0..20)
    ) {
        let expected: Fields = message.iter().map(|(name, text)| (name.clone(), carried(text))).collect();
        prop_assert_eq!(xml::read(xml::write(&message).as_bytes()), Ok(expected));
    }

    #[test]
    fn marked_up_text_is_read_back(text in "[\\]\\[<>&!CDATA;#\r\n\t x-]{0,40}") {
        let message = fields(&[("a", &text)]);
        prop_assert_eq!(xml::read(xml::write(&message).as_bytes()), Ok(message));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = xml::read(&bytes);
    }

    #[test]
    fn no_near_message_makes_the_reader_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<xml>", "</xml>", "<a>", "</a>", "<a/>", "<", ">", "/", "&", "&#", "x4E;", "lt;", "<![CDATA[",
            "]]>", "<?xml ", "version='1.0'", "?>", "<!--", "-->", "<!DOCTYPE", "畅", "\u{feff}", " ", "=", "\"",
        ]), 0..30)
    ) {
        let _ = xml::read(pieces.concat().as_bytes());
        let _ = xml::read(format!("<xml><a>{}</a></xml>", pieces.concat()).as_bytes());
    }
}
