//! Guided demos: a scenario with captions that say what just happened and what to look at.
//!
//! A caption comes when what it speaks of is seen in a snapshot, no sooner than the one before could be read, and
//! quotes the run's own figures. A file for each demo has its captions as data; what a key does to them is here, and
//! how they look is the view's.

mod backup_poll;
mod listener_killed;
mod lost_wakeup;
mod seen;
mod thundering_herd;

use std::time::Duration;

use loadgen::snapshot::Snapshot;

use super::View;

/// How long a caption stays at least.
const STAY_MIN: Duration = Duration::from_secs(3);
/// How long it takes an audience to read a character.
const READING: Duration = Duration::from_millis(45);

/// A demo by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demo {
    /// Notices are lost, and only the poll finds the jobs.
    BackupPoll,
    /// A wakeup dies with the domain that it went to.
    LostWakeup,
    /// Ten replicas wake for every job.
    ThunderingHerd,
    /// Connections of listeners are cut.
    ListenerKilled,
}

/// A caption.
pub(super) struct Caption {
    /// Whether what it speaks of is seen.
    when: fn(&Snapshot) -> bool,
    /// What it says, with the figures of the moment.
    text: fn(&Snapshot) -> String,
    /// The view that shows it.
    view: View,
}

impl Demo {
    /// Every demo there is.
    pub const ALL: [Self; 4] =
        [Self::BackupPoll, Self::LostWakeup, Self::ThunderingHerd, Self::ListenerKilled];

    /// Its name, which is its scenario's as well.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BackupPoll => "backup-poll",
            Self::LostWakeup => "lost-wakeup",
            Self::ThunderingHerd => "thundering-herd",
            Self::ListenerKilled => "listener-killed",
        }
    }

    /// What it shows, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BackupPoll => {
                "Notices are swallowed, jobs wait beside sleeping workers, and the poll rescues them."
            }
            Self::LostWakeup => {
                "Under the original's rules a wakeup dies with its domain, without any fault at all."
            }
            Self::ThunderingHerd => "Ten replicas wake for every job, and nine of them ask in vain.",
            Self::ListenerKilled => {
                "Listeners' connections are cut; the loss is noticed, and no job waits for the poll."
            }
        }
    }

    fn captions(self) -> &'static [Caption] {
        match self {
            Self::BackupPoll => backup_poll::CAPTIONS,
            Self::LostWakeup => lost_wakeup::CAPTIONS,
            Self::ThunderingHerd => thundering_herd::CAPTIONS,
            Self::ListenerKilled => listener_killed::CAPTIONS,
        }
    }
}

/// How far a demo is.
#[derive(Debug, Clone)]
pub struct DemoState {
    demo: Demo,
    /// Captions that came, by number, each as it was said last.
    told: Vec<(usize, String)>,
    /// The one on the screen.
    at: usize,
    /// When the newest came, by the loop's clock.
    since: Duration,
    /// Nobody wants to see any.
    pub hidden: bool,
    /// Somebody looks at a view of their own choice.
    pub has_own_view: bool,
}

impl DemoState {
    /// A demo of which nothing was said yet.
    #[must_use]
    pub fn new(demo: Demo) -> Self {
        Self { demo, told: Vec::new(), at: 0, since: Duration::ZERO, hidden: false, has_own_view: false }
    }

    /// Which demo it is.
    #[must_use]
    pub fn demo(&self) -> Demo {
        self.demo
    }

    /// The caption on the screen; `None` before the first, and when they are hidden.
    #[must_use]
    pub fn caption(&self) -> Option<&str> {
        self.told.get(self.at).filter(|_| !self.hidden).map(|(_, text)| text.as_str())
    }

    /// Which of how many the caption is, from 1. Some may be left out: what they speak of didn't happen.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        let number = self.told.get(self.at).map_or(0, |(number, _)| number + 1);
        (number, self.demo.captions().len())
    }

    /// Whether a later caption than the one on the screen has come.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.at + 1 < self.told.len()
    }

    /// Takes what is seen into account; the view to show when a caption came that wants one.
    pub fn look(&mut self, snapshot: &Snapshot, now: Duration) -> Option<View> {
        self.retell(snapshot);
        let has_been_read = self.told.last().is_none_or(|(_, text)| now >= self.since + reading(text));
        if has_been_read { self.go_on(snapshot, now) } else { None }
    }

    /// Shows the caption after the one on the screen, as far as it has come; without waiting until that could be read.
    pub fn next(&mut self, snapshot: &Snapshot, now: Duration) -> Option<View> {
        self.hidden = false;
        if self.is_behind() {
            self.at += 1;
            return None;
        }
        self.go_on(snapshot, now)
    }

    /// Shows the caption before.
    pub fn previous(&mut self) {
        self.hidden = false;
        self.at = self.at.saturating_sub(1);
    }

    /// The newest caption's figures are of the moment; those before keep theirs.
    fn retell(&mut self, snapshot: &Snapshot) {
        if let Some((number, text)) = self.told.last_mut() {
            let caption = &self.demo.captions()[*number];
            // What it speaks of may be over.
            if (caption.when)(snapshot) {
                *text = (caption.text)(snapshot);
            }
        }
    }

    fn go_on(&mut self, snapshot: &Snapshot, now: Duration) -> Option<View> {
        let from = self.told.last().map_or(0, |(number, _)| number + 1);
        let mut captions = self.demo.captions().iter().enumerate().skip(from);
        let comes = |caption: &(usize, &Caption)| (caption.1.when)(snapshot);
        // Of a run that is over there is nothing to say but the last.
        let (number, caption) = if seen::is_finished(snapshot) {
            captions.next_back().filter(comes)
        } else {
            captions.find(comes)
        }?;
        let was_behind = self.is_behind();
        self.told.push((number, (caption.text)(snapshot)));
        self.since = now;
        // Whoever looks back isn't disturbed.
        if was_behind {
            return None;
        }
        self.at = self.told.len() - 1;
        (!self.has_own_view).then_some(caption.view)
    }
}

fn reading(text: &str) -> Duration {
    (READING * u32::try_from(text.chars().count()).unwrap_or(u32::MAX)).max(STAY_MIN)
}
