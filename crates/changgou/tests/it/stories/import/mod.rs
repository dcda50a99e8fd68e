//! `changgou import`.

mod bad_files;
mod files;
