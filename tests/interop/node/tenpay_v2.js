// tenpay against API v2, with its middlewares for notices and for mode one.
const express = require('express');
const Tenpay = require('tenpay');
const { assert, control, pay, advance, faults, today, hear, URL } = require('./judge');

hear(async () => {
  const own = await control('GET', '/sim/merchant');
  const seen = { pay: [], refund: [], refused: [] };
  const app = express();
  app.use(express.text({ type: () => true }));
  const wechat = new Tenpay({ appid: own.appid, mchid: own.mch_id, partnerKey: own.api_key });
  for (const name of Object.keys(wechat.urls)) {
    wechat.urls[name] = wechat.urls[name].replace('https://api.mch.weixin.qq.com', URL);
  }
  app.post('/pay', wechat.middlewareForExpress('pay'), (request, response) => {
    seen.pay.push(request.weixin);
    response.reply();
  });
  app.post('/refund', wechat.middlewareForExpress('refund'), (request, response) => {
    seen.refund.push(request.weixin.req_info);
    response.reply();
  });
  app.post('/scan', wechat.middlewareForExpress('nativePay'), async (request, response) => {
    const { product_id, openid } = request.weixin;
    if (product_id === 'gone') { response.replyNative('', '此商品已下架'); return; }
    const { prepay_id } = await order(numbered(openid, product_id), { product_id });
    response.replyNative(prepay_id);
  });
  const server = await new Promise((ready) => { const opened = app.listen(0, '127.0.0.1', () => ready(opened)); });
  const at = (path) => `http://127.0.0.1:${server.address().port}${path}`;
  // One order for one product and one buyer.
  const numbered = (openid, product) => `${openid}-${Buffer.from(product).toString('hex')}`;
  const order = (out_trade_no, more) => wechat.unifiedOrder({
    out_trade_no, body: '畅购 <手机> & "壳"', total_fee: 101, trade_type: 'NATIVE', product_id: 'P1', notify_url: at('/pay'), ...more,
  });

  // Prepay, pay, the notice through the middleware, the query; under MD5 and under HMAC-SHA256.
  for (const [number, sign_type] of [['TP1', 'MD5'], ['TP2', 'HMAC-SHA256']]) {
    assert.match((await order(number, { sign_type })).code_url, /^weixin:\/\/wxpay\/bizpayurl/);
    assert.equal((await wechat.orderQuery({ out_trade_no: number, sign_type })).trade_state, 'NOTPAY');
    await pay(number);
    await advance(0);
    const notice = seen.pay.pop();
    assert.deepEqual([notice.out_trade_no, notice.total_fee], [number, '101']);
    assert.equal((await wechat.orderQuery({ transaction_id: notice.transaction_id, sign_type })).trade_state, 'SUCCESS');
  }
  await faults({ on: 'notice', kind: 'foreign_merchant', times: 1 });
  await order('TP3');
  await pay('TP3');
  await advance(0);
  assert.equal(seen.pay.length, 0, 'a notice of another merchant is refused');
  await advance(15);
  assert.equal(seen.pay.pop().out_trade_no, 'TP3');

  await order('TP4');
  assert.equal((await wechat.closeOrder({ out_trade_no: 'TP4' })).result_code, 'SUCCESS');
  await assert.rejects(wechat.closeOrder({ out_trade_no: 'TP1' }), /ORDERPAID/);

  // Refund, its notice, its query.
  const refund = { out_trade_no: 'TP1', out_refund_no: 'TPR1', total_fee: 101, refund_fee: 40, notify_url: at('/refund') };
  assert.equal((await wechat.refund(refund)).refund_fee, '40');
  await assert.rejects(wechat.refund({ ...refund, refund_fee: 41 }), /REFUND_FEE_MISMATCH/);
  await advance(5);
  const told = seen.refund.pop();
  assert.deepEqual([told.out_refund_no, told.refund_fee, told.refund_status], ['TPR1', '40', 'SUCCESS']);
  assert.equal((await wechat.refundQuery({ out_refund_no: 'TPR1' })).refund_status_0, 'SUCCESS');

  // Mode one: a code of a product, an order for who scans it, the refusal for what is gone.
  await control('PUT', '/sim/native-callback', { url: at('/scan') });
  const scan = (product_id) => control('POST', '/sim/scan', { link: wechat.getNativeUrl({ product_id }), openid: 'o1', pay: true });
  for (const product of ['P-9', '手机&1']) {
    const bought = await scan(product);
    assert.deepEqual([bought.outcome, bought.trade.out_trade_no, bought.trade.openid], ['paid', numbered('o1', product), 'o1']);
    await advance(0);
    assert.equal(seen.pay.pop().out_trade_no, numbered('o1', product));
  }
  const gone = await scan('gone');
  assert.deepEqual([gone.outcome, gone.message], ['refused', '此商品已下架']);

  const day = await today();
  await advance(86400);
  const bill = await wechat.downloadBill({ bill_date: day }, true);
  const number = bill.list_title.indexOf('商户退款单号');
  assert.ok(bill.list_data.some((row) => row[number] === 'TPR1'));
  assert.equal(bill.total_data[0], String(bill.list_data.length));
  const flow = await wechat.downloadFundflow({ bill_date: day }, true);
  assert.equal(flow.total_data[0], String(flow.list_data.length));
});
