//! What every flow needs, built once at the start.

use tokio::sync::broadcast;

use crate::domain::clock::{Clock, UtcMs};
use crate::domain::id::{Id, OrderId};
use crate::flow::node::Node;
use crate::flow::notice::PinCache;
use crate::flow::on_sale_count::OnSaleCount;
use crate::flow::place::{BatchWorker, PlaceQueue};
use crate::flow::session_lookup::SessionLookup;
use crate::flow::settle::SettleQueue;
use crate::flow::unit_of_work::{RelaySignal, UnitOfWork, Writer};
use crate::infra::cache::Cache;
use crate::infra::db::{Db, DbError};
use crate::infra::gateway::Gateway;
use crate::infra::queue::Broker;
use crate::infra::settings::Settings;

/// The shop.
pub struct App {
    pub db: Db,
    /// What the nodes share beside the database, if anything.
    pub cache: Option<Cache>,
    pub clock: Clock,
    pub gateway: Gateway,
    /// Carries messages to other systems, if there is one.
    pub broker: Option<Broker>,
    pub settings: Settings,
    pub place_queue: PlaceQueue,
    pub settle_queue: SettleQueue,
    pub pins: PinCache,
    pub sessions: SessionLookup,
    pub on_sale: OnSaleCount,
    pub node: Node,
    writer: Writer,
}

impl App {
    /// A shop whose ids carry the worker number of `node`. Starts the tasks that place
    /// orders, settle payments and look things up.
    pub fn new(
        db: Db,
        cache: Option<Cache>,
        clock: Clock,
        gateway: Gateway,
        broker: Option<Broker>,
        settings: Settings,
        node: Node,
    ) -> App {
        let signal = if broker.is_some() { RelaySignal::open() } else { RelaySignal::closed() };
        let writer = Writer::new(db.clone(), clock.clone(), node.number(), signal);
        let worker = BatchWorker { writer: writer.clone(), cache: cache.clone(), rules: settings.rules };
        let place_queue = PlaceQueue::open(&worker, settings.place_batch_max);
        let settle_queue = SettleQueue::open(writer.clone());
        let pins = PinCache::open(db.clone());
        let sessions = SessionLookup::open(db.clone(), cache.clone(), clock.clone());
        let on_sale = OnSaleCount::default();
        App {
            db,
            cache,
            clock,
            gateway,
            broker,
            settings,
            place_queue,
            settle_queue,
            pins,
            sessions,
            on_sale,
            node,
            writer,
        }
    }

    pub fn now(&self) -> UtcMs {
        self.clock.now()
    }

    /// How often other nodes revoked a login, as far as this node was told.
    pub fn revocations(&self) -> u64 {
        self.cache.as_ref().map_or(0, Cache::revocations)
    }

    /// A new id.
    pub fn id(&self) -> Id {
        self.writer.next_id()
    }

    /// Makes ids with this worker number from now on.
    pub fn take_number(&self, worker: u16) {
        self.writer.ids().become_worker(worker);
    }

    /// The latest moment that an id made here carries.
    pub fn last_id_at(&self) -> UtcMs {
        self.writer.ids().last_moment().max(self.now())
    }

    /// Runs `work` in a write transaction; see [`Writer::write`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut UnitOfWork<'_, '_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.writer.write(work).await
    }

    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Orders that changed on this node, as they change.
    pub fn changes(&self) -> broadcast::Receiver<OrderId> {
        self.writer.changes()
    }
}
