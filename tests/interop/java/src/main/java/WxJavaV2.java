import com.github.binarywang.wxpay.bean.request.WxPayRefundRequest;
import com.github.binarywang.wxpay.bean.request.WxPayUnifiedOrderRequest;
import com.github.binarywang.wxpay.bean.result.WxPayUnifiedOrderResult;
import com.github.binarywang.wxpay.config.WxPayConfig;
import com.github.binarywang.wxpay.exception.WxPayException;
import com.github.binarywang.wxpay.service.WxPayService;
import com.github.binarywang.wxpay.service.impl.WxPayServiceImpl;

/** WxJava against API v2: it verifies every answer. */
public final class WxJavaV2 {
    private static Judge.Receiver shop;
    private static WxPayService wechat;

    public static void main(String[] arguments) {
        Judge.hear(WxJavaV2::story);
    }

    private static WxPayUnifiedOrderResult order(String number) throws WxPayException {
        return wechat.unifiedOrder(WxPayUnifiedOrderRequest.newBuilder()
                .outTradeNo(number).body("畅购 <手机> & \"壳\"").totalFee(101).spbillCreateIp("127.0.0.1")
                .notifyUrl(shop.url).tradeType("NATIVE").productId("P1").build());
    }

    private static void story() throws Exception {
        var own = Judge.merchant();
        shop = new Judge.Receiver(200, Judge.SUCCESS);
        for (String signType : new String[] {"MD5", "HMAC-SHA256"}) {
            WxPayConfig config = new WxPayConfig();
            config.setPayBaseUrl(Judge.URL);
            config.setAppId(own.get("appid").getAsString());
            config.setMchId(own.get("mch_id").getAsString());
            config.setMchKey(own.get("api_key").getAsString());
            config.setKeyContent(Judge.pkcs12(own));
            config.setSignType(signType);
            wechat = new WxPayServiceImpl();
            wechat.setConfig(config);
            whole(signType.substring(0, 2));
        }
        bills();
    }

    private static void whole(String name) throws Exception {
        String number = name + "1";
        Judge.check(order(number).getCodeURL().startsWith("weixin://wxpay/bizpayurl"), "no code");
        Judge.same(wechat.queryOrder(null, number).getTradeState(), "NOTPAY");
        Judge.pay(number);
        var paid = wechat.parseOrderNotifyResult(shop.next().body());
        Judge.same(paid.getOutTradeNo(), number);
        Judge.same(paid.getTotalFee(), 101);
        Judge.same(wechat.queryOrder(paid.getTransactionId(), null).getTradeState(), "SUCCESS");
        order(name + "2");
        Judge.same(wechat.closeOrder(name + "2").getResultCode(), "SUCCESS");
        Exception refusal = Judge.refused(() -> wechat.closeOrder(number));
        Judge.same(((WxPayException) refusal).getErrCode(), "ORDERPAID");

        var refund = WxPayRefundRequest.newBuilder().outTradeNo(number).outRefundNo(name + "R1")
                .totalFee(101).refundFee(40).notifyUrl(shop.url).build();
        Judge.same(wechat.refund(refund).getRefundFee(), 40);
        Judge.advance(5);
        var told = wechat.parseRefundNotifyResult(shop.next().body()).getReqInfo();
        Judge.same(told.getOutRefundNo(), name + "R1");
        Judge.same(told.getRefundStatus(), "SUCCESS");
        var query = wechat.refundQuery(null, null, name + "R1", null);
        Judge.same(query.getRefundRecords().get(0).getRefundStatus(), "SUCCESS");

        order(name + "3");
        Judge.fault("notice", "bad_signature");
        Judge.pay(name + "3");
        String forged = shop.next().body();
        Judge.refused(() -> wechat.parseOrderNotifyResult(forged));
        Judge.fault("query", "bad_signature");
        Judge.refused(() -> wechat.queryOrder(null, number));

        String link = wechat.createScanPayQrcodeMode1("P1");
        Judge.check(wechat.shorturl(link).startsWith("weixin://wxpay/s/"), link);
    }

    private static void bills() throws Exception {
        String day = Judge.today();
        Judge.advance(86400);
        var bill = wechat.downloadBill(day, "ALL", null, null);
        Judge.same(bill.getTotalRecord().strip(), String.valueOf(bill.getBillInfoList().size()));
        Judge.check(bill.getBillInfoList().stream().anyMatch(row -> "MDR1".equals(row.getOutRefundNo())), bill);
        var packed = wechat.downloadBill(day, "ALL", "GZIP", null);
        Judge.same(packed.getTotalRecord(), bill.getTotalRecord());
        var flow = wechat.downloadFundFlow(day, "Basic", null);
        Judge.same(flow.getTotalRecord().strip(), String.valueOf(flow.getWxPayFundFlowBaseResultList().size()));
    }
}
