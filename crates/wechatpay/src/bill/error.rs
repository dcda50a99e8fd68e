//! The errors of reading a bill.

/// Why a bill is refused. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// A line is longer than 16 KiB.
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
    /// A column is missing from the heading, or occurs twice.
    #[error("column {column} is missing from the heading or duplicate")]
    Column {
        /// The column.
        column: String,
    },
    /// The number of cells differs from the heading, or a cell has no backtick.
    #[error("line {line} does not match the heading")]
    Cells {
        /// Which line.
        line: u64,
    },
    /// A cell has an invalid value.
    #[error("line {line} has an invalid {column}")]
    Malformed {
        /// Which line.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// The bill ends before its summary.
    #[error("the bill is incomplete")]
    Truncated,
    /// There is data after the summary.
    #[error("line {line} comes after the end of the bill")]
    AfterEnd {
        /// Which line.
        line: u64,
    },
    /// The totals of the rows differ from the summary.
    #[error("{column} is {summary} in the summary, {rows} in the rows")]
    Sum {
        /// The column of the summary.
        column: &'static str,
        /// The value in the summary, in fen or as a count.
        summary: i64,
        /// The value computed from the rows.
        rows: i64,
    },
    /// A total does not fit in 64 bits.
    #[error("a total is too large")]
    Overflow,
    /// The data is not valid GZIP, or its checksum is wrong.
    #[error("the bill is not valid GZIP")]
    Gzip,
    /// The decompressed data exceeds the limit.
    #[error("the bill is too large")]
    TooBig,
}
