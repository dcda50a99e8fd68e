//! Bills by v2: the text itself, or XML where it should be.

use axum::http::StatusCode;
use wechatpay::Date;
use wechatpay::bill::{Account, BillFile, BillKind, DownloadError, Fetched, Packing};
use wechatpay::v2::{CallError, Doubt, SignType, Unsent, verify, xml};

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
        (Packing::Plain, good().into_bytes(), None),
        (Packing::Gzip, gzip(good().as_bytes()), Some("GZIP")),
        (Packing::Gzip, good().into_bytes(), Some("GZIP")),
    ] {
        let (client, asked) = peer(sent).await;
        let fetched = client.download_bill(day(), BillKind::All, packing, HMAC).await.unwrap();
        let Fetched::Ready(file) = fetched else { panic!("there is a bill") };
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
    let fetched = client.download_fund_flow(day(), Account::Basic, Packing::Plain).await.unwrap();
    assert!(matches!(fetched, Fetched::Ready(_)));
    let (path, body) = asked.lock().unwrap().pop().unwrap();
    let sent = xml::read(body.as_bytes()).unwrap();
    assert_eq!((path.as_str(), sent["account_type"].as_str()), ("/pay/downloadfundflow", "Basic"));
    assert_eq!(verify(&sent, &key(), HMAC), Ok(()));
    let (simple, _) = peer(good()).await;
    let unsent = simple.download_fund_flow(day(), Account::Fees, Packing::Plain).await.unwrap_err();
    assert_eq!(unsent, CallError::NotSent(Unsent::NoMoneyOut));
}

#[tokio::test]
async fn no_bill_and_not_yet_are_told_apart() {
    let asked = async |name: &str, text: &str| {
        let answer = fields(&[("return_code", "FAIL"), ("error_code", "20002"), (name, text)]);
        let (client, _) = peer(xml::write(&answer)).await;
        client.download_bill(day(), BillKind::All, Packing::Gzip, HMAC).await
    };
    for text in ["No Bill Exist", "no bill exist", "NO_BILL_EXIST"] {
        assert!(matches!(asked("return_msg", text).await, Ok(Fetched::NoBill)), "{text}");
    }
    for (name, text) in [("return_msg", "Bill Creating"), ("err_code", "BILL_CREATING")] {
        assert!(matches!(asked(name, text).await, Ok(Fetched::Creating)), "{text}");
    }
    let declared = "<?xml version=\"1.0\"?><xml><return_msg>No Bill Exist</return_msg></xml>";
    let (client, _) = peer(declared).await;
    let fetched = client.download_bill(day(), BillKind::All, Packing::Gzip, HMAC).await;
    assert!(matches!(fetched, Ok(Fetched::NoBill)));
    for text in ["SYSTEMERROR", "invalid bill_type", "SIGN ERROR"] {
        let error = asked("return_msg", text).await.unwrap_err();
        assert_eq!(error, CallError::Rejected { return_msg: text.into() });
    }
    assert!(matches!(asked("err_code", "PARAM_ERROR").await, Err(CallError::Refused { .. })));
}

#[tokio::test]
async fn broken_answers_are_doubts() {
    let (client, _) = peer((StatusCode::BAD_GATEWAY, good())).await;
    let error = client.download_bill(day(), BillKind::All, Packing::Plain, HMAC).await.unwrap_err();
    assert_eq!(error, CallError::Unknown(Doubt::Status(502)));
    let (client, _) = peer("<xml><a>".to_owned()).await;
    let error = client.download_bill(day(), BillKind::All, Packing::Plain, HMAC).await.unwrap_err();
    assert!(matches!(error, CallError::Unknown(Doubt::Xml(_))));
    let packed = gzip(good().as_bytes());
    let (client, _) = peer(packed[..packed.len() - 1].to_vec()).await;
    let fetched = client.download_bill(day(), BillKind::All, Packing::Gzip, HMAC).await.unwrap();
    let Fetched::Ready(file) = fetched else { panic!("there is a bill") };
    assert!(matches!(whole(file).await, Err(DownloadError::Bill(_))));
    let (client, _) = peer(Vec::new()).await;
    let fetched = client.download_bill(day(), BillKind::All, Packing::Gzip, HMAC).await.unwrap();
    let Fetched::Ready(file) = fetched else { panic!("nothing is a bill until it is read") };
    assert_eq!(whole(file).await.as_deref(), Ok(&b""[..]));
}
