//! The suite's list of routes is complete.

use std::collections::BTreeSet;

use crate::support::routes::{OTHERS, ROUTES, in_the_source, without_names};

#[test]
fn the_table_names_every_route_of_the_router() {
    let ours = ROUTES.iter().map(|route| (route.method, route.path)).chain(OTHERS.iter().copied());
    let ours = ours.map(|(method, path)| (method.to_owned(), without_names(path)));
    assert_eq!(ours.collect::<BTreeSet<_>>(), in_the_source());
}
