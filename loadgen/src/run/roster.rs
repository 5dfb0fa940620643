//! The replicas of a run: which there are to be, and the task that makes it so while the run goes on.
//!
//! Orders say what is wanted; the task takes one step after the other until all is as was wanted last. Replicas that are
//! to follow other rules are deployed anew one after the other, each under its number: the acquirer is closed to its
//! end, so that nothing of it is told after the next has begun, and its workers call at the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use acquirer::{Acquirer, ConnectError};
use futures::future::try_join_all;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;

use crate::fault::ReplicaGrounds;
use crate::fleet::{Crew, Desk};
use crate::measure::{self, Recorder, Rules, StandingDomain, Time, now};
use crate::observe::Observer;
use crate::scenario::limits::REPLICAS_MAX;
use crate::scenario::{ReplicaChoice, Scenario};

use super::connections::Connections;
use super::replica::{Replica, Share};

/// What replicas are made of.
pub(super) struct Base {
    pub(super) scenario: Arc<Scenario>,
    pub(super) database: PgConnectOptions,
    pub(super) observer: Arc<Observer>,
    pub(super) recorder: Arc<Recorder>,
}

/// The replicas of one run.
pub(super) struct Roster {
    base: Base,
    connections: Connections,
    wanted: watch::Sender<Wanted>,
    standing: Mutex<BTreeMap<usize, Arc<Replica>>>,
    /// Replicas that have gone keep connections until their last workers have ended their jobs.
    leaving: Mutex<Vec<(Weak<Desk>, Share)>>,
    grounds: Arc<ReplicaGrounds>,
}

/// What is wanted.
#[derive(Debug, Clone)]
struct Wanted {
    rules: Rules,
    replicas: BTreeMap<usize, Share>,
}

/// What is to be done next.
enum Step {
    BringUp { number: usize, share: Share },
    TakeDown { number: usize, replica: Arc<Replica> },
    Renew { replica: Arc<Replica> },
}

impl Roster {
    /// Brings up the replicas of the scenario; answers when all listen.
    pub(super) async fn bring_up(base: Base, connections: Connections) -> Result<Arc<Self>, ConnectError> {
        let (rules, share) = (Rules::of(&base.scenario), connections.share);
        let numbers = 0..base.scenario.replicas;
        let connects = numbers.clone().map(|number| Replica::connect(&base, number, share, rules));
        let replicas = try_join_all(connects).await?;
        let standing: BTreeMap<_, _> = numbers.clone().zip(replicas).collect();
        let grounds = standing.iter().map(|(number, replica)| (*number, Arc::clone(&replica.ground)));
        let replicas = numbers.map(|number| (number, share)).collect();
        Ok(Arc::new(Self {
            connections,
            wanted: watch::Sender::new(Wanted { rules, replicas }),
            grounds: ReplicaGrounds::new(grounds),
            standing: Mutex::new(standing),
            leaving: Mutex::default(),
            base,
        }))
    }

    /// Where the workers of each replica call.
    pub(super) fn desks(&self) -> Vec<Arc<Desk>> {
        self.standing().values().map(|replica| Arc::clone(&replica.desk)).collect()
    }

    /// The replicas as faults see them.
    pub(super) fn grounds(&self) -> Arc<ReplicaGrounds> {
        Arc::clone(&self.grounds)
    }

    /// Asks for one replica more; its number, or why there is none.
    pub(super) fn add(&self) -> Result<usize, String> {
        let wanted = self.wanted.borrow().clone();
        let Some(number) = (0..REPLICAS_MAX as usize).find(|number| !wanted.replicas.contains_key(number))
        else {
            return Err(format!("a run has {REPLICAS_MAX} replicas at most"));
        };
        let mut leaving = self.leaving();
        leaving.retain(|(desk, _)| desk.strong_count() > 0);
        let others = wanted.replicas.values().chain(leaving.iter().map(|(_, share)| share)).copied();
        let Some(share) = self.connections.another(others) else {
            return Err(format!(
                "the {} connections that the run may use are shared out; take another replica down first, or give \
                 the database a higher max_connections",
                self.connections.available
            ));
        };
        self.wanted.send_modify(|wanted| _ = wanted.replicas.insert(number, share));
        Ok(number)
    }

    /// Asks for a replica to go, or for the one with the highest number that may; its number, or why none goes.
    pub(super) fn remove(&self, number: Option<usize>) -> Result<usize, String> {
        let wanted = self.wanted.borrow().clone();
        let bound = |number: usize| {
            let is_bound = |choice| choice == ReplicaChoice::Only(number);
            self.base.scenario.fleets.iter().find(move |fleet| is_bound(fleet.replica))
        };
        let number = match number {
            Some(number) if !wanted.replicas.contains_key(&number) => {
                let there: Vec<String> = wanted.replicas.keys().map(ToString::to_string).collect();
                return Err(format!("there is no replica {number}; there are {}", there.join(", ")));
            }
            _ if wanted.replicas.len() == 1 => {
                return Err("one replica stays: without any, nobody would wait for jobs".to_owned());
            }
            Some(number) => number,
            None => wanted
                .replicas
                .keys()
                .rev()
                .copied()
                .find(|number| bound(*number).is_none())
                .ok_or("a fleet is bound to every one of them")?,
        };
        if let Some(fleet) = bound(number) {
            return Err(format!("fleet {:?} asks replica {number} and no other", fleet.name));
        }
        self.wanted.send_modify(|wanted| _ = wanted.replicas.remove(&number));
        Ok(number)
    }

