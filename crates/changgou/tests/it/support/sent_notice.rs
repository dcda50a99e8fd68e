//! A notice as WeChat sent it, for a program that is killed while it takes it in.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::killable::{Life, Past, Step, unheard};
use crate::support::program::Socket;
use crate::support::shop::Shop;
use crate::support::wechat::text;

/// When WeChat tells again what nobody has heard.
pub const TOLD_AGAIN: Duration = Duration::from_secs(15);

/// A notice as WeChat sent it.
pub struct Letter {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Letter {
    /// The newest that WeChat has sent.
    pub async fn first(shop: &Shop) -> Letter {
        let sent = shop.control(Method::GET, "/sim/notifications", Value::Null).await;
        let sent = &sent["deliveries"][0];
        let headers = sent["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), text(value))).collect();
        Letter { url: text(&sent["url"]), headers, body: text(&sent["body"]) }
    }

    /// The program dies over it, and WeChat tells the one that lives then again.
    /// The call is WeChat's here: it has arrived in part; whole, and was not begun
    /// with; was taken in and not kept; was kept, as `done` says, and not acknowledged.
    pub async fn kills(&self, past: Past, step: Step, done: &str) -> Life {
        let mut life = past.ends().await;
        life.lives().await;
        let posted = self.posted(&life);
        let begins = || drop(tokio::spawn(posted));
        match step {
            Step::BeforeTheCall => {
                self.begun(&life).await;
                life.dies_now().await;
            }
            Step::AfterTheCall => life.dies_waiting(&["tb_order"], begins).await,
            Step::BeforeTheCommit => life.dies_within(&["payment_attempt"], begins).await,
            Step::AfterTheCommit => life.dies_after((done, 1), &[], begins).await,
        }
        let kept = i64::from(step == Step::AfterTheCommit);
        assert_eq!(life.outside.count(done).await, kept, "{done}");
        life.lives().await;
        life.world.wechat.advance(TOLD_AGAIN).await;
        assert_eq!(life.outside.count(done).await, 1, "WeChat told it again");
        life
    }

    /// Sends it once more, without listening to the answer.
    pub fn posted(&self, life: &Life) -> impl Future<Output = ()> + Send + 'static {
        let post = life.world.http.post(&self.url).body(self.body.clone());
        unheard(self.headers.iter().fold(post, |post, (name, value)| post.header(name, value)))
    }

    /// Sends half of it.
    pub async fn begun(&self, life: &Life) {
        let path = self.url.splitn(4, '/').last().unwrap();
        let mut socket = Socket::to(life.world.settings.listen).unwrap();
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        socket.send(&format!(
            "POST /{path} HTTP/1.1\r\nhost: shop\r\ncontent-length: {}\r\nexpect: 100-continue\r\n{}\r\n",
            self.body.len(),
            headers.filter(|header| !header.to_lowercase().starts_with("content-length")).collect::<String>()
        ));
        socket.hears("HTTP/1.1 100 Continue\r\n\r\n");
        let half = self.body.char_indices().nth(self.body.chars().count() / 2).unwrap().0;
        socket.send(&self.body[..half]);
    }
}
