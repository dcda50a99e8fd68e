//! The program: see `changgou --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    changgou::doors::ops::cli::main()
}
