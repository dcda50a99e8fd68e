//! Bills of API v2: the file itself, or XML instead of it.

use axum::http::StatusCode;
use wechatpay::Date;
use wechatpay::bill::{BillAccount, BillCompression, BillFile, BillKind, BillStatus, DownloadError};
use wechatpay::v2::{NotSentReason, SignType, V2CallError, V2UnknownReason, verify, xml};

use super::common::{good, gzip};
use crate::common::{fields, key};
use crate::peer::{peer, refunder};

const HMAC: SignType = SignType::HmacSha256;

fn day() -> Date {
    Date::constant(2026, 1, 1)
}

pub async fn whole(mut file: BillFile) -> Result<Vec<u8>, DownloadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = file.chunk().await? {
        bytes.extend(chunk);
    }
    assert_eq!(file.chunk().await, Ok(None));
    Ok(bytes)
}

#[tokio::test]
async fn a_bill_comes_as_text_or_gzip() {
    for (packing, sent, tar) in [
        (BillCompression::None, good().into_bytes(), None),
        (BillCompression::Gzip, gzip(good().as_bytes()), Some("GZIP")),
        (BillCompression::Gzip, good().into_bytes(), Some("GZIP")),
    ] {
        let (client, asked) = peer(sent).await;
        let fetched = client.download_bill(day(), BillKind::All, packing, HMAC).await.unwrap();
        let BillStatus::Ready(file) = fetched else { panic!("there is a bill") };
        assert_eq!(whole(file).await.unwrap(), good().as_bytes());
        let (path, body) = asked.lock().unwrap().pop().unwrap();
        let sent = xml::read(body.as_bytes()).unwrap();
        assert_eq!(path, "/pay/downloadbill");
        assert_eq!(verify(&sent, &key(), HMAC), Ok(()));
        assert_eq!((sent["bill_date"].as_str(), sent["bill_type"].as_str()), ("20260101", "ALL"));
        assert_eq!(sent.get("tar_type").map(String::as_str), tar);
    }
}

#[tokio::test]
async fn the_fund_flow_goes_with_money_out_and_hmac() {
    let (client, asked) = refunder(good()).await;
    let fetched = client.download_fund_flow(day(), BillAccount::Basic, BillCompression::None).await.unwrap();
    assert!(matches!(fetched, BillStatus::Ready(_)));
    let (path, body) = asked.lock().unwrap().pop().unwrap();
    let sent = xml::read(body.as_bytes()).unwrap();
    assert_eq!((path.as_str(), sent["account_type"].as_str()), ("/pay/downloadfundflow", "Basic"));
    assert_eq!(verify(&sent, &key(), HMAC), Ok(()));
    let (simple, _) = peer(good()).await;
    let unsent =
        simple.download_fund_flow(day(), BillAccount::Fees, BillCompression::None).await.unwrap_err();
    assert_eq!(unsent, V2CallError::NotSent(NotSentReason::NoMutualTls));
}

#[tokio::test]
async fn no_bill_and_not_yet_are_told_apart() {
    let asked = async |name: &str, text: &str| {
        let answer = fields(&[("return_code", "FAIL"), ("error_code", "20002"), (name, text)]);
        let (client, _) = peer(xml::write(&answer)).await;
        client.download_bill(day(), BillKind::All, BillCompression::Gzip, HMAC).await
    };
    for text in ["No Bill Exist", "no bill exist", "NO_BILL_EXIST"] {
        assert!(matches!(asked("return_msg", text).await, Ok(BillStatus::NoBill)), "{text}");
    }
    for (name, text) in [("return_msg", "Bill Creating"), ("err_code", "BILL_CREATING")] {
        assert!(matches!(asked(name, text).await, Ok(BillStatus::Creating)), "{text}");
    }
    let declared = "<?xml version=\"1.0\"?><xml><return_msg>No Bill Exist</return_msg></xml>";
    let (client, _) = peer(declared).await;
    let fetched = client.download_bill(day(), BillKind::All, BillCompression::Gzip, HMAC).await;
    assert!(matches!(fetched, Ok(BillStatus::NoBill)));
    for text in ["SYSTEMERROR", "invalid bill_type", "SIGN ERROR"] {
        let error = asked("return_msg", text).await.unwrap_err();
        assert_eq!(error, V2CallError::Rejected { return_msg: text.into() });
    }
    assert!(matches!(asked("err_code", "PARAM_ERROR").await, Err(V2CallError::Refused { .. })));
}

#[tokio::test]
async fn broken_answers_are_doubts() {
    let (client, _) = peer((StatusCode::BAD_GATEWAY, good())).await;
    let error = client.download_bill(day(), BillKind::All, BillCompression::None, HMAC).await.unwrap_err();
    assert_eq!(error, V2CallError::Unknown(V2UnknownReason::Status(502)));
    let (client, _) = peer("<xml><a>".to_owned()).await;
    let error = client.download_bill(day(), BillKind::All, BillCompression::None, HMAC).await.unwrap_err();
    assert!(matches!(error, V2CallError::Unknown(V2UnknownReason::Xml(_))));
    let packed = gzip(good().as_bytes());
    let (client, _) = peer(packed[..packed.len() - 1].to_vec()).await;
    let fetched = client.download_bill(day(), BillKind::All, BillCompression::Gzip, HMAC).await.unwrap();
    let BillStatus::Ready(file) = fetched else { panic!("there is a bill") };
    assert!(matches!(whole(file).await, Err(DownloadError::Bill(_))));
    let (client, _) = peer(Vec::new()).await;
    let fetched = client.download_bill(day(), BillKind::All, BillCompression::Gzip, HMAC).await.unwrap();
    let BillStatus::Ready(file) = fetched else { panic!("nothing is a bill until it is read") };
    assert_eq!(whole(file).await.as_deref(), Ok(&b""[..]));
}
