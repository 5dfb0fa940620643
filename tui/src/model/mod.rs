//! All that the dashboard knows. Changed by [`crate::update`] alone, drawn by [`crate::view`] alone.

pub mod controls;
mod database;
mod demo;
mod domains;
pub mod faults;
mod log;
mod timeline;
mod wakeups;

use std::sync::Arc;
use std::time::Duration;

use loadgen::snapshot::{DomainNumber, RunPhase, Snapshot};
use ratatui::layout::{Position, Size};

pub use controls::Dial;
pub use database::DatabaseState;
pub use demo::{Demo, DemoState};
pub use domains::{
    Column, DomainsState, Filter, FilterError, PageState, PastWakeup, SYNTAX, SortBy, Trouble, WakeupOutcome,
    cleared, next_poll, row_label, short_label, trouble, worst_first,
};
pub use faults::{Deed, FaultPlan, FaultsState, Place};
pub use log::LogState;
pub use timeline::{History, MOMENTS_MAX, Mark, Playback, ROWS_MAX, SPEEDS, Timeline};
pub use wakeups::{Chapter, FaultSpan, Landmark, SPANS, Story, WakeupsState};

use crate::keymap::Keymap;
use crate::picture::PictureTheme;
use crate::theme::Theme;

/// A screen of its own, reached by its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// Everything at a glance.
    #[default]
    Overview,
    /// Every domain, sorted and filtered.
    Domains,
    /// What woke whom, on an axis of time.
    Wakeups,
    /// How long jobs waited, where, and since when.
    Latency,
    /// What Postgres does beside the load.
    Database,
    /// What goes wrong on purpose.
    Faults,
    /// What the program said.
    Log,
}

impl View {
    /// Every view there is, in the order of Tab.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::Domains,
        Self::Wakeups,
        Self::Latency,
        Self::Database,
        Self::Faults,
        Self::Log,
    ];

    /// The number key that shows it.
    #[must_use]
    pub fn number(self) -> char {
        match self {
            Self::Overview => '1',
            Self::Domains => '2',
            Self::Wakeups => '3',
            Self::Latency => '4',
            Self::Database => '5',
            Self::Faults => '6',
            Self::Log => '7',
        }
    }

    /// Its name on the tab.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Domains => "Domains",
            Self::Wakeups => "Wakeups",
            Self::Latency => "Latency",
            Self::Database => "Database",
            Self::Faults => "Faults",
            Self::Log => "Log",
        }
    }

    /// The view `steps` tabs further, round and round.
    #[must_use]
    pub fn step(self, steps: isize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self).unwrap_or(0);
        let count = Self::ALL.len().cast_signed();
        Self::ALL[(at.cast_signed() + steps).rem_euclid(count).cast_unsigned()]
    }
}

/// A text over the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// Keys and words.
    Help,
    /// What looks wrong.
    Warnings,
}

/// A word to the person that goes away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// When it goes, by the loop's clock.
    pub until: Duration,
}

/// All that the dashboard knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// How it looks.
    pub theme: Theme,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// The terminal's size.
    pub size: Size,
    /// The view that is shown.
    pub view: View,
    /// The text that lies over it, and how far that is scrolled.
    pub sheet: Option<(Sheet, usize)>,
    /// The newest snapshot.
    pub latest: Arc<Snapshot>,
    /// The snapshot on the screen: the newest, or the one that was frozen.
    pub shown: Arc<Snapshot>,
    /// Since when the view is frozen, by the loop's clock.
    pub frozen_since: Option<Duration>,
    /// The run by its seconds.
    pub timeline: Timeline,
    /// Moments that can be gone back to.
    pub history: History,
    /// How the recording is played; `None` while a run is shown.
    pub playback: Option<Playback>,
    /// The loop's clock at the last message that told it.
    pub now: Duration,
    /// A word about the last key.
    pub notice: Option<Notice>,
    /// Where the mouse selected something a moment ago, and when, by the loop's clock.
    pub clicked: Option<(Position, Duration)>,
    /// The Domains view.
    pub domains: DomainsState,
    /// The Wakeups view.
    pub wakeups: WakeupsState,
    /// The Faults view.
    pub faults: FaultsState,
    /// The Database view.
    pub database: DatabaseState,
    /// The guided demo, if it is one.
    pub demo: Option<DemoState>,
    /// The Log view.
    pub log: LogState,
    /// Whose colours saved pictures have.
    pub picture: PictureTheme,
    /// Whether the dashboard stays when the run finishes.
    pub stay_when_finished: bool,
    /// Whether something changed since the screen was drawn.
    pub dirty: bool,
}

impl Model {
    /// A model with nothing to show yet.
    #[must_use]
    pub fn new(theme: Theme, size: Size, stay_when_finished: bool) -> Self {
        Self {
            theme,
            keymap: Arc::default(),
            size,
            view: View::default(),
            sheet: None,
            latest: Arc::default(),
            shown: Arc::default(),
            frozen_since: None,
            timeline: Timeline::default(),
            history: History::default(),
            playback: None,
            now: Duration::ZERO,
            notice: None,
            clicked: None,
            domains: DomainsState::default(),
            wakeups: WakeupsState::default(),
            faults: FaultsState::default(),
            database: DatabaseState::default(),
            demo: None,
            log: LogState::default(),
            picture: PictureTheme::Dark,
            stay_when_finished,
            dirty: true,
        }
    }

    /// Whether a run that was going on is over, whatever the screen shows.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.latest.phase == RunPhase::Finished && !self.is_recording()
    }

    /// The domain that is to be looked at closely: its page is on the screen and may change.
    #[must_use]
    pub fn looks_at(&self) -> Option<DomainNumber> {
        let is_shown = self.view == View::Domains && self.domains.detail && self.frozen_since.is_none();
        let number = self.domains.row(&self.shown).filter(|_| is_shown)?.number;
        // A run that is over stays as it is.
        (!self.finished() || self.domains.page.of(number).is_none()).then_some(number)
    }

    /// Whether keys go into a text.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.domains.editing || self.log.editing
    }

    /// Whether a recording is shown, which nothing can change.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.playback.is_some()
    }

    /// Whether a recording goes on by itself.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.playback.as_ref().is_some_and(|playback| playback.is_playing)
    }

    /// Whether the strip of the whole run is shown.
    #[must_use]
    pub fn has_strip(&self) -> bool {
        self.is_recording() || self.frozen_since.is_some()
    }

    /// How long ago was what the frozen view shows; `None` when it is not frozen.
    #[must_use]
    pub fn frozen_for(&self) -> Option<Duration> {
        let since = self.frozen_since?;
        let went_on = self.latest.elapsed.saturating_sub(self.shown.elapsed);
        // A run that is over has no clock any more.
        Some(went_on.max(self.now.saturating_sub(since)))
    }
}
