//! The tables of `docs/payments.md` name a test for each case and for each step at which the program is killed. These
//! tests must exist and run.

use std::fs;
use std::path::Path;

/// What `…` stands for.
const STEPS: [&str; 4] = ["before_the_call", "after_the_call", "before_the_commit", "after_the_commit"];

fn paper() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/payments.md")).unwrap()
}

/// The stories a row names, as `area::file::story`.
fn stories(row: &str) -> Vec<String> {
    let names = row.split('`').filter(|word| word.contains("::"));
    let each = names.flat_map(|name| match name.strip_suffix('…') {
        Some(head) => STEPS.map(|step| format!("{head}{step}")).to_vec(),
        None => vec![name.to_owned()],
    });
    each.collect()
}

fn source(file: &str) -> String {
    let file = file.replace("::", "/");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/stories/{file}.rs"));
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Whether this source has a test of this name that runs: neither commented out nor ignored.
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
    let paper = paper();
    for case in 1..=60 {
        let row = paper.lines().find(|line| line.starts_with(&format!("| {case}. ")));
        let row = row.unwrap_or_else(|| panic!("case {case} is not in the table"));
        for excuse in ["no test", "not built"] {
            assert!(!row.contains(excuse), "case {case}: {row}");
        }
        let stories = stories(row);
        for story in &stories {
            let (file, test) = story.rsplit_once("::").unwrap();
            assert!(is_run(&source(file), test), "case {case}: there is no {story}");
        }
        let own = format!("::case_{case:02}_");
        assert!(
            stories.iter().any(|story| story.contains(&own)),
            "case {case} has no story of its name: {row}"
        );
    }
}

#[test]
fn the_table_of_kills_names_every_test_that_kills_at_a_step() {
    let paper = paper();
    let section = paper.split("\n## ").find(|section| section.starts_with("Killed at any step")).unwrap();
    let mut named: Vec<String> =
        section.lines().filter(|line| line.starts_with("| ")).flat_map(stories).collect();
    let mut there = Vec::new();
    for file in ["killed::payment", "killed::refund", "killed::bills"] {
        let source = source(file);
        let tests = source.split("#[tokio::test").skip(1).filter_map(|test| test.split("async fn ").nth(1));
        there.extend(tests.filter_map(|test| Some(format!("{file}::{}", test.split_once('(')?.0))));
    }
    named.sort_unstable();
    there.sort_unstable();
    assert_eq!(named, there);
}

#[test]
fn a_test_that_is_not_run_does_not_count() {
    let source = "#[test]\nfn a() {}\n#[tokio::test]\nasync fn b() {}\nfn c() {}\n#[test]\n#[ignore]\nfn d() {}\n//fn e() {}";
    let run = ["a", "b", "c", "d", "e"].map(|test| is_run(source, test));
    assert_eq!(run, [true, true, false, false, false]);
}
