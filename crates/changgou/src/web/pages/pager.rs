//! The way through a long list.

/// Where a page stands among its neighbours.
pub(super) struct Pager {
    pub page: i64,
    /// The last page, where it is known.
    pub last: Option<i64>,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Pager {
    /// The way through `total` rows; `at` gives the address of a page.
    pub(super) fn new(page: i64, size: i64, total: i64, at: impl Fn(i64) -> String) -> Pager {
        let last = ((total + size - 1) / size).max(1);
        Pager {
            page,
            last: Some(last),
            before: (page > 1).then(|| at((page - 1).min(last))),
            after: (page < last).then(|| at(page + 1)),
        }
    }

    /// The way through rows nobody has counted: a full page may have another behind it.
    pub(super) fn onward(page: i64, size: i64, rows: usize, at: impl Fn(i64) -> String) -> Pager {
        let is_full = i64::try_from(rows).is_ok_and(|rows| rows >= size);
        Pager {
            page,
            last: None,
            before: (page > 1).then(|| at(page - 1)),
            after: is_full.then(|| at(page + 1)),
        }
    }

    /// Whether there is anywhere to go.
    pub(super) fn leads_on(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}
