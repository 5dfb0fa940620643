//! What may go wrong in a run, as the scenario language and live orders name it.
//!
//! Words only: how a fault is carried out is the business of [`crate::fault`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::quantity::{self, format_duration};

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// When it begins.
    #[serde(with = "quantity::as_text")]
    pub at: Duration,
    /// How long it lasts; `None` is to the end of the run. A fault of one moment has none.
    #[serde(rename = "for", with = "quantity::as_optional_text")]
    pub length: Option<Duration>,
    /// The replica that it hits; `None` is all of them.
    pub replica: Option<usize>,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "FaultKey", into = "FaultKey")]
pub enum FaultKind {
    /// This share of notifications, 0 to 1, is swallowed before the acquirer hears them.
    DropNotifications(f64),
    /// The acquirer hears every notification this much later.
    DelayNotifications(Duration),
    /// The acquirer hears this share of notifications, 0 to 1, twice.
    DuplicateNotifications(f64),
    /// So many notifications a second are published that are no postings.
    MalformedNotifications(f64),
    /// The listener's connection is terminated once.
    KillListener,
    /// The listener is connected and gets answers, and no notification reaches it.
    DeafListener,
    /// The listener's connection is half-open: it stays, and the bytes of both sides are swallowed.
    BlackholeListener,
    /// Every answer of the database comes this much later.
    DatabaseLatency(Duration),
    /// The database stands still; connections stay open.
    DatabasePause,
    /// The database is stopped properly once, and started again.
    DatabaseRestart,
    /// The database is killed, and started again when the fault is over.
    DatabaseKill,
    /// The network between load and database is cut: connections break, and none can be made.
    NetworkCut,
    /// Nobody posts: jobs that would be due meanwhile don't come to be.
    PausePosters,
    /// This share of the workers that wait, 0 to 1, cancel their call once, and call again.
    CancelWorkers(f64),
    /// This share of the workers, 0 to 1, die; others take their places when the fault is over.
    CrashWorkers(f64),
    /// All connections that the database takes are held by somebody else.
    ExhaustPool,
    /// A transaction stays open, and with it every row that was deleted since.
    LongTransaction,
    /// The database's queue of notifications fills up behind a listener that doesn't read.
    FillNotifyQueue,
}

/// What a fault acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One replica, or all of them.
    Replicas,
    /// The posters.
    Posters,
    /// The database, through connections like any other's.
    Database,
    /// The database's server: only one that was started for the run can be stopped.
    Server,
}

impl FaultKind {
    /// Every kind, in the order of the language, with a parameter such as one would begin with.
    pub const ALL: [Self; 18] = [
        Self::DropNotifications(1.0),
        Self::DelayNotifications(Duration::from_millis(500)),
        Self::DuplicateNotifications(1.0),
        Self::MalformedNotifications(5.0),
        Self::KillListener,
        Self::DeafListener,
        Self::BlackholeListener,
        Self::DatabaseLatency(Duration::from_millis(20)),
        Self::DatabasePause,
        Self::DatabaseRestart,
        Self::DatabaseKill,
        Self::NetworkCut,
        Self::PausePosters,
        Self::CancelWorkers(0.5),
        Self::CrashWorkers(0.5),
        Self::ExhaustPool,
        Self::LongTransaction,
        Self::FillNotifyQueue,
    ];

    /// The scenario's key for it, such as `drop_notifications`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DropNotifications(_) => "drop_notifications",
            Self::DelayNotifications(_) => "delay_notifications",
            Self::DuplicateNotifications(_) => "duplicate_notifications",
            Self::MalformedNotifications(_) => "malformed_notifications",
            Self::KillListener => "kill_listener",
            Self::DeafListener => "deaf_listener",
            Self::BlackholeListener => "blackhole_listener",
            Self::DatabaseLatency(_) => "database_latency",
            Self::DatabasePause => "database_pause",
            Self::DatabaseRestart => "database_restart",
            Self::DatabaseKill => "database_kill",
            Self::NetworkCut => "network_cut",
            Self::PausePosters => "pause_posters",
            Self::CancelWorkers(_) => "cancel_workers",
            Self::CrashWorkers(_) => "crash_workers",
            Self::ExhaustPool => "exhaust_pool",
            Self::LongTransaction => "long_transaction",
            Self::FillNotifyQueue => "fill_notify_queue",
        }
    }

    /// Its parameter in words, such as `100%`; empty when it has none.
    #[must_use]
    pub fn parameter(self) -> String {
        match self {
            Self::DropNotifications(share)
            | Self::DuplicateNotifications(share)
            | Self::CancelWorkers(share)
            | Self::CrashWorkers(share) => format!("{}%", (share * 1000.0).round() / 10.0),
            Self::DelayNotifications(time) | Self::DatabaseLatency(time) => format_duration(time),
            Self::MalformedNotifications(rate) => format!("{rate}/s"),
            _ => String::new(),
        }
    }

    /// What it does, in a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::DropNotifications(_) => {
                "This share of notices is swallowed before the acquirer hears them."
            }
            Self::DelayNotifications(_) => "The acquirer hears every notice this much later.",
            Self::DuplicateNotifications(_) => "The acquirer hears this share of notices twice.",
            Self::MalformedNotifications(_) => "So many notices are published that are no postings.",
            Self::KillListener => "The listener's connection is terminated once.",
            Self::DeafListener => "The listener is connected and gets answers, and no notice reaches it.",
            Self::BlackholeListener => "The listener's connection is half-open: its bytes are swallowed.",
            Self::DatabaseLatency(_) => "Every answer of the database comes this much later.",
            Self::DatabasePause => "The database stands still; connections stay open.",
            Self::DatabaseRestart => "The database is stopped properly once, and started again.",
            Self::DatabaseKill => "The database is killed, and started again when the fault is over.",
            Self::NetworkCut => {
                "The network to the database is cut: connections break, and none can be made."
            }
            Self::PausePosters => "Nobody posts: jobs that would be due meanwhile don't come to be.",
            Self::CancelWorkers(_) => {
                "This share of the waiting workers cancel their call once, and call again."
            }
            Self::CrashWorkers(_) => {
                "This share of the workers die; others take their places when it is over."
            }
            Self::ExhaustPool => "All connections that the database takes are held by somebody else.",
            Self::LongTransaction => {
                "A transaction stays open, and with it every row that was deleted since."
            }
            Self::FillNotifyQueue => "The queue of notices fills up behind a listener that doesn't read.",
        }
    }

    /// It is over as soon as it was done, and has no length.
    #[must_use]
    pub fn is_of_a_moment(self) -> bool {
        matches!(self, Self::KillListener | Self::DatabaseRestart | Self::CancelWorkers(_))
    }

    /// What it acts on.
    #[must_use]
    pub fn target(self) -> Target {
        match self {
            Self::DropNotifications(_)
            | Self::DelayNotifications(_)
            | Self::DuplicateNotifications(_)
            | Self::KillListener
            | Self::DeafListener
            | Self::BlackholeListener
            | Self::DatabaseLatency(_)
            | Self::CancelWorkers(_)
            | Self::CrashWorkers(_) => Target::Replicas,
            Self::PausePosters => Target::Posters,
            Self::MalformedNotifications(_)
            | Self::NetworkCut
            | Self::ExhaustPool
            | Self::LongTransaction
            | Self::FillNotifyQueue => Target::Database,
            Self::DatabasePause | Self::DatabaseRestart | Self::DatabaseKill => Target::Server,
        }
    }
}

