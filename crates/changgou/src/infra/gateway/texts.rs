//! Words that people read at WeChat.

/// A text as WeChat takes it, cut to `most` bytes.
pub(super) fn sayable(text: &str, most: usize) -> String {
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
