//! The page to return to after a form. Only our own pages: a link that leads
//! through our login to another site would help phishing.

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// The path in `from` if it is one of ours, else the front page.
pub(super) fn own_path_or_home(from: Option<&str>, headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    from.and_then(|from| own_path(from, host)).unwrap_or("/").to_owned()
}

fn own_path<'a>(from: &'a str, host: Option<&str>) -> Option<&'a str> {
    let absolute = from.strip_prefix("http://").or_else(|| from.strip_prefix("https://"));
    let path = match absolute {
        None => from,
        Some(rest) => {
            let (given, _) = rest.split_once('/')?;
            (Some(given) == host).then(|| &rest[given.len()..])?
        }
    };
    // Browsers drop tabs and line ends from addresses and read `\` as `/`.
    let stays = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    (stays && !path.chars().any(char::is_control)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_returned_to() {
        let to = |from| own_path(from, Some("shop.example:8001"));
        assert_eq!(to("/order?skuIds=1,2"), Some("/order?skuIds=1,2"));
        assert_eq!(to("http://shop.example:8001/cart"), Some("/cart"));
        for elsewhere in [
            "",
            "cart",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "http://evil.example/",
            "http://shop.example:8001.evil.example/",
            "http://shop.example:8001@evil.example/",
            "https://shop.example:8001//evil.example",
            "http://shop.example:8001",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert_eq!(to(elsewhere), None, "{elsewhere:?}");
        }
    }
}
