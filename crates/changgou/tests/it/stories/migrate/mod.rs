//! Steps of the schema.

mod steps;
