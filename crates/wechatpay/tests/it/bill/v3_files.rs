//! Bills of API v3: first the link, then the file with its hash.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};
use wechatpay::Date;
use wechatpay::bill::{BillAccount, BillCompression, BillHash, BillKind, BillStatus, DownloadError};
use wechatpay::v3::{BillLink, V3CallError, V3Client, V3UnknownReason};

use super::common::{good, gzip};
use super::v2_files::whole;
use crate::v3::peer::{Asked, Seen, answer, bare, peer};

fn day() -> Date {
    Date::constant(2026, 1, 1)
}

fn sha1(bytes: &[u8]) -> String {
    let mut hash = BillHash::new();
    hash.push(bytes);
    hash.finish()
}

/// A server whose bill is `file` with the claimed hash `sha1`.
async fn with_bill(file: Vec<u8>, sha1: String) -> (V3Client, Asked) {
    peer(move |seen| {
        if seen.path.starts_with("/v3/billdownload/file") {
            return Response::new(Body::from(file.clone()));
        }
        answer(200, &linked(seen, "/v3/billdownload/file?token=a%2Fb", &sha1))
    })
    .await
}

fn linked(seen: &Seen, path: &str, sha1: &str) -> Value {
    let host = seen.headers["host"].to_str().unwrap();
    json!({ "hash_type": "SHA1", "hash_value": sha1, "download_url": format!("http://{host}{path}") })
}

async fn link(client: &V3Client, packing: BillCompression) -> BillLink {
    match client.trade_bill_link(day(), BillKind::All, packing).await.unwrap() {
        BillStatus::Ready(link) => link,
        BillStatus::NoBill | BillStatus::Creating => panic!("there is a bill"),
    }
}

#[tokio::test]
async fn a_bill_whose_hash_fits_is_read() {
    let (plain, packed) = (good().into_bytes(), gzip(good().as_bytes()));
    for (packing, file, hash) in [
        (BillCompression::None, plain.clone(), sha1(&plain)),
        (BillCompression::Gzip, packed.clone(), sha1(&plain)),
        (BillCompression::Gzip, packed.clone(), sha1(&packed).to_uppercase()),
    ] {
        let (client, asked) = with_bill(file, hash).await;
        let file = client.download_bill_file(&link(&client, packing).await).await.unwrap();
        assert_eq!(whole(file).await.unwrap(), plain);
        let asked = asked.lock().unwrap();
        assert!(asked[0].path.starts_with("/v3/bill/tradebill?bill_date=2026-01-01&bill_type=ALL"));
        assert_eq!(asked[0].path.ends_with("&tar_type=GZIP"), packing == BillCompression::Gzip);
        assert_eq!(asked[1].path, "/v3/billdownload/file?token=a%2Fb");
        assert!(asked[1].headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn a_bill_whose_hash_does_not_fit_is_refused() {
    let (client, _) = with_bill(good().into_bytes(), sha1(b"another")).await;
    let file = client.download_bill_file(&link(&client, BillCompression::None).await).await.unwrap();
    assert_eq!(whole(file).await, Err(DownloadError::Hash));
    let short = gzip(good().as_bytes());
    let (client, _) = with_bill(short[..short.len() - 4].to_vec(), sha1(good().as_bytes())).await;
    let file = client.download_bill_file(&link(&client, BillCompression::Gzip).await).await.unwrap();
    assert!(matches!(whole(file).await, Err(DownloadError::Bill(_))));
}

#[tokio::test]
async fn no_bill_and_not_yet_are_told_apart() {
    for (code, empty) in [("NO_STATEMENT_EXIST", true), ("STATEMENT_CREATING", false)] {
        let body = json!({ "code": code, "message": "x" }).to_string();
        let (client, asked) = peer(move |_| bare(400, &body)).await;
        let fetched =
            client.fund_flow_bill_link(day(), BillAccount::Basic, BillCompression::None).await.unwrap();
        assert_eq!(fetched, if empty { BillStatus::NoBill } else { BillStatus::Creating });
        let path = asked.lock().unwrap()[0].path.clone();
        assert_eq!(path, "/v3/bill/fundflowbill?bill_date=2026-01-01&account_type=BASIC");
    }
}

#[tokio::test]
async fn links_that_cannot_be_are_refused() {
    let good = json!({ "hash_type": "SHA1", "hash_value": "0".repeat(40), "download_url": "http://a/b" });
    for (name, value) in
        [("hash_type", "MD5".to_owned()), ("hash_value", "0".repeat(39)), ("hash_value", "x".repeat(40))]
    {
        let mut odd = good.clone();
        odd[name] = Value::from(value);
        let (client, _) = peer(move |_| answer(200, &odd)).await;
        let error = client.trade_bill_link(day(), BillKind::All, BillCompression::None).await.unwrap_err();
        assert!(matches!(error, V3CallError::Unknown(V3UnknownReason::Malformed(found)) if found == name));
    }
    let (client, asked) = peer(|_| bare(500, "")).await;
    for url in ["", "ftp://a/b", "http://other.example/file", "/v3/billdownload/file"] {
        let link = BillLink { download_url: url.into(), sha1: "0".repeat(40) };
        let error = client.download_bill_file(&link).await.unwrap_err();
        assert_eq!(error, V3CallError::Unknown(V3UnknownReason::Malformed("download_url")), "{url}");
    }
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_file_that_is_refused_is_no_bill() {
    let (client, _) = peer(|seen| match seen.path.as_str() {
        "/v3/billdownload/file" => bare(401, &json!({ "code": "SIGN_ERROR" }).to_string()),
        _ => answer(200, &linked(seen, "/v3/billdownload/file", &"0".repeat(40))),
    })
    .await;
    let link = link(&client, BillCompression::None).await;
    assert!(matches!(client.download_bill_file(&link).await, Err(V3CallError::Refused { status: 401, .. })));
}
