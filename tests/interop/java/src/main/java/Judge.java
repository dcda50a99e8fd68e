import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What every judge needs: the simulator's control interface, a merchant's server for notices, and checks. */
final class Judge {
    static final String URL = System.getenv("SIMULATOR_URL");
    static final String SUCCESS = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Judge() {}

    interface Story {
        void tell() throws Exception;
    }

    /** Runs a story and ends the program, whatever threads an SDK has left. */
    static void hear(Story story) {
        try {
            story.tell();
        } catch (Throwable error) {
            error.printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    static JsonObject control(String method, String path, Object body) throws Exception {
        String text = body == null ? "" : new Gson().toJson(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL + path))
                .method(method, HttpRequest.BodyPublishers.ofString(text)).build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        same(answer.statusCode(), 200);
        return new Gson().fromJson(answer.body(), JsonObject.class);
    }

    static JsonObject merchant() throws Exception {
        return control("GET", "/sim/merchant", null);
    }

    static void pay(String number) throws Exception {
        control("POST", "/sim/pay", Map.of("out_trade_no", number));
    }

    static void advance(int seconds) throws Exception {
        control("POST", "/sim/clock/advance", Map.of("seconds", seconds));
    }

    static void fault(String on, String kind) throws Exception {
        var fault = Map.of("on", on, "kind", kind, "times", 1);
        control("PUT", "/sim/faults", Map.of("faults", new Object[] {fault}));
    }

    /** The simulator's day in China, as yyyyMMdd. */
    static String today() throws Exception {
        for (var trade : control("GET", "/sim/trades", null).getAsJsonArray("trades")) {
            var time = trade.getAsJsonObject().get("time_end");
            if (!time.isJsonNull()) {
                return time.getAsString().substring(0, 8);
            }
        }
        throw new AssertionError("nothing was paid");
    }

    static void check(boolean what, Object why) {
        if (!what) {
            throw new AssertionError(why);
        }
    }

    static void same(Object left, Object right) {
        check(Objects.equals(left, right), left + " is not " + right);
    }

    /** Fails unless something goes wrong. */
    static Exception refused(Story story) {
        try {
            story.tell();
        } catch (Exception error) {
            return error;
        }
        throw new AssertionError("it was believed");
    }

    /** Certificate and key in PKCS#12, under the merchant's number as WeChat packs it. */
    static byte[] pkcs12(JsonObject own) throws Exception {
        String pem = own.get("private_key_pem").getAsString().replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(
                new ByteArrayInputStream(own.get("certificate_pem").getAsString().getBytes(StandardCharsets.UTF_8)));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] password = own.get("mch_id").getAsString().toCharArray();
        store.setKeyEntry("merchant", key, password, new Certificate[] {certificate});
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        store.store(bytes, password);
        return bytes.toByteArray();
    }

    record Notice(Headers headers, String body) {}

    /** A merchant's server that answers each notice with a status and a text. */
    static final class Receiver {
        final String url;
        private final BlockingQueue<Notice> notices = new LinkedBlockingQueue<>();

        Receiver(int status, String text) throws Exception {
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            server.createContext("/", exchange -> {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                byte[] answer = text.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
                notices.add(new Notice(exchange.getRequestHeaders(), body));
            });
            server.start();
            url = "http://127.0.0.1:" + server.getAddress().getPort() + "/notify";
        }

        Notice next() throws Exception {
            Notice notice = notices.poll(10, TimeUnit.SECONDS);
            check(notice != null, "no notice came");
            return notice;
        }
    }
}
