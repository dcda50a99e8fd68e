//! Registration and the buyer's own account.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::shop::{Shop, read};
use crate::support::snapshot::same_json;

#[tokio::test(flavor = "multi_thread")]
async fn registering_logs_in_and_allows_a_chinese_name() {
    Shop::run(async |shop| {
        let typed =
            json!({ "username": "王小明_1", "password": "六个字的密码", "phone": "+86 138-0013-8000" });
        let reply = shop.stranger().post("/api/user/add", typed).await;
        let tokens = reply.ok();
        let buyer = shop.stranger().with_token(tokens["accessToken"].as_str().unwrap());
        let me = buyer.get("/api/user/me").await.ok();
        same_json("user_registered", &me);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_ever_sees_a_password_or_its_hash() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let typed = json!({ "username": buyer.name, "password": "changgou" });
        let answers =
            [buyer.get("/api/user/me").await.ok(), shop.stranger().post("/api/user/login", typed).await.ok()];
        for answer in answers {
            let text = answer.to_string();
            assert!(!text.contains("password") && !text.contains("argon2"), "{text}");
            assert!(!text.contains("changgou"), "{text}");
        }
        let kept = shop.rows::<(String,)>("select token_hash from session").await;
        assert!(kept.iter().all(|(hash,)| *hash != buyer.token), "who reads the table cannot log in");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_passwords_have_bounds() {
    Shop::run(async |shop| {
        let before = shop.all_rows().await;
        let (long_name, long_password) = ("n".repeat(51), "p".repeat(129));
        let typed = [
            ("ab", "long enough"),
            (&long_name, "long enough"),
            ("two words", "long enough"),
            ("<script>", "long enough"),
            ("nul\0nul", "long enough"),
            ("' or 1=1 --", "long enough"),
            ("good-name", "short"),
            ("good-name", &long_password),
            ("", ""),
        ];
        for (username, password) in typed {
            let typed = json!({ "username": username, "password": password });
            let reply = shop.stranger().post("/api/user/add", typed).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{username:?} {password:?}");
        }
        let typed = json!({ "username": "good-name", "password": "long enough", "phone": "no phone" });
        let reply = shop.stranger().post("/api/user/add", typed).await;
        assert_eq!(reply.refused(), (400, "bad_request"));
        assert_eq!(shop.all_rows().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_registered_once() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let typed = json!({ "username": buyer.name, "password": "another password" });
        let reply = shop.stranger().post("/api/user/add", typed.clone()).await;
        assert_eq!(reply.refused(), (409, "username_taken"));
        assert_eq!(reply.json["code"], 20005);
        let login = shop.stranger().post("/api/user/login", typed).await;
        assert_eq!(login.refused(), (401, "login_failed"), "the password did not change");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_registers_as_an_operator_or_with_points() {
    Shop::run(async |shop| {
        for (field, value) in
            [("role", json!("operator")), ("points", json!(1_000_000)), ("status", json!("1"))]
        {
            let mut typed = json!({ "username": "newcomer", "password": "long enough" });
            typed[field] = value;
            let reply = shop.stranger().post("/api/user/add", typed).await;
            assert_eq!(reply.refused(), (400, "bad_request"));
            assert!(reply.json["message"].as_str().unwrap().contains(field), "named: {reply:?}");
        }
        let found = shop.rows::<(i64,)>("select count(*) from tb_user").await;
        assert_eq!(found, [(0,)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_the_address_are_not_read() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let path = format!("/api/user/login?username={}&password=changgou", buyer.name);
        let stranger = shop.stranger();
        let bare = stranger.post(&path, Value::Null).await;
        assert_eq!(bare.refused(), (400, "bad_request"));
        let form = read(stranger.request(Method::POST, &path).form(&[("a", "b")])).await;
        assert_eq!(form.refused(), (400, "bad_request"));
        assert_eq!(stranger.get(&path).await.refused(), (405, "method_not_allowed"));
        let token = format!("/api/user/me?access_token={0}&Authorization={0}", buyer.token);
        assert_eq!(stranger.get(&token).await.refused(), (401, "login_required"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_changed_by_an_operator_only_and_never_fall_below_zero() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(2).await;
        let change =
            |name: &str, points: &str| format!("/api/user/points/add?username={name}&points={points}");
        let own = buyers[0].post("/api/user/points/add?points=1000000", Value::Null).await;
        assert_eq!(own.refused(), (403, "forbidden"));
        let others = buyers[0].get(&change(&buyers[1].name, "-1")).await;
        assert_eq!(others.refused(), (403, "forbidden"));

        let name = &buyers[1].name;
        assert_eq!(operator.get(&change(name, "50")).await.ok()["points"], 50);
        assert_eq!(operator.post(&change(name, "-20"), Value::Null).await.ok()["points"], 30);
        let short = operator.post(&change(name, "-31"), Value::Null).await;
        assert_eq!(short.refused(), (409, "points_short"));
        for wrong in ["0", "1000001", "-1000001", "9223372036854775807", "-9223372036854775808", "9e9", ""] {
            let reply = operator.post(&change(name, wrong), Value::Null).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{wrong}");
        }
        let nobody = operator.post(&change("nobody", "1"), Value::Null).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
        assert_eq!((buyers[0].points().await, buyers[1].points().await), (0, 30));
    })
    .await;
}
