//! Why a bill is not believed.

/// What is wrong with a bill. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// A line has more than 16 KiB.
    #[error("line {line} is too long")]
    LineTooLong {
        /// Which line.
        line: u64,
    },
    /// A line is not UTF-8.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// Which line.
        line: u64,
    },
    /// The heading lacks a column, or has one twice.
    #[error("the heading has not one column {column}")]
    Column {
        /// The column.
        column: String,
    },
    /// A line has more or fewer cells than its heading, or a cell without a backtick.
    #[error("line {line} does not fit its heading")]
    Cells {
        /// Which line.
        line: u64,
    },
    /// A cell has a value that cannot be.
    #[error("line {line} has an impossible {column}")]
    Malformed {
        /// Which line.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// The bill ends before its summary.
    #[error("the bill ends too early")]
    Truncated,
    /// There is something after the summary.
    #[error("line {line} is after the end")]
    AfterEnd {
        /// Which line.
        line: u64,
    },
    /// The rows do not add up to what the summary says.
    #[error("{column} is {summary} in the summary, {rows} in the rows")]
    Sum {
        /// The column of the summary.
        column: &'static str,
        /// What the summary says, in fen or as a count.
        summary: i64,
        /// What the rows give.
        rows: i64,
    },
    /// The sums are too large to be counted.
    #[error("the amounts are too large")]
    Overflow,
    /// What should be GZIP is not, or its check does not fit.
    #[error("the bill cannot be unpacked")]
    Gzip,
    /// What GZIP unpacks to is longer than was allowed.
    #[error("the bill unpacks to too much")]
    TooBig,
}
