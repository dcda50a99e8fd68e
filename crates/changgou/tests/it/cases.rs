//! The table of cases in `docs/payments.md` names tests that are there.

use std::fs;
use std::path::Path;

#[test]
fn every_case_of_the_table_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paper = fs::read_to_string(root.join("../../docs/payments.md")).unwrap();
    for case in 1..=60 {
        let row = paper.lines().find(|line| line.starts_with(&format!("| {case}. ")));
        let row = row.unwrap_or_else(|| panic!("case {case} is not in the table"));
        for name in row.split('`').filter(|word| word.contains("::")) {
            let (file, test) = name.split_once("::").unwrap();
            let test = test.trim_end_matches('…').trim_end_matches('_');
            let source = fs::read_to_string(root.join(format!("tests/it/{file}.rs")));
            let source = source.unwrap_or_else(|error| panic!("case {case}: {file}: {error}"));
            assert!(source.contains(&format!("fn {test}")), "case {case}: there is no {name}");
        }
    }
}
