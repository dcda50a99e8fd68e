//! The open connections. When there are too many, those that keep the shop waiting are
//! closed: the oldest of the address that has the most. A connection whose request is being
//! worked on stays.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::super::addresses::network_of;
use super::super::log_limit::LogLimit;
use super::activity::Activity;
use crate::infra::settings::HttpLimits;

/// Connections closed at once when the pool is full, because finding them takes a look at all.
const CLOSED_TOGETHER: usize = 64;

static FULL: LogLimit = LogLimit::new();

pub(super) struct ConnectionPool {
    limits: HttpLimits,
    /// Proxies carry the connections of everybody: they have no limit of their own.
    proxies: Vec<IpAddr>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_network: HashMap<IpAddr, HashMap<u64, Connection>>,
    count: usize,
    last_number: u64,
}

struct Connection {
    activity: Arc<Activity>,
    closed: Arc<Notify>,
}

/// The place of a connection in the pool; dropping it makes room.
pub(super) struct Seat {
    pool: Arc<ConnectionPool>,
    network: IpAddr,
    number: u64,
    activity: Arc<Activity>,
    closed: Arc<Notify>,
}

impl ConnectionPool {
    pub(super) fn new(limits: HttpLimits, proxies: &[IpAddr]) -> Arc<ConnectionPool> {
        let proxies = proxies.iter().map(IpAddr::to_canonical).collect();
        Arc::new(ConnectionPool { limits, proxies, open: Mutex::default() })
    }

    /// A seat for a new connection; `None` if there is none and no connection can be closed.
    pub(super) fn admit(self: &Arc<ConnectionPool>, caller: IpAddr) -> Option<Seat> {
        let network = self.network(caller);
        let mut open = self.open();
        if !self.is_proxy(network)
            && open.of(network) >= self.limits.connections_per_address
            && !open.close_oldest(network)
        {
            return None;
        }
        if open.count >= self.limits.connections && self.close_some(&mut open) == 0 {
            return None;
        }
        let (activity, closed) = (Arc::new(Activity::new()), Arc::new(Notify::new()));
        let number = open.add(network, Connection { activity: activity.clone(), closed: closed.clone() });
        Some(Seat { pool: self.clone(), network, number, activity, closed })
    }

    /// Closes some connections that wait; how many.
    pub(super) fn make_room(&self) -> usize {
        self.close_some(&mut self.open())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A proxy counts by its own address, others by their network.
    fn network(&self, caller: IpAddr) -> IpAddr {
        let caller = caller.to_canonical();
        if self.is_proxy(caller) { caller } else { network_of(caller) }
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.contains(&address)
    }

    fn close_some(&self, open: &mut Open) -> usize {
        let mut waiting = open.waiting();
        let most = waiting.len().min(CLOSED_TOGETHER);
        waiting.sort_unstable_by_key(|one| (self.is_proxy(one.network), Reverse(one.beside), one.since));
        let closed = waiting[..most].iter().filter(|one| open.close(one.network, one.number)).count();
        FULL.run(|| {
            tracing::warn!(closed, "too many connections: some that wait for their clients are closed")
        });
        closed
    }
}

/// A connection that waits for its client.
struct Waiting {
    network: IpAddr,
    number: u64,
    since: u64,
    /// Connections of its network.
    beside: usize,
}

impl Open {
    fn of(&self, network: IpAddr) -> usize {
        self.by_network.get(&network).map_or(0, HashMap::len)
    }

    fn add(&mut self, network: IpAddr, connection: Connection) -> u64 {
        self.last_number += 1;
        self.count += 1;
        self.by_network.entry(network).or_default().insert(self.last_number, connection);
        self.last_number
    }

    /// Takes a connection out; `None` if it was closed before.
    fn remove(&mut self, network: IpAddr, number: u64) -> Option<Connection> {
        let beside = self.by_network.get_mut(&network)?;
        let connection = beside.remove(&number)?;
        if beside.is_empty() {
            self.by_network.remove(&network);
        }
        self.count -= 1;
        Some(connection)
    }

    fn close(&mut self, network: IpAddr, number: u64) -> bool {
        let connection = self.remove(network, number);
        connection.is_some_and(|connection| {
            connection.closed.notify_one();
            true
        })
    }

    /// Closes the connection of this network that has waited longest, if one waits.
    fn close_oldest(&mut self, network: IpAddr) -> bool {
        let oldest = self.by_network.get(&network).and_then(|beside| {
            let waiting =
                beside.iter().filter_map(|(number, one)| Some((one.activity.waiting_since()?, *number)));
            waiting.min()
        });
        oldest.is_some_and(|(_, number)| self.close(network, number))
    }

    fn waiting(&self) -> Vec<Waiting> {
        let each = self.by_network.iter().flat_map(|(network, beside)| {
            beside.iter().filter_map(|(number, one)| {
                let since = one.activity.waiting_since()?;
                Some(Waiting { network: *network, number: *number, since, beside: beside.len() })
            })
        });
        each.collect()
    }
}

impl Seat {
    pub(super) fn activity(&self) -> Arc<Activity> {
        self.activity.clone()
    }

    /// Waits until another connection needs the place.
    pub(super) async fn taken_away(&self) {
        self.closed.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Nothing is left to remove if another connection has the place.
        let _ = self.pool.open().remove(self.network, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(connections: usize, per_address: usize, proxies: &[&str]) -> Arc<ConnectionPool> {
        let limits =
            HttpLimits { connections, connections_per_address: per_address, ..HttpLimits::default() };
        let proxies: Vec<IpAddr> = proxies.iter().map(|text| address(text)).collect();
        ConnectionPool::new(limits, &proxies)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn is_closed(pool: &ConnectionPool, seat: &Seat) -> bool {
        !pool.open().by_network.get(&seat.network).is_some_and(|beside| beside.contains_key(&seat.number))
    }

    #[test]
    fn an_address_at_its_limit_loses_its_own_connections() {
        let pool = pool(100, 2, &[]);
        let [first, other] =
            ["2001:db8::1", "1.2.3.4"].map(|text| pool.admit(address(text)).expect("a seat"));
        let second = pool.admit(address("2001:db8::2")).expect("a seat");
        second.activity.works();
        let third = pool.admit(address("2001:db8::3")).expect("a seat");
        assert!(is_closed(&pool, &first) && !is_closed(&pool, &second) && !is_closed(&pool, &other));
        third.activity.works();
        assert!(pool.admit(address("2001:db8::4")).is_none(), "a request that is worked on is not cut off");
        drop((first, second, third));
        assert_eq!(pool.open().count, 1);
    }

    #[test]
    fn a_full_pool_closes_what_waits_at_the_address_with_the_most() {
        let pool = pool(80, 79, &["9.9.9.9"]);
        let proxied: Vec<Seat> = (0..10).map(|_| pool.admit(address("9.9.9.9")).expect("a seat")).collect();
        let flood: Vec<Seat> = (0..69).map(|_| pool.admit(address("6.6.6.6")).expect("a seat")).collect();
        let buyer = pool.admit(address("1.2.3.4")).expect("a seat");
        let late = pool.admit(address("1.2.3.5")).expect("a seat");
        assert!(!is_closed(&pool, &buyer) && !is_closed(&pool, &late));
        assert_eq!(flood.iter().filter(|seat| is_closed(&pool, seat)).count(), CLOSED_TOGETHER);
        assert!(proxied.iter().all(|seat| !is_closed(&pool, seat)));
    }
}
