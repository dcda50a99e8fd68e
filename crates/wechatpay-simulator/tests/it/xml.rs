//! Hostile XML is refused with a message and never crashes the simulator.

use crate::support::Shop;
use crate::support::Sign;
use crate::support::client::{self, fields};

async fn told(shop: &Shop, body: impl Into<reqwest::Body>) -> client::Fields {
    let response = shop.http.post(shop.url("/pay/orderquery")).body(body).send().await.unwrap();
    client::read(&response.text().await.unwrap())
}

#[tokio::test]
async fn what_is_not_flat_xml_is_refused() {
    let shop = Shop::open().await;
    let many = format!("<xml>{}</xml>", (0..101).map(|n| format!("<a{n}>1</a{n}>")).collect::<String>());
    let deep = "<xml>".to_owned() + &"<a>".repeat(10_000);
    let hostile = [
        "<",
        "<xml>",
        "<xml></xml>x",
        "<root></root>",
        "<xml>text</xml>",
        "<xml a=\"1\"></xml>",
        "<xml><a b=\"1\">1</a></xml>",
        "<xml><a>1</a><a>2</a></xml>",
        "<xml><a><b>1</b></a></xml>",
        "<xml><a>1</b></xml>",
        "<xml><a>1<!-- x --></a></xml>",
        "<xml><!-- x --></xml>",
        "<xml><?php x ?></xml>",
        "<xml><a>&x;</a></xml>",
        "<xml><a>&#0;</a></xml>",
        "<xml><a>&#xFFFFFFFFFF;</a></xml>",
        "<xml><a>&#+65;</a></xml>",
        "<xml><a>\u{1}</a></xml>",
        "<xml><a><![CDATA[x</a></xml>",
        "<xml><1>1</1></xml>",
        "<xml><>1</></xml>",
        "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><a>&x;</a></xml>",
        "<?xml version=\"1.0\"?><!DOCTYPE xml><xml></xml>",
        &many,
        &deep,
    ];
    for body in hostile {
        let told = told(&shop, body.to_owned()).await;
        assert_eq!(told, fields(&[("return_code", "FAIL"), ("return_msg", "XML格式错误")]), "{body:.60}");
    }
    assert_eq!(told(&shop, vec![0xff, 0xfe]).await["return_msg"], "编码格式错误");
    assert_eq!(told(&shop, "").await["return_msg"], "post数据为空");
}

#[tokio::test]
async fn every_way_to_write_a_value_is_read() {
    let shop = Shop::open().await;
    let own = fields(&[("out_trade_no", "N1"), ("note", "a<b>&\"'中z")]);
    let body = client::signed(own, Sign::Md5)
        .replace("a&lt;b&gt;&amp;\"'中z", "a<![CDATA[<b]]>&gt;&amp;&quot;&apos;&#x4e2d;&#122;");
    let body =
        format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", body.replace("><", ">\r\n <"));
    assert_eq!(told(&shop, body).await["err_code"], "ORDERNOTEXIST");
}

#[tokio::test]
async fn only_post_is_answered() {
    let shop = Shop::open().await;
    let text = shop.http.get(shop.url("/pay/unifiedorder")).send().await.unwrap().text().await.unwrap();
    assert_eq!(client::read(&text)["return_msg"], "请使用post方法");
}
