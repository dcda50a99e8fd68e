//! What to run, and how hard.

use std::net::SocketAddr;
use std::time::Duration;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A shop that serves, through its public API.
    Http(HttpScenario),
    /// The engine in this process, on a database of its own.
    InProcess(InProcessScenario),
}

/// What clients do through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpScenario {
    /// Order what is in the cart already.
    Place,
    /// Order whole carts without reading them.
    Whole,
    /// Fill the cart, read the settlement, order.
    Flow,
    /// The same, but all order one SKU.
    Hot,
    /// Carts of one to five random SKUs, added in random order.
    Shuffled,
    /// A sale that opens while all order.
    Flash,
    /// Payment notices, each delivered twice, in random order.
    Notices,
    /// Payment notices with copies and forgeries among them.
    Storm,
    /// Read pages, lists, SKUs and settlements.
    Browse,
    /// Read the front page.
    Home,
    /// Read the settlement of three lines.
    Settlement,
}

/// What is done in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InProcessScenario {
    /// Place orders, without HTTP.
    Engine,
    /// One write transaction after another.
    Raw,
}

/// Each scenario with its name and what it does.
pub const SCENARIOS: [(Scenario, &str, &str); 13] = [
    (
        Scenario::Http(HttpScenario::Place),
        "place",
        "orders out of filled carts (changgou seed --cart-lines 99)",
    ),
    (
        Scenario::Http(HttpScenario::Whole),
        "whole",
        "whole carts, each once and unseen (changgou seed --cart-lines 3)",
    ),
    (Scenario::Http(HttpScenario::Flow), "flow", "cart adds, settlement, order"),
    (Scenario::Http(HttpScenario::Hot), "hot", "the same, everybody wants one SKU"),
    (
        Scenario::Http(HttpScenario::Shuffled),
        "shuffled",
        "cart adds of 1 to 5 random SKUs in random order, order",
    ),
    (
        Scenario::Http(HttpScenario::Flash),
        "flash",
        "a sale opens while all order; one piece a buyer, --stock pieces",
    ),
    (
        Scenario::Http(HttpScenario::Notices),
        "notices",
        "payment notices for fresh orders, shuffled, each delivered twice",
    ),
    (
        Scenario::Http(HttpScenario::Storm),
        "storm",
        "the same, but three of ten deliveries are copies and one is forged",
    ),
    (Scenario::Http(HttpScenario::Browse), "browse", "front page, list, SKU and settlement in turn"),
    (Scenario::Http(HttpScenario::Home), "home", "the front page alone"),
    (Scenario::Http(HttpScenario::Settlement), "settlement", "the settlement of three lines alone"),
    (
        Scenario::InProcess(InProcessScenario::Engine),
        "engine",
        "places orders in this process on a scratch database, no HTTP",
    ),
    (
        Scenario::InProcess(InProcessScenario::Raw),
        "raw",
        "one write transaction after another on a scratch database, one client",
    ),
];

impl Scenario {
    /// Its name on the command line and in the report.
    pub fn name(self) -> &'static str {
        SCENARIOS.iter().find(|(scenario, ..)| *scenario == self).map_or("", |(_, name, _)| name)
    }

    pub fn from_name(name: &str) -> Option<Scenario> {
        SCENARIOS.iter().find(|(_, known, _)| *known == name).map(|(scenario, ..)| *scenario)
    }
}

/// What to run, and how hard.
#[derive(Clone, Debug)]
pub struct Plan {
    pub scenario: Scenario,
    /// Where the shop's nodes listen; at least one.
    pub addresses: Vec<SocketAddr>,
    /// The file of logins.
    pub tokens: Option<String>,
    pub clients: usize,
    pub duration: Duration,
    /// Iterations at most.
    pub count: Option<u64>,
    /// Iterations a second, whether or not the shop keeps up.
    pub rate: Option<f64>,
    /// Lines of an order.
    pub lines: usize,
    /// Pieces of the SKU of a flash sale.
    pub stock: usize,
    pub json: Option<String>,
    pub audit: Audit,
}

impl Plan {
    /// The first node, where one is enough.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }
}

/// Whether the audit runs at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// If the shop uses the database of the settings.
    IfUsedByShop,
    /// On the database of the settings, whatever uses it.
    Always,
    Never,
}
