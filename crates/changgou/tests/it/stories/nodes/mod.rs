//! Several nodes on one database.

mod shared_database;
