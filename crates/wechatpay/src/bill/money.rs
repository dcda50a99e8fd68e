//! Parsing amounts in yuan without floating point.

/// Parses yuan into fen. Digits after the second decimal must be zeros.
pub(super) fn fen(text: &str) -> Option<i64> {
    scaled(text, 2)
}

/// Parses a fee in yuan into hundred-thousandths of a yuan.
pub(super) fn hundred_thousandths(text: &str) -> Option<i64> {
    scaled(text, 5)
}

/// A decimal number times ten to the power of `places`, if the result is whole and fits.
pub(super) fn scaled(text: &str, places: usize) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.len() <= 18 && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(places));
    if beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let number: i64 = format!("{whole}{kept:0<places$}").parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::{fen, hundred_thousandths, scaled};

    #[test]
    fn yuan_are_whole_fen() {
        for (text, expected) in [
            ("0", 0),
            ("0.0", 0),
            ("0.01", 1),
            ("1.2", 120),
            ("88.00000", 8800),
            ("-0.02", -2),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(fen(text), Some(expected), "{text}");
        }
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "0.001",
            "+1",
            "1e2",
            "01",
            "--1",
            "1,000.00",
            " 1",
            "٣",
            "92233720368547758.08",
        ] {
            assert_eq!(fen(text), None, "{text}");
        }
    }

    #[test]
    fn fees_and_counts_have_their_own_scale() {
        assert_eq!(hundred_thousandths("0.05940"), Some(5940));
        assert_eq!(hundred_thousandths("-0.00001"), Some(-1));
        assert_eq!((scaled("20.0", 0), scaled("3", 0), scaled("3.5", 0)), (Some(20), Some(3), None));
    }
}
