"""wechatpy against API v2."""

from wechatpy.exceptions import InvalidSignatureException, WeChatPayException
from wechatpy.pay import WeChatPay

from judge import KEYS, SUCCESS, URL, Receiver, advance, check, faults, merchant, pay, same, today

own = merchant()
shop = Receiver(200, SUCCESS)
wechat = WeChatPay(
    own["appid"], own["api_key"], own["mch_id"],
    mch_cert=KEYS + "/apiclient_cert.pem", mch_key=KEYS + "/apiclient_key.pem",
)
wechat.API_BASE_URL = URL + "/"


def order(number, **more):
    return wechat.order.create(
        "NATIVE", "畅购 <手机> & \"壳\"", 101, shop.url, client_ip="127.0.0.1",
        out_trade_no=number, product_id="P1", **more)


# Prepay, pay, the notice through the package's own verifier, the query.
placed = order("PY1", attach="a<b>&")
check(placed["code_url"].startswith("weixin://wxpay/bizpayurl"), placed)
same(wechat.order.query(out_trade_no="PY1")["trade_state"], "NOTPAY")
pay("PY1")
headers, body = shop.next()
notice = wechat.parse_payment_result(body)
same((notice["out_trade_no"], notice["total_fee"], notice["attach"]), ("PY1", 101, "a<b>&"))
paid = wechat.order.query(transaction_id=notice["transaction_id"])
same((paid["trade_state"], paid["total_fee"]), ("SUCCESS", "101"))
faults({"on": "notice", "kind": "bad_signature", "times": 1})
shop.status = 500
order("PY2")
pay("PY2")
try:
    wechat.parse_payment_result(shop.next()[1])
    raise AssertionError("a forged notice was believed")
except InvalidSignatureException:
    pass
shop.status = 200
advance(15)
wechat.parse_payment_result(shop.next()[1])

# Close.
order("PY3")
same(wechat.order.close("PY3")["result_code"], "SUCCESS")
same(wechat.order.query(out_trade_no="PY3")["trade_state"], "CLOSED")
try:
    wechat.order.close("PY1")
    raise AssertionError("a paid order was closed")
except WeChatPayException as refused:
    same(refused.errcode, "ORDERPAID")

# Refund, its query, its notice.
made = wechat.refund.apply(101, 40, "PYR1", out_trade_no="PY1", notify_url=shop.url)
same((made["refund_fee"], made["result_code"]), ("40", "SUCCESS"))
advance(5)
told = wechat.refund.query(out_refund_no="PYR1")
same((told["refund_status_0"], told["refund_fee_0"]), ("SUCCESS", "40"))
hidden = wechat.parse_refund_notify_result(shop.next()[1])
same((hidden["out_refund_no"], hidden["refund_fee"], hidden["refund_status"]), ("PYR1", 40, "SUCCESS"))
same(wechat.order.query(out_trade_no="PY1")["trade_state"], "REFUND")

# HMAC-SHA256, a short link, bills.
same(order("PY4", sign_type="HMAC-SHA256")["result_code"], "SUCCESS")
link = "weixin://wxpay/bizpayurl?sign=S&appid=A&mch_id=M&product_id=P&time_stamp=1&nonce_str=N"
check(wechat.tools.short_url(link)["short_url"].startswith("weixin://wxpay/s/"))
day = today()
advance(86400)
bill = wechat.tools.download_bill(day)
text = bill if isinstance(bill, str) else bill.content.decode("utf-8")
check("`PYR1" in text and "总交易单数" in text, text)
