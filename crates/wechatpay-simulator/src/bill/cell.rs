//! The cells of a bill. Amounts are whole fen until they are written.

/// The content of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BillCell {
    Text(String),
    /// Fen, written as yuan with two decimals.
    Yuan(i64),
    /// Fen, written as yuan with five decimals, like fees.
    Fee(i64),
}

impl BillCell {
    /// A text cell. Characters that would break the file format are replaced.
    pub fn text(text: &str) -> Self {
        Self::Text(text.replace(['\r', '\n', '`'], " "))
    }

    /// The amount in fen; 0 for a text.
    pub fn fen(&self) -> i64 {
        match self {
            Self::Text(_) => 0,
            Self::Yuan(fen) | Self::Fee(fen) => *fen,
        }
    }

    pub fn spec(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Yuan(fen) => yuan(*fen),
            Self::Fee(fen) => fee_text(*fen),
        }
    }

    /// Returns the cell with `fen` added.
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

/// WeChat's fee for a payment: 0.6 %, rounded to whole fen.
pub fn fee(fen: i64) -> i64 {
    (fen * 6 + 500) / 1000
}
