//! What the buyers of a run do, with what they need for it.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::connection::Seat;
use super::flash::Sale;
use super::notices::{Mix, Post};
use super::plan::Door;
use super::report::Check;
use super::tally::Tally;
use super::world::World;
use super::{CommandError, browse, flash, notices, purchase};
use crate::infra::settings::Settings;

/// Work that is prepared.
#[derive(Clone)]
pub(super) enum Work {
    Place,
    Whole,
    Flow,
    Hot,
    Shuffled,
    Browse,
    Home,
    Settlement,
    Flash(Arc<Sale>),
    Notices(Arc<Post>),
}

impl Work {
    /// Prepares it, before the clock of the run starts.
    pub(super) async fn prepare(
        door: Door,
        world: &Arc<World>,
        settings: &Settings,
    ) -> Result<Work, CommandError> {
        Ok(match door {
            Door::Place => Work::Place,
            Door::Whole => Work::Whole,
            Door::Flow => Work::Flow,
            Door::Hot => Work::Hot,
            Door::Shuffled => Work::Shuffled,
            Door::Browse => Work::Browse,
            Door::Home => Work::Home,
            Door::Settlement => Work::Settlement,
            Door::Flash => Work::Flash(flash::announce(world).await?),
            Door::Notices => Work::Notices(notices::prepare(world, settings, Mix::Twice).await?),
            Door::Storm => Work::Notices(notices::prepare(world, settings, Mix::Storm).await?),
        })
    }

    /// How many turns there may be: what was prepared has its number already.
    pub(super) fn turns(&self, count: Option<u64>) -> Option<u64> {
        match self {
            Work::Flash(_) | Work::Notices(_) => None,
            Work::Place
            | Work::Whole
            | Work::Flow
            | Work::Hot
            | Work::Shuffled
            | Work::Browse
            | Work::Home
            | Work::Settlement => count,
        }
    }

    /// Lets the buyers loose, each on one connection.
    pub(super) async fn run(&self, world: &Arc<World>, seats: Vec<Seat>) -> Result<Tally, CommandError> {
        let mut buyers = JoinSet::new();
        for mut seat in seats {
            let (world, work) = (world.clone(), self.clone());
            buyers.spawn(async move {
                work.sit(&world, &mut seat).await;
                seat.tally
            });
        }
        let mut all = Tally::default();
        while let Some(done) = buyers.join_next().await {
            all.add(&done.map_err(|error| CommandError::told(error.to_string()))?);
        }
        Ok(all)
    }

    async fn sit(&self, world: &World, seat: &mut Seat) {
        match self {
            Work::Place => purchase::place(world, seat).await,
            Work::Whole => purchase::whole(world, seat).await,
            Work::Flow => purchase::flow(world, seat).await,
            Work::Hot => purchase::hot(world, seat).await,
            Work::Shuffled => purchase::shuffled(world, seat).await,
            Work::Browse => browse::browse(world, seat).await,
            Work::Home => browse::home(world, seat).await,
            Work::Settlement => browse::settlement(world, seat).await,
            Work::Flash(sale) => flash::hammer(world, sale, seat).await,
            Work::Notices(post) => notices::deliver(world, post, seat).await,
        }
    }

    /// What must be so after the run.
    pub(super) async fn check(&self, world: &World, seen: &Tally) -> Result<Vec<Check>, CommandError> {
        match self {
            Work::Flash(sale) => flash::check(world, sale, seen).await,
            Work::Notices(post) => notices::check(world, post, seen).await,
            Work::Place
            | Work::Whole
            | Work::Flow
            | Work::Hot
            | Work::Shuffled
            | Work::Browse
            | Work::Home
            | Work::Settlement => Ok(Vec::new()),
        }
    }
}
