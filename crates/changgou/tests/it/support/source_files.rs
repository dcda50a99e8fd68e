//! The source files of the program, for the rules that tests check.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file of the program, by its path below `src`.
pub struct Source {
    pub path: String,
    /// Without its unit tests and without comments.
    pub code: String,
    pub whole: String,
}

pub fn sources() -> Vec<Source> {
    sources_in("src")
}

/// The sources of the program and of its load generator, which keeps the rules of size and style.
pub fn all_sources() -> Vec<Source> {
    [sources(), sources_in("../changgou-bench/src")].into_iter().flatten().collect()
}

fn sources_in(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    list(&root, &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let whole = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let program = whole.split("#[cfg(test)]").next().unwrap();
        let lines = program.lines().filter(|line| !line.trim_start().starts_with("//"));
        Source { path, code: lines.collect::<Vec<_>>().join("\n"), whole }
    };
    files.iter().map(read).collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}

/// Fails with every finding at once.
pub fn none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
