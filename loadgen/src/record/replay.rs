//! A recorded run as it was: its report, and what it looked like at any moment.
//!
//! Everything is made anew from the inputs, by the same code that the run itself was measured with. While it goes
//! through a recording it keeps the state of some moments, so that a step back costs the way from the nearest of
//! them. A survey goes ahead of whoever looks at moments, and keeps them too. Memory is bounded: [`KEYFRAMES_MAX`]
//! states of about three megabytes and two more, and two blocks.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
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
/// How much of the run one step of a survey looks through.
const SURVEY_STEP: Duration = Duration::from_secs(1);

/// A recorded run.
pub struct Replay {
    reel: Reel,
    /// Where it stands.
    cursor: Cursor,
    scout: Scout,
    began: Option<Time>,
}

/// The recording, and what was kept of it on the way.
struct Reel {
    reader: Reader,
    specs: Specs,
    keyframes: Vec<Keyframe>,
    spacing: Duration,
}

/// Goes ahead through all of it, once somebody wants a survey.
enum Scout {
    Unasked,
    Ahead {
        cursor: Box<Cursor>,
        /// Seconds from this one on were not told yet.
        next_second: u64,
    },
    /// Its state would be in the way for as long as the recording is open.
    Done,
}

/// What the next stretch of a recording holds.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The recording was looked through up to here, since the posters started.
    pub until: Duration,
    /// Seconds that ended in it, oldest first, as they were then: wakeups that turn out later to be lost are not in.
    pub seconds: Vec<Second>,
    /// What the run looked like at its end.
    pub snapshot: Arc<Snapshot>,
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
        let spacing = (reader.end().since_epoch() / KEYFRAMES_MAX).max(KEYFRAME_SPACING_MIN);
        let reel = Reel { reader, specs: Specs::new(), keyframes: Vec::new(), spacing };
        let cursor = reel.start(events_max);
        let mut replay = Self { reel, cursor, scout: Scout::Unasked, began: None };
        while replay.began.is_none() && replay.reel.step(&mut replay.cursor, None)? {
            replay.began = replay.cursor.state.began();
        }
        Ok(replay)
    }

    /// What the recording says of its run before it begins.
    #[must_use]
    pub fn head(&self) -> &Head {
        self.reel.reader.head()
    }

    /// What it doesn't hold of its run.
    #[must_use]
    pub fn missing(&self) -> Missing {
        self.reel.reader.missing(self.began)
    }

    /// How long it is, from when the posters started to the last that happened.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| self.reel.reader.end() - began)
    }

    /// What the run came to: the same report as it gave itself. `progress` is told how far it is, 0 to 1.
    pub fn report(&mut self, progress: impl FnMut(f64)) -> Result<Report, RecordError> {
        self.go_through(progress)?;
        let mut state = self.cursor.state.clone();
        let closing = self.reel.reader.closing().cloned();
        let is_cut = closing.is_none();
        let closing = closing.unwrap_or_else(|| {
            Closing::cut_off(self.reel.reader.end(), state.workers().to_vec(), state.asked())
        });
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
        let end = self.reel.reader.end();
        Ok(self.cursor.state.clone().results(end).seconds)
    }

    /// What the run looked like, so long after the posters started.
    pub fn snapshot_at(&mut self, at: Duration) -> Result<Snapshot, RecordError> {
        let at = (self.began.unwrap_or(Time::ZERO) + at).min(self.reel.reader.end());
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
        hdr::write(&mut self.reel.reader, self.began, out)
    }

    /// A part of it as a trace; when the trace ends, if it is full before that part is over.
    pub(super) fn trace(
        &mut self,
        window: Window,
        out: &mut impl Write,
    ) -> Result<Option<Duration>, OutputError> {
        trace::write(&mut self.reel.reader, self.began, window, trace::ENTRIES_MAX, out)
    }

    /// Looks through the next stretch, ahead of where it stands; `None` when all was looked through. Where it stands
    /// is left alone, and every moment that was passed is nearer from then on.
    pub fn survey(&mut self) -> Result<Option<Survey>, RecordError> {
        let (mut cursor, next_second) = match std::mem::replace(&mut self.scout, Scout::Done) {
            Scout::Unasked => (Box::new(self.reel.start(self.cursor.state.events_max())), 0),
            Scout::Ahead { cursor, next_second } => (cursor, next_second),
            Scout::Done => return Ok(None),
        };
        let began = self.began.unwrap_or(Time::ZERO);
        let end = self.reel.reader.end();
        let until = (cursor.at.max(began) + SURVEY_STEP).min(end);
        while self.reel.step(&mut cursor, Some(until))? {}
        cursor.at = until;
        let seconds = cursor.state.seconds_from(next_second);
        let mut snapshot = self.reel.reader.head().snapshot();
        cursor.state.fill(&mut snapshot, until);
        if until < end {
            let next_second = seconds.last().map_or(next_second, |last| last.second + 1);
            self.scout = Scout::Ahead { cursor, next_second };
        }
        Ok(Some(Survey { until: until - began, seconds, snapshot: Arc::new(snapshot) }))
    }

    fn go_through(&mut self, mut progress: impl FnMut(f64)) -> Result<(), RecordError> {
        let mut shown = usize::MAX;
        while self.reel.step(&mut self.cursor, None)? {
            if self.cursor.block != shown {
                shown = self.cursor.block;
                progress(shown as f64 / self.reel.reader.blocks().max(1) as f64);
            }
        }
        self.cursor.at = self.reel.reader.end();
        Ok(())
    }

    /// Goes to a moment, forwards from where it stands or from the nearest kept state before.
    fn seek(&mut self, at: Time) -> Result<(), RecordError> {
        let keyframes = &self.reel.keyframes;
        let nearest = keyframes.iter().rfind(|frame| frame.at <= at);
        let is_behind = at < self.cursor.at;
        let is_nearer = nearest.is_some_and(|nearest| nearest.at > self.cursor.at);
        if is_behind || is_nearer {
            if let Some(frame) = nearest {
                self.cursor.state.clone_from(&frame.state);
                (self.cursor.block, self.cursor.at) = (frame.block, frame.at);
                self.cursor.decoder = self.reel.reader.decoder();
            } else {
                self.cursor = self.reel.start(self.cursor.state.events_max());
            }
        }
        while self.reel.step(&mut self.cursor, Some(at))? {}
        self.cursor.at = at;
        Ok(())
    }
}

