// gopay against API v3, in both key modes; it verifies every answer.
package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/go-pay/gopay"
	"github.com/go-pay/gopay/wechat/v3"

	. "interop/judge"
)

var ctx = context.Background()

func main() {
	own := Own()
	shop := Open(204, "")
	// The package asks for certificates at an address of its own.
	wechat.SetProxyHost(URL)
	certificates := fresh(own)
	Check(certificates.AutoVerifySign(false) == nil)
	wholeStory(own, certificates, "CERT", shop)
	public := fresh(own)
	Check(public.AutoVerifySignByPublicKey([]byte(own.Platform.PublicKey), own.Platform.PublicKeyID) == nil)
	wholeStory(own, public, "PUBK", shop)
	bills(certificates)
}

func fresh(own Merchant) *wechat.ClientV3 {
	client := Must(wechat.NewClientV3(own.MchID, own.SerialNo, own.APIv3Key, own.PrivateKey))
	client.SetProxyHost(URL)
	return client
}

func wholeStory(own Merchant, client *wechat.ClientV3, name string, shop *Receiver) {
	number := name + "00001"
	order := func(number string) gopay.BodyMap {
		body := make(gopay.BodyMap)
		body.Set("appid", own.Appid).Set("mchid", own.MchID).Set("description", "畅购 手机").Set("out_trade_no", number)
		body.Set("notify_url", shop.URL).SetBodyMap("amount", func(amount gopay.BodyMap) {
			amount.Set("total", 101).Set("currency", "CNY")
		})
		return body
	}
	placed := Must(client.V3TransactionNative(ctx, order(number)))
	Same(placed.Code, 0)
	Pay(number)
	notice := Must(wechat.V3ParseNotify(shop.Next()))
	Check(notice.VerifySignByPKMap(client.WxPublicKeyMap()) == nil, "the notice is signed")
	paid := Must(notice.DecryptPayCipherText(own.APIv3Key))
	Same(paid.OutTradeNo, number)
	Same(paid.Amount.Total, 101)
	query := Must(client.V3TransactionQueryOrder(ctx, wechat.TransactionId, paid.TransactionId))
	Same(query.Response.TradeState, "SUCCESS")

	Same(Must(client.V3TransactionNative(ctx, order(name+"00002"))).Code, 0)
	Same(Must(client.V3TransactionCloseOrder(ctx, name+"00002")).Code, 0)
	Same(Must(client.V3TransactionCloseOrder(ctx, number)).ErrResponse.Code, "ORDER_PAID")

	wish := make(gopay.BodyMap)
	wish.Set("out_trade_no", number).Set("out_refund_no", name+"R1").Set("notify_url", shop.URL)
	wish.SetBodyMap("amount", func(amount gopay.BodyMap) {
		amount.Set("refund", 40).Set("total", 101).Set("currency", "CNY")
	})
	made := Must(client.V3Refund(ctx, wish))
	Same(made.Code, 0)
	Advance(5)
	notice = Must(wechat.V3ParseNotify(shop.Next()))
	Check(notice.VerifySignByPKMap(client.WxPublicKeyMap()) == nil, "the notice is signed")
	Same(Must(notice.DecryptRefundCipherText(own.APIv3Key)).RefundStatus, "SUCCESS")
	Same(Must(client.V3RefundQuery(ctx, name+"R1", nil)).Response.Status, "SUCCESS")

	Fault("query", "bad_signature")
	_, err := client.V3TransactionQueryOrder(ctx, wechat.OutTradeNo, number)
	Check(err != nil, "a badly signed answer was believed")
	Check(Must(client.V3TransactionNative(ctx, order(name+"00003"))).Code == 0)
	Fault("notice", "bad_signature")
	Pay(name + "00003")
	notice = Must(wechat.V3ParseNotify(shop.Next()))
	Check(notice.VerifySignByPKMap(client.WxPublicKeyMap()) != nil, "a forged notice was believed")
}

func bills(client *wechat.ClientV3) {
	day := Today()
	Advance(86400)
	asked := make(gopay.BodyMap)
	asked.Set("bill_date", day[:4]+"-"+day[4:6]+"-"+day[6:]).Set("bill_type", "ALL")
	told := Must(client.V3BillTradeBill(ctx, asked))
	Same(told.Code, 0)
	// The package wants `.com` before the path.
	where := Must(url.Parse(told.Response.DownloadUrl))
	file := string(Must(client.V3BillDownLoadBill(ctx, "https://api.mch.weixin.qq.com"+where.RequestURI())))
	Check(strings.Contains(file, "`CERTR1"), file)
}
