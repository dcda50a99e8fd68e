//! No circle of files: to understand a file, it is enough to read those below it.
//!
//! A file uses another if it imports from it or names a path in it. What a `mod.rs`
//! only re-exports counts for the file that defines it. A parent and its child may use
//! each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::source_files::{none, sources};

/// The path of a module: `flow/place/mod.rs` is `["flow", "place"]`.
type Module = Vec<String>;

/// A name that a `use` brings in, or a path in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    path: Vec<String>,
    is_public: bool,
}

#[derive(Default)]
struct Program {
    code: BTreeMap<Module, String>,
    imports: BTreeMap<Module, Vec<Import>>,
}

#[test]
fn no_circle_of_files() {
    let mut program = Program::default();
    for source in sources() {
        let module = module_of(&source.path);
        program.imports.insert(module.clone(), imports(&source.code));
        program.code.insert(module, source.code);
    }
    let circles = circles(&program.uses());
    let names = |circle: &BTreeSet<Module>| {
        circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" <-> ")
    };
    none(&circles.iter().map(names).collect::<Vec<_>>());
}

fn module_of(path: &str) -> Module {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" || path == "main" { Module::new() } else { words(path, "/") }
}

fn words(text: &str, between: &str) -> Vec<String> {
    text.split(between).map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// What the `use` statements of formatted code bring in.
fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (statement, is_public) in use_statements(code) {
        for path in flatten(&statement) {
            let mut path = words(path.split(" as ").next().unwrap_or_default(), "::");
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            found.push(Import { path, is_public });
        }
    }
    found
}

/// The trees of `use` statements, and whether they re-export.
fn use_statements(code: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some((line, after)) = rest.split_once('\n') {
        let begin = line.trim_start();
        let visible = begin.starts_with("pub");
        let tree = begin.split_once("use ").filter(|(before, _)| {
            before.is_empty() || (before.starts_with("pub") && !before.contains(['{', ';', '=', '"']))
        });
        rest = after;
        if let Some((_, tree)) = tree {
            let mut statement = tree.to_owned();
            while !statement.contains(';') {
                let Some((line, after)) = rest.split_once('\n') else { break };
                statement.push_str(line.trim());
                rest = after;
            }
            found.push((statement.split(';').next().unwrap_or_default().to_owned(), visible));
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn flatten(tree: &str) -> Vec<String> {
    let Some((stem, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(flatten).map(|part| format!("{}{part}", stem.trim())).collect()
}

/// Paths of at least two names that stand in the code outside its `use` statements.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    // `pub(in path)` says who may use the item, not what the file uses.
    let code = code.replace("pub(in ", "pub(in::");
    let names = code.split(|letter: char| !is_part(letter)).filter(|name| name.contains("::"));
    // What ends with `::` is the stem of a `use` tree.
    let names = names.filter(|name| !name.ends_with("::"));
    names.map(|name| words(name, "::")).filter(|path| path.len() > 1 && path[0] != "in").collect()
}

impl Program {
    /// Which files each file uses, but for its parent and its children.
    fn uses(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let of = |module: &Module| {
            let used = self.mentions(module).into_iter().filter_map(|path| self.resolve(module, &path, 0));
            let used = used.filter(|used| !used.is_empty() && !are_family(module, used));
            (module.clone(), used.collect())
        };
        self.code.keys().map(of).collect()
    }

    /// All paths in a file, those that begin with an imported name in full.
    fn mentions(&self, module: &Module) -> Vec<Vec<String>> {
        let imports = &self.imports[module];
        let mut found: Vec<Vec<String>> = imports.iter().map(|import| import.path.clone()).collect();
        for path in paths(&self.code[module]) {
            let stem = imports.iter().find(|import| import.path.last() == path.first());
            match stem {
                Some(import) => found.push([&import.path[..], &path[1..]].concat()),
                None => found.push(path),
            }
        }
        found
    }

    /// The module that defines what a path names, seen from a module.
    fn resolve(&self, module: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (mut at, rest) = self.begin(module, path)?;
        for (nth, name) in rest.iter().enumerate() {
            let child = [&at[..], std::slice::from_ref(name)].concat();
            if self.code.contains_key(&child) {
                at = child;
                continue;
            }
            let exports = self.imports.get(&at).into_iter().flatten();
            let export =
                exports.filter(|import| import.is_public).find(|import| import.path.last() == Some(name));
            if let Some(export) = export.filter(|_| depth < 8) {
                let path = [&export.path[..], &rest[nth + 1..]].concat();
                return self.resolve(&at, &path, depth + 1).or(Some(at));
            }
            break;
        }
        Some(at)
    }

    /// Where a path begins, and what follows; nothing for other crates.
    fn begin<'p>(&self, module: &Module, path: &'p [String]) -> Option<(Module, &'p [String])> {
        let (first, mut rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some((Module::new(), rest)),
            "self" => Some((module.clone(), rest)),
            "super" => {
                let mut at = module.clone();
                at.pop();
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
                Some((at, rest))
            }
            _ => {
                let child = [&module[..], std::slice::from_ref(first)].concat();
                self.code.contains_key(&child).then(|| (module.clone(), path))
            }
        }
    }
}

fn are_family(one: &Module, other: &Module) -> bool {
    let is_parent =
        |parent: &Module, child: &Module| child.split_last().is_some_and(|(_, rest)| rest == parent);
    one == other || is_parent(one, other) || is_parent(other, one)
}

/// Sets of files of which each can be reached from each other.
fn circles(uses: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<BTreeSet<Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        uses.keys().map(|from| (from, reach(uses, from))).collect();
    let circle = |module: &Module| {
        let with: BTreeSet<Module> = reached[module]
            .iter()
            .filter(|other| reached[**other].contains(module))
            .map(|other| (*other).clone())
            .collect();
        (!with.is_empty()).then_some(with)
    };
    uses.keys().filter_map(circle).collect()
}

fn reach<'u>(uses: &'u BTreeMap<Module, BTreeSet<Module>>, from: &'u Module) -> BTreeSet<&'u Module> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        for used in uses.get(module).into_iter().flatten().filter(|used| uses.contains_key(*used)) {
            if found.insert(used) {
                next.push(used);
            }
        }
    }
    found
}

#[test]
fn the_rule_sees_a_circle() {
    assert_eq!(
        flatten("crate::a::{self, b::{C, D}, e}"),
        ["crate::a::self", "crate::a::b::C", "crate::a::b::D", "crate::a::e"]
    );
    let files = [
        ("a/mod.rs", "mod b;\nmod c;\npub use b::B;\n"),
        ("a/b.rs", "use super::c::C;\n"),
        ("a/c.rs", "use crate::d;\nfn c() { d::e() }\n"),
        ("d.rs", "use crate::a::B;\n"),
    ];
    let mut program = Program::default();
    for (path, code) in files {
        program.imports.insert(module_of(path), imports(code));
        program.code.insert(module_of(path), code.to_owned());
    }
    let circle = ["a/b", "a/c", "d"].map(|path| words(path, "/"));
    assert_eq!(circles(&program.uses()), BTreeSet::from([BTreeSet::from(circle)]));
}