    /// How many replicas there are to be.
    pub(super) fn count(&self) -> usize {
        self.wanted.borrow().replicas.len()
    }

    /// What all replicas are to follow.
    pub(super) fn rules(&self) -> Rules {
        self.wanted.borrow().rules
    }

    /// Asks for all replicas to follow these rules.
    pub(super) fn follow(&self, rules: Rules) {
        self.wanted.send_modify(|wanted| wanted.rules = rules);
        self.tell();
    }

    /// Makes it so, again and again as something else is wanted. Never ends by itself.
    pub(super) async fn keep(&self, crew: &Crew) {
        let mut wanted = self.wanted.subscribe();
        loop {
            let now_wanted = wanted.borrow_and_update().clone();
            match self.next(&now_wanted) {
                Some(step) => {
                    if let Err(error) = self.take(step, now_wanted.rules, crew).await {
                        tracing::error!(%error, "replicas stay as they are");
                        return;
                    }
                }
                // The sender is our own.
                None => drop(wanted.changed().await),
            }
        }
    }

    /// Who serves at each replica where somebody does.
    pub(super) fn acquirers(&self) -> Vec<(usize, Acquirer)> {
        let standing = self.standing();
        let serving = |(number, replica): (&usize, &Arc<Replica>)| Some((*number, replica.desk.serving()?));
        standing.iter().filter_map(serving).collect()
    }

    /// The domains that stand, by number of the replica.
    pub(super) fn domains(&self, at: Time) -> Vec<Vec<StandingDomain>> {
        let standing = self.standing();
        let numbers = standing.keys().next_back().map_or(0, |last| last + 1);
        let of = |number: usize| standing.get(&number).map_or(Vec::new(), |replica| replica.desk.domains());
        (0..numbers)
            .map(|number| of(number).iter().map(|domain| StandingDomain::new(domain, at)).collect())
            .collect()
    }

    /// Closes all of them. Only when nobody [keeps](Self::keep) them any more.
    pub(super) async fn close(&self) {
        let standing: Vec<Arc<Replica>> = self.standing().values().map(Arc::clone).collect();
        // All at once first, or workers would wait where nobody comes again.
        for replica in &standing {
            replica.desk.vacate();
        }
        for replica in standing {
            replica.close().await;
        }
    }

    /// What is still to be done, one thing after the other; one replica stands at any time.
    fn next(&self, wanted: &Wanted) -> Option<Step> {
        let standing = self.standing();
        let gone = standing.iter().find(|(number, _)| !wanted.replicas.contains_key(number));
        if let Some((number, replica)) = gone.filter(|_| standing.len() > 1) {
            return Some(Step::TakeDown { number: *number, replica: Arc::clone(replica) });
        }
        let missing = wanted.replicas.iter().find(|(number, _)| !standing.contains_key(number));
        if let Some((number, share)) = missing {
            return Some(Step::BringUp { number: *number, share: *share });
        }
        let old = standing.values().find(|replica| replica.rules() != Some(wanted.rules))?;
        Some(Step::Renew { replica: Arc::clone(old) })
    }

    async fn take(&self, step: Step, rules: Rules, crew: &Crew) -> Result<(), ConnectError> {
        match step {
            Step::BringUp { number, share } => {
                let replica = Replica::connect(&self.base, number, share, rules).await?;
                self.standing().insert(number, Arc::clone(&replica));
                self.tell();
                self.grounds.came(number, Arc::clone(&replica.ground));
                crew.replica_came(&replica.desk);
            }
            Step::TakeDown { number, replica } => {
                crew.replica_goes(number);
                replica.close().await;
                self.grounds.went(number);
                self.leaving().push((Arc::downgrade(&replica.desk), replica.share));
                self.standing().remove(&number);
                self.tell();
            }
            Step::Renew { replica } => {
                replica.close().await;
                self.tell();
                replica.renew(&self.base, rules).await?;
                self.tell();
            }
        }
        Ok(())
    }

    /// Tells the recorder how it is now.
    fn tell(&self) {
        // Under the lock, so that what is told last is true.
        let standing = self.standing();
        let serving = standing.iter().filter_map(|(number, replica)| Some((*number, replica.rules()?)));
        let roster = measure::Roster { rules: self.rules(), replicas: serving.collect() };
        self.base.recorder.roster_changed(&roster, now());
    }

    fn standing(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<Replica>>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leaving(&self) -> MutexGuard<'_, Vec<(Weak<Desk>, Share)>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
