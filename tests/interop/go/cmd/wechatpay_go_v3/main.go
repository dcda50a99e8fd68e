// WeChat's own Go SDK against API v3: its client and its notice handler, in both key modes.
package main

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/downloader"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	. "interop/judge"
)

var ctx = context.Background()

// here sends to the simulator what is meant for WeChat; the SDK's address is a constant.
type here struct{ plain http.RoundTripper }

func (way here) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.HasSuffix(request.URL.Host, "weixin.qq.com") {
		request = request.Clone(request.Context())
		target := Must(url.Parse(URL))
		request.URL.Scheme, request.URL.Host, request.Host = target.Scheme, target.Host, target.Host
	}
	return way.plain.RoundTrip(request)
}

func main() {
	http.DefaultTransport = here{http.DefaultTransport}
	own := Own()
	shop := Open(204, "")
	key := Must(utils.LoadPrivateKey(own.PrivateKey))
	public := Must(utils.LoadPublicKey(own.Platform.PublicKey))

	client := Must(core.NewClient(ctx, option.WithWechatPayAutoAuthCipher(own.MchID, own.SerialNo, key, own.APIv3Key)))
	visitor := downloader.MgrInstance().GetCertificateVisitor(own.MchID)
	wholeStory(own, client, verifiers.NewSHA256WithRSAVerifier(visitor), "CERT", shop)

	with := option.WithWechatPayPublicKeyAuthCipher(own.MchID, own.SerialNo, key, own.Platform.PublicKeyID, public)
	public_ := Must(core.NewClient(ctx, with))
	verifier := verifiers.NewSHA256WithRSAPubkeyVerifier(own.Platform.PublicKeyID, *public)
	wholeStory(own, public_, verifier, "PUBK", shop)
	bills(client)
}

func wholeStory(own Merchant, client *core.Client, verifier auth.Verifier, name string, shop *Receiver) {
	handler := Must(notify.NewRSANotifyHandler(own.APIv3Key, verifier))
	service := native.NativeApiService{Client: client}
	refunds := refunddomestic.RefundsApiService{Client: client}
	order := func(number string) native.PrepayRequest {
		return native.PrepayRequest{
			Appid: core.String(own.Appid), Mchid: core.String(own.MchID), Description: core.String("畅购 <手机> & 壳"),
			OutTradeNo: core.String(number), NotifyUrl: core.String(shop.URL), Amount: &native.Amount{Total: core.Int64(101)},
		}
	}
	place := func(number string) {
		told, _, err := service.Prepay(ctx, order(number))
		Check(err == nil, err)
		Check(strings.HasPrefix(*told.CodeUrl, "weixin://"), *told.CodeUrl)
	}
	query := func(number string) (*payments.Transaction, error) {
		asked := native.QueryOrderByOutTradeNoRequest{OutTradeNo: core.String(number), Mchid: core.String(own.MchID)}
		told, _, err := service.QueryOrderByOutTradeNo(ctx, asked)
		return told, err
	}
	shut := func(number string) error {
		_, err := service.CloseOrder(ctx, native.CloseOrderRequest{OutTradeNo: core.String(number), Mchid: core.String(own.MchID)})
		return err
	}
	number := name + "00001"
	place(number)
	Same(*Must(query(number)).TradeState, "NOTPAY")
	Pay(number)
	paid := new(payments.Transaction)
	event := Must(handler.ParseNotifyRequest(ctx, shop.Next(), paid))
	Same(event.EventType, "TRANSACTION.SUCCESS")
	Same(*paid.Amount.Total, 101)
	Same(*Must(query(number)).TransactionId, *paid.TransactionId)

	place(name + "00002")
	Check(shut(name+"00002") == nil)
	Check(core.IsAPIError(shut(number), "ORDER_PAID"))

	wish := refunddomestic.CreateRequest{
		OutTradeNo: core.String(number), OutRefundNo: core.String(name + "R1"), NotifyUrl: core.String(shop.URL),
		Amount: &refunddomestic.AmountReq{Currency: core.String("CNY"), Refund: core.Int64(40), Total: core.Int64(101)},
	}
	made, _, err := refunds.Create(ctx, wish)
	Check(err == nil, err)
	Same(*made.Status, refunddomestic.STATUS_PROCESSING)
	Advance(5)
	told := map[string]any{}
	event = Must(handler.ParseNotifyRequest(ctx, shop.Next(), &told))
	Same(event.EventType, "REFUND.SUCCESS")
	Same(told["refund_status"].(string), "SUCCESS")
	done, _, err := refunds.QueryByOutRefundNo(ctx, refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: core.String(name + "R1")})
	Check(err == nil, err)
	Same(*done.Status, refunddomestic.STATUS_SUCCESS)

	for _, kind := range []string{"bad_signature", "wrong_serial", "stale_timestamp", "sign_test"} {
		Fault("query", kind)
		_, err := query(number)
		Check(err != nil, "an answer was believed:", kind)
	}
	for nth, kind := range []string{"bad_signature", "wrong_serial", "stale_timestamp", "sign_test", "bad_ciphertext"} {
		forged := name + "1000" + string(rune('0'+nth))
		place(forged)
		Fault("notice", kind)
		Pay(forged)
		_, err := handler.ParseNotifyRequest(ctx, shop.Next(), new(payments.Transaction))
		Check(err != nil, "a notice was believed:", kind)
	}
}

func bills(client *core.Client) {
	day := Today()
	Advance(86400)
	asked := "https://api.mch.weixin.qq.com/v3/bill/tradebill?bill_date=" + day[:4] + "-" + day[4:6] + "-" + day[6:]
	result := Must(client.Get(ctx, asked))
	var told struct {
		Hash string `json:"hash_value"`
		URL  string `json:"download_url"`
	}
	Check(json.NewDecoder(result.Response.Body).Decode(&told) == nil)
	// A file is unsigned, which the SDK's verifier does not like: it gives the answer beside the error.
	file, _ := client.Get(ctx, told.URL)
	text := Must(io.ReadAll(file.Response.Body))
	sum := sha1.Sum(text)
	Same(hex.EncodeToString(sum[:]), told.Hash)
}
