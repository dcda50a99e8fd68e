//! Lists the files below `static/` so that they are compiled into the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=static");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("static");
    let mut files = Vec::new();
    list(&root, &root, &mut files)?;
    files.sort();
    let mut code = String::from(
        "/// Every file below `static/`, sorted by name.\nstatic FILES: &[(&str, &[u8])] = &[\n",
    );
    for name in files {
        // Named from the checkout that is compiled, which may be another one than last time.
        let path = format!("/static/{name}");
        writeln!(code, "    ({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),")
            .expect("a String takes every line");
    }
    code.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("statics.rs"), code)
}

fn list(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else {
            let name =
                path.strip_prefix(root).expect("it was found below the root").to_string_lossy().into_owned();
            files.push(name);
        }
    }
    Ok(())
}
