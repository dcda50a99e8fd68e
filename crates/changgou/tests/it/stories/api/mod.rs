//! The API as a whole: its description, and callers it must refuse.

mod bad_callers;
mod openapi;
mod routes;
