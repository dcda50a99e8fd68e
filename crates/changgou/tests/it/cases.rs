//! Each of the sixty cases has stories named after it, and the table in
//! `docs/payments.md` leads from the case to them.

use std::fs;
use std::path::Path;

/// Whether this source has a test of this name that is run: neither commented out nor ignored.
fn is_run(source: &str, test: &str) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    let head = lines.iter().position(|line| {
        let line = line.trim_start_matches("async ");
        line.strip_prefix("fn ")
            .is_some_and(|rest| rest.strip_prefix(test).is_some_and(|rest| rest.starts_with('(')))
    });
    let above = |line: usize| lines[..line].iter().rev().take_while(|line| line.starts_with("#["));
    head.is_some_and(|line| {
        above(line).any(|line| line.contains("test")) && !above(line).any(|line| line.contains("ignore"))
    })
}

#[test]
fn every_case_has_a_story_named_after_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paper = fs::read_to_string(root.join("../../docs/payments.md")).unwrap();
    for case in 1..=60 {
        let row = paper.lines().find(|line| line.starts_with(&format!("| {case}. ")));
        let row = row.unwrap_or_else(|| panic!("case {case} is not in the table"));
        for excuse in ["no test", "not built"] {
            assert!(!row.contains(excuse), "case {case}: {row}");
        }
        let names: Vec<&str> = row.split('`').filter(|word| word.contains("::")).collect();
        for name in &names {
            let (file, test) = name.split_once("::").unwrap();
            let source = fs::read_to_string(root.join(format!("tests/it/{file}.rs")));
            let source = source.unwrap_or_else(|error| panic!("case {case}: {file}: {error}"));
            assert!(is_run(&source, test), "case {case}: there is no {name}");
        }
        let own = format!("::case_{case:02}_");
        assert!(names.iter().any(|name| name.contains(&own)), "case {case} has no story of its name: {row}");
    }
}

#[test]
fn a_test_that_is_not_run_does_not_count() {
    let source = "#[test]\nfn a() {}\n#[tokio::test]\nasync fn b() {}\nfn c() {}\n#[test]\n#[ignore]\nfn d() {}\n//fn e() {}";
    let run = ["a", "b", "c", "d", "e"].map(|test| is_run(source, test));
    assert_eq!(run, [true, true, false, false, false]);
}
