//! Each worker owns a connection and runs one job at a time. A job with a conflict, or whose connection
//! was lost before the commit, runs again; a job that may have been committed does not.

use std::cell::Cell;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mysql_async::Conn;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;
use tokio::task::{JoinSet, LocalSet};

use super::connect::{ConnectionPurpose, connect};
use super::retry::RetryCause;
use super::server_url::MysqlUrl;
use super::statement::MysqlTx;
use crate::infra::db::job::{Job, JobVerdict};
use crate::infra::db::{self, DbError, threads};
use crate::infra::metrics::DB_RETRIES;

/// How long a job is retried: about as long as a server takes to restart.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often a job with a conflict runs.
const TRIES: u32 = 50;

/// Interval of reconnecting to a server that does not answer.
const LOOK: Duration = Duration::from_millis(500);

/// How long a commit may take before its outcome counts as unknown.
const COMMIT: Duration = Duration::from_secs(20);

/// What all workers of a thread share.
struct WorkerShared {
    address: MysqlUrl,
    purpose: ConnectionPurpose,
    timeout: Option<Duration>,
    /// One worker waits for the queue, the others for the lock: each job wakes one.
    jobs: Mutex<Receiver<Box<dyn Job>>>,
    /// Since when the server does not answer, and when it was last tried.
    unreachable: Cell<Option<(Instant, Instant)>>,
}

enum Outcome {
    /// The job can be answered.
    Done,
    /// Nothing was changed; the job may run again.
    Again(RetryCause),
    /// It is unknown whether it was committed.
    Unsure(DbError),
}

pub(super) fn start(
    address: MysqlUrl,
    purpose: ConnectionPurpose,
    connections: usize,
    timeout: Option<Duration>,
    jobs: Receiver<Box<dyn Job>>,
) -> Result<JoinHandle<()>, DbError> {
    let name = match purpose {
        ConnectionPurpose::Write => "db-writer",
        ConnectionPurpose::Read => "db-reader",
    };
    let runtime = runtime()?;
    let work = move || {
        let shared =
            WorkerShared { address, purpose, timeout, jobs: Mutex::new(jobs), unreachable: Cell::new(None) };
        LocalSet::new().block_on(&runtime, run_workers(Rc::new(shared), connections));
    };
    threads::start(name, work)
}

/// A runtime for one thread.
pub(super) fn runtime() -> Result<Runtime, DbError> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| DbError::Engine(error.to_string()))
}

async fn run_workers(shared: Rc<WorkerShared>, connections: usize) {
    let mut running = JoinSet::new();
    for _ in 0..connections {
        running.spawn_local(run_worker(shared.clone()));
    }
    while let Some(done) = running.join_next().await {
        if let Err(error) = done {
            tracing::error!(%error, "a database worker panicked");
        }
    }
}

/// Takes jobs until the queue is closed and empty.
async fn run_worker(shared: Rc<WorkerShared>) {
    let mut slot = None;
    loop {
        let job = shared.jobs.lock().await.recv().await;
        let Some(job) = job else { break };
        run_job(&shared, &mut slot, job).await;
    }
    if let Some(connection) = slot
        && let Err(error) = connection.disconnect().await
    {
        tracing::debug!(%error, "closing a connection failed");
    }
}

/// Runs a job, again if necessary, and answers it.
async fn run_job(shared: &WorkerShared, slot: &mut Option<Conn>, mut job: Box<dyn Job>) {
    let began = Instant::now();
    let mut tries = 0;
    let end = loop {
        let fault = match run_once(shared, slot, job.as_mut(), tries).await {
            Outcome::Done => break Ok(()),
            Outcome::Unsure(error) => break Err(error),
            Outcome::Again(fault) => fault,
        };
        tries += 1;
        if tries >= TRIES || began.elapsed() >= PATIENCE || shared.is_down() {
            break Err(fault.error());
        }
        metrics::counter!(DB_RETRIES, "why" => fault.word()).increment(1);
        tokio::time::sleep(fault.pause(tries)).await;
    };
    if let Err(error) = &end {
        tracing::error!(%error, "a transaction failed");
    }
    job.answer(end);
    if shared.purpose == ConnectionPurpose::Read {
        // The next job must see a new snapshot, and the server must not keep an old one.
        roll_back(slot).await;
    }
}

async fn run_once(shared: &WorkerShared, slot: &mut Option<Conn>, job: &mut dyn Job, tries: u32) -> Outcome {
    let mut connection = match slot.take() {
        Some(connection) => connection,
        None => match shared.connect().await {
            Ok(connection) => connection,
            Err(error) => return Outcome::Again(RetryCause::Lost(error)),
        },
    };
    let mut tx = db::Tx::from(MysqlTx::new(&mut connection, shared.timeout, tries));
    let verdict = job.run(&mut tx).await;
    let fault = tx.into_fault();
    if matches!(fault, Some(RetryCause::Lost(_))) {
        return fault.map_or(Outcome::Done, Outcome::Again);
    }
    *slot = Some(connection);
    match (fault, verdict, shared.purpose) {
        (Some(fault @ RetryCause::Raced(_)), _, _) | (Some(fault), JobVerdict::Undo, _) => {
            roll_back(slot).await;
            Outcome::Again(fault)
        }
        (_, JobVerdict::Keep, ConnectionPurpose::Write) => commit(slot).await,
        (_, JobVerdict::Undo, ConnectionPurpose::Write) => {
            roll_back(slot).await;
            Outcome::Done
        }
        (_, JobVerdict::Keep | JobVerdict::Undo, ConnectionPurpose::Read) => Outcome::Done,
    }
}

/// A commit without an answer may have happened.
async fn commit(slot: &mut Option<Conn>) -> Outcome {
    let Some(mut connection) = slot.take() else { return Outcome::Done };
    let mut tx = MysqlTx::new(&mut connection, None, 0);
    let done = tokio::time::timeout(COMMIT, tx.end("commit")).await;
    match (done, tx.into_fault()) {
        (Ok(Ok(())), _) => {
            *slot = Some(connection);
            Outcome::Done
        }
        (Ok(Err(_)), Some(fault @ RetryCause::Raced(_))) => Outcome::Again(fault),
        (Ok(Err(error)), _) => Outcome::Unsure(DbError::Unsure(error.to_string())),
        (Err(_), _) => Outcome::Unsure(DbError::Unsure("the server did not answer the commit".to_owned())),
    }
}

/// A connection that cannot roll back is dropped, which rolls back too.
async fn roll_back(slot: &mut Option<Conn>) {
    let Some(mut connection) = slot.take() else { return };
    let done = tokio::time::timeout(COMMIT, MysqlTx::new(&mut connection, None, 0).end("rollback")).await;
    if matches!(done, Ok(Ok(()))) {
        *slot = Some(connection);
    }
}

impl WorkerShared {
    /// While the server does not answer, jobs do not connect each on their own.
    async fn connect(&self) -> Result<Conn, DbError> {
        if let Some((_, looked)) = self.unreachable.get()
            && self.is_down()
            && looked.elapsed() < LOOK
        {
            return Err(DbError::Unreachable(format!("{} does not answer", self.address.describe())));
        }
        let now = Instant::now();
        self.unreachable.set(Some(self.unreachable.get().map_or((now, now), |(since, _)| (since, now))));
        let made = connect(&self.address, self.purpose, self.timeout).await;
        if made.is_ok() {
            self.unreachable.set(None);
        }
        made
    }

    fn is_down(&self) -> bool {
        self.unreachable.get().is_some_and(|(since, _)| since.elapsed() >= PATIENCE)
    }
}
