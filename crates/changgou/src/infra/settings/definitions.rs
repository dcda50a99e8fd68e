//! What can be set, with its default and its meaning.

/// One setting.
pub(super) struct Setting {
    /// Its name in the file; the flag has `-` for `_`, the variable is upper case after `CHANGGOU_`.
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    pub(super) meaning: &'static str,
}

/// Every setting, in the order in which they are shown.
pub(super) const ALL: &[Setting] = &[
    Setting { name: "listen", default: "127.0.0.1:8001", meaning: "address of the shop and its API" },
    Setting {
        name: "database_url",
        default: "sqlite://data/changgou.db",
        meaning: "where everything is kept: sqlite://PATH or mysql://USER:PASSWORD@HOST:3306/DATABASE (?socket=PATH, ?require_ssl=true)",
    },
    Setting {
        name: "redis_url",
        default: "",
        meaning: "Redis for carts and what else nodes share, such as redis://:PASSWORD@HOST:6379; empty: the database does it",
    },
    Setting {
        name: "redis_prefix",
        default: "",
        meaning: "put before every key in Redis, so that shops can share one",
    },
    Setting {
        name: "database_connections",
        default: "16",
        meaning: "connections this node opens to a database server, half of them to write; 2 to 256",
    },
    Setting {
        name: "database_timeout_seconds",
        default: "30",
        meaning: "how long a statement may run on a database server; 1 to 3600",
    },
    Setting {
        name: "amqp_url",
        default: "",
        meaning: "RabbitMQ that carries events and payment results, such as amqp://user:password@host:5672/vhost; empty: none",
    },
    Setting { name: "amqp_prefix", default: "", meaning: "put before the name of every exchange and queue" },
    Setting {
        name: "demo",
        default: "auto",
        meaning: "demo data and simulated WeChat Pay: true, false, or auto (true until WeChat credentials are set)",
    },
    Setting {
        name: "simulator_listen",
        default: "127.0.0.1:8002",
        meaning: "address of the simulated WeChat Pay",
    },
    Setting {
        name: "public_url",
        default: "",
        meaning: "how browsers and WeChat reach the shop, such as https://shop.example; empty: http:// and the address of listen",
    },
    Setting { name: "wechat_appid", default: "", meaning: "appid at WeChat" },
    Setting { name: "wechat_mch_id", default: "", meaning: "merchant number at WeChat Pay" },
    Setting {
        name: "wechat_protocol",
        default: "v2",
        meaning: "the API new payments are made by: v2 or v3; those under way stay with theirs",
    },
    Setting { name: "wechat_api_key", default: "", meaning: "APIv2 key, 32 characters; a secret" },
    Setting {
        name: "wechat_api_key_old",
        default: "",
        meaning: "the APIv2 key before it, while a new one is being set: what either signed is believed; a secret",
    },
    Setting {
        name: "wechat_api_v3_key",
        default: "",
        meaning: "APIv3 key, 32 characters; a secret; with wechat_serial_no and wechat_key_file",
    },
    Setting {
        name: "wechat_api_v3_key_old",
        default: "",
        meaning: "the APIv3 key before it, while a new one is being set: what either encrypted is read; a secret",
    },
    Setting {
        name: "wechat_serial_no",
        default: "",
        meaning: "serial number of the merchant's certificate, 40 hex digits: API v3 signs under it",
    },
    Setting {
        name: "wechat_cert_file",
        default: "",
        meaning: "the merchant's certificate, apiclient_cert.pem: without it WeChat gives no money back",
    },
    Setting {
        name: "wechat_key_file",
        default: "",
        meaning: "the private key of that certificate, apiclient_key.pem; signs for API v3 too",
    },
    Setting {
        name: "wechat_public_key_id",
        default: "",
        meaning: "id of WeChat's public key, PUB_KEY_ID_…, for API v3; empty: WeChat's certificates alone, fetched",
    },
    Setting { name: "wechat_public_key_file", default: "", meaning: "WeChat's public key, pub_key.pem" },
    Setting {
        name: "wechat_refund_base_url",
        default: "",
        meaning: "where refunds are asked for, if not at wechat_base_url",
    },
    Setting {
        name: "wechat_root_file",
        default: "",
        meaning: "the only root certificate refunds trust, PEM; empty: those everybody trusts",
    },
    Setting {
        name: "wechat_base_url",
        default: "https://api.mch.weixin.qq.com",
        meaning: "where WeChat Pay is reached",
    },
    Setting {
        name: "wechat_base_url_backup",
        default: "",
        meaning: "where it is asked once more when it gives no answer there; empty: WeChat's own second address, \
                  https://api2.mch.weixin.qq.com, if it is WeChat; the same address: nowhere",
    },
    Setting {
        name: "wechat_notify_url",
        default: "",
        meaning: "where WeChat sends payment notices of API v2; empty: below public_url",
    },
    Setting {
        name: "wechat_v3_notify_url",
        default: "",
        meaning: "where WeChat sends notices of API v3; empty: below public_url",
    },
    Setting {
        name: "wechat_refund_notify_url",
        default: "",
        meaning: "where WeChat tells of refunds by API v2; empty: below public_url",
    },
    Setting {
        name: "wechat_sign_type",
        default: "HMAC-SHA256",
        meaning: "signature of new payments by API v2: HMAC-SHA256 or MD5",
    },
    Setting {
        name: "wechat_native_sign_type",
        default: "MD5",
        meaning: "signature of SKUs' own codes (mode one) and of what WeChat tells of their scans: MD5, which it takes unless the merchant was set up for HMAC-SHA256",
    },
    Setting {
        name: "pay_within_minutes",
        default: "60",
        meaning: "how long an order may wait for payment; 5 to 1440",
    },
    Setting {
        name: "receive_after_days",
        default: "15",
        meaning: "days after which a shipped order counts as received",
    },
    Setting { name: "post_fee", default: "1000", meaning: "postage of an order, in fen" },
    Setting {
        name: "post_free_from",
        default: "9900",
        meaning: "value of goods from which postage is free, in fen",
    },
    Setting { name: "points_per_order", default: "10", meaning: "points a buyer earns with each order" },
    Setting {
        name: "points_per_yuan",
        default: "100",
        meaning: "points that are worth one yuan at the settlement",
    },
    Setting {
        name: "points_share_max",
        default: "50",
        meaning: "the most of the goods that points may pay, in percent; 0: points cannot be spent",
    },
    Setting {
        name: "place_batch_max",
        default: "256",
        meaning: "orders one transaction places at most, 1 to 1024; with 1 orders share nothing",
    },
    Setting {
        name: "trusted_proxies",
        default: "",
        meaning: "addresses of reverse proxies, separated by commas: only theirs is the X-Forwarded-For that is believed",
    },
    Setting {
        name: "secure_cookies",
        default: "auto",
        meaning: "mark cookies Secure: true, false, or auto (when public_url is https)",
    },
    Setting {
        name: "log",
        default: "info",
        meaning: "what is logged: error, warn, info, debug, or a filter per module",
    },
    Setting {
        name: "role",
        default: "all",
        meaning: "what this node does: web (pages and API), worker (work whose time has come), or all",
    },
    Setting {
        name: "drain_seconds",
        default: "0",
        meaning: "how long a stopping node still serves while /readyz says draining, for a reverse proxy to notice; 0 to 300",
    },
    Setting { name: "log_format", default: "text", meaning: "text for people, json for machines" },
];
