//! A sampler whose observations the tests await.

use std::time::{Duration, Instant};

use acquirer::store::postgres::schema;
use loadgen::observe::{DatabaseSample, Observation, Observer};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Looker {
    told: mpsc::UnboundedReceiver<Observation>,
    _task: AbortOnDropHandle<()>,
}

impl Looker {
    /// Makes the schema, and looks from now on.
    pub(crate) async fn begin(options: &PgConnectOptions) -> Self {
        schema::install(&mut options.connect().await.unwrap()).await.unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        let mut sampler = Observer::new(options, "test").sampler();
        sampler.begin().await;
        let follow = sampler.follow(Instant::now(), move |_, observation| drop(tell.send(observation)));
        Self { told, _task: AbortOnDropHandle::new(tokio::spawn(follow)) }
    }

    pub(crate) async fn next(&mut self) -> Observation {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.unwrap().unwrap()
    }

    /// What it says is missing, which it says first.
    pub(crate) async fn missing(&mut self) -> Vec<String> {
        match self.next().await {
            Observation::Missing(missing) => missing,
            Observation::Sample(sample) => panic!("a sample came first: {sample:?}"),
        }
    }

    /// The next sample; what is missing isn't told again.
    pub(crate) async fn sample(&mut self) -> DatabaseSample {
        match self.next().await {
            Observation::Sample(sample) => *sample,
            Observation::Missing(missing) => panic!("told again: {missing:?}"),
        }
    }

    /// The first sample from now on that is so.
    pub(crate) async fn until(&mut self, is_so: impl Fn(&DatabaseSample) -> bool) -> DatabaseSample {
        let begun = Instant::now();
        loop {
            let sample = self.sample().await;
            if is_so(&sample) {
                return sample;
            }
            assert!(begun.elapsed() < PATIENCE, "the last was {sample:?}");
        }
    }

    /// Whether anything was told that nobody has taken yet.
    pub(crate) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }
}
