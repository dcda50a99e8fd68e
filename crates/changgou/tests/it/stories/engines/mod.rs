//! Databases: schema, query plans and connections of each engine.

mod query_plans;
mod schema;
mod tls;
