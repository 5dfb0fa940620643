//! A recorded run as it was: its report, and what it looked like at any moment.
//!
//! Everything is made anew from the inputs, by the same code that the run itself was measured with. While it goes
//! through a recording it keeps the state of some moments, so that a step back costs the way from the nearest of
//! them. Memory is bounded: [`KEYFRAMES_MAX`] states of about three megabytes, and one block.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::measure::{Events, State, Time};
use crate::report::Report;
use crate::run;
use crate::snapshot::{DomainNumber, DomainPage, Second, Snapshot};

use super::closing::Closing;
use super::decode::{Decoder, Specs};
use super::error::RecordError;
use super::hdr;
use super::layout::Head;
use super::output::OutputError;
use super::read::{Missing, Reader};
use super::trace::{self, Window};

/// So many states are kept at most.
const KEYFRAMES_MAX: u32 = 32;
/// States nearer to each other than this are not worth their room.
const KEYFRAME_SPACING_MIN: Duration = Duration::from_secs(5);

/// A recorded run.
pub struct Replay {
    reader: Reader,
    specs: Specs,
    keyframes: Vec<Keyframe>,
    spacing: Duration,
    /// Where it stands.
    cursor: Cursor,
    began: Option<Time>,
}

/// The state when a block begins.
struct Keyframe {
    block: usize,
    at: Time,
    state: State,
}

struct Cursor {
    state: State,
    /// The block to read next.
    block: usize,
    decoder: Decoder,
    /// What has happened until then is in the state.
    at: Time,
}

impl Replay {
    /// Opens a recording. It stands at the run's beginning, and keeps so many events for whoever follows them.
    pub fn open(path: &Path, events_max: usize) -> Result<Self, RecordError> {
        let reader = Reader::open(path)?;
        let spacing = reader.end().since_epoch() / KEYFRAMES_MAX;
        let cursor = Cursor {
            state: State::of(&reader.head().scenario, events_max),
            block: 0,
            decoder: reader.decoder(),
            at: Time::ZERO,
        };
        let spacing = spacing.max(KEYFRAME_SPACING_MIN);
        let mut replay =
            Self { reader, specs: Specs::new(), keyframes: Vec::new(), spacing, cursor, began: None };
        while replay.began.is_none() && replay.step(None)? {
            replay.began = replay.cursor.state.began();
        }
        Ok(replay)
    }

    /// What the recording says of its run before it begins.
    #[must_use]
    pub fn head(&self) -> &Head {
        self.reader.head()
    }

    /// What it doesn't hold of its run.
    #[must_use]
    pub fn missing(&self) -> Missing {
        self.reader.missing(self.began)
    }

