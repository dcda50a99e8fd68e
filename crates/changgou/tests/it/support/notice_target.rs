//! An unpaid order, and notices about it, real and forged.

use serde_json::Value;
use wechatpay::v2::Fields;

use crate::support::shop::{Person, Shop};
use crate::support::wechat::{KEY, notice, sealed, text};

/// An order whose code is shown, with all that a forger could know about it.
pub struct Target {
    pub buyer: Person,
    pub order: Value,
    pub number: String,
    pub fen: i64,
}

impl Target {
    pub async fn of(shop: &Shop) -> Target {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        Target { number: text(&code["out_trade_no"]), fen: order["payMoney"].as_i64().unwrap(), buyer, order }
    }

    /// The fields of WeChat's notice, not signed yet.
    pub fn notice(&self) -> Fields {
        notice(&self.number, self.fen)
    }

    pub fn notice_with(&self, name: &str, value: &str) -> Fields {
        let mut fields = self.notice();
        fields.insert(name.to_owned(), value.to_owned());
        fields
    }

    pub fn notice_without(&self, name: &str) -> Fields {
        let mut fields = self.notice();
        fields.remove(name);
        fields
    }

    /// The signed notice with a part replaced afterwards.
    pub fn mangled(&self, from: &str, to: &str) -> String {
        let right = sealed(&self.notice(), KEY);
        assert!(right.contains(from), "{right}");
        right.replacen(from, to, 1)
    }

    /// Fails if a posted notice changed the order or the inbox.
    pub async fn is_untouched(&self, shop: &Shop, after: &str) {
        assert!(self.buyer.is_waiting(&self.order).await, "{after}");
        assert_eq!(self.buyer.history(&self.order).await, ["placed"], "{after}");
        assert!(shop.flags().await.is_empty(), "{after}");
        let shown = shop.shows(&self.order);
        assert!(shown.contains("attempt") && !shown.contains("notice"), "{after}: {shown}");
    }
}

/// The number of notices with this outcome in `/metrics`. All tests of this process count together, so a test can
/// only see it grow.
pub async fn notices_counted(shop: &Shop, outcome: &str) -> u64 {
    let page = shop.http.get(shop.url("/metrics")).send().await.unwrap();
    let page = page.text().await.unwrap();
    let label = format!("outcome=\"{outcome}\"");
    let ours = |line: &&str| line.starts_with("changgou_notices_total{") && line.contains(&label);
    let counts = page.lines().filter(ours).map(|line| line.rsplit(' ').next().unwrap());
    counts.map(|count| count.parse::<u64>().unwrap()).sum()
}
