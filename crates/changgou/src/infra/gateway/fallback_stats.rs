//! How often fallbacks were used.

use super::Gateway;

/// Since this process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FallbackStats {
    /// Calls that the second address answered because the first did not.
    pub second_address: u64,
    /// Messages verified with a key that is being replaced.
    pub old_key: u64,
}

impl Gateway {
    /// The sum of API v2 and API v3.
    pub fn fallback_stats(&self) -> FallbackStats {
        let v2 = self.v2.as_ref().map(|v2| (v2.backup_answers(), v2.merchant().api_key.previous_key_uses()));
        let v3 =
            self.v3.as_ref().map(|v3| (v3.backup_answers(), v3.merchant().api_v3_key.previous_key_uses()));
        let (second_address, old_key) = [v2, v3]
            .into_iter()
            .flatten()
            .fold((0, 0), |(addresses, keys), (address, key)| (addresses + address, keys + key));
        FallbackStats { second_address, old_key }
    }
}
