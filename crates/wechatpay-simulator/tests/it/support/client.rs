//! A minimal merchant client, written from the protocol documentation.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use md5::{Digest as _, Md5};

pub type Fields = BTreeMap<String, String>;

#[derive(Clone, Copy)]
pub enum Sign {
    Md5,
    Hmac,
}

pub const KEY: &str = "0123456789abcdef0123456789abcdef";

pub fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The request in XML, with the numbers of the demo merchant, a nonce and the signature.
pub fn signed(mut own: Fields, sign: Sign) -> String {
    own.entry("appid".into()).or_insert_with(|| "wx8888888888888888".into());
    own.entry("mch_id".into()).or_insert_with(|| "1900000109".into());
    own.insert("nonce_str".into(), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".into());
    if matches!(sign, Sign::Hmac) {
        own.insert("sign_type".into(), "HMAC-SHA256".into());
    }
    own.insert("sign".into(), signature(&own, KEY, sign));
    write(&own)
}

pub fn signature(fields: &Fields, key: &str, sign: Sign) -> String {
    let pairs = fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty());
    let text = pairs.map(|(name, value)| format!("{name}={value}&")).collect::<String>() + "key=" + key;
    let digest = match sign {
        Sign::Md5 => Md5::digest(text).to_vec(),
        Sign::Hmac => {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()).as_ref().into()
        }
    };
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub fn is_signed(fields: &Fields, sign: Sign) -> bool {
    fields.get("sign") == Some(&signature(fields, KEY, sign))
}

pub fn write(fields: &Fields) -> String {
    let escape = |value: &str| value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let children = fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escape(value)));
    format!("<xml>{}</xml>", children.collect::<String>())
}

/// Reads WeChat's XML: every value in CDATA.
pub fn read(text: &str) -> Fields {
    let mut rest = text.strip_prefix("<xml>").unwrap_or_else(|| panic!("no XML: {text}"));
    let mut fields = Fields::new();
    while let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once("><![CDATA[")) {
        let (value, after) = after.split_once(&format!("]]></{name}>")).unwrap();
        fields.insert(name.to_owned(), value.replace("]]]]><![CDATA[>", "]]>"));
        rest = after;
    }
    assert_eq!(rest, "</xml>");
    fields
}
