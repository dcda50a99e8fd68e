//! WeChat Pay as a protocol. It knows nothing of any shop.
