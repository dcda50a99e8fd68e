//! Bills by v3: the link first, then the file with its hash.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};
use wechatpay::Date;
use wechatpay::bill::{Account, BillHash, BillKind, DownloadError, Fetched, Packing};
use wechatpay::v3::{BillLink, CallError, Client, Doubt};

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

/// A WeChat whose bill is `file`, said to have the hash `sha1`.
async fn with_bill(file: Vec<u8>, sha1: String) -> (Client, Asked) {
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

async fn link(client: &Client, packing: Packing) -> BillLink {
    match client.trade_bill(day(), BillKind::All, packing).await.unwrap() {
        Fetched::Ready(link) => link,
        Fetched::NoBill | Fetched::Creating => panic!("there is a bill"),
    }
}

#[tokio::test]
async fn a_bill_whose_hash_fits_is_read() {
    let (plain, packed) = (good().into_bytes(), gzip(good().as_bytes()));
    for (packing, file, hash) in [
        (Packing::Plain, plain.clone(), sha1(&plain)),
        (Packing::Gzip, packed.clone(), sha1(&plain)),
        (Packing::Gzip, packed.clone(), sha1(&packed).to_uppercase()),
    ] {
        let (client, asked) = with_bill(file, hash).await;
        let file = client.bill_file(&link(&client, packing).await).await.unwrap();
        assert_eq!(whole(file).await.unwrap(), plain);
        let asked = asked.lock().unwrap();
        assert!(asked[0].path.starts_with("/v3/bill/tradebill?bill_date=2026-01-01&bill_type=ALL"));
        assert_eq!(asked[0].path.ends_with("&tar_type=GZIP"), packing == Packing::Gzip);
        assert_eq!(asked[1].path, "/v3/billdownload/file?token=a%2Fb");
        assert!(asked[1].headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn a_bill_whose_hash_does_not_fit_is_refused() {
    let (client, _) = with_bill(good().into_bytes(), sha1(b"another")).await;
    let file = client.bill_file(&link(&client, Packing::Plain).await).await.unwrap();
    assert_eq!(whole(file).await, Err(DownloadError::Hash));
    let short = gzip(good().as_bytes());
    let (client, _) = with_bill(short[..short.len() - 4].to_vec(), sha1(good().as_bytes())).await;
    let file = client.bill_file(&link(&client, Packing::Gzip).await).await.unwrap();
    assert!(matches!(whole(file).await, Err(DownloadError::Bill(_))));
}

#[tokio::test]
async fn no_bill_and_not_yet_are_told_apart() {
    for (code, empty) in [("NO_STATEMENT_EXIST", true), ("STATEMENT_CREATING", false)] {
        let body = json!({ "code": code, "message": "x" }).to_string();
        let (client, asked) = peer(move |_| bare(400, &body)).await;
        let fetched = client.fund_flow_bill(day(), Account::Basic, Packing::Plain).await.unwrap();
        assert_eq!(fetched, if empty { Fetched::NoBill } else { Fetched::Creating });
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
        let error = client.trade_bill(day(), BillKind::All, Packing::Plain).await.unwrap_err();
        assert!(matches!(error, CallError::Unknown(Doubt::Malformed(found)) if found == name));
    }
    let (client, asked) = peer(|_| bare(500, "")).await;
    for url in ["", "ftp://a/b", "http://other.example/file", "/v3/billdownload/file"] {
        let link = BillLink { download_url: url.into(), sha1: "0".repeat(40) };
        let error = client.bill_file(&link).await.unwrap_err();
        assert_eq!(error, CallError::Unknown(Doubt::Malformed("download_url")), "{url}");
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
    let link = link(&client, Packing::Plain).await;
    assert!(matches!(client.bill_file(&link).await, Err(CallError::Refused { status: 401, .. })));
}
