//! How many connections callers may have, and how long each phase of a request may take.

use std::time::Duration;

use crate::domain::limits::{
    CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, STREAMS_PER_ADDRESS_MAX, STREAMS_PER_BUYER_MAX,
};

#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    pub connections: usize,
    /// Of one address, or of one /64 network of IPv6 addresses.
    pub connections_per_address: usize,
    pub streams_per_address: usize,
    pub streams_per_buyer: usize,
    /// From the end of an answer, or the start of the connection, to the end of the next head.
    pub head: Duration,
    /// The whole body.
    pub body: Duration,
    /// Between two pieces of a body.
    pub body_pause: Duration,
    /// From the head to the answer, with the body.
    pub handler: Duration,
    /// How long a client that does not read is waited for.
    pub write: Duration,
    /// A stream of events.
    pub stream: Duration,
}

impl Default for HttpLimits {
    fn default() -> HttpLimits {
        HttpLimits {
            connections: CONNECTIONS_MAX,
            connections_per_address: CONNECTIONS_PER_ADDRESS_MAX,
            streams_per_address: STREAMS_PER_ADDRESS_MAX,
            streams_per_buyer: STREAMS_PER_BUYER_MAX,
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            body_pause: Duration::from_secs(10),
            handler: Duration::from_secs(60),
            write: Duration::from_secs(20),
            stream: Duration::from_secs(600),
        }
    }
}
