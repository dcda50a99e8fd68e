//! What opening a database may create or change.

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Creates the database if it is missing and brings its schema up to date.
    Migrate,
    /// The database must exist and be up to date.
    Existing,
    /// Like `Migrate`, during the adoption of a database of the Java shop.
    Adopting,
}
