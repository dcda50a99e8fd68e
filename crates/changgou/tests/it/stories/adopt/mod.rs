//! A database of the Java shop that this shop takes over.

mod java_database;
