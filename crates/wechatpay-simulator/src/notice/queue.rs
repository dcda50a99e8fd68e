use std::collections::BTreeMap;

use super::Letter;

/// Letters that wait; one more is lost, as WeChat may lose one.
const MAX_WAITING: usize = 200_000;

/// When, ms UTC, and which came first among equals.
type Place = (i64, u64);

/// Letters by the moment they are due. Holds at most [`MAX_WAITING`].
#[derive(Debug, Default)]
pub struct Queue {
    next: u64,
    waiting: BTreeMap<Place, Letter>,
    /// Those among them that the fault `reorder` holds back.
    held: Vec<Place>,
}

impl Queue {
    pub fn put(&mut self, due_ms: i64, letter: Letter) {
        self.insert(due_ms, letter);
    }

    /// Waits for another delivery, but not beyond `latest_ms`.
    pub fn hold(&mut self, latest_ms: i64, letter: Letter) {
        if let Some(place) = self.insert(latest_ms, letter) {
            self.held.push(place);
        }
    }

    /// Another delivery has happened: what was held back is due.
    pub fn release_held(&mut self, now_ms: i64) {
        for place in std::mem::take(&mut self.held) {
            if let Some(letter) = self.waiting.remove(&place) {
                self.insert(now_ms, letter);
            }
        }
    }

    pub fn next_due(&self) -> Option<i64> {
        self.waiting.first_key_value().map(|(place, _)| place.0)
    }

    /// The first letter that is due.
    pub fn pop(&mut self, now_ms: i64) -> Option<Letter> {
        self.next_due().filter(|due| *due <= now_ms)?;
        self.waiting.pop_first().map(|(_, letter)| letter)
    }

    /// The first letter of this kind that is due.
    pub fn pop_which(&mut self, now_ms: i64, is_it: impl Fn(&Letter) -> bool) -> Option<Letter> {
        let due = self.waiting.iter().take_while(|(place, _)| place.0 <= now_ms);
        let place = due.filter(|(_, letter)| is_it(letter)).map(|(place, _)| *place).next()?;
        self.waiting.remove(&place)
    }

    /// What waits, with its moment.
    pub fn waiting(&self) -> impl Iterator<Item = (i64, &Letter)> {
        self.waiting.iter().map(|(place, letter)| (place.0, letter))
    }

    fn insert(&mut self, due_ms: i64, letter: Letter) -> Option<Place> {
        if self.waiting.len() >= MAX_WAITING {
            tracing::warn!(
                out_trade_no = letter.notice.out_trade_no,
                "too many notices wait: this one is lost"
            );
            return None;
        }
        let place = (due_ms, self.next);
        self.next += 1;
        self.waiting.insert(place, letter);
        Some(place)
    }
}
