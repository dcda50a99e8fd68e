//! The shop's provinces, cities and areas are built in: a file of them is only
//! compared, since a code the program does not know could be chosen by nobody.

use super::{ImportRow, RowVerdict};
use crate::domain::area;

/// The columns of the seed's `tb_areas`, `tb_cities` and `tb_provinces`.
pub const COLUMNS: [&str; 6] = ["areaid", "area", "cityid", "city", "provinceid", "province"];

/// Whether the built-in list says what a row says.
pub fn compare_row(row: &ImportRow) -> RowVerdict {
    match find_difference(row) {
        None => RowVerdict::AlreadyThere,
        Some(words) => RowVerdict::Refused(words),
    }
}

fn find_difference(row: &ImportRow) -> Option<String> {
    let pairs = [("areaid", "area"), ("cityid", "city"), ("provinceid", "province")];
    let given: Vec<(&str, &str)> =
        pairs.into_iter().filter_map(|(code, name)| Some((row.get(code)?.trim(), name))).collect();
    if given.is_empty() {
        return Some("has none of areaid, cityid and provinceid".to_owned());
    }
    let misnamed = given.iter().find_map(|(code, column)| {
        let Some(ours) = area::name(code) else {
            return Some(format!("the code {code:.40?} is not in the built-in list"));
        };
        let theirs = row.get(column)?.trim();
        (theirs != ours).then(|| format!("{code} is {ours} in the built-in list, not {theirs:.60}"))
    });
    misnamed.or_else(|| misplaced(&given))
}

/// A code that does not lie in the one that is said to hold it.
fn misplaced(given: &[(&str, &str)]) -> Option<String> {
    given.windows(2).find_map(|pair| {
        let ((inner, _), (outer, _)) = (pair[0], pair[1]);
        let lies_in = if outer.ends_with("0000") {
            inner.get(..2) == outer.get(..2)
        } else {
            inner.get(..4) == outer.get(..4)
        };
        (!lies_in).then(|| format!("{inner} does not lie in {outer} in the built-in list"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(cells: &[(&'static str, &str)]) -> RowVerdict {
        let cells = cells.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        compare_row(&ImportRow { cells })
    }

    #[test]
    fn codes_names_and_places_are_compared() {
        let same = [("areaid", "440305"), ("area", "南山区"), ("cityid", "440300")];
        assert_eq!(said(&same), RowVerdict::AlreadyThere);
        assert_eq!(said(&[("provinceid", "440000"), ("province", "广东省")]), RowVerdict::AlreadyThere);
        for (wrong, word) in [
            ([("areaid", "440399"), ("area", "某区")], "440399"),
            ([("areaid", "440305"), ("area", "南山")], "南山区"),
            ([("areaid", "440305"), ("cityid", "440100")], "does not lie in"),
            ([("area", "南山区"), ("city", "深圳市")], "none of"),
        ] {
            let RowVerdict::Refused(words) = said(&wrong) else { panic!("{wrong:?}") };
            assert!(words.contains(word), "{words}");
        }
    }
}
