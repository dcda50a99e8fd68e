// wechatpay-axios-plugin against API v3: it verifies every answer.
const { Wechatpay, Rsa, Aes, Formatter } = require('wechatpay-axios-plugin');
const { createHash } = require('node:crypto');
const { assert, control, pay, advance, faults, today, receiver, hear, URL } = require('./judge');

hear(async () => {
  const own = await control('GET', '/sim/merchant');
  const shop = await receiver(204, '');
  const { platform } = own;
  const certs = { [platform.public_key_id]: platform.public_key_pem };
  for (const { serial_no, certificate_pem } of platform.certificates) certs[serial_no] = certificate_pem;
  const client = (headers) => new Wechatpay({
    mchid: own.mch_id, serial: own.serial_no, privateKey: own.private_key_pem, certs: { ...certs }, baseURL: `${URL}/`, headers,
  });
  const order = (out_trade_no) => ({
    appid: own.appid, mchid: own.mch_id, description: '畅购 <手机> & "壳"', out_trade_no, notify_url: shop.url,
    amount: { total: 101, currency: 'CNY' },
  });
  const opened = ({ headers, body }) => {
    const [at, nonce, signature, serial] = ['timestamp', 'nonce', 'signature', 'serial'].map((name) => headers[`wechatpay-${name}`]);
    assert.ok(Rsa.verify(Formatter.response(at, nonce, body), signature, Rsa.from(certs[serial], Rsa.KEY_TYPE_PUBLIC)));
    const event = JSON.parse(body);
    const { ciphertext, nonce: iv, associated_data } = event.resource;
    return { ...event, told: JSON.parse(Aes.AesGcm.decrypt(ciphertext, own.api_v3_key, iv, associated_data)) };
  };

  const modes = [['CERT', {}], ['PUBK', { 'Wechatpay-Serial': platform.public_key_id }]];
  for (const [name, headers] of modes) {
    const { v3 } = client(headers);
    const mchid = own.mch_id;
    const [number, closed, refund] = [`${name}00001`, `${name}00002`, `${name}R1`];
    const prepaid = await v3.pay.transactions.native.post(order(number));
    assert.match(prepaid.data.code_url, /^weixin:/);
    assert.equal(prepaid.headers['wechatpay-serial'].startsWith('PUB_KEY_ID_'), name === 'PUBK');
    await pay(number);
    const paid = opened(await shop.next());
    assert.equal(paid.event_type, 'TRANSACTION.SUCCESS');
    const query = await v3.pay.transactions.outTradeNo.$number$.get({ params: { mchid }, number });
    assert.deepEqual(query.data, paid.told);
    const byId = await v3.pay.transactions.id.$id$.get({ params: { mchid }, id: paid.told.transaction_id });
    assert.deepEqual(byId.data, paid.told);

    await v3.pay.transactions.native.post(order(closed));
    assert.equal((await v3.pay.transactions.outTradeNo.$number$.close.post({ mchid }, { number: closed })).status, 204);
    const late = v3.pay.transactions.outTradeNo.$number$.close.post({ mchid }, { number });
    await assert.rejects(late, (error) => error.response.data.code === 'ORDER_PAID');

    const wish = { out_trade_no: number, out_refund_no: refund, notify_url: shop.url, amount: { refund: 40, total: 101, currency: 'CNY' } };
    assert.equal((await v3.refund.domestic.refunds.post(wish)).data.status, 'PROCESSING');
    await advance(5);
    assert.equal(opened(await shop.next()).told.refund_status, 'SUCCESS');
    assert.equal((await v3.refund.domestic.refunds.$number$.get({ number: refund })).data.status, 'SUCCESS');
    await assert.rejects(v3.refund.domestic.refunds.$number$.get({ number: 'none' }), (error) => error.response.status === 404);
    for (const kind of ['bad_signature', 'wrong_serial', 'stale_timestamp', 'sign_test']) {
      await faults({ on: 'query', kind, times: 1 });
      await assert.rejects(v3.pay.transactions.outTradeNo.$number$.get({ params: { mchid }, number }), /EV3_RES|verify|offset|serial/i, kind);
    }
  }

  const day = (await today()).replace(/(....)(..)(..)/, '$1-$2-$3');
  await advance(86400);
  const { v3, client: raw } = client({});
  const { data } = await v3.bill.tradebill.get({ params: { bill_date: day } });
  const { pathname, searchParams } = new global.URL(data.download_url);
  const file = await raw.v3.get(pathname, { params: Object.fromEntries(searchParams), responseType: 'arraybuffer' });
  assert.equal(createHash('sha1').update(file.data).digest('hex'), data.hash_value);
  assert.ok(file.data.toString().includes('`CERTR1'));
});
