//! The scripts of `deploy/` that copy a database and put it back.

use std::path::Path;
use std::process::{Command, Output};

/// A script of `deploy/` for this database, with the program that audits it.
pub fn script(name: &str, database: &str, argument: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    let mut command = Command::new("bash");
    command.arg(script).arg(argument).env("CHANGGOU_DATABASE_URL", database);
    command.env("CHANGGOU", env!("CARGO_BIN_EXE_changgou")).env_remove("CHANGGOU_REDIS_URL");
    command
}

pub fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{err}")
}
