//! What API v3 signs. Source: WeChat Pay API v3, "签名生成" and "签名验证"; held to its published vectors by the tests.

/// The text under a request's signature: the target and the body exactly as they were sent.
pub fn request_text(method: &str, target: &str, timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method}\n{target}\n{timestamp}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

/// The text under the signature of an answer or a notice.
pub fn answer_text(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{timestamp}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documents' signatures need the documents' keys, which are not ours to carry. What is held here is the text
    /// under them; that RSA is RSA the foreign clients show.
    #[test]
    fn published_texts() {
        let path = "/v3/refund/domestic/refunds/123123123123";
        let text = request_text("GET", path, "1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242", b"");
        assert_eq!(text, format!("GET\n{path}\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n").as_bytes());
        let body = b"{\"code_url\":\"weixin://wxpay/bizpayurl?pr=JyC91EIz1\"}";
        let text = answer_text("1722850421", "d824f2e086d3c1df967785d13fcd22ef", body);
        let told = "1722850421\nd824f2e086d3c1df967785d13fcd22ef\n{\"code_url\":\"weixin://wxpay/bizpayurl?pr=JyC91EIz1\"}\n";
        assert_eq!(text, told.as_bytes());
    }
}
