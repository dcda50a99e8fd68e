import com.wechat.pay.java.core.Config;
import com.wechat.pay.java.core.RSAAutoCertificateConfig;
import com.wechat.pay.java.core.RSAPublicKeyConfig;
import com.wechat.pay.java.core.exception.ServiceException;
import com.wechat.pay.java.core.http.DefaultHttpClientBuilder;
import com.wechat.pay.java.core.http.HttpClient;
import com.wechat.pay.java.core.notification.NotificationConfig;
import com.wechat.pay.java.core.notification.NotificationParser;
import com.wechat.pay.java.core.notification.RequestParam;
import com.wechat.pay.java.service.billdownload.BillDownloadService;
import com.wechat.pay.java.service.billdownload.model.GetTradeBillRequest;
import com.wechat.pay.java.service.payments.model.Transaction;
import com.wechat.pay.java.service.payments.nativepay.NativePayService;
import com.wechat.pay.java.service.payments.nativepay.model.Amount;
import com.wechat.pay.java.service.payments.nativepay.model.CloseOrderRequest;
import com.wechat.pay.java.service.payments.nativepay.model.PrepayRequest;
import com.wechat.pay.java.service.payments.nativepay.model.QueryOrderByOutTradeNoRequest;
import com.wechat.pay.java.service.refund.RefundService;
import com.wechat.pay.java.service.refund.model.AmountReq;
import com.wechat.pay.java.service.refund.model.CreateRequest;
import com.wechat.pay.java.service.refund.model.QueryByOutRefundNoRequest;
import com.wechat.pay.java.service.refund.model.RefundNotification;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;

/** WeChat's own Java SDK against API v3: its client and its notification parser, in both key modes. */
public final class WechatpayJavaV3 {
    private static String appid;
    private static String mchid;
    private static Judge.Receiver shop;

    public static void main(String[] arguments) {
        Judge.hear(WechatpayJavaV3::story);
    }

    /** Sends to the simulator what is meant for WeChat; the SDK's hosts are constants. */
    private static OkHttpClient here() {
        HttpUrl target = HttpUrl.get(Judge.URL);
        return new OkHttpClient.Builder().addInterceptor(chain -> {
            HttpUrl url = chain.request().url();
            HttpUrl there = url.newBuilder().scheme(target.scheme()).host(target.host()).port(target.port()).build();
            return chain.proceed(chain.request().newBuilder().url(there).build());
        }).build();
    }

    private static void story() throws Exception {
        var own = Judge.merchant();
        appid = own.get("appid").getAsString();
        mchid = own.get("mch_id").getAsString();
        shop = new Judge.Receiver(204, "");
        String serial = own.get("serial_no").getAsString();
        String key = own.get("private_key_pem").getAsString();
        String v3 = own.get("api_v3_key").getAsString();
        var platform = own.getAsJsonObject("platform");

        RSAAutoCertificateConfig certificates = new RSAAutoCertificateConfig.Builder()
                .merchantId(mchid).privateKey(key).merchantSerialNumber(serial).apiV3Key(v3)
                .httpClientBuilder(new DefaultHttpClientBuilder().okHttpClient(here())).build();
        whole("CERT", certificates, certificates);

        RSAPublicKeyConfig publicKey = new RSAPublicKeyConfig.Builder()
                .merchantId(mchid).privateKey(key).merchantSerialNumber(serial).apiV3Key(v3)
                .publicKey(platform.get("public_key_pem").getAsString())
                .publicKeyId(platform.get("public_key_id").getAsString()).build();
        whole("PUBK", publicKey, publicKey);
        bills(publicKey);
    }

    private static HttpClient client(Config config) {
        return new DefaultHttpClientBuilder().config(config).okHttpClient(here()).build();
    }

    private static RequestParam param(Judge.Notice notice) {
        var headers = notice.headers();
        return new RequestParam.Builder()
                .serialNumber(headers.getFirst("Wechatpay-Serial")).nonce(headers.getFirst("Wechatpay-Nonce"))
                .signature(headers.getFirst("Wechatpay-Signature")).timestamp(headers.getFirst("Wechatpay-Timestamp"))
                .signType(headers.getFirst("Wechatpay-Signature-Type")).body(notice.body()).build();
    }

