//! Databases: schema, query plans and connections of each engine.

mod longest_input;
mod query_plans;
mod schema;
mod tls;
