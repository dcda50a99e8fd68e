// wechatpay-axios-plugin against API v2.
const { Wechatpay, Transformer, Hash, Aes, Formatter } = require('wechatpay-axios-plugin');
const { assert, control, pay, advance, today, receiver, hear, file, SUCCESS, URL } = require('./judge');

hear(async () => {
  const own = await control('GET', '/sim/merchant');
  const shop = await receiver(200, SUCCESS);
  const wechat = new Wechatpay({
    mchid: own.mch_id, serial: own.serial_no, privateKey: own.private_key_pem,
    certs: { [own.platform.public_key_id]: own.platform.public_key_pem },
    secret: own.api_key, baseURL: `${URL}/`,
    merchant: { cert: file('apiclient_cert.pem'), key: file('apiclient_key.pem') },
  });
  const who = { appid: own.appid, mch_id: own.mch_id };
  const call = async (path, data, config) => (await wechat.client.v2.post(path, { ...who, ...data }, config)).data;
  const order = (out_trade_no, more) => call('pay/unifiedorder', {
    out_trade_no, body: '畅购 <手机> & "壳"', total_fee: '101', trade_type: 'NATIVE', product_id: 'P1',
    spbill_create_ip: '127.0.0.1', notify_url: shop.url, attach: '', ...more,
  });

  for (const [number, sign_type] of [['AX1', 'MD5'], ['AX2', 'HMAC-SHA256']]) {
    assert.ok((await order(number, { sign_type })).code_url);
    await pay(number);
    const notice = Transformer.toObject((await shop.next()).body);
    assert.equal(notice.sign, Hash.sign(sign_type, notice, own.api_key));
    assert.deepEqual([notice.out_trade_no, notice.total_fee], [number, '101']);
    assert.equal((await call('pay/orderquery', { out_trade_no: number, sign_type })).trade_state, 'SUCCESS');
  }
  await order('AX3');
  await call('pay/closeorder', { out_trade_no: 'AX3' });
  assert.equal((await call('pay/orderquery', { out_trade_no: 'AX3' })).trade_state, 'CLOSED');
  await assert.rejects(order('AX1'), (error) => error.response.data.err_code === 'ORDERPAID');

  const refund = { out_trade_no: 'AX1', out_refund_no: 'AXR1', total_fee: '101', refund_fee: '101', notify_url: shop.url };
  assert.equal((await call('secapi/pay/refund', refund, { security: true })).refund_fee, '101');
  await advance(5);
  const hidden = Transformer.toObject((await shop.next()).body).req_info;
  const told = Transformer.toObject(Aes.AesEcb.decrypt(hidden, Hash.md5(own.api_key)));
  assert.deepEqual([told.out_refund_no, told.refund_status], ['AXR1', 'SUCCESS']);
  assert.equal((await call('pay/refundquery', { out_refund_no: 'AXR1' })).refund_status_0, 'SUCCESS');
  const link = 'weixin://wxpay/bizpayurl?sign=S&appid=A&mch_id=M&product_id=P&time_stamp=1&nonce_str=N';
  assert.match((await call('tools/shorturl', { long_url: link })).short_url, /^weixin:\/\/wxpay\/s\//);

  const day = await today();
  await advance(86400);
  // A bill is no XML: the package's own advice is to take the parser away.
  const plain = { transformResponse: [] };
  const bill = Formatter.castCsvBill((await wechat.client.v2.post('pay/downloadbill', { ...who, bill_date: day, bill_type: 'ALL' }, plain)).data);
  assert.ok(JSON.stringify(bill).includes('AXR1'), JSON.stringify(bill));
});
