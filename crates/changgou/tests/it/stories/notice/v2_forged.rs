//! False notices of API v2: forged, for other merchants, or not flat XML.

use wechatpay::v2::{SignType, xml};

use crate::support::notice_target::{Target, notices_counted};
use crate::support::shop::Shop;
use crate::support::wechat::{KEY, notice, sealed, sealed_by, text};

const OTHER_KEY: &str = "fedcba9876543210fedcba9876543210";

/// Posts bodies; each must be refused with its reason and counted under it.
async fn refuses(shop: &Shop, target: &Target, bodies: Vec<(&str, &str, Vec<u8>)>) {
    for (name, word, body) in bodies {
        let before = notices_counted(shop, word).await;
        let (status, answer) = shop.posts(body).await;
        assert_eq!(status, 400, "{name}: {answer}");
        assert!(
            answer.contains("<return_code>FAIL</return_code>") && answer.contains(word),
            "{name}: {answer}"
        );
        assert!(notices_counted(shop, word).await > before, "{name}");
    }
    target.is_untouched(shop, "all of them").await;
    // The genuine notice is still accepted.
    assert_eq!(shop.posts(sealed(&target.notice(), KEY)).await.0, 200);
    assert!(target.buyer.is_paid(&target.order).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_not_signed_as_agreed_is_refused() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let right = target.notice();
        let guessed = target.notice_with("sign", &"0".repeat(64));
        let plain = target.notice_without("sign_type");
        let named = target.notice_with("sign_type", "MD5");
        let stolen = target.mangled("sign>", "sing>").replacen("/sign>", "/sing>", 1);
        let bodies = vec![
            ("no signature", "unsigned", xml::write(&right)),
            ("guessed", "wrong_signature", xml::write(&guessed)),
            ("signature renamed", "unsigned", stolen),
            ("another key", "wrong_signature", sealed(&right, OTHER_KEY)),
            ("downgraded to MD5, said so", "other_sign_type", sealed_by(&named, KEY, SignType::Md5)),
            ("downgraded to MD5, silently", "wrong_signature", sealed_by(&plain, KEY, SignType::Md5)),
            (
                "an unknown kind of signature",
                "other_sign_type",
                sealed(&target.notice_with("sign_type", "SHA1"), KEY),
            ),
            (
                "the amount changed afterwards",
                "wrong_signature",
                target.mangled(&format!("<total_fee>{}<", target.fen), "<total_fee>1<"),
            ),
        ];
        let bytes = bodies.into_iter().map(|(name, word, body)| (name, word, body.into_bytes()));
        refuses(shop, &target, bytes.collect()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_11_notices_for_others_or_with_missing_fields_are_refused() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let other = |name: &str, value: &str| sealed(&target.notice_with(name, value), KEY);
        let lacking = |name: &str| sealed(&target.notice_without(name), KEY);
        let bodies = vec![
            ("another merchant", "foreign_merchant", other("mch_id", "1230000109")),
            ("another app", "foreign_appid", other("appid", "wx2421b1c4370ec43b")),
            ("an unknown number", "unknown_trade", sealed(&notice("7654321", target.fen), KEY)),
            ("the order's number", "malformed", other("out_trade_no", &text(&target.order["id"]))),
            ("no number", "malformed", lacking("out_trade_no")),
            ("no payment number", "missing_field", lacking("transaction_id")),
            ("no amount", "missing_field", lacking("total_fee")),
            ("no payer", "missing_field", lacking("openid")),
            ("no time", "missing_field", lacking("time_end")),
            ("no merchant", "missing_field", lacking("mch_id")),
            ("no app", "missing_field", lacking("appid")),
            ("no result", "missing_field", lacking("result_code")),
            ("no return code", "missing_field", lacking("return_code")),
            ("it failed, it says", "return_fail", other("return_code", "FAIL")),
            ("a signed amount", "malformed_field", other("total_fee", "+2000")),
            ("a split fen", "malformed_field", other("total_fee", "20.00")),
            ("an endless amount", "malformed_field", other("total_fee", "9223372036854775808")),
            ("the 31st of February", "malformed_field", other("time_end", "20260231100000")),
            ("a payment number with a quote", "malformed_field", other("transaction_id", "42' or 1=1")),
        ];
        let bytes = bodies.into_iter().map(|(name, word, body)| (name, word, body.into_bytes()));
        refuses(shop, &target, bytes.collect()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_14_anything_but_flat_xml_is_refused() {
    Shop::run(async |shop| {
        let target = Target::of(shop).await;
        let fee = format!("<total_fee>{}</total_fee>", target.fen);
        let xxe = "<!DOCTYPE xml [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><xml>";
        let latin1: Vec<u8> = target
            .mangled("OTHERS", "OTHERS~")
            .bytes()
            .map(|byte| if byte == b'~' { 0xe9 } else { byte })
            .collect();
        let mangled = |from: &str, to: &str| target.mangled(from, to).into_bytes();
        let bodies: Vec<(&str, Vec<u8>)> = vec![
            ("a document type", mangled("<xml>", xxe)),
            ("an outside entity", mangled(&fee, "<total_fee>&f;</total_fee>")),
            ("a field twice", mangled(&fee, &fee.repeat(2))),
            ("a second amount", mangled(&fee, &format!("<total_fee>1</total_fee>{fee}"))),
            ("a comment in a value", mangled(&fee, &fee.replace("00<", "<!-- 1 -->00<"))),
            ("a field in a field", mangled(&fee, &format!("<a>{fee}</a>"))),
            ("an attribute", mangled("<total_fee>", "<total_fee currency=\"USD\">")),
            ("an instruction", mangled("<xml>", "<xml><?php ?>")),
            ("half of it", mangled("</xml>", "")),
            ("something after it", mangled("</xml>", "</xml><xml></xml>")),
            ("latin1", latin1),
            ("nothing", Vec::new()),
            ("zeros", vec![0; 1000]),
            ("JSON", format!("{{\"out_trade_no\":\"{}\"}}", target.number).into_bytes()),
            ("a form", format!("out_trade_no={}&total_fee={}", target.number, target.fen).into_bytes()),
            ("deep", "<a>".repeat(20_000).into_bytes()),
        ];
        let bodies = bodies.into_iter().map(|(name, body)| (name, "malformed", body));
        refuses(shop, &target, bodies.collect()).await;
    })
    .await;
}
