// What every judge needs: the simulator's control interface, a merchant's server for notices, and an end that cannot be missed.
const assert = require('node:assert/strict');
const http = require('node:http');
const fs = require('node:fs');

const { SIMULATOR_URL: URL_, SIMULATOR_TLS_URL: TLS_URL, SIMULATOR_KEYS: KEYS } = process.env;

async function control(method, path, body) {
  const answer = await fetch(URL_ + path, { method, body: body && JSON.stringify(body) });
  const told = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(told));
  return told;
}

const file = (name) => fs.readFileSync(`${KEYS}/${name}`);
const pay = (out_trade_no) => control('POST', '/sim/pay', { out_trade_no });
const advance = (seconds) => control('POST', '/sim/clock/advance', { seconds });
const faults = (...list) => control('PUT', '/sim/faults', { faults: list });

// The simulator's day in China, as yyyyMMdd.
async function today() {
  const { trades } = await control('GET', '/sim/trades');
  return trades.find((trade) => trade.time_end).time_end.slice(0, 8);
}

// A merchant's server: `next()` is the next notice, with the headers and the body as they were sent.
async function receiver(status, text) {
  const waiting = [];
  const arrived = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(own.status).end(own.text);
      const notice = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      const first = waiting.shift();
      if (first) first(notice); else arrived.push(notice);
    });
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  const own = {
    status,
    text,
    url: `http://127.0.0.1:${server.address().port}/notify`,
    next: () => new Promise((resolve, reject) => {
      if (arrived.length) { resolve(arrived.shift()); return; }
      waiting.push(resolve);
      setTimeout(() => reject(new Error('no notice came')), 10000).unref();
    }),
  };
  return own;
}

function hear(story) {
  story().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
}

const SUCCESS = '<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>';

module.exports = { assert, control, pay, advance, faults, today, receiver, hear, file, SUCCESS, URL: URL_, TLS_URL };
