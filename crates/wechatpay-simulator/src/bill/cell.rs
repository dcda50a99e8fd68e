//! Cells and their amounts. Everything is whole fen until it is written.

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    /// Fen, written as yuan with two decimals.
    Yuan(i64),
    /// Fen, written as yuan with five decimals, as fees are.
    Fee(i64),
}

impl Cell {
    /// A text that cannot break the line or the cell it stands in.
    pub fn text(text: &str) -> Self {
        Self::Text(text.replace(['\r', '\n', '`'], " "))
    }

    /// Nothing for a text.
    pub fn fen(&self) -> i64 {
        match self {
            Self::Text(_) => 0,
            Self::Yuan(fen) | Self::Fee(fen) => *fen,
        }
    }

    pub fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Yuan(fen) => yuan(*fen),
            Self::Fee(fen) => fee_text(*fen),
        }
    }

    /// The same cell with so many fen more.
    pub fn plus(&self, fen: i64) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.clone()),
            Self::Yuan(own) => Self::Yuan(own + fen),
            Self::Fee(own) => Self::Fee(own + fen),
        }
    }
}

/// `-1.05` for -105 fen.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// `1.05000` for 105 fen.
pub fn fee_text(fen: i64) -> String {
    yuan(fen) + "000"
}

/// What the platform keeps of a payment: six in a thousand, rounded to whole fen.
pub fn fee(fen: i64) -> i64 {
    (fen * 6 + 500) / 1000
}
