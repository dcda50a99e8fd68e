//! Keys are validated, and debug output contains no key, signature or openid.

use wechatpay::v2::{ApiKey, ApiKeyError, SignType, V2Client, V2Notice, read_notice};

use crate::common::{KEY, OPENID, merchant, order, paid, signed};

#[test]
fn keys_have_32_letters_and_digits() {
    assert!(ApiKey::new(KEY).is_ok());
    for text in ["", "short", &"a".repeat(33), &"键".repeat(32)] {
        assert_eq!(ApiKey::new(text).unwrap_err(), ApiKeyError::Length);
    }
    for text in ["0123456789abcdef0123456789abcde ", "0123456789abcdef0123456789abcd键"] {
        assert!(ApiKey::new(text).is_err());
    }
    assert_eq!(ApiKey::new("0123456789abcdef0123456789abcde\n").unwrap_err(), ApiKeyError::Charset);
}

#[test]
fn nothing_shown_holds_a_secret() {
    let client = V2Client::new("http://127.0.0.1:1", merchant()).unwrap();
    let request = order().request(&merchant()).unwrap();
    let notice = signed(&paid(), SignType::Md5);
    let notice = read_notice(notice.as_bytes(), &merchant(), SignType::Md5).unwrap();
    assert!(matches!(notice, V2Notice::Paid(_)));
    let shown = format!("{client:?} {request:?} {notice:?} {:?}", merchant());
    assert!(!shown.contains(KEY) && !shown.contains(OPENID), "{shown}");
    let (_, signature) = request.as_str().split_once("<sign>").unwrap();
    assert!(!shown.contains(&signature[..64]), "{shown}");
}
