//! What stands in for what should serve, and how often it had to.

use super::Gateway;

/// How often something stood in, since this process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandIns {
    /// Calls that the second address answered, the first being silent.
    pub second_address: u64,
    /// Messages that were believed by a key that is to be replaced.
    pub old_key: u64,
}

impl Gateway {
    /// By API v2 and API v3 together.
    pub fn stand_ins(&self) -> StandIns {
        let v2 = self.v2.as_ref().map(|v2| (v2.backup_answers(), v2.merchant().api_key.previous_key_uses()));
        let v3 =
            self.v3.as_ref().map(|v3| (v3.backup_answers(), v3.merchant().api_v3_key.previous_key_uses()));
        let (second_address, old_key) = [v2, v3]
            .into_iter()
            .flatten()
            .fold((0, 0), |(addresses, keys), (address, key)| (addresses + address, keys + key));
        StandIns { second_address, old_key }
    }
}
