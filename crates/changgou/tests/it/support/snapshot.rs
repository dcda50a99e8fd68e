//! Snapshots: whole answers and pages, compared with the files of `tests/it/snapshots`. After a change that is meant,
//! `INSTA_UPDATE=always cargo test -p changgou --test it` writes them again; read the difference before you commit it.

use insta::Settings;
use serde_json::Value;

/// A number or a token of this length is an id: no other word with digits is so long.
const ID_LETTERS: usize = 15;

/// A word of letters and digits of this length is a payment code or the hash of a static file.
const CODE_LETTERS: usize = 10;

/// Compares an answer of the API with `tests/it/snapshots/NAME.snap`.
#[track_caller]
pub fn same_json(name: &str, answer: &Value) {
    let mut ids = Ids::default();
    let answer = ids.replaced_in_json(answer);
    settings().bind(|| insta::assert_json_snapshot!(name, answer));
}

/// Compares a page, or the part of it inside `<main>`.
#[track_caller]
pub fn same_page(name: &str, html: &str) {
    let main = html.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>"));
    same_text(name, main.map_or(html, |(main, _)| main));
}

/// Compares lines that have no ids.
#[track_caller]
pub fn same_lines(name: &str, lines: &[String]) {
    settings().bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

/// Compares HTML; empty lines and indentation do not count.
#[track_caller]
pub fn same_text(name: &str, text: &str) {
    let mut ids = Ids::default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(|line| ids.replaced(line)).collect();
    settings().bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// What differs from run to run, numbered by its first appearance: equal ids stay equal.
#[derive(Default)]
struct Ids(Vec<String>);

impl Ids {
    fn replaced_in_json(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.replaced(text)),
            Value::Array(all) => all.iter().map(|one| self.replaced_in_json(one)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.replaced_in_json(value))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// The text with each id as `<1>`, `<2>`, …
    fn replaced(&mut self, text: &str) -> String {
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        let mut rest = text;
        let mut replaced = String::new();
        while let Some(start) = rest.find(is_of_word) {
            let end =
                rest[start..].find(|letter| !is_of_word(letter)).map_or(rest.len(), |length| start + length);
            replaced.push_str(&rest[..start]);
            replaced.push_str(&self.short(&rest[start..end]));
            rest = &rest[end..];
        }
        replaced + rest
    }

    fn short(&mut self, word: &str) -> String {
        if !is_id(word) {
            return word.to_owned();
        }
        let known = self.0.iter().position(|known| known == word);
        let nth = known.unwrap_or_else(|| {
            self.0.push(word.to_owned());
            self.0.len() - 1
        });
        format!("<{}>", nth + 1)
    }
}

fn is_id(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.bytes().any(|letter| kind(&letter));
    let is_mixed = has(u8::is_ascii_alphabetic) && word.bytes().all(|letter| letter.is_ascii_alphanumeric());
    has(u8::is_ascii_digit) && (word.len() >= ID_LETTERS || (is_mixed && word.len() >= CODE_LETTERS))
}
