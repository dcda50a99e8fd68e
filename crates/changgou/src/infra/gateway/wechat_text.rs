//! Texts shown by WeChat.

/// A text that WeChat accepts, truncated to `most` bytes.
pub(super) fn truncate_to_bytes(text: &str, most: usize) -> String {
    let mut said = String::new();
    for letter in text.chars() {
        let letter = match letter {
            '&' => '＆',
            '=' => '＝',
            '\u{fffe}' | '\u{ffff}' => ' ',
            control if control.is_control() => ' ',
            other => other,
        };
        if said.len() + letter.len_utf8() > most {
            break;
        }
        said.push(letter);
    }
    said
}

/// The most bytes of a reason that WeChat accepts.
const REASON_BYTES_MAX: usize = 80;

/// A reason that WeChat accepts: a buyer's text must not make the refund fail.
pub(super) fn refund_reason(reason: &str) -> String {
    let said = truncate_to_bytes(reason, REASON_BYTES_MAX);
    if said.trim().is_empty() { "退款".to_owned() } else { said }
}
