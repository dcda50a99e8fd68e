//! Addresses of callers: which one a request comes from, and which count as one.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// The bits of an IPv6 address that name a network; its owner chooses the others freely.
const NETWORK_BITS: u128 = u128::MAX << 64;

/// What counts as one caller: an IPv4 address, or the /64 network of an IPv6 address.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK_BITS)),
    }
}

/// The client behind our own proxies. Each proxy appends who called it to `X-Forwarded-For`,
/// so the walk goes back from the peer as long as the address reached is a proxy of ours and
/// the one before it can be read. What lies behind an entry that cannot be read was written
/// by nobody we know.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == address);
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let mut caller = peer.to_canonical();
    while is_proxy(caller) {
        let Some(before) = hops.next().and_then(read_hop) else { break };
        caller = before;
    }
    caller
}

/// An address as proxies write it: alone, in brackets, with a port.
fn read_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = hop.parse::<IpAddr>().ok().or_else(with_port).or_else(bare)?;
    Some(address.to_canonical())
}

/// Whether an address is of this machine or of a private network, as those of proxies are.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn client(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().expect("a value"));
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|text| address(text)).collect();
        client_address(address(peer), &headers, &proxies).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let lines = ["6.6.6.6, 1.2.3.4", "10.0.0.2"];
        assert_eq!(client("9.9.9.9", &lines, &["10.0.0.1"]), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &lines, &["10.0.0.1", "10.0.0.2"]), "1.2.3.4");
        assert_eq!(client("10.0.0.1", &lines, &["10.0.0.1"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &["1.2.3.4"], &["::ffff:10.0.0.1"]), "1.2.3.4");
    }

    #[test]
    fn an_address_may_have_brackets_and_a_port() {
        for (hop, read) in [
            ("203.0.113.7:40001", "203.0.113.7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            (" 2001:db8::7 ", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
        ] {
            assert_eq!(client("10.0.0.1", &[&format!("6.6.6.6, {hop}")], &["10.0.0.1"]), read, "{hop}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_read_ends_the_walk() {
        for hop in
            ["unknown", "_hidden", "", "\u{e9}", "203.0.113.7:", "[203.0.113.7]", "fe80::1%eth0", "a b"]
        {
            let line = format!("6.6.6.6, {hop}");
            assert_eq!(client("10.0.0.1", &[&line], &["10.0.0.1"]), "10.0.0.1", "{hop}");
            let proxies = ["10.0.0.1", "10.0.0.2"];
            assert_eq!(client("10.0.0.1", &[&line, "10.0.0.2"], &proxies), "10.0.0.2", "{hop}");
        }
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        assert_eq!(network_of(address("2001:db8:1:2:3:4:5:6")), address("2001:db8:1:2::"));
        assert_eq!(network_of(address("1.2.3.4")), address("1.2.3.4"));
        assert_eq!(network_of(address("::ffff:1.2.3.4")), address("1.2.3.4"));
    }
}
