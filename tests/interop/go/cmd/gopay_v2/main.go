// gopay against API v2.
package main

import (
	"context"
	"strings"

	"github.com/go-pay/gopay"
	"github.com/go-pay/gopay/wechat"

	. "interop/judge"
)

var ctx = context.Background()

func main() {
	own := Own()
	shop := Open(200, Success)
	client := wechat.NewClient(own.Appid, own.MchID, own.APIKey, true)
	client.BaseURL = URL
	Check(client.AddCertPemFileContent([]byte(own.Certificate), []byte(own.PrivateKey)) == nil)
	signed := func(signType string, told any) {
		Check(Must(wechat.VerifySign(own.APIKey, signType, told)), told)
	}
	request := func(pairs ...string) gopay.BodyMap {
		body := make(gopay.BodyMap)
		body.Set("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS").Set("sign_type", wechat.SignType_HMAC_SHA256)
		for nth := 0; nth < len(pairs); nth += 2 {
			body.Set(pairs[nth], pairs[nth+1])
		}
		return body
	}
	order := func(number string) *wechat.UnifiedOrderResponse {
		return Must(client.UnifiedOrder(ctx, request(
			"body", "畅购 手机", "out_trade_no", number, "total_fee", "101", "spbill_create_ip", "127.0.0.1",
			"notify_url", shop.URL, "trade_type", "NATIVE", "product_id", "P1")))
	}
	hmac := wechat.SignType_HMAC_SHA256

	placed := order("GP1")
	signed(hmac, *placed)
	Check(strings.HasPrefix(placed.CodeUrl, "weixin://wxpay/bizpayurl"), placed)
	Pay("GP1")
	notice := Must(wechat.ParseNotifyToBodyMap(shop.Next()))
	signed(hmac, notice)
	Same(notice.Get("total_fee"), "101")
	query, fields, err := client.QueryOrder(ctx, request("out_trade_no", "GP1"))
	Check(err == nil, err)
	signed(hmac, fields)
	Same(query.TradeState, "SUCCESS")

	order("GP2")
	// The package drops result_msg, so its own check of this signature cannot hold.
	Same(Must(client.CloseOrder(ctx, request("out_trade_no", "GP2"))).ResultCode, "SUCCESS")
	Same(Must(client.CloseOrder(ctx, request("out_trade_no", "GP1"))).ErrCode, "ORDERPAID")

	made, fields, err := client.Refund(ctx, request(
		"out_trade_no", "GP1", "out_refund_no", "GPR1", "total_fee", "101", "refund_fee", "40", "notify_url", shop.URL))
	Check(err == nil, err)
	signed(hmac, fields)
	Same(made.RefundFee, "40")
	Advance(5)
	hidden := Must(wechat.ParseRefundNotify(shop.Next()))
	told := Must(wechat.DecryptRefundNotifyReqInfo(hidden.ReqInfo, own.APIKey))
	Same(told.RefundStatus, "SUCCESS")
	Same(told.OutRefundNo, "GPR1")
	_, fields, err = client.QueryRefund(ctx, request("out_refund_no", "GPR1"))
	Check(err == nil, err)
	signed(hmac, fields)
	Same(fields.Get("refund_status_0"), "SUCCESS")

	day := Today()
	Advance(86400)
	bill := Must(client.DownloadBill(ctx, request("bill_date", day, "bill_type", "ALL")))
	Check(strings.Contains(bill, "`GPR1"), bill)
	flow := Must(client.DownloadFundFlow(ctx, request("bill_date", day, "account_type", "Basic")))
	Check(strings.Contains(flow, "`GPR1"), flow)
}
