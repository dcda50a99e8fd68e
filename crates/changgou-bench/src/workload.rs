//! What the clients of a run do, with what was prepared for it.

use std::sync::Arc;

use changgou::cli::CommandError;
use changgou::infra::settings::Settings;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::flash::FlashSale;
use crate::notices::{NoticeMix, PreparedNotices};
use crate::plan::HttpScenario;
use crate::report::Check;
use crate::run_state::RunState;
use crate::stats::Stats;
use crate::{browse, flash, notices, purchase};

/// A scenario that is prepared.
#[derive(Clone)]
pub enum Workload {
    Place,
    Whole,
    Flow,
    Hot,
    Shuffled,
    Browse,
    Home,
    Settlement,
    Flash(Arc<FlashSale>),
    Notices(Arc<PreparedNotices>),
}

impl Workload {
    /// Prepares a scenario, before the clock of the run starts.
    pub async fn prepare(
        scenario: HttpScenario,
        run: &Arc<RunState>,
        settings: &Settings,
    ) -> Result<Workload, CommandError> {
        Ok(match scenario {
            HttpScenario::Place => Workload::Place,
            HttpScenario::Whole => Workload::Whole,
            HttpScenario::Flow => Workload::Flow,
            HttpScenario::Hot => Workload::Hot,
            HttpScenario::Shuffled => Workload::Shuffled,
            HttpScenario::Browse => Workload::Browse,
            HttpScenario::Home => Workload::Home,
            HttpScenario::Settlement => Workload::Settlement,
            HttpScenario::Flash => Workload::Flash(flash::prepare(run).await?),
            HttpScenario::Notices => {
                Workload::Notices(notices::prepare(run, settings, NoticeMix::Twice).await?)
            }
            HttpScenario::Storm => {
                Workload::Notices(notices::prepare(run, settings, NoticeMix::Storm).await?)
            }
        })
    }

    /// How many iterations there may be: what was prepared is bounded already.
    pub fn iterations_max(&self, count: Option<u64>) -> Option<u64> {
        match self {
            Workload::Flash(_) | Workload::Notices(_) => None,
            Workload::Place
            | Workload::Whole
            | Workload::Flow
            | Workload::Hot
            | Workload::Shuffled
            | Workload::Browse
            | Workload::Home
            | Workload::Settlement => count,
        }
    }

    /// Runs all clients to their end.
    pub async fn run(&self, run: &Arc<RunState>, clients: Vec<Client>) -> Result<Stats, CommandError> {
        let mut tasks = JoinSet::new();
        for mut client in clients {
            let (run, workload) = (run.clone(), self.clone());
            tasks.spawn(async move {
                workload.run_client(&run, &mut client).await;
                client.stats
            });
        }
        let mut all = Stats::default();
        while let Some(done) = tasks.join_next().await {
            all.add(&done.map_err(|error| CommandError::message(error.to_string()))?);
        }
        Ok(all)
    }

    async fn run_client(&self, run: &RunState, client: &mut Client) {
        match self {
            Workload::Place => purchase::place(run, client).await,
            Workload::Whole => purchase::whole(run, client).await,
            Workload::Flow => purchase::flow(run, client).await,
            Workload::Hot => purchase::hot(run, client).await,
            Workload::Shuffled => purchase::shuffled(run, client).await,
            Workload::Browse => browse::browse(run, client).await,
            Workload::Home => browse::home(run, client).await,
            Workload::Settlement => browse::settlement(run, client).await,
            Workload::Flash(sale) => flash::order(run, sale, client).await,
            Workload::Notices(notices) => notices::deliver(run, notices, client).await,
        }
    }

    /// The checks of the scenario, after the run.
    pub async fn check(&self, run: &RunState, stats: &Stats) -> Result<Vec<Check>, CommandError> {
        match self {
            Workload::Flash(sale) => flash::check(run, sale, stats).await,
            Workload::Notices(notices) => notices::check(run, notices, stats).await,
            Workload::Place
            | Workload::Whole
            | Workload::Flow
            | Workload::Hot
            | Workload::Shuffled
            | Workload::Browse
            | Workload::Home
            | Workload::Settlement => Ok(Vec::new()),
        }
    }
}
