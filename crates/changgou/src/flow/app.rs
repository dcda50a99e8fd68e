//! What every flow needs, made once at the start.

use tokio::sync::broadcast;

use crate::domain::clock::{Clock, UtcMs};
use crate::domain::id::{Id, OrderId, Snowflake};
use crate::flow::Node;
use crate::flow::catalog::OnSaleCount;
use crate::flow::events::EventOutlet;
use crate::flow::place::{BatchWorker, PlaceQueue};
use crate::flow::session_lookup::SessionLookup;
use crate::flow::notice::PinCache;
use crate::flow::settle::SettleQueue;
use crate::infra::cache::Cache;
use crate::infra::db::Db;
use crate::infra::gateway::Gateway;
use crate::infra::queue::Broker;
use crate::infra::settings::Settings;

/// Pages that may lag behind the newest change before they are told to look again.
const CHANGES_KEPT: usize = 1024;

/// The shop: its database, its clock, its way to get paid, its rules.
pub struct App {
    /// Where everything is kept.
    pub db: Db,
    /// What nodes share besides it, if anything.
    pub cache: Option<Cache>,
    /// What time it is.
    pub clock: Clock,
    /// How buyers pay.
    pub gateway: Gateway,
    /// What carries messages to other systems, if anything does.
    pub broker: Option<Broker>,
    /// Where messages to other systems are left.
    pub outlet: EventOutlet,
    /// What the owner decided.
    pub settings: Settings,
    /// Where orders queue up to be placed.
    pub counter: PlaceQueue,
    /// Where evidence of payments queues up to be settled.
    pub settling: SettleQueue,
    /// Where numbers of attempts queue up whose signature is wanted.
    pub pins: PinCache,
    /// Where tokens queue up to be looked up.
    pub lookup: SessionLookup,
    /// How many SKUs are on sale.
    pub on_sale: OnSaleCount,
    /// This process among many.
    pub node: Node,
    ids: Snowflake,
    changes: broadcast::Sender<OrderId>,
}

impl App {
    /// A shop whose ids carry the worker number of `node`.
    pub fn new(
        db: Db,
        cache: Option<Cache>,
        clock: Clock,
        gateway: Gateway,
        broker: Option<Broker>,
        settings: Settings,
        node: Node,
    ) -> App {
        let outlet = if broker.is_some() { EventOutlet::open() } else { EventOutlet::default() };
        let till = BatchWorker {
            db: db.clone(),
            cache: cache.clone(),
            rules: settings.rules,
            outlet: outlet.clone(),
        };
        let counter = PlaceQueue::open(&till, settings.place_batch_max);
        let settling = SettleQueue::open(db.clone(), outlet.clone());
        let pins = PinCache::open(db.clone());
        let lookup = SessionLookup::open(db.clone(), cache.clone(), clock.clone());
        let (changes, _) = broadcast::channel(CHANGES_KEPT);
        let (on_sale, ids) = (OnSaleCount::default(), Snowflake::new(node.number()));
        App {
            db,
            cache,
            clock,
            gateway,
            broker,
            outlet,
            settings,
            counter,
            settling,
            pins,
            lookup,
            on_sale,
            node,
            ids,
            changes,
        }
    }

    /// The present moment.
    pub fn now(&self) -> UtcMs {
        self.clock.now()
    }

    /// How often other nodes revoked a login, as far as was heard.
    pub fn revocations(&self) -> u64 {
        self.cache.as_ref().map_or(0, Cache::revocations)
    }

    /// A fresh number.
    pub fn id(&self) -> Id {
        self.ids.next(self.now())
    }

    /// Makes numbers as another worker from now on.
    pub fn take_number(&self, worker: u16) {
        self.ids.become_worker(worker);
    }

    /// The latest moment that a number made here carries.
    pub fn last_id_at(&self) -> UtcMs {
        self.ids.last().max(self.now())
    }

    /// Orders whose payment changed on this node, as they change.
    pub fn changes(&self) -> broadcast::Receiver<OrderId> {
        self.changes.subscribe()
    }

    /// Tells open pages that an order changed.
    pub fn changed(&self, order: &OrderId) {
        // Nobody may be looking; that is no error.
        let _ = self.changes.send(order.clone());
    }
}
