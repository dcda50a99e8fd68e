//! Files to import, and `changgou import` on the database of a shop.

use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use crate::support::program::Place;
use crate::support::shop::Shop;

/// Files and import commands for the database of a shop.
pub struct Importer<'s> {
    pub place: Place,
    shop: &'s Shop,
}

/// The result of an import.
#[derive(Debug)]
pub struct ImportResult {
    pub code: Option<i32>,
    /// Standard output: the counts.
    pub out: String,
    /// Standard error: the refused rows.
    pub err: String,
}

impl Importer<'_> {
    pub fn of(shop: &Shop) -> Importer<'_> {
        Importer { place: Place::new(), shop }
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.folder.join(name)).unwrap()
    }

    /// Imports a file that exists.
    pub fn imports_again(&self, what: &str, name: &str, more: &[&str]) -> ImportResult {
        ImportResult::from(&self.command(what, name, more).output().unwrap())
    }

    /// Writes a file and imports it.
    pub fn imports(&self, what: &str, name: &str, content: impl AsRef<[u8]>) -> ImportResult {
        self.file(name, content);
        self.imports_again(what, name, &[])
    }

    fn command(&self, what: &str, name: &str, more: &[&str]) -> std::process::Command {
        let url = &self.shop.running.app.settings.database_url;
        let mut command = self.place.command(&["import", what, name, "--database-url", url]);
        command.args(more);
        command
    }

    pub fn starts(&self, what: &str, name: &str) -> Child {
        let mut command = self.command(what, name, &[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl ImportResult {
    pub fn from(output: &Output) -> ImportResult {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let told =
            ImportResult { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        assert!(!told.err.contains("panicked"), "{told:#?}");
        told
    }

    /// The counts of rows: imported, updated, unchanged and refused.
    #[track_caller]
    pub fn counts(&self) -> [usize; 4] {
        let line = self.out.lines().next().unwrap_or_else(|| panic!("{self:#?}"));
        let numbers = line.split([' ', ',']).filter_map(|word| word.parse().ok());
        let numbers: Vec<usize> = numbers.collect();
        assert_eq!(self.code, Some(i32::from(numbers[3] > 0)), "{self:#?}");
        numbers.try_into().unwrap_or_else(|_| panic!("{self:#?}"))
    }
}
