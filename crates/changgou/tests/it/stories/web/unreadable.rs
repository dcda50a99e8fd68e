//! A request that cannot be read is refused in the caller's language, with the field at fault.

use reqwest::Method;
use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};

use crate::support::shop::{Shop, read};

/// Words of parsers, none of which a caller should see.
const PARSERS_WORDS: [&str; 9] =
    ["deserialize", "expected", "invalid", "line 1", "column", "EOF", "digit", "backtick", "Failed"];

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Method, path, media type, body, and what both messages must name.
const UNREADABLE: [(&str, &str, &str, &str, &str); 13] = [
    ("GET", "/api/sku?page=a", "", "", "page"),
    ("GET", "/api/sku?page=99999999999999999999", "", "", "page"),
    ("GET", "/api/cart/add?id=1&num=1&more=1", "", "", "more"),
    ("GET", "/api/sku?page=1&page=2", "", "", "page"),
    ("GET", "/api/cities", "", "", "provinceid"),
    ("POST", "/api/user/login", JSON, "{\"username\":1,\"password\":\"x\"}", "username"),
    ("POST", "/api/user/login", JSON, "{\"username\":\"x\"}", "password"),
    ("POST", "/api/user/login", JSON, "{\"username\":\"x\",\"password\":\"x\",\"more\":1}", "more"),
    (
        "POST",
        "/api/user/login",
        JSON,
        "{\"username\":\"x\",\"username\":\"x\",\"password\":\"x\"}",
        "username",
    ),
    ("POST", "/api/user/login", JSON, "{", ""),
    ("POST", "/api/user/login", JSON, "[]", ""),
    ("POST", "/api/user/login", FORM, "username=x", "password"),
    ("GET", "/api/sku/%ff", "", "", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_parsers_words_are_not_the_shops() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        for (method, path, kind, body, named) in UNREADABLE {
            for (lang, is_zh) in [("zh", true), ("en", false)] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let request = buyer.request(method, path).header(ACCEPT_LANGUAGE, lang);
                let request =
                    if body.is_empty() { request } else { request.header(CONTENT_TYPE, kind).body(body) };
                let reply = read(request).await;
                assert_eq!(reply.refused(), (400, "bad_request"), "{path} {body}");
                let message = reply.json["message"].as_str().unwrap();
                assert!(message.contains(named), "{path} {body}: {message}");
                let word = PARSERS_WORDS.iter().find(|word| message.contains(*word));
                assert_eq!(word, None, "{path} {body}: {message}");
                let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
                assert_eq!(message.contains(is_chinese), is_zh, "{message}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_it_in_the_same_words() {
    Shop::run(async |shop| {
        let page = async |path: &str| {
            let sent = shop.http.get(shop.url(path)).send().await.unwrap();
            (sent.status().as_u16(), sent.text().await.unwrap())
        };
        let (status, html) = page("/?page=a").await;
        assert_eq!(status, 400);
        assert!(html.contains("地址参数中的字段 page 须为整数") && !html.contains("deserialize"), "{html}");
        let (status, html) = page("/?page=a&lang=en").await;
        assert!(status == 400 && html.contains("the field page must be a whole number"), "{html}");
        let long = format!("/api/cart/add?id=1&num=1&{}=1", "x".repeat(4000));
        let reply = shop.buyer().await.get(&long).await;
        assert_eq!(reply.refused(), (400, "bad_request"));
        assert!(reply.json["message"].as_str().unwrap().len() < 200, "{reply:?}");
    })
    .await;
}
