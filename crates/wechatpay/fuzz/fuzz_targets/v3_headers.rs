#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wechatpay_fuzz::v3_headers(bytes));
