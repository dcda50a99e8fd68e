"""weixin-python against API v2, its refund over https with the merchant's certificate."""

from weixin.pay import WeixinPay, WeixinPayError

from judge import KEYS, SUCCESS, TLS_URL, URL, Receiver, advance, check, merchant, pay, same, today

own = merchant()
shop = Receiver(200, SUCCESS)
wechat = WeixinPay(
    own["appid"], own["mch_id"], own["api_key"], shop.url,
    KEYS + "/apiclient_key.pem", KEYS + "/apiclient_cert.pem")
wechat.PAY_HOST = URL


def order(number):
    return wechat.unified_order(
        trade_type="NATIVE", product_id="P1", out_trade_no=number, body="畅购手机", total_fee=101,
        spbill_create_ip="127.0.0.1")


def is_signed(answer):
    return wechat.check(dict(answer))


placed = order("WP1")
check(is_signed(placed) and placed["code_url"], placed)
same(wechat.order_query(out_trade_no="WP1")["trade_state"], "NOTPAY")
pay("WP1")
notice = wechat.to_dict(shop.next()[1].decode())
check(is_signed(notice), notice)
same(notice["total_fee"], "101")
query = wechat.order_query(out_trade_no="WP1")
check(is_signed(query) and query["trade_state"] == "SUCCESS", query)
order("WP2")
check(is_signed(wechat.close_order("WP2")))
try:
    order("WP1")
    raise AssertionError("a paid order was placed again")
except WeixinPayError as refused:
    check("已支付" in str(refused), refused)

# Mutual TLS: with the certificate the refund is accepted, without it the door stays shut.
refund = dict(out_trade_no="WP1", out_refund_no="WPR1", total_fee=101, refund_fee=101, op_user_id=own["mch_id"])
wechat.PAY_HOST = TLS_URL
wechat.sess.verify = KEYS + "/tls_cert.pem"
made = wechat.refund(**refund)
check(is_signed(made) and made["refund_fee"] == "101", made)
stranger = wechat.sess.post(TLS_URL + "/secapi/pay/refund", data="<xml></xml>")
same(stranger.status_code, 400)
wechat.PAY_HOST = URL
advance(5)
told = wechat.refund_query(out_refund_no="WPR1")
same(told["refund_status_0"], "SUCCESS")
day = today()
advance(86400)
bill = wechat.download_bill(day)
check("`WPR1" in bill, bill)
