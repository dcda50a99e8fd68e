//! Migration of a Java shop's database.

mod java_database;
