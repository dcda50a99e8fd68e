//! A lane is a connection and the work that runs on it, one piece at a time.
//! Work that was overtaken, or whose connection was lost before its commit,
//! runs again; what may have been committed never does.

use std::cell::Cell;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mysql_async::Conn;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;
use tokio::task::{JoinSet, LocalSet};

use super::connect::connect;
use super::retry::RetryCause;
use super::server_url::MysqlUrl;
use super::statement::MysqlTx;
use crate::infra::db::job::{Job, JobVerdict};
use crate::infra::db::{self, DbError, threads};

/// What a lane is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionPurpose {
    Write,
    Read,
}

/// How long work is tried again: about as long as a server takes to restart.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often work that is overtaken runs again.
const TRIES: u32 = 50;

/// How often a server that stays away is looked for.
const LOOK: Duration = Duration::from_millis(500);

/// How long a commit may take before its outcome counts as unknown.
const COMMIT: Duration = Duration::from_secs(20);

/// What all lanes of a thread share.
struct Road {
    address: MysqlUrl,
    purpose: ConnectionPurpose,
    timeout: Option<Duration>,
    /// One lane waits in the queue, the others wait for the lock: each job wakes one.
    jobs: Mutex<Receiver<Box<dyn Job>>>,
    /// Since when the server is away, and when it was last looked for.
    away: Cell<Option<(Instant, Instant)>>,
}

/// How a transaction ended.
enum End {
    /// Its work can be answered.
    Done,
    /// It left nothing behind and may run again.
    Again(RetryCause),
    /// Nobody knows whether it was committed.
    Unsure(DbError),
}

/// Starts a thread that drives this many connections.
pub(super) fn start(
    address: MysqlUrl,
    purpose: ConnectionPurpose,
    lanes: usize,
    timeout: Option<Duration>,
    jobs: Receiver<Box<dyn Job>>,
) -> Result<JoinHandle<()>, DbError> {
    let name = match purpose {
        ConnectionPurpose::Write => "db-writer",
        ConnectionPurpose::Read => "db-reader",
    };
    let runtime = runtime()?;
    let work = move || {
        let road = Road { address, purpose, timeout, jobs: Mutex::new(jobs), away: Cell::new(None) };
        LocalSet::new().block_on(&runtime, drive_all(Rc::new(road), lanes));
    };
    threads::start(name, work)
}

/// A runtime for one thread.
pub(super) fn runtime() -> Result<Runtime, DbError> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| DbError::Engine(error.to_string()))
}

async fn drive_all(road: Rc<Road>, lanes: usize) {
    let mut running = JoinSet::new();
    for _ in 0..lanes {
        running.spawn_local(drive(road.clone()));
    }
    while let Some(done) = running.join_next().await {
        if let Err(error) = done {
            tracing::error!(%error, "a database lane broke off");
        }
    }
}

/// Takes jobs until the queue is closed and empty.
async fn drive(road: Rc<Road>) {
    let mut slot = None;
    loop {
        let job = road.jobs.lock().await.recv().await;
        let Some(job) = job else { break };
        serve(&road, &mut slot, job).await;
    }
    if let Some(connection) = slot
        && let Err(error) = connection.disconnect().await
    {
        tracing::debug!(%error, "a connection was not closed tidily");
    }
}

/// Runs a job to its end, however often that takes, and answers it.
async fn serve(road: &Road, slot: &mut Option<Conn>, mut job: Box<dyn Job>) {
    let began = Instant::now();
    let mut tries = 0;
    let end = loop {
        let fault = match once(road, slot, job.as_mut(), tries).await {
            End::Done => break Ok(()),
            End::Unsure(error) => break Err(error),
            End::Again(fault) => fault,
        };
        tries += 1;
        if tries >= TRIES || began.elapsed() >= PATIENCE || road.is_away_for_long() {
            break Err(fault.error());
        }
        metrics::counter!("changgou_db_retries_total", "why" => fault.word()).increment(1);
        tokio::time::sleep(fault.pause(tries)).await;
    };
    if let Err(error) = &end {
        tracing::error!(%error, "a transaction failed");
    }
    job.answer(end);
    if road.purpose == ConnectionPurpose::Read {
        // The next reader shall see a new snapshot, and the server keep no old one.
        roll_back(slot).await;
    }
}

/// One transaction.
async fn once(road: &Road, slot: &mut Option<Conn>, job: &mut dyn Job, tries: u32) -> End {
    let mut connection = match slot.take() {
        Some(connection) => connection,
        None => match road.connect().await {
            Ok(connection) => connection,
            Err(error) => return End::Again(RetryCause::Lost(error)),
        },
    };
    let mut tx = db::Tx::from(MysqlTx::new(&mut connection, road.timeout, tries));
    let verdict = job.run(&mut tx).await;
    let fault = tx.into_fault();
    if matches!(fault, Some(RetryCause::Lost(_))) {
        return fault.map_or(End::Done, End::Again);
    }
    *slot = Some(connection);
    match (fault, verdict, road.purpose) {
        (Some(fault @ RetryCause::Raced(_)), _, _) | (Some(fault), JobVerdict::Undo, _) => {
            roll_back(slot).await;
            End::Again(fault)
        }
        (_, JobVerdict::Keep, ConnectionPurpose::Write) => commit(slot).await,
        (_, JobVerdict::Undo, ConnectionPurpose::Write) => {
            roll_back(slot).await;
            End::Done
        }
        (_, JobVerdict::Keep | JobVerdict::Undo, ConnectionPurpose::Read) => End::Done,
    }
}

/// A commit that is not answered may have happened.
async fn commit(slot: &mut Option<Conn>) -> End {
    let Some(mut connection) = slot.take() else { return End::Done };
    let mut tx = MysqlTx::new(&mut connection, None, 0);
    let done = tokio::time::timeout(COMMIT, tx.end("commit")).await;
    match (done, tx.into_fault()) {
        (Ok(Ok(())), _) => {
            *slot = Some(connection);
            End::Done
        }
        (Ok(Err(_)), Some(fault @ RetryCause::Raced(_))) => End::Again(fault),
        (Ok(Err(error)), _) => End::Unsure(DbError::Unsure(error.to_string())),
        (Err(_), _) => End::Unsure(DbError::Unsure("the server did not answer the commit".to_owned())),
    }
}

/// Undoes what was done; a connection that cannot is given up, which undoes it too.
async fn roll_back(slot: &mut Option<Conn>) {
    let Some(mut connection) = slot.take() else { return };
    let done = tokio::time::timeout(COMMIT, MysqlTx::new(&mut connection, None, 0).end("rollback")).await;
    if matches!(done, Ok(Ok(()))) {
        *slot = Some(connection);
    }
}

impl Road {
    /// A server that stays away is not asked by each job anew.
    async fn connect(&self) -> Result<Conn, DbError> {
        if let Some((_, looked)) = self.away.get()
            && self.is_away_for_long()
            && looked.elapsed() < LOOK
        {
            return Err(DbError::Unreachable(format!("{} is away", self.address.shown())));
        }
        let now = Instant::now();
        self.away.set(Some(self.away.get().map_or((now, now), |(since, _)| (since, now))));
        let made = connect(&self.address, self.purpose, self.timeout).await;
        if made.is_ok() {
            self.away.set(None);
        }
        made
    }

    fn is_away_for_long(&self) -> bool {
        self.away.get().is_some_and(|(since, _)| since.elapsed() >= PATIENCE)
    }
}