impl Reel {
    /// A cursor at the beginning, which logs so many events.
    fn start(&self, events_max: usize) -> Cursor {
        Cursor {
            state: State::of(&self.reader.head().scenario, events_max),
            block: 0,
            decoder: self.reader.decoder(),
            at: Time::ZERO,
        }
    }

    /// Takes in the next input, unless it comes after `until` or there is none.
    fn step(&mut self, cursor: &mut Cursor, until: Option<Time>) -> Result<bool, RecordError> {
        let next = loop {
            match cursor.decoder.peek().map_err(|_| self.reader.changed())? {
                Some(next) => break next,
                None if cursor.block == self.reader.blocks() => return Ok(false),
                None => {
                    self.keep(cursor);
                    self.reader.load(cursor.block, &mut cursor.decoder)?;
                    cursor.block += 1;
                }
            }
        };
        if until.is_some_and(|until| next > until) {
            return Ok(false);
        }
        let next = cursor.decoder.next(&mut self.specs).map_err(|_| self.reader.changed())?;
        if let Some((at, input)) = next {
            cursor.state.take(at, &input);
            cursor.at = cursor.at.max(at);
        }
        Ok(true)
    }

    /// Keeps the state at the beginning of the next block, if it is far enough from what is kept.
    fn keep(&mut self, cursor: &Cursor) {
        let at = self.reader.begins(cursor.block);
        let is_far = self.keyframes.last().is_none_or(|last| at >= last.at + self.spacing);
        if is_far && at >= Time::ZERO + self.spacing {
            let state = cursor.state.clone();
            self.keyframes.push(Keyframe { block: cursor.block, at, state });
        }
    }
}
