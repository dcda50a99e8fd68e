//! Links to the previous and next page of a list.

pub(super) struct Pager {
    pub page: i64,
    /// The last page, if the rows are counted.
    pub last: Option<i64>,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Pager {
    /// Pages of `total` rows; `at` returns the URL of a page.
    pub(super) fn new(page: i64, size: i64, total: i64, at: impl Fn(i64) -> String) -> Pager {
        let last = ((total + size - 1) / size).max(1);
        Pager {
            page,
            last: Some(last),
            before: (page > 1).then(|| at((page - 1).min(last))),
            after: (page < last).then(|| at(page + 1)),
        }
    }

    /// Pages of rows that are not counted: a full page may have a next one.
    pub(super) fn uncounted(page: i64, size: i64, rows: usize, at: impl Fn(i64) -> String) -> Pager {
        let is_full = i64::try_from(rows).is_ok_and(|rows| rows >= size);
        Pager {
            page,
            last: None,
            before: (page > 1).then(|| at(page - 1)),
            after: is_full.then(|| at(page + 1)),
        }
    }

    pub(super) fn has_other_pages(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}
