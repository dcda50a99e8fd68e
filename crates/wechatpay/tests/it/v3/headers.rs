//! The signature headers, and the order of the checks.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use wechatpay::v3::{PlatformKeys, SignatureHeaders, V3SignatureError, verify};

use super::common::{NOW, PUBLIC_KEY_ID, keys, signed, stranger, wechat};

const BODY: &[u8] = b"{\"code_url\":\"weixin://1\"}";

fn good() -> SignatureHeaders {
    signed(wechat(), PUBLIC_KEY_ID, NOW, BODY)
}

fn http(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

const ALL: [(&str, &str); 5] = [
    ("Wechatpay-Timestamp", "1767232800"),
    ("Wechatpay-Nonce", "n"),
    ("Wechatpay-Serial", "s"),
    ("Wechatpay-Signature", "c2ln"),
    ("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"),
];

#[test]
fn each_header_is_there_once() {
    assert!(SignatureHeaders::from_headers(&http(&ALL)).is_ok());
    assert!(SignatureHeaders::from_headers(&http(&ALL[..4])).is_ok());
    for gone in 0..4 {
        let mut some = ALL.to_vec();
        some.remove(gone);
        assert_eq!(SignatureHeaders::from_headers(&http(&some)), Err(V3SignatureError::Missing));
        let twice = [&ALL[..], &ALL[gone..=gone]].concat();
        assert_eq!(SignatureHeaders::from_headers(&http(&twice)), Err(V3SignatureError::Headers));
        for value in ["", " x y", "畅", &"1".repeat(2049)] {
            let mut odd = ALL;
            odd[gone].1 = value;
            assert_eq!(
                SignatureHeaders::from_headers(&http(&odd)),
                Err(V3SignatureError::Headers),
                "{value}"
            );
        }
    }
    let found = SignatureHeaders::from_lookup(|name| {
        ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    });
    assert_eq!(found, SignatureHeaders::from_headers(&http(&ALL)));
    assert_eq!(SignatureHeaders::from_lookup(|_| None), Err(V3SignatureError::Missing));
    let broken = SignatureHeaders::from_lookup(|name| (name != "wechatpay-signature-type").then_some("a\nb"));
    assert_eq!(broken, Err(V3SignatureError::Headers));
    let mut other = ALL;
    other[4].1 = "WECHATPAY2-SM2-WITH-SM3";
    assert_eq!(SignatureHeaders::from_headers(&http(&other)), Err(V3SignatureError::OtherSchema));
}

#[test]
fn both_kinds_of_keys_are_believed_and_no_others() {
    assert_eq!(verify(&good(), BODY, &keys(), NOW), Ok(()));
    let certified = signed(wechat(), &wechat().serial, NOW, BODY);
    assert_eq!(verify(&certified, BODY, &keys(), NOW), Ok(()));
    let forged = signed(stranger(), PUBLIC_KEY_ID, NOW, BODY);
    assert_eq!(verify(&forged, BODY, &keys(), NOW), Err(V3SignatureError::Wrong));
    let unknown = signed(stranger(), &stranger().serial, NOW, BODY);
    assert_eq!(verify(&unknown, BODY, &keys(), NOW), Err(V3SignatureError::UnknownSerial));
    let lower = signed(wechat(), &PUBLIC_KEY_ID.to_lowercase(), NOW, BODY);
    assert_eq!(verify(&lower, BODY, &keys(), NOW), Err(V3SignatureError::UnknownSerial));
}

#[test]
fn no_part_of_the_body_passes_for_the_nonce() {
    let body = b"{\"a\":\n1}";
    let good = signed(wechat(), PUBLIC_KEY_ID, NOW, body);
    assert_eq!(verify(&good, body, &keys(), NOW), Ok(()));
    let moved = SignatureHeaders { nonce: format!("{}\n{{\"a\":", good.nonce), ..good };
    assert_eq!(verify(&moved, b"1}", &keys(), NOW), Err(V3SignatureError::Headers));
}

#[test]
fn probes_are_failures_of_their_own() {
    let probe = SignatureHeaders { signature: "WECHATPAY/SIGNTEST/abc".into(), ..good() };
    assert_eq!(verify(&probe, BODY, &keys(), NOW), Err(V3SignatureError::Probe));
    assert_eq!(verify(&probe, BODY, &PlatformKeys::new(), 0), Err(V3SignatureError::Probe));
}

#[test]
fn times_five_minutes_off_are_stale() {
    for (off, fits) in [(299_000, true), (-299_000, true), (300_000, false), (-300_000, false)] {
        let stale = verify(&good(), BODY, &keys(), NOW + off);
        assert_eq!(stale, if fits { Ok(()) } else { Err(V3SignatureError::Stale) }, "{off}");
    }
    for (text, error) in [
        ("0", V3SignatureError::Stale),
        ("9223372036854775807", V3SignatureError::Stale),
        ("9223372036854775808", V3SignatureError::Headers),
        ("-9223372036854775808", V3SignatureError::Headers),
        ("+1767232800", V3SignatureError::Headers),
        ("1767232800.0", V3SignatureError::Headers),
    ] {
        let headers = SignatureHeaders { timestamp: text.into(), ..good() };
        assert_eq!(verify(&headers, BODY, &keys(), NOW), Err(error), "{text}");
        assert!(verify(&headers, BODY, &keys(), i64::MIN).is_err());
        assert!(verify(&headers, BODY, &keys(), i64::MAX).is_err());
    }
}

#[test]
fn certificates_hold_for_their_time_alone() {
    for (year, now) in [(2024, 1_704_067_200_000), (2031, 1_924_992_000_000)] {
        let headers = signed(wechat(), &wechat().serial, now, BODY);
        assert_eq!(verify(&headers, BODY, &keys(), now), Err(V3SignatureError::KeyExpired), "{year}");
    }
}

proptest! {
    #[test]
    fn any_byte_flipped_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8u8, part in 0..4) {
        let (mut headers, mut body) = (good(), BODY.to_vec());
        let flip = |text: &mut String| {
            let mut bytes = text.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            *text = String::from_utf8_lossy(&bytes).into_owned();
        };
        match part {
            0 => flip(&mut headers.timestamp),
            1 => flip(&mut headers.nonce),
            2 => flip(&mut headers.signature),
            _ => { let at = at.index(body.len()); body[at] ^= 1 << bit; }
        }
        prop_assert!(verify(&headers, &body, &keys(), NOW).is_err());
    }

    #[test]
    fn no_headers_make_it_panic(
        timestamp in ".{0,25}", nonce in ".{0,10}", signature in ".{0,40}", now in any::<i64>(),
    ) {
        let headers = SignatureHeaders { timestamp, nonce, serial: PUBLIC_KEY_ID.into(), signature };
        prop_assert!(verify(&headers, BODY, &keys(), now).is_err());
    }
}
