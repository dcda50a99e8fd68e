// wechatpay-node-v3 against API v3. It verifies no answers, but notices.
const WxPay = require('wechatpay-node-v3');
const { PayRequest } = require('wechatpay-node-v3/dist/lib/pay-request');
const { assert, control, pay, advance, faults, receiver, hear, URL } = require('./judge');

hear(async () => {
  const own = await control('GET', '/sim/merchant');
  const shop = await receiver(204, '');
  const wechat = new WxPay({
    appid: own.appid, mchid: own.mch_id, publicKey: Buffer.from(own.certificate_pem), privateKey: Buffer.from(own.private_key_pem), key: own.api_v3_key,
  });
  const real = new PayRequest();
  const here = (url) => url.replace('https://api.mch.weixin.qq.com', URL);
  wechat.createHttp({
    get: (url, headers) => real.get(here(url), headers),
    post: (url, params, headers) => real.post(here(url), params, headers),
    postV2: (url, params, headers) => real.post(here(url), params, headers),
    upload: (url, params, headers) => real.upload(here(url), params, headers),
  });
  const order = (out_trade_no) => wechat.transactions_native({
    description: '畅购 <手机>', out_trade_no, notify_url: shop.url, amount: { total: 101 },
  });
  const verified = async ({ headers, body }) => wechat.verifySign({
    timestamp: headers['wechatpay-timestamp'], nonce: headers['wechatpay-nonce'], body, serial: headers['wechatpay-serial'],
    signature: headers['wechatpay-signature'], apiSecret: own.api_v3_key,
  });
  const told = ({ body }) => {
    const { ciphertext, associated_data, nonce } = JSON.parse(body).resource;
    return wechat.decipher_gcm(ciphertext, associated_data, nonce, own.api_v3_key);
  };
  const code = (answer) => JSON.parse(answer.error).code;

  assert.equal((await wechat.get_certificates(own.api_v3_key))[0].serial_no, own.platform.certificates[0].serial_no);
  const placed = await order('NODE00001');
  assert.equal(placed.status, 200, JSON.stringify(placed));
  await pay('NODE00001');
  const notice = await shop.next();
  assert.ok(await verified(notice));
  assert.deepEqual([told(notice).out_trade_no, told(notice).amount.total], ['NODE00001', 101]);
  assert.equal((await wechat.query({ out_trade_no: 'NODE00001' })).data.trade_state, 'SUCCESS');
  await order('NODE00002');
  assert.equal((await wechat.close('NODE00002')).status, 204);
  assert.equal(code(await wechat.close('NODE00001')), 'ORDER_PAID');
  const made = await wechat.refunds({
    out_trade_no: 'NODE00001', out_refund_no: 'NODER1', notify_url: shop.url, amount: { refund: 40, total: 101, currency: 'CNY' },
  });
  assert.equal(made.data.status, 'PROCESSING', JSON.stringify(made));
  await advance(5);
  const refunded = await shop.next();
  assert.ok(await verified(refunded));
  assert.equal(told(refunded).refund_status, 'SUCCESS');
  assert.equal((await wechat.find_refunds('NODER1')).data.status, 'SUCCESS');

  await order('NODE00003');
  await faults({ on: 'notice', kind: 'bad_signature', times: 1 });
  await pay('NODE00003');
  assert.equal(await verified(await shop.next()), false);
});
