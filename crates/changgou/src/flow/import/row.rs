//! A row of a file, and how the texts of its cells become what columns hold.

use crate::domain::clock::UtcMs;

/// A row of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportRow {
    /// Its cells that say something: the column and the text.
    pub cells: Vec<(&'static str, String)>,
}

impl ImportRow {
    /// What a column says, if it says anything.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, text)| text.as_str())
    }
}

/// A column that a file may have.
pub(super) struct ImportColumn<T> {
    /// Its name in the table.
    pub(super) name: &'static str,
    /// What a text in it changes, or what is wrong with the text.
    pub(super) set: fn(&mut T, &str) -> Result<(), String>,
}

/// Lets the cells of a row say what `to` is; the first that cannot is told.
pub(super) fn apply_cells<T>(row: &ImportRow, columns: &[ImportColumn<T>], to: &mut T) -> Result<(), String> {
    for (name, text) in &row.cells {
        if let Some(column) = columns.iter().find(|column| column.name == *name) {
            (column.set)(to, text).map_err(|wrong| format!("{name} {wrong}"))?;
        }
    }
    Ok(())
}

/// The columns in which a row says something else than what is there.
pub(super) fn differing_columns<T: Clone + PartialEq>(
    row: &ImportRow,
    columns: &[ImportColumn<T>],
    there: &T,
) -> String {
    let differs = |name: &str, text: &str| {
        let mut changed = there.clone();
        let column = columns.iter().find(|column| column.name == name);
        column.is_some_and(|column| (column.set)(&mut changed, text).is_ok() && changed != *there)
    };
    let names = row.cells.iter().filter(|(name, text)| differs(name, text)).map(|(name, _)| *name);
    names.collect::<Vec<_>>().join(", ")
}

/// A text of at most `most` characters.
pub(super) fn parse_text(text: &str, most: usize) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("holds a control character, such as a line break or NUL".to_owned());
    }
    let length = text.chars().count();
    if length > most {
        return Err(format!("has {length} characters, at most {most}"));
    }
    Ok(text.to_owned())
}

/// A whole number from 0 to 2147483647.
pub(super) fn parse_number(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| text.parse().ok()).flatten();
    let fits = number.filter(|number: &i64| *number <= i64::from(i32::MAX));
    fits.ok_or_else(|| format!("is {text:.40?}, not a whole number from 0 to 2147483647"))
}

/// A price in fen.
pub(super) fn parse_price(text: &str) -> Result<i64, String> {
    let wrong = |_| format!("is {:.40?}; a price is in whole fen: 12.50 yuan are 1250", text.trim());
    parse_number(text).map_err(wrong)
}

/// One of some letters.
pub(super) fn parse_letter(text: &str, of: &[&str]) -> Result<String, String> {
    let known = of.contains(&text.trim());
    known.then(|| text.trim().to_owned()).ok_or_else(|| format!("is {text:.40?}, none of {}", of.join(", ")))
}

/// A moment; the zero dates of old MySQL are none.
pub(super) fn parse_moment(text: &str) -> Result<Option<UtcMs>, String> {
    let text = text.trim();
    if text.starts_with("0000-00-00") {
        return Ok(None);
    }
    let midnight = format!("{text} 00:00:00");
    let read =
        UtcMs::from_rfc3339(text).or_else(|| UtcMs::from_sql(text)).or_else(|| UtcMs::from_sql(&midnight));
    let wrong = || {
        format!("is {text:.40?}, not a time such as 2026-11-23 08:00:00 (UTC) or 2026-11-23T16:00:00+08:00")
    };
    read.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_and_prices_are_fen() {
        assert_eq!(parse_number(" 1250 "), Ok(1250));
        for wrong in ["", "-1", "+1", "1e3", "12.50", "2147483648", "99999999999999999999", "１２"] {
            assert!(
                parse_number(wrong).is_err() && parse_price(wrong).unwrap_err().contains("fen"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn moments_are_read_as_databases_and_programs_write_them() {
        let at = Ok(Some(UtcMs(1_795_392_000_000)));
        for text in
            ["2026-11-23", "2026-11-23 00:00:00", "2026-11-23 00:00:00.0", "2026-11-23T08:00:00+08:00"]
        {
            assert_eq!(parse_moment(text), at, "{text}");
        }
        assert_eq!(parse_moment("0000-00-00 00:00:00"), Ok(None));
        assert!(parse_moment("23.11.2026").is_err());
    }

    #[test]
    fn texts_fit_and_hold_nothing_that_cannot_be_seen() {
        assert_eq!(parse_text("机", 1), Ok("机".to_owned()));
        assert!(
            parse_text("机机", 1).is_err() && parse_text("a\0", 9).is_err() && parse_text("a\nb", 9).is_err()
        );
    }
}