impl Fault {
    /// The scenario's key for it, such as `drop_notifications`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Its parameter in words, such as `100%`; empty when it has none.
    #[must_use]
    pub fn parameter(&self) -> String {
        self.kind.parameter()
    }
}

/// A fault as its key and value in the language.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultKey {
    DropNotifications(f64),
    DelayNotifications(#[serde(with = "quantity::as_text")] Duration),
    DuplicateNotifications(f64),
    MalformedNotifications(f64),
    KillListener(bool),
    DeafListener(bool),
    BlackholeListener(bool),
    DatabaseLatency(#[serde(with = "quantity::as_text")] Duration),
    DatabasePause(bool),
    DatabaseRestart(bool),
    DatabaseKill(bool),
    NetworkCut(bool),
    PausePosters(bool),
    CancelWorkers(f64),
    CrashWorkers(f64),
    ExhaustPool(bool),
    LongTransaction(bool),
    FillNotifyQueue(bool),
}

impl From<FaultKind> for FaultKey {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::DropNotifications(share) => Self::DropNotifications(share),
            FaultKind::DelayNotifications(delay) => Self::DelayNotifications(delay),
            FaultKind::DuplicateNotifications(share) => Self::DuplicateNotifications(share),
            FaultKind::MalformedNotifications(rate) => Self::MalformedNotifications(rate),
            FaultKind::KillListener => Self::KillListener(true),
            FaultKind::DeafListener => Self::DeafListener(true),
            FaultKind::BlackholeListener => Self::BlackholeListener(true),
            FaultKind::DatabaseLatency(latency) => Self::DatabaseLatency(latency),
            FaultKind::DatabasePause => Self::DatabasePause(true),
            FaultKind::DatabaseRestart => Self::DatabaseRestart(true),
            FaultKind::DatabaseKill => Self::DatabaseKill(true),
            FaultKind::NetworkCut => Self::NetworkCut(true),
            FaultKind::PausePosters => Self::PausePosters(true),
            FaultKind::CancelWorkers(share) => Self::CancelWorkers(share),
            FaultKind::CrashWorkers(share) => Self::CrashWorkers(share),
            FaultKind::ExhaustPool => Self::ExhaustPool(true),
            FaultKind::LongTransaction => Self::LongTransaction(true),
            FaultKind::FillNotifyQueue => Self::FillNotifyQueue(true),
        }
    }
}

impl From<FaultKey> for FaultKind {
    fn from(key: FaultKey) -> Self {
        match key {
            FaultKey::DropNotifications(share) => Self::DropNotifications(share),
            FaultKey::DelayNotifications(delay) => Self::DelayNotifications(delay),
            FaultKey::DuplicateNotifications(share) => Self::DuplicateNotifications(share),
            FaultKey::MalformedNotifications(rate) => Self::MalformedNotifications(rate),
            FaultKey::KillListener(_) => Self::KillListener,
            FaultKey::DeafListener(_) => Self::DeafListener,
            FaultKey::BlackholeListener(_) => Self::BlackholeListener,
            FaultKey::DatabaseLatency(latency) => Self::DatabaseLatency(latency),
            FaultKey::DatabasePause(_) => Self::DatabasePause,
            FaultKey::DatabaseRestart(_) => Self::DatabaseRestart,
            FaultKey::DatabaseKill(_) => Self::DatabaseKill,
            FaultKey::NetworkCut(_) => Self::NetworkCut,
            FaultKey::PausePosters(_) => Self::PausePosters,
            FaultKey::CancelWorkers(share) => Self::CancelWorkers(share),
            FaultKey::CrashWorkers(share) => Self::CrashWorkers(share),
            FaultKey::ExhaustPool(_) => Self::ExhaustPool,
            FaultKey::LongTransaction(_) => Self::LongTransaction,
            FaultKey::FillNotifyQueue(_) => Self::FillNotifyQueue,
        }
    }
}
