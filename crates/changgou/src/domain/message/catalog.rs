//! SKUs and their printed codes.

super::messages! { Catalog, CatalogMessage {
    SkuIdTaken: IdTaken,
        "商品编号已存在",
        "A SKU with this id already exists.";
    SkuInvalid: BadRequest,
        "商品字段有误：名称 1 到 200 个字符，其余文字不得超过列宽；价格（分）、库存、重量为 0 到 2147483647 的整数；图片须以 / 或 https:// 开头",
        "A SKU's name must have 1 to 200 characters, and other texts must fit their columns; price (fen), stock and weight must be whole numbers from 0 to 2147483647; image must begin with / or https://.";
    SaleInvalid { limit_max: i64 }: BadRequest,
        "buyerLimit 须为 1 到 {limit_max}，saleTo 须晚于 saleFrom",
        "buyerLimit must be from 1 to {limit_max}, and saleTo must be after saleFrom.";
    StockNegative: BadRequest,
        "库存不能为负数",
        "Stock cannot be negative.";
    StockNotTaken: StockShort,
        "库存不足，递减失败",
        "Not enough stock; nothing was taken.";
    OffShelf: OffShelf,
        "商品已下架",
        "This item is no longer sold.";
    QrNeedsApiV2: PaymentUnavailable,
        "扫码购（模式一）只支持 API v2：请设置 wechat_api_key",
        "SKU QR codes (mode one) need API v2; please set wechat_api_key.";
    ShortLinkUnavailable: PaymentUnavailable,
        "微信支付暂时不能生成短链接，请稍后再试，或使用长链接",
        "WeChat Pay cannot create short links right now; please try again later or use the long link.";
}}
