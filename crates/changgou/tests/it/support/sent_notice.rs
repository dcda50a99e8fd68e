//! A notice as WeChat sent it, for a program that is killed while it takes it in.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::killable::{KillableProgram, PastShop, Step, sent_without_answer};
use crate::support::program::Socket;
use crate::support::shop::Shop;
use crate::support::wechat::text;

/// When WeChat sends a notice again that was not acknowledged.
const TOLD_AGAIN: Duration = Duration::from_secs(15);

/// A notice as WeChat sent it.
pub struct SentNotice {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl SentNotice {
    /// The newest notice of WeChat.
    pub async fn first(shop: &Shop) -> SentNotice {
        let sent = shop.control(Method::GET, "/sim/notifications", Value::Null).await;
        let sent = &sent["deliveries"][0];
        let headers = sent["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), text(value))).collect();
        SentNotice { url: text(&sent["url"]), headers, body: text(&sent["body"]) }
    }

    /// Kills the program while it handles the notice, starts it again, and WeChat sends the notice again. The steps:
    /// half of the request has arrived; all of it, but no transaction has begun; the transaction is not committed; it
    /// is committed (`done`), but not acknowledged.
    pub async fn kills_during(&self, past: PastShop, step: Step, done: &str) -> KillableProgram {
        let mut program = past.hands_over().await;
        program.starts().await;
        let posted = self.sends_again(&program);
        let begins = || drop(tokio::spawn(posted));
        match step {
            Step::BeforeTheCall => {
                self.sends_half(&program).await;
                program.is_killed().await;
            }
            Step::AfterTheCall => program.is_killed_before(&["tb_order"], begins).await,
            Step::BeforeTheCommit => program.is_killed_inside(&["payment_attempt"], begins).await,
            Step::AfterTheCommit => program.is_killed_after((done, 1), &[], begins).await,
        }
        let kept = i64::from(step == Step::AfterTheCommit);
        assert_eq!(program.database.count(done).await, kept, "{done}");
        program.starts().await;
        program.world.wechat.advance(TOLD_AGAIN).await;
        assert_eq!(program.database.count(done).await, 1, "WeChat told it again");
        program
    }

    /// Sends the notice once more and ignores the answer.
    pub fn sends_again(&self, program: &KillableProgram) -> impl Future<Output = ()> + Send + 'static {
        let post = program.world.http.post(&self.url).body(self.body.clone());
        sent_without_answer(self.headers.iter().fold(post, |post, (name, value)| post.header(name, value)))
    }

    /// Sends half of the request.
    pub async fn sends_half(&self, program: &KillableProgram) {
        let path = self.url.splitn(4, '/').last().unwrap();
        let mut socket = Socket::to(program.world.settings.listen).unwrap();
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
