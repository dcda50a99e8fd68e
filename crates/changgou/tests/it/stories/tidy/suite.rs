//! Rules for this suite: a story stands alone, and what two stories share is in `support`.

use std::fs;
use std::path::Path;

/// The text of every file below `tests/it`, by its path there.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files
}

/// Words that let a story give something to another, or take something from one.
const SHARING: [&str; 4] = ["pub ", "pub(", "super::", "crate::stories"];

/// The words of [`SHARING`] in the code of a file: comments and strings do not count.
fn shares(source: &str) -> Vec<&'static str> {
    let code =
        |line: &str| line.split("//").next().unwrap_or_default().split('"').step_by(2).collect::<String>();
    let code: Vec<String> = source.lines().map(code).collect();
    let has = |word: &&str| code.iter().any(|line| line.contains(*word));
    SHARING.into_iter().filter(has).collect()
}

#[test]
fn no_story_uses_another() {
    let stories = files().into_iter().filter(|(name, _)| name.starts_with("stories/"));
    let sharing = stories.filter_map(|(name, source)| {
        let words = shares(&source);
        (!words.is_empty()).then(|| format!("{name}: {}", words.join(", ")))
    });
    let sharing: Vec<String> = sharing.collect();
    assert!(sharing.is_empty(), "what two stories share is in support:\n{}", sharing.join("\n"));
}

#[test]
fn support_has_no_tests_and_no_stories() {
    for (name, source) in files().iter().filter(|(name, _)| name.starts_with("support/")) {
        assert!(!source.contains("#[test]") && !source.contains("#[tokio::test"), "{name} has a test");
        assert!(!source.contains(SHARING[3]), "{name} uses a story");
    }
}

#[test]
fn sharing_is_found_in_code_alone() {
    assert_eq!(shares("    pub async fn sells() {}\nuse super::cart;"), ["pub ", "super::"]);
    assert_eq!(shares("use crate::stories::cart::lines;"), [SHARING[3]]);
    assert!(shares("// pub fn\nlet a = \"super::\"; // pub struct\nuse crate::support::shop;").is_empty());
}
