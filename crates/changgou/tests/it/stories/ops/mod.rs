//! Commands, serving, backups and the audit.

mod audit;
mod backup;
mod commands;
mod serve;
