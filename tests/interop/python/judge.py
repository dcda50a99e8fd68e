"""What every judge needs: the simulator's control interface, a merchant's server for notices, and checks that say what failed."""

import http.server
import json
import os
import queue
import threading
import urllib.error
import urllib.request

URL = os.environ["SIMULATOR_URL"]
TLS_URL = os.environ["SIMULATOR_TLS_URL"]
KEYS = os.environ["SIMULATOR_KEYS"]


def control(method, path, body=None):
    """One call of /sim/..., JSON in and out."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def merchant():
    return control("GET", "/sim/merchant")


def pay(out_trade_no):
    return control("POST", "/sim/pay", {"out_trade_no": out_trade_no})


def advance(seconds):
    return control("POST", "/sim/clock/advance", {"seconds": seconds})


def today():
    """The simulator's day in China, as yyyyMMdd."""
    trades = control("GET", "/sim/trades")["trades"]
    return next(trade["time_end"] for trade in trades if trade["time_end"])[:8]


def faults(*faults):
    control("PUT", "/sim/faults", {"faults": list(faults)})


def check(what, *parts):
    """Fails with everything that helps to see why."""
    if not what:
        raise AssertionError(" ".join(map(str, parts)) or "a check failed")


def same(left, right):
    check(left == right, repr(left), "is not", repr(right))


class Receiver:
    """A merchant's server. It answers `status` and `text`, which may be changed on the way."""

    def __init__(self, status, text):
        self.received = queue.Queue()
        self.status, self.text = status, text
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(receiver.status)
                self.send_header("content-length", str(len(receiver.text)))
                self.end_headers()
                self.wfile.write(receiver.text)
                receiver.received.put((dict(self.headers), body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/notify" % self.server.server_port

    def next(self):
        return self.received.get(timeout=10)


SUCCESS = b"<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>"
