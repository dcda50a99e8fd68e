//! The counts and the refused rows of an import.

use std::path::PathBuf;
use std::process::ExitCode;

use super::refused::RefusedFile;
use super::{CommandError, ImportPlan, ImportTarget, Record};
use crate::flow::import::{ImportMode, RowVerdict};

/// Refused rows that are printed; all of them are in FILE.refused.
const SHOWN_MAX: usize = 20;

pub(super) struct ImportReport {
    imported: usize,
    updated: usize,
    there: usize,
    refused: usize,
    shown: Vec<String>,
    file: Option<RefusedFile>,
    path: PathBuf,
}

impl ImportReport {
    pub(super) fn new(file: RefusedFile) -> ImportReport {
        let path = file.path().to_owned();
        ImportReport {
            imported: 0,
            updated: 0,
            there: 0,
            refused: 0,
            shown: Vec::new(),
            file: Some(file),
            path,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.imported + self.updated + self.there + self.refused
    }

    pub(super) fn add(&mut self, record: &Record, verdict: RowVerdict) -> Result<(), CommandError> {
        match verdict {
            RowVerdict::Imported => self.imported += 1,
            RowVerdict::Updated => self.updated += 1,
            RowVerdict::AlreadyThere => self.there += 1,
            RowVerdict::Refused(reason) => {
                self.refused += 1;
                if self.shown.len() < SHOWN_MAX {
                    self.shown.push(format!("line {}: {reason}", record.line));
                }
                if let Some(file) = &mut self.file {
                    file.add(&record.raw, &reason)?;
                }
            }
        }
        Ok(())
    }

    /// Closes FILE.refused.
    pub(super) fn finish(mut self) -> Result<ImportReport, CommandError> {
        if let Some(file) = self.file.take() {
            self.path = file.finish(self.refused)?;
        }
        Ok(self)
    }

    /// Prints the counts to standard output and refused rows to standard error.
    pub(super) fn print(&self, plan: &ImportPlan) -> ExitCode {
        let ImportReport { imported, updated, there, refused, shown, path, .. } = self;
        shown.iter().for_each(|words| eprintln!("{words}"));
        if *refused > shown.len() {
            eprintln!("and {} more", refused - shown.len());
        }
        let (word, would) =
            (plan.what.plural(), if plan.mode == ImportMode::Rehearsal { "would be " } else { "" });
        match plan.what {
            ImportTarget::Areas => println!(
                "areas are built in and not imported; {there} rows of this file match the shop, {refused} do not"
            ),
            ImportTarget::Rows(_) => println!(
                "{word}: {imported} {would}imported, {updated} {would}updated, {there} already there, {refused} refused"
            ),
        }
        if *refused == 0 {
            return ExitCode::SUCCESS;
        }
        println!("refused rows and reasons: {}", path.display());
        ExitCode::FAILURE
    }
}
