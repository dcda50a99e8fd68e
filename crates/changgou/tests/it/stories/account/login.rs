//! Logins: tokens, cookies, and how long they are valid.

use std::time::Duration;

use changgou::flow::account::{self, Credentials};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::shop::{Person, Reply, Shop, read};

async fn login(shop: &Shop, username: &str, password: &str) -> Reply {
    let typed = json!({ "username": username, "password": password });
    shop.stranger().post("/api/user/login", typed).await
}

fn with_token(shop: &Shop, tokens: &Value) -> Person {
    shop.stranger().with_token(tokens["accessToken"].as_str().unwrap())
}

async fn is_let_in(person: &Person) -> bool {
    let reply = person.get("/api/user/me").await;
    if reply.status.is_success() {
        return true;
    }
    assert_eq!(reply.refused(), (401, "login_required"));
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_a_form_or_json_and_its_cookie_is_kept_from_scripts() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let form = [("username", buyer.name.as_str()), ("password", "changgou")];
        let by_form = read(shop.stranger().request(Method::POST, "/api/user/login").form(&form)).await;
        for reply in [login(shop, &buyer.name, "changgou").await, by_form] {
            let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
            let tokens = reply.ok();
            let access = tokens["accessToken"].as_str().unwrap();
            assert_eq!(
                cookie,
                format!("Authorization={access}; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax")
            );
            assert_eq!(access.len(), 64, "256 bits in hex");
            assert_ne!(tokens["refreshToken"], tokens["accessToken"]);
            assert!(tokens["jti"].is_string());
            let by_cookie = shop
                .stranger()
                .request(Method::GET, "/api/user/me")
                .header("cookie", format!("other=1; Authorization={access}"));
            assert_eq!(read(by_cookie).await.ok()["username"], buyer.name.as_str());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_behind_https_marks_its_cookies_secure() {
    let https = |settings: &mut changgou::infra::settings::Settings| settings.secure_cookies = true;
    Shop::run_with(https, async |shop| {
        let buyer = shop.buyer().await;
        let reply = login(shop, &buyer.name, "changgou").await;
        assert!(reply.headers["set-cookie"].to_str().unwrap().ends_with("; Secure"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_at_once_are_told_apart() {
    Shop::run(async |shop| {
        let (_, people) = shop.people(60).await;
        for gone in people.iter().step_by(3) {
            gone.post("/api/user/logout", Value::Null).await.ok();
        }
        let mut asking = JoinSet::new();
        for (nth, person) in people.into_iter().enumerate() {
            let stranger = person.with_token(&format!("{nth:064}"));
            asking.spawn(async move { (nth, person.get("/api/user/me").await, person.name) });
            asking.spawn(async move { (0, stranger.get("/api/user/me").await, stranger.name) });
        }
        for (nth, reply, name) in asking.join_all().await {
            match nth % 3 {
                0 => assert_eq!(reply.refused(), (401, "login_required"), "{name}"),
                _ => assert_eq!(reply.ok()["username"], name.as_str()),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_this_login_at_once_and_no_other() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let tokens = login(shop, &buyer.name, "changgou").await.ok();
        let phone = with_token(shop, &tokens);
        assert!(is_let_in(&phone).await);
        let reply = phone.post("/api/user/logout", Value::Null).await;
        assert!(reply.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        reply.ok();
        assert!(!is_let_in(&phone).await);
        let refresh = json!({ "refreshToken": tokens["refreshToken"] });
        let refreshed = phone.post("/api/user/refresh", refresh).await;
        assert_eq!(refreshed.refused(), (401, "login_required"));
        assert!(is_let_in(&buyer).await, "the other login stands");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_works_once_and_ends_the_old_pair() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let old = login(shop, &buyer.name, "changgou").await.ok();
        let body = json!({ "refreshToken": old["refreshToken"] });
        let fresh = shop.stranger().post("/api/user/refresh", body.clone()).await.ok();
        assert!(is_let_in(&with_token(shop, &fresh)).await);
        assert!(!is_let_in(&with_token(shop, &old)).await);
        let again = shop.stranger().post("/api/user/refresh", body).await;
        assert_eq!(again.refused(), (401, "login_required"));
        let access = json!({ "refreshToken": fresh["accessToken"] });
        let confused = shop.stranger().post("/api/user/refresh", access).await;
        assert_eq!(confused.refused(), (401, "login_required"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_lives_twelve_hours_and_a_refresh_token_thirty_days() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let first = login(shop, &buyer.name, "changgou").await.ok();
        shop.clock.advance(Duration::from_secs(43_199));
        assert!(is_let_in(&with_token(shop, &first)).await);
        shop.clock.advance(Duration::from_secs(1));
        assert!(!is_let_in(&with_token(shop, &first)).await);

        shop.clock.advance(Duration::from_secs(29 * 86_400));
        let body = json!({ "refreshToken": first["refreshToken"] });
        let second = shop.stranger().post("/api/user/refresh", body).await.ok();
        shop.clock.advance(Duration::from_secs(30 * 86_400));
        let body = json!({ "refreshToken": second["refreshToken"] });
        let late = shop.stranger().post("/api/user/refresh", body).await;
        assert_eq!(late.refused(), (401, "login_required"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_java_shops_bcrypt_hash_lets_in_once_and_is_replaced() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        // What Spring's BCryptPasswordEncoder made of "java-shop".
        let old = bcrypt::hash("java-shop", 4).unwrap().replacen("$2b$", "$2a$", 1);
        shop.sql(&format!("update tb_user set password = '{old}' where username = '{}'", buyer.name)).await;
        assert_eq!(login(shop, &buyer.name, "Java-shop").await.refused(), (401, "login_failed"));
        login(shop, &buyer.name, "java-shop").await.ok();
        let kept = format!("select password from tb_user where username = '{}'", buyer.name);
        let (kept,) = shop.rows::<(String,)>(&kept).await.remove(0);
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        login(shop, &buyer.name, "java-shop").await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_kept_plain_or_as_md5_let_nobody_in() {
    Shop::run(async |shop| {
        let (_, buyers) = shop.people(2).await;
        for (buyer, kept) in buyers.iter().zip(["123456", "e10adc3949ba59abbe56e057f20f883e"]) {
            shop.sql(&format!("update tb_user set password = '{kept}' where username = '{}'", buyer.name))
                .await;
            // A caller with the right password learns why the login fails; a guess gets the usual refusal.
            assert_eq!(login(shop, &buyer.name, "123456").await.refused(), (401, "password_reset"));
            assert_eq!(login(shop, &buyer.name, "1234567").await.refused(), (401, "login_failed"));
        }
        let md5 = "e10adc3949ba59abbe56e057f20f883e";
        assert_eq!(login(shop, &buyers[1].name, md5).await.refused(), (401, "login_failed"));
        let fresh = Credentials::new(&buyers[1].name, "brand new");
        account::set_password(&shop.running.app, fresh).await.expect("it is set");
        assert!(!is_let_in(&buyers[1]).await, "logins of before are over");
        login(shop, &buyers[1].name, "brand new").await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_logged_out_at_once_and_cannot_log_in() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let tokens = login(shop, &buyer.name, "changgou").await.ok();
        shop.sql(&format!("update tb_user set status = '0' where username = '{}'", buyer.name)).await;
        assert!(!is_let_in(&buyer).await);
        assert_eq!(login(shop, &buyer.name, "changgou").await.refused(), (401, "login_failed"));
        let body = json!({ "refreshToken": tokens["refreshToken"] });
        let refreshed = shop.stranger().post("/api/user/refresh", body).await;
        assert_eq!(refreshed.refused(), (401, "login_required"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_invalid_tokens_get_the_same_answer() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let upper = buyer.token.to_uppercase();
        let longer = format!("{}0", buyer.token);
        for token in ["x", "' or 1=1 --", "null", &upper, &longer, &buyer.token[1..]] {
            assert!(!is_let_in(&shop.stranger().with_token(token)).await, "{token}");
        }
        for (header, lets_in) in [
            (format!("Basic {}", buyer.token), false),
            (buyer.token.clone(), false),
            (format!("bearer {}", buyer.token), true),
        ] {
            let request =
                shop.stranger().request(Method::GET, "/api/user/me").header("authorization", header);
            assert_eq!(read(request).await.status.is_success(), lets_in);
        }
    })
    .await;
}