    /// How long it is, from when the posters started to the last that happened.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| self.reader.end() - began)
    }

    /// What the run came to: the same report as it gave itself. `progress` is told how far it is, 0 to 1.
    pub fn report(&mut self, progress: impl FnMut(f64)) -> Result<Report, RecordError> {
        self.go_through(progress)?;
        let mut state = self.cursor.state.clone();
        let closing = self.reader.closing().cloned();
        let is_cut = closing.is_none();
        let closing = closing
            .unwrap_or_else(|| Closing::cut_off(self.reader.end(), state.workers().to_vec(), state.asked()));
        let results = state.results(Time::new(closing.ended));
        let mut report = run::report(self.head(), &closing, &results);
        let missing = self.missing();
        if is_cut || !missing.is_nothing() {
            report.run.valid = false;
            report.run.invalid_reasons.push(missing.to_string());
        }
        Ok(report)
    }

    /// Every second of the run, for whoever looks for a moment worth going to.
    pub fn seconds(&mut self, progress: impl FnMut(f64)) -> Result<Vec<Second>, RecordError> {
        self.go_through(progress)?;
        let end = self.reader.end();
        Ok(self.cursor.state.clone().results(end).seconds)
    }

    /// What the run looked like, so long after the posters started.
    pub fn snapshot_at(&mut self, at: Duration) -> Result<Snapshot, RecordError> {
        let at = (self.began.unwrap_or(Time::ZERO) + at).min(self.reader.end());
        self.seek(at)?;
        let mut snapshot = self.head().snapshot();
        self.cursor.state.fill(&mut snapshot, at);
        Ok(snapshot)
    }

    /// A domain looked at closely, as it was at the moment that was looked at last. What only the acquirers knew is no
    /// input: whom a clearance was for, what tokens there were, how long a pause lasted. Whoever's query failed counts
    /// as waiting until its worker called again.
    #[must_use]
    pub fn domain(&self, number: DomainNumber) -> Option<DomainPage> {
        let draft = self.cursor.state.page(number, self.cursor.at, &self.head().scenario.fleets);
        draft.map(|draft| draft.page)
    }

    /// The events that were logged up to the moment that was looked at last, from this one on.
    #[must_use]
    pub fn events(&self, from: u64) -> Events {
        self.cursor.state.events(from)
    }

    /// Its latencies as an `HdrHistogram` interval log, an interval a second.
    pub(super) fn hdr_log(&mut self, out: &mut impl Write) -> Result<(), OutputError> {
        hdr::write(&mut self.reader, self.began, out)
    }

    /// A part of it as a trace; when the trace ends, if it is full before that part is over.
    pub(super) fn trace(
        &mut self,
        window: Window,
        out: &mut impl Write,
    ) -> Result<Option<Duration>, OutputError> {
        trace::write(&mut self.reader, self.began, window, trace::ENTRIES_MAX, out)
    }

    fn go_through(&mut self, mut progress: impl FnMut(f64)) -> Result<(), RecordError> {
        let mut shown = usize::MAX;
        while self.step(None)? {
            if self.cursor.block != shown {
                shown = self.cursor.block;
                progress(shown as f64 / self.reader.blocks().max(1) as f64);
            }
        }
        self.cursor.at = self.reader.end();
        Ok(())
    }

    /// Goes to a moment, forwards from where it stands or from the nearest kept state before.
    fn seek(&mut self, at: Time) -> Result<(), RecordError> {
        let nearest = self.keyframes.iter().rposition(|frame| frame.at <= at);
        let is_behind = at < self.cursor.at;
        let is_nearer = nearest.is_some_and(|nearest| self.keyframes[nearest].at > self.cursor.at);
        if is_behind || is_nearer {
            if let Some(nearest) = nearest {
                let frame = &self.keyframes[nearest];
                self.cursor.state.clone_from(&frame.state);
                (self.cursor.block, self.cursor.at) = (frame.block, frame.at);
            } else {
                let events_max = self.cursor.state.events_max();
                self.cursor.state = State::of(&self.reader.head().scenario, events_max);
                (self.cursor.block, self.cursor.at) = (0, Time::ZERO);
            }
            self.cursor.decoder = self.reader.decoder();
        }
        while self.step(Some(at))? {}
        self.cursor.at = at;
        Ok(())
    }

    /// Takes in the next input, unless it comes after `until` or there is none.
    fn step(&mut self, until: Option<Time>) -> Result<bool, RecordError> {
        let next = loop {
            match self.cursor.decoder.peek().map_err(|_| self.reader.changed())? {
                Some(next) => break next,
                None if self.cursor.block == self.reader.blocks() => return Ok(false),
                None => {
                    self.keep();
                    self.reader.load(self.cursor.block, &mut self.cursor.decoder)?;
                    self.cursor.block += 1;
                }
            }
        };
        if until.is_some_and(|until| next > until) {
            return Ok(false);
        }
        let next = self.cursor.decoder.next(&mut self.specs).map_err(|_| self.reader.changed())?;
        if let Some((at, input)) = next {
            self.cursor.state.take(at, &input);
            self.cursor.at = self.cursor.at.max(at);
        }
        Ok(true)
    }

    /// Keeps the state at the beginning of the next block, if it is far enough from what is kept.
    fn keep(&mut self) {
        let at = self.reader.begins(self.cursor.block);
        let is_far = self.keyframes.last().is_none_or(|last| at >= last.at + self.spacing);
        if is_far && at >= Time::ZERO + self.spacing {
            let state = self.cursor.state.clone();
            self.keyframes.push(Keyframe { block: self.cursor.block, at, state });
        }
    }
}
