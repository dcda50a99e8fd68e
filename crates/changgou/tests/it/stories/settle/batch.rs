//! Notices that arrive at the same time are settled in one batch. Each has the effect it would have had alone.

use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::shop::{Person, Shop};
use crate::support::table_lock::{TableLock, lock_tables};
use crate::support::wechat::{KEY, NOTICES, notice, sealed, text};

/// An unpaid order, and the number of its attempt.
struct Unpaid<'p> {
    buyer: &'p Person,
    order: Value,
    number: String,
}

impl<'p> Unpaid<'p> {
    async fn of(buyer: &'p Person, sku: &str) -> Unpaid<'p> {
        let order = buyer.buys(sku, 1).await;
        let number = text(&buyer.asks_for_code(&order).await["out_trade_no"]);
        Unpaid { buyer, order, number }
    }

    /// WeChat's notice of a payment of `fen`, with this transaction id.
    fn told(&self, fen: i64, payment: usize) -> String {
        let mut fields = notice(&self.number, fen);
        fields.insert("transaction_id".to_owned(), format!("42000099992026112312345{payment:05}"));
        sealed(&fields, KEY)
    }

    fn paid(&self, payment: usize) -> String {
        self.told(self.order["payMoney"].as_i64().unwrap(), payment)
    }

    async fn copies(&self, shop: &Shop) -> Vec<(String, i64)> {
        let sql = "select outcome, copies from notice_inbox where out_trade_no =";
        shop.rows(&format!("{sql} '{}' order by copies desc, outcome", self.number)).await
    }
}

/// Notices under way to a shop whose orders are locked.
struct Gathered {
    held: TableLock,
    answers: JoinSet<u16>,
}

impl Gathered {
    async fn by(shop: &Shop, notices: Vec<String>) -> Gathered {
        let held = lock_tables(&shop.running.app.db, &["tb_order"]).await;
        let mut gathered = Gathered { held, answers: JoinSet::new() };
        for notice in notices {
            let post = shop.http.post(shop.url(NOTICES)).body(notice);
            gathered.answers.spawn(async move { post.send().await.unwrap().status().as_u16() });
        }
        let buyer = shop.stranger();
        for _ in 0..50 {
            buyer.get("/api/sku").await;
        }
        gathered
    }

    /// The statuses of the answers, sorted.
    async fn release(self) -> Vec<u16> {
        self.held.release().await;
        let mut answers = self.answers.join_all().await;
        answers.sort_unstable();
        answers
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_08_each_notice_of_a_batch_pays_its_order_once() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(16).await;
        let sku = shop.sku(100).await;
        let template = operator.makes_coupons(serde_json::json!({ "grantOnPaid": true })).await;
        let mut orders = Vec::new();
        for buyer in &buyers {
            orders.push(Unpaid::of(buyer, &sku).await);
        }
        let (closed, rest) = orders.split_first().unwrap();
        let (wrong, rest) = rest.split_first().unwrap();
        let (double, plain) = rest.split_first().unwrap();
        assert_eq!(closed.buyer.cancels(&closed.order).await.status, 200);
        let mut notices: Vec<String> = plain.iter().enumerate().map(|(nth, one)| one.paid(nth)).collect();
        notices.extend(notices.clone());
        notices.extend([closed.paid(90), wrong.told(1, 91), double.paid(92), double.paid(93)]);
        notices.push(plain[0].paid(0).replacen("<total_fee>", "<total_fee>1", 1));
        let answers = Gathered::by(shop, notices).await.release().await;
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), answers.len() - 1);
        assert_eq!(answers.last(), Some(&400), "the forged one");

        for one in plain {
            assert!(one.buyer.is_paid(&one.order).await);
            assert_eq!(one.buyer.history(&one.order).await, ["placed", "paid", "coupon_granted"]);
            assert_eq!(one.copies(shop).await, [("paid".to_owned(), 2)]);
        }
        assert!(closed.buyer.history(&closed.order).await.contains(&"reopened".to_owned()));
        assert!(closed.buyer.is_paid(&closed.order).await);
        assert!(wrong.buyer.is_waiting(&wrong.order).await, "a fen pays nothing");
        assert!(double.buyer.is_paid(&double.order).await);
        let mut flags: Vec<_> =
            shop.flags().await.into_iter().map(|(kind, number, _)| (kind, number)).collect();
        let mut expected = [wrong, double].map(|one| ("mismatch".to_owned(), one.number.clone()));
        flags.sort();
        expected.sort();
        assert_eq!(flags, expected);
        let granted = format!("select granted_num from coupon_template where id = {template}");
        assert_eq!(shop.rows::<(i64,)>(&granted).await, [(15,)], "each paid order earns one");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_cannot_be_settled_does_not_block_the_others() {
    Shop::run_unaudited(async |shop| {
        let (_, buyers) = shop.people(9).await;
        let sku = shop.sku(100).await;
        let mut orders = Vec::new();
        for buyer in &buyers {
            orders.push(Unpaid::of(buyer, &sku).await);
        }
        let (broken, good) = orders.split_last().unwrap();
        let astray =
            format!("update payment_attempt set order_id = 'NO.0' where out_trade_no = '{}'", broken.number);
        shop.sql(&astray).await;
        let notices = orders.iter().enumerate().map(|(nth, one)| one.paid(nth)).collect();
        let answers = Gathered::by(shop, notices).await.release().await;
        assert_eq!(answers, [&[200; 8][..], &[503]].concat(), "WeChat tells that one again");
        for one in good {
            assert!(one.buyer.is_paid(&one.order).await);
        }
        assert!(broken.buyer.is_waiting(&broken.order).await);
        assert_eq!(broken.copies(shop).await, []);
    })
    .await;
}
