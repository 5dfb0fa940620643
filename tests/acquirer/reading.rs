//! How an acquirer reads in a log: spans for callers and queries, with cause and outcome.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use acquirer::job::{JobId, ProvisionerType, Tags};
use acquirer::pubsub::{MemoryPubSub, PubSub as _};
use acquirer::runtime::{ChannelTap, Event};
use acquirer::store::{JobTable as _, MemoryStore, NewJob};
use acquirer::{AcquireError, Acquirer, AcquirerOptions};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use uuid::Uuid;

use crate::harness::{NEVER, tagged};

/// What was logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What is logged on this thread from now on, until the guard is dropped.
    fn at(level: LevelFilter) -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .with_target(false)
            .without_time()
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A worker falls asleep, a job wakes it, and the acquirer is closed on another one.
async fn one_wakeup() {
    let (store, pubsub) = (MemoryStore::new(), MemoryPubSub::new());
    let (tap, mut events) = ChannelTap::new();
    let options =
        AcquirerOptions { backup_poll: NEVER, tap: Some(tap), seed: Some(1), ..AcquirerOptions::default() };
    let acquirer = Acquirer::connect(store.clone(), pubsub.clone(), options).await.unwrap();
    let ask = |worker: u128| {
        let acquirer = acquirer.clone();
        let tags = tagged(&[("environment", "on-prem")]);
        tokio::spawn(async move {
            acquirer.acquire_job(Uuid::from_u128(worker), &[ProvisionerType::Echo], &tags).await
        })
    };
    let mut asleep = async || {
        while !matches!(events.recv().await.unwrap().1, Event::QueryFinished { .. }) {}
    };
    let woken = ask(0xa1);
    asleep().await;
    let job = NewJob::new(JobId::from_u128(0x10b), ProvisionerType::Echo, Tags::new());
    store.insert(std::slice::from_ref(&job)).await.unwrap();
    pubsub.publish(&job.posting().payload()).await.unwrap();
    assert_eq!(woken.await.unwrap().unwrap().id, job.id);
    asleep().await;
    let sent_away = ask(0xb2);
    asleep().await;
    acquirer.close().await;
    assert!(matches!(sent_away.await.unwrap(), Err(AcquireError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_wakeup_reads_from_call_to_job() {
    let (log, guard) = Log::at(LevelFilter::DEBUG);
    one_wakeup().await;
    drop(guard);
    insta::assert_snapshot!(log.text());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_of_a_day_without_trouble_unless_it_is_asked_for() {
    let (log, guard) = Log::at(LevelFilter::INFO);
    one_wakeup().await;
    drop(guard);
    assert_eq!(log.text(), "");
}
