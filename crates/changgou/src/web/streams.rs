//! The open streams of events: how many one buyer and one address may have.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::addresses::network_of;
use crate::domain::message::RequestMessage;
use crate::domain::refusal::Refusal;
use crate::infra::settings::HttpLimits;

#[derive(Clone, Default)]
pub(super) struct OpenStreams(Arc<Mutex<Counts>>);

/// Has no more entries than there are streams.
#[derive(Default)]
struct Counts {
    by_buyer: HashMap<String, usize>,
    by_network: HashMap<IpAddr, usize>,
}

/// An open stream; dropping it makes room for another.
pub(super) struct StreamSlot {
    streams: OpenStreams,
    buyer: String,
    network: IpAddr,
}

impl OpenStreams {
    /// Refuses a stream too many.
    pub(super) fn open(
        &self,
        buyer: &str,
        address: IpAddr,
        limits: HttpLimits,
    ) -> Result<StreamSlot, Refusal> {
        let (buyer, network) = (buyer.to_owned(), network_of(address));
        let mut counts = self.counts();
        let of_buyer = counts.by_buyer.get(&buyer).copied().unwrap_or_default();
        let of_network = counts.by_network.get(&network).copied().unwrap_or_default();
        if of_buyer >= limits.streams_per_buyer || of_network >= limits.streams_per_address {
            return Err(Refusal::new(RequestMessage::TooManyStreams));
        }
        counts.by_buyer.insert(buyer.clone(), of_buyer + 1);
        counts.by_network.insert(network, of_network + 1);
        Ok(StreamSlot { streams: self.clone(), buyer, network })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut counts = self.streams.counts();
        leave(&mut counts.by_buyer, &self.buyer);
        leave(&mut counts.by_network, &self.network);
    }
}

fn leave<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
