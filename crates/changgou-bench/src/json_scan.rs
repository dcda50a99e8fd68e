//! Finds a field of a JSON response without parsing it: parsing would cost more
//! than sending the request. Good for the flat fields that the shop writes.

/// The value of the first `"name":`, without quotes.
pub fn first<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    each(body, name).next()
}

/// The value of the last `"name":`, without quotes.
pub fn last<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    each(body, name).last()
}

/// The value of every `"name":`, without quotes.
pub fn each<'a>(body: &'a [u8], name: &str) -> impl Iterator<Item = &'a str> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let key = format!("\"{name}\":");
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(&key)?;
        rest = &rest[at + key.len()..];
        Some(value(rest))
    })
}

fn value(rest: &str) -> &str {
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => rest.split([',', '}', ']']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_found_first_last_and_each() {
        let body = br#"{"data":{"token":"ab","items":[{"id":"1","payMoney":5},{"id":"2","payMoney":7}],"payMoney":12}}"#;
        assert_eq!(
            (first(body, "token"), first(body, "payMoney"), last(body, "payMoney")),
            (Some("ab"), Some("5"), Some("12"))
        );
        assert_eq!(each(body, "id").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((first(body, "oken"), first(b"\xff", "id"), first(b"", "id")), (None, None, None));
    }
}
