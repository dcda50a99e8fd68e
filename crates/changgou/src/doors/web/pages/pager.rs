//! The way through a long list.

/// Where a page stands among its neighbours.
pub(super) struct Pager {
    pub page: i64,
    pub last: i64,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Pager {
    /// The way through `total` rows; `at` gives the address of a page.
    pub(super) fn new(page: i64, size: i64, total: i64, at: impl Fn(i64) -> String) -> Pager {
        let last = ((total + size - 1) / size).max(1);
        Pager {
            page,
            last,
            before: (page > 1).then(|| at((page - 1).min(last))),
            after: (page < last).then(|| at(page + 1)),
        }
    }
}
