//! The unit of work: a write transaction with its time, its ids and its events.
//!
//! Every event of an order is recorded through it, and what has to follow the commit
//! follows by itself: the outbox relay wakes, and open pages learn that the order
//! changed.

mod event;
mod relay_signal;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::domain::clock::{Clock, UtcMs};
use crate::domain::id::{Id, OrderId, Snowflake};
use crate::infra::db::{Db, DbError, SavepointError, Tx};

pub use event::{ForwardedNotice, OrderEvent};
pub use relay_signal::RelaySignal;

/// Changes a slow page may fall behind before it must read everything again.
const CHANGES_BUFFERED: usize = 1024;

/// Runs units of work. Clones share the database, the ids and those who wait for changes.
#[derive(Clone)]
pub struct Writer {
    db: Db,
    clock: Clock,
    ids: Arc<Snowflake>,
    signal: RelaySignal,
    changes: broadcast::Sender<OrderId>,
}

impl Writer {
    /// A writer whose ids carry the number of this worker.
    pub fn new(db: Db, clock: Clock, worker: u16, signal: RelaySignal) -> Writer {
        let (changes, _) = broadcast::channel(CHANGES_BUFFERED);
        Writer { db, clock, ids: Arc::new(Snowflake::new(worker)), signal, changes }
    }

    /// The same writer, but it leaves no messages in the outbox: for test data.
    pub fn without_messages(&self) -> Writer {
        Writer { signal: RelaySignal::closed(), ..self.clone() }
    }

    pub fn now(&self) -> UtcMs {
        self.clock.now()
    }

    pub fn next_id(&self) -> Id {
        self.ids.next(self.now())
    }

    pub fn ids(&self) -> &Snowflake {
        &self.ids
    }

    pub fn relay_signal(&self) -> &RelaySignal {
        &self.signal
    }

    /// Orders whose events were committed on this node, as they are committed.
    pub fn changes(&self) -> broadcast::Receiver<OrderId> {
        self.changes.subscribe()
    }

    /// Whether other transactions may write at the same time.
    pub fn has_concurrent_writers(&self) -> bool {
        self.db.has_concurrent_writers()
    }

    /// Runs `work` in a write transaction. It may run again after a lost race: it
    /// must have no effects outside the transaction, and draws new ids each time.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut UnitOfWork<'_, '_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (writer, now) = (self.clone(), self.now());
        let in_transaction = async move |tx: &mut Tx<'_>| {
            let mut unit = UnitOfWork { tx, now, writer: &writer, recorded: Recorded::default() };
            let done = work(&mut unit).await?;
            Ok::<_, E>((done, unit.recorded))
        };
        let (done, recorded) = self.db.write(in_transaction).await?;
        self.announce(recorded);
        Ok(done)
    }

    fn announce(&self, recorded: Recorded) {
        if recorded.has_messages {
            self.signal.wake();
        }
        for order in recorded.orders {
            // An error only means that no page is open.
            let _ = self.changes.send(order);
        }
    }
}

/// What a unit of work recorded.
#[derive(Default)]
struct Recorded {
    orders: BTreeSet<OrderId>,
    has_messages: bool,
}

/// A write transaction with what a flow needs in it.
pub struct UnitOfWork<'w, 't> {
    pub tx: &'w mut Tx<'t>,
    /// When the work began. It stays the same if the transaction runs again.
    pub now: UtcMs,
    writer: &'w Writer,
    recorded: Recorded,
}

impl UnitOfWork<'_, '_> {
    pub fn next_id(&self) -> Id {
        self.writer.ids.next(self.now)
    }

    /// Adds an event to its order's history, and to the outbox if there is a broker.
    pub async fn record(&mut self, event: OrderEvent<'_>) -> Result<(), DbError> {
        self.record_all(&[event]).await
    }

    /// Does the same for many events. Their ids rise in the order given.
    pub async fn record_all(&mut self, events: &[OrderEvent<'_>]) -> Result<(), DbError> {
        let numbered: Vec<_> = events.iter().map(|event| (self.next_id(), event)).collect();
        self.insert_events(&numbered, self.now).await?;
        self.recorded.orders.extend(events.iter().map(|event| event.order.id.clone()));
        Ok(())
    }

    /// Records that orders were placed. The caller gives the ids and the time; no
    /// page can be open yet that shows these orders.
    pub async fn record_placed(&mut self, events: &[(Id, OrderEvent<'_>)], at: UtcMs) -> Result<(), DbError> {
        let numbered: Vec<_> = events.iter().map(|(id, event)| (*id, event)).collect();
        self.insert_events(&numbered, at).await
    }

    async fn insert_events(&mut self, events: &[(Id, &OrderEvent<'_>)], at: UtcMs) -> Result<(), DbError> {
        event::insert_history(self.tx, events, at).await?;
        if self.writer.signal.is_open() && !events.is_empty() {
            event::insert_messages(self.tx, events, at).await?;
            self.recorded.has_messages = true;
        }
        Ok(())
    }

    /// Passes verified notices on to other systems, if there is a broker.
    pub async fn forward_notices(&mut self, notices: &[ForwardedNotice<'_>]) -> Result<(), DbError> {
        if self.writer.signal.is_open() && !notices.is_empty() {
            event::insert_notices(self.tx, notices, self.now).await?;
            self.recorded.has_messages = true;
        }
        Ok(())
    }

    /// Runs `work` in a savepoint, so that its failure undoes only itself.
    pub async fn nested<T, E>(
        &mut self,
        work: impl AsyncFnOnce(&mut UnitOfWork<'_, '_>) -> Result<T, E>,
    ) -> Result<T, SavepointError<E>> {
        let (now, writer) = (self.now, self.writer);
        let in_savepoint = async |tx: &mut Tx<'_>| {
            let mut unit = UnitOfWork { tx, now, writer, recorded: Recorded::default() };
            let done = work(&mut unit).await?;
            Ok((done, unit.recorded))
        };
        let (done, recorded) = self.tx.nested(in_savepoint).await?;
        self.recorded.orders.extend(recorded.orders);
        self.recorded.has_messages |= recorded.has_messages;
        Ok(done)
    }
}
