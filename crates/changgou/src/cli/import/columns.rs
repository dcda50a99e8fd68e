//! Which columns a file may have, and how their names are matched.

use super::unreadable::Unreadable;

/// Unknown columns that an error lists.
const NAMED_MAX: usize = 5;

/// The extra column of FILE.refused. The import ignores it, so that a corrected
/// FILE.refused can be imported.
pub(super) const REASON: &str = "reason";

#[derive(Clone, Debug)]
pub(super) struct FileShape {
    pub(super) columns: Vec<&'static str>,
    pub(super) key: Option<&'static str>,
}

impl FileShape {
    /// The columns by their names in the table; `None` is ignored.
    pub(super) fn resolve<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        line: u64,
    ) -> Result<Vec<Option<&'static str>>, Unreadable> {
        let (mut resolved, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            let known = snake(name);
            match self.columns.iter().find(|column| **column == known) {
                Some(column) => resolved.push(Some(*column)),
                None if known == REASON => resolved.push(None),
                None => unknown.push(name),
            }
        }
        let [first, ..] = unknown.as_slice() else { return Ok(resolved) };
        let word = if unknown.len() == 1 { "column" } else { "columns" };
        let named: Vec<String> = unknown.iter().take(NAMED_MAX).map(|name| format!("{name:.60?}")).collect();
        let more = if unknown.len() > NAMED_MAX { ", …" } else { "" };
        let hint = if first.contains([';', '\t']) { " (columns are separated by commas)" } else { "" };
        Err(Unreadable(format!(
            "line {line}: unknown {word} {}{more}{hint}; the known columns are {}",
            named.join(", "),
            self.columns.join(", ")
        )))
    }
}

/// `spuId` and `SPU_ID` as `spu_id`.
fn snake(name: &str) -> String {
    let name = name.trim();
    if !name.contains(|letter: char| letter.is_lowercase()) {
        return name.to_lowercase();
    }
    let letters = name.chars().flat_map(|letter| {
        let before = letter.is_ascii_uppercase().then_some('_');
        before.into_iter().chain(std::iter::once(letter.to_ascii_lowercase()))
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_the_table_or_the_java_class_writes_them() {
        for (name, column) in [
            ("spu_id", "spu_id"),
            ("spuId", "spu_id"),
            (" isMobileCheck ", "is_mobile_check"),
            ("ID", "id"),
            ("SPU_ID", "spu_id"),
        ] {
            assert_eq!(snake(name), column);
        }
    }
}