    private static PrepayRequest order(String number) {
        Amount amount = new Amount();
        amount.setTotal(101);
        PrepayRequest request = new PrepayRequest();
        request.setAppid(appid);
        request.setMchid(mchid);
        request.setDescription("畅购 <手机> & \"壳\"");
        request.setOutTradeNo(number);
        request.setNotifyUrl(shop.url);
        request.setAmount(amount);
        return request;
    }

    private static void whole(String name, Config config, NotificationConfig notices) throws Exception {
        HttpClient http = client(config);
        NativePayService payments = new NativePayService.Builder().httpClient(http).build();
        RefundService refunds = new RefundService.Builder().httpClient(http).build();
        NotificationParser parser = new NotificationParser(notices);
        String number = name + "00001";

        Judge.check(payments.prepay(order(number)).getCodeUrl().startsWith("weixin://"), "no code");
        Judge.pay(number);
        Transaction paid = parser.parse(param(shop.next()), Transaction.class);
        Judge.same(paid.getOutTradeNo(), number);
        Judge.same(paid.getAmount().getTotal(), 101);
        QueryOrderByOutTradeNoRequest query = new QueryOrderByOutTradeNoRequest();
        query.setMchid(mchid);
        query.setOutTradeNo(number);
        Judge.same(payments.queryOrderByOutTradeNo(query).getTradeState(), Transaction.TradeStateEnum.SUCCESS);

        payments.prepay(order(name + "00002"));
        payments.closeOrder(closing(name + "00002"));
        Exception refusal = Judge.refused(() -> payments.closeOrder(closing(number)));
        Judge.same(((ServiceException) refusal).getErrorCode(), "ORDER_PAID");

        refund(name, number, refunds, parser);
        for (String kind : new String[] {"bad_signature", "wrong_serial", "stale_timestamp", "sign_test"}) {
            Judge.fault("query", kind);
            Judge.refused(() -> payments.queryOrderByOutTradeNo(query));
        }
        String[] lies = {"bad_signature", "wrong_serial", "sign_test", "bad_ciphertext"};
        for (int nth = 0; nth < lies.length; nth++) {
            String forged = name + "1000" + nth;
            payments.prepay(order(forged));
            Judge.fault("notice", lies[nth]);
            Judge.pay(forged);
            RequestParam lie = param(shop.next());
            Judge.refused(() -> parser.parse(lie, Transaction.class));
        }
    }

    private static CloseOrderRequest closing(String number) {
        CloseOrderRequest request = new CloseOrderRequest();
        request.setMchid(mchid);
        request.setOutTradeNo(number);
        return request;
    }

    private static void refund(String name, String number, RefundService refunds, NotificationParser parser) throws Exception {
        AmountReq amount = new AmountReq();
        amount.setRefund(40L);
        amount.setTotal(101L);
        amount.setCurrency("CNY");
        CreateRequest wish = new CreateRequest();
        wish.setOutTradeNo(number);
        wish.setOutRefundNo(name + "R1");
        wish.setNotifyUrl(shop.url);
        wish.setAmount(amount);
        Judge.same(refunds.create(wish).getStatus().name(), "PROCESSING");
        Judge.advance(5);
        RefundNotification told = parser.parse(param(shop.next()), RefundNotification.class);
        Judge.same(told.getRefundStatus().name(), "SUCCESS");
        QueryByOutRefundNoRequest query = new QueryByOutRefundNoRequest();
        query.setOutRefundNo(name + "R1");
        Judge.same(refunds.queryByOutRefundNo(query).getStatus().name(), "SUCCESS");
    }

    private static void bills(Config config) throws Exception {
        String day = Judge.today();
        Judge.advance(86400);
        HttpClient http = client(config);
        GetTradeBillRequest asked = new GetTradeBillRequest();
        asked.setBillDate(day.substring(0, 4) + "-" + day.substring(4, 6) + "-" + day.substring(6));
        var told = new BillDownloadService.Builder().config(config).httpClient(http).build().getTradeBill(asked);
        InputStream file = http.download(told.getDownloadUrl());
        byte[] digest = MessageDigest.getInstance("SHA-1").digest(file.readAllBytes());
        Judge.same(HexFormat.of().formatHex(digest), told.getHashValue());
    }
}
