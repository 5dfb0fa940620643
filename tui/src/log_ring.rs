//! The last events of `tracing`, kept for the Log view.
//!
//! A [`LogRing`] is bounded: it holds the newest [`LOG_LINES_MAX`] events and counts those that fell out.
//! Its [`LogRing::layer`] writes into it. It is no log file: what falls out is gone.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How many events a ring keeps.
pub const LOG_LINES_MAX: usize = 2_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number since the ring was made, from 0.
    pub sequence: u64,
    /// When it came, since the ring was made.
    pub at: Duration,
    /// How serious it is.
    pub level: Level,
    /// The module that spoke.
    pub target: String,
    /// The message, then the fields as `name=value`, on one line.
    pub text: String,
}

/// A bounded ring of events, shared by the layer that fills it and the dashboard that reads it.
#[derive(Debug, Clone)]
pub struct LogRing {
    shared: Arc<Mutex<Lines>>,
    since: Instant,
}

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<Arc<LogLine>>,
    next: u64,
}

impl Default for LogRing {
    fn default() -> Self {
        Self::new()
    }
}

impl LogRing {
    /// An empty ring.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::default(), since: Instant::now() }
    }

    /// A layer that writes every event it gets into this ring. Put a filter before it.
    #[must_use]
    pub fn layer(&self) -> LogLayer {
        LogLayer { ring: self.clone() }
    }

    /// How many events ever came.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lock().next
    }

    /// How many fell out.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let lines = self.lock();
        lines.next - lines.lines.len() as u64
    }

    /// Events from number `sequence` on that are still there, oldest first.
    #[must_use]
    pub fn from(&self, sequence: u64) -> Vec<Arc<LogLine>> {
        let lines = self.lock();
        let first = lines.next - lines.lines.len() as u64;
        let skip = sequence.saturating_sub(first);
        lines.lines.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).cloned().collect()
    }

    /// Appends one event.
    pub fn push(&self, level: Level, target: &str, text: String) {
        let at = self.since.elapsed();
        let mut lines = self.lock();
        let sequence = lines.next;
        lines.next += 1;
        if lines.lines.len() == LOG_LINES_MAX {
            lines.lines.pop_front();
        }
        lines.lines.push_back(Arc::new(LogLine { sequence, at, level, target: target.to_owned(), text }));
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // A poisoned ring is still a ring: each change is complete before anything can panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The layer of a [`LogRing`].
#[derive(Debug, Clone)]
pub struct LogLayer {
    ring: LogRing,
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = OneLine::default();
        event.record(&mut line);
        let OneLine { mut message, fields } = line;
        message.push_str(&fields);
        let metadata = event.metadata();
        self.ring.push(*metadata.level(), metadata.target(), message);
    }
}

/// Collects an event's fields on one line.
#[derive(Default)]
struct OneLine {
    message: String,
    fields: String,
}

impl OneLine {
    fn add(&mut self, field: &Field, value: &str) {
        // Control characters would move the cursor of the terminal that shows them.
        let value = value.replace(|c: char| c.is_control(), " ");
        if field.name() == "message" {
            self.message.push_str(&value);
        } else {
            let _ = write!(self.fields, " {}={value}", field.name());
        }
    }
}

impl Visit for OneLine {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn layer_writes_message_and_fields_on_one_line() {
        let ring = LogRing::new();
        let subscriber = tracing_subscriber::registry().with(ring.layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(replica = 2, reason = "gone\naway", "listener lost");
        });
        let lines = ring.from(0);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].text, "listener lost replica=2 reason=gone away");
        assert_eq!(lines[0].level, Level::WARN);
    }

    #[test]
    fn ring_keeps_the_newest_and_counts_the_rest() {
        let ring = LogRing::new();
        for number in 0..LOG_LINES_MAX + 5 {
            ring.push(Level::INFO, "test", number.to_string());
        }
        assert_eq!(ring.dropped(), 5);
        assert_eq!(ring.total(), LOG_LINES_MAX as u64 + 5);
        let lines = ring.from(0);
        assert_eq!(lines.len(), LOG_LINES_MAX);
        assert_eq!(lines[0].sequence, 5);
        assert_eq!(ring.from(LOG_LINES_MAX as u64 + 4).len(), 1);
        assert!(ring.from(u64::MAX).is_empty());
    }
}
