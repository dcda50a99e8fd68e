//! The settings with their defaults and help texts.

pub(super) struct Setting {
    /// The name in the file. The flag has `-` instead of `_`; the environment variable is `CHANGGOU_`
    /// and the name in upper case.
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    pub(super) meaning: &'static str,
}

/// In the order in which `changgou config` prints them.
pub(super) const ALL: &[Setting] = &[
    Setting { name: "listen", default: "127.0.0.1:8001", meaning: "address of the shop and its API" },
    Setting {
        name: "database_url",
        default: "sqlite://data/changgou.db",
        meaning: "the database: sqlite://PATH or mysql://USER:PASSWORD@HOST:3306/DATABASE (?socket=PATH, ?require_ssl=true)",
    },
    Setting {
        name: "redis_url",
        default: "",
        meaning: "Redis for carts and other data that nodes share, such as redis://:PASSWORD@HOST:6379; empty: use the database",
    },
    Setting {
        name: "redis_prefix",
        default: "",
        meaning: "prefix of all keys in Redis, so that several shops can share one server",
    },
    Setting {
        name: "database_connections",
        default: "16",
        meaning: "connections of this node to a database server, half of them for writing; 2 to 256",
    },
    Setting {
        name: "database_timeout_seconds",
        default: "30",
        meaning: "timeout of a statement on a database server; 1 to 3600",
    },
    Setting {
        name: "amqp_url",
        default: "",
        meaning: "RabbitMQ for events and payment results, such as amqp://user:password@host:5672/vhost; empty: none",
    },
    Setting { name: "amqp_prefix", default: "", meaning: "prefix of all exchanges and queues" },
    Setting {
        name: "demo",
        default: "auto",
        meaning: "demo data and simulated WeChat Pay: true, false, or auto (true unless WeChat credentials are set)",
    },
    Setting {
        name: "simulator_listen",
        default: "127.0.0.1:8002",
        meaning: "address of the simulated WeChat Pay",
    },
    Setting {
        name: "public_url",
        default: "",
        meaning: "URL by which browsers and WeChat reach the shop, such as https://shop.example; empty: http:// and the address of listen",
    },
    Setting { name: "wechat_appid", default: "", meaning: "appid of the shop at WeChat" },
    Setting { name: "wechat_mch_id", default: "", meaning: "merchant number at WeChat Pay" },
    Setting {
        name: "wechat_protocol",
        default: "v2",
        meaning: "API of new payments: v2 or v3; open payments keep theirs",
    },
    Setting { name: "wechat_api_key", default: "", meaning: "APIv2 key, 32 characters; a secret" },
    Setting {
        name: "wechat_api_key_old",
        default: "",
        meaning: "previous APIv2 key, still accepted while the key is being changed; a secret",
    },
    Setting {
        name: "wechat_api_v3_key",
        default: "",
        meaning: "APIv3 key, 32 characters; a secret; needs wechat_serial_no and wechat_key_file",
    },
    Setting {
        name: "wechat_api_v3_key_old",
        default: "",
        meaning: "previous APIv3 key, still used to decrypt while the key is being changed; a secret",
    },
    Setting {
        name: "wechat_serial_no",
        default: "",
        meaning: "serial number of the merchant's certificate, 40 hex digits; for API v3",
    },
    Setting {
        name: "wechat_cert_file",
        default: "",
        meaning: "the merchant's certificate, apiclient_cert.pem; needed for refunds by API v2",
    },
    Setting {
        name: "wechat_key_file",
        default: "",
        meaning: "private key of that certificate, apiclient_key.pem; also signs for API v3",
    },
    Setting {
        name: "wechat_public_key_id",
        default: "",
        meaning: "id of WeChat's public key, PUB_KEY_ID_…, for API v3; empty: only WeChat's certificates, which are fetched",
    },
    Setting { name: "wechat_public_key_file", default: "", meaning: "WeChat's public key, pub_key.pem" },
    Setting {
        name: "wechat_refund_base_url",
        default: "",
        meaning: "URL for refunds, if not wechat_base_url",
    },
    Setting {
        name: "wechat_root_file",
        default: "",
        meaning: "the only root certificate that refunds trust, PEM; empty: the well-known ones",
    },
    Setting {
        name: "wechat_base_url",
        default: "https://api.mch.weixin.qq.com",
        meaning: "URL of WeChat Pay",
    },
    Setting {
        name: "wechat_base_url_backup",
        default: "",
        meaning: "second URL of WeChat Pay, for calls that the first does not answer; empty: for WeChat's own address \
                  https://api2.mch.weixin.qq.com; the same as wechat_base_url: none",
    },
    Setting {
        name: "wechat_notify_url",
        default: "",
        meaning: "URL for payment notices of API v2; empty: a path of public_url",
    },
    Setting {
        name: "wechat_v3_notify_url",
        default: "",
        meaning: "URL for notices of API v3; empty: a path of public_url",
    },
    Setting {
        name: "wechat_refund_notify_url",
        default: "",
        meaning: "URL for refund notices of API v2; empty: a path of public_url",
    },
    Setting {
        name: "wechat_sign_type",
        default: "HMAC-SHA256",
        meaning: "signature type of new payments by API v2: HMAC-SHA256 or MD5",
    },
    Setting {
        name: "wechat_native_sign_type",
        default: "MD5",
        meaning: "signature type of SKUs' own codes (mode one) and of the callbacks for their scans: MD5, or HMAC-SHA256 if WeChat has set up the merchant for it",
    },
    Setting { name: "pay_within_minutes", default: "60", meaning: "time for payment of an order; 5 to 1440" },
    Setting {
        name: "receive_after_days",
        default: "15",
        meaning: "days after which a shipped order counts as received",
    },
    Setting { name: "post_fee", default: "1000", meaning: "postage per order, in fen" },
    Setting {
        name: "post_free_from",
        default: "9900",
        meaning: "value of goods from which postage is free, in fen",
    },
    Setting { name: "points_per_order", default: "10", meaning: "points that a buyer earns per order" },
    Setting {
        name: "open_orders_max",
        default: "100",
        meaning: "most orders of one buyer that are open at once without being paid",
    },
    Setting { name: "on_delivery", default: "on", meaning: "whether buyers may pay on delivery: on or off" },
    Setting {
        name: "on_delivery_amount_max",
        default: "100000000",
        meaning: "most that an order paid on delivery may cost, in fen",
    },
    Setting {
        name: "on_delivery_open_max",
        default: "10",
        meaning: "most orders of one buyer that are open at once if another is to be paid on delivery",
    },
    Setting {
        name: "points_per_yuan",
        default: "100",
        meaning: "points per yuan when a buyer pays with points",
    },
    Setting {
        name: "points_share_max",
        default: "50",
        meaning: "part of the goods that points may pay, in percent; 0: points cannot be spent",
    },
    Setting {
        name: "place_batch_max",
        default: "256",
        meaning: "most orders placed in one transaction, 1 to 1024; 1: a transaction per order",
    },
    Setting {
        name: "trusted_proxies",
        default: "",
        meaning: "comma-separated IP addresses of reverse proxies whose X-Forwarded-For is trusted",
    },
    Setting {
        name: "connections_max",
        default: "10000",
        meaning: "connections of this node; for a new one above that, some that wait for their clients are closed; needs as many file descriptors",
    },
    Setting {
        name: "connections_per_address_max",
        default: "1000",
        meaning: "the same for one address, or one /64 network of IPv6; trusted_proxies are exempt",
    },
    Setting {
        name: "secure_cookies",
        default: "auto",
        meaning: "mark cookies as Secure, and name the login's __Host-Authorization: true, false, or auto (if public_url is https)",
    },
    Setting {
        name: "log",
        default: "info",
        meaning: "log level: error, warn, info, debug, or a filter per module",
    },
    Setting {
        name: "role",
        default: "all",
        meaning: "what this node does: web (pages and API), worker (scheduled work), or all",
    },
    Setting {
        name: "drain_seconds",
        default: "0",
        meaning: "how long a stopping node continues to serve while /readyz says draining, so that a reverse proxy notices; 0 to 300",
    },
    Setting { name: "log_format", default: "text", meaning: "format of the log: text or json" },
];
