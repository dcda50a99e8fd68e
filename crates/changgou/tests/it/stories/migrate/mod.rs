//! Migrations of the schema.

mod steps;
