//! Files to import, and `changgou import` on the database of a shop.

use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use crate::support::program::Place;
use crate::support::shop::Shop;

/// Files and commands beside the database of a shop.
pub struct Desk<'s> {
    pub place: Place,
    shop: &'s Shop,
}

/// How an import ended.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    /// Counts.
    pub out: String,
    /// Refused rows.
    pub err: String,
}

impl Desk<'_> {
    pub fn of(shop: &Shop) -> Desk<'_> {
        Desk { place: Place::new(), shop }
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.place.folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.folder.join(name)).unwrap()
    }

    /// Imports what is in a file already.
    pub fn again(&self, what: &str, name: &str, more: &[&str]) -> Told {
        Told::from(&self.command(what, name, more).output().unwrap())
    }

    /// Writes a file and imports it.
    pub fn imports(&self, what: &str, name: &str, content: impl AsRef<[u8]>) -> Told {
        self.file(name, content);
        self.again(what, name, &[])
    }

    pub fn command(&self, what: &str, name: &str, more: &[&str]) -> std::process::Command {
        let url = &self.shop.running.app.settings.database_url;
        let mut command = self.place.command(&["import", what, name, "--database-url", url]);
        command.args(more);
        command
    }

    pub fn begins(&self, what: &str, name: &str) -> Child {
        let mut command = self.command(what, name, &[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Told {
    pub fn from(output: &Output) -> Told {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let told = Told { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
        assert!(!told.err.contains("panicked"), "{told:#?}");
        told
    }

    /// The counts of imported, updated, already there and refused.
    #[track_caller]
    pub fn counts(&self) -> [usize; 4] {
        let line = self.out.lines().next().unwrap_or_else(|| panic!("{self:#?}"));
        let numbers = line.split([' ', ',']).filter_map(|word| word.parse().ok());
        let numbers: Vec<usize> = numbers.collect();
        assert_eq!(self.code, Some(i32::from(numbers[3] > 0)), "{self:#?}");
        numbers.try_into().unwrap_or_else(|_| panic!("{self:#?}"))
    }
}
