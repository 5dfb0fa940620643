//! Which part of the log is shown: down to which level, with which words, and up to which line.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::Level;

use crate::log_ring::{LOG_LINES_MAX, LogLine};

/// Levels as `>` goes through them, each with more detail than the one before.
const LEVELS: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

/// The state of the Log view: a bounded copy of the ring and which of its lines are on the screen.
#[derive(Debug, Clone)]
pub struct LogState {
    /// Lines, oldest first.
    lines: VecDeque<Arc<LogLine>>,
    /// Those of them that level and filter let through.
    passed: VecDeque<Arc<LogLine>>,
    /// Lines that fell out of the ring or of this copy.
    pub dropped: u64,
    /// The level with the most detail that is shown.
    pub level: Level,
    /// The filter as it is written: words that a line must have in its target or its text, or must not.
    pub written: String,
    /// Whether keys go into the filter.
    pub editing: bool,
    /// How many characters of each text are left out at its beginning, so that its end can be read.
    pub shift: usize,
    /// The first line that is not on the screen while it is held; `None` follows the newest.
    held: Option<u64>,
    /// The first line that had not come when the view was frozen.
    frozen: Option<u64>,
}

impl Default for LogState {
    fn default() -> Self {
        Self {
            lines: VecDeque::new(),
            passed: VecDeque::new(),
            dropped: 0,
            level: Level::TRACE,
            written: String::new(),
            editing: false,
            shift: 0,
            held: None,
            frozen: None,
        }
    }
}

impl LogState {
    /// Takes in new lines. What is on the screen stays there while it is held or frozen.
    pub fn append(&mut self, lines: &[Arc<LogLine>], dropped: u64) {
        let words = words(&self.written);
        for line in lines {
            if passes(line, self.level, &words) {
                self.passed.push_back(Arc::clone(line));
            }
            self.lines.push_back(Arc::clone(line));
        }
        let excess = self.lines.len().saturating_sub(LOG_LINES_MAX);
        self.lines.drain(..excess);
        if let Some(oldest) = self.lines.front().map(|line| line.sequence) {
            while self.passed.pop_front_if(|line| line.sequence < oldest).is_some() {}
        }
        self.dropped = dropped;
    }

    /// Shows more detail, or with a negative number less.
    pub fn detail(&mut self, steps: isize) {
        let at = LEVELS.iter().position(|level| *level == self.level).unwrap_or(0);
        self.level = LEVELS[at.saturating_add_signed(steps).min(LEVELS.len() - 1)];
        self.sift();
    }

    /// Chooses the lines anew, after level or filter changed.
    pub fn sift(&mut self) {
        let words = words(&self.written);
        let passed = self.lines.iter().filter(|line| passes(line, self.level, &words));
        self.passed = passed.cloned().collect();
    }

    /// Whether the newest line is always on the screen.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.held.is_none() && self.frozen.is_none()
    }

    /// Holds what is on the screen, or follows the newest again.
    pub fn hold(&mut self, hold: bool) {
        self.held = hold.then(|| self.next());
    }

    /// Whether it is held by hand, frozen or not.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// What comes from now on is not shown.
    pub fn freeze(&mut self) {
        self.frozen = Some(self.next());
    }

    /// Shows again what came while the view was frozen.
    pub fn thaw(&mut self) {
        self.frozen = None;
    }

    /// Scrolls by `lines`, back in time when positive, where `page` of them fill the screen. Whoever scrolls back
    /// holds; whoever comes to the end follows.
    pub fn scroll(&mut self, lines: isize, page: usize) {
        let count = self.count();
        let end = self.end(page).saturating_add_signed(lines.saturating_neg());
        let end = end.clamp(page.min(count), count);
        self.held = if end == count { None } else { Some(self.passed[end].sequence) };
    }

    /// How many lines there are, shown or not.
    #[must_use]
    pub fn all(&self) -> usize {
        self.lines.len() - after(&self.lines, self.frozen)
    }

    /// How many of them level and filter let through.
    #[must_use]
    pub fn count(&self) -> usize {
        self.passed.len() - after(&self.passed, self.frozen)
    }

    /// How many of those lie below the last of a `page` on the screen.
    #[must_use]
    pub fn below(&self, page: usize) -> usize {
        self.count() - self.end(page)
    }

    /// The `page` lines on the screen, oldest first.
    pub fn page(&self, page: usize) -> impl Iterator<Item = &LogLine> {
        let end = self.end(page);
        self.passed.range(end.saturating_sub(page)..end).map(AsRef::as_ref)
    }

    /// How many lines there are up to the last on the screen. A screen that can be full is.
    fn end(&self, page: usize) -> usize {
        let count = self.count();
        let held = self.passed.len() - after(&self.passed, self.held);
        held.max(page).min(count)
    }

    /// The number of the line to come.
    fn next(&self) -> u64 {
        self.lines.back().map_or(0, |line| line.sequence + 1)
    }
}

/// How many of `lines` are the one with this number or come after it; without a number, none do.
fn after(lines: &VecDeque<Arc<LogLine>>, number: Option<u64>) -> usize {
    number.map_or(0, |number| lines.len() - lines.partition_point(|line| line.sequence < number))
}

/// The words of a filter in lower case, and whether each must be missing.
fn words(written: &str) -> Vec<(bool, String)> {
    let word = |word: &str| {
        let rest = word.strip_prefix(['-', '!']);
        (rest.is_some(), rest.unwrap_or(word).to_lowercase())
    };
    // A lone sign is one that goes on being written.
    written.split_whitespace().map(word).filter(|(_, word)| !word.is_empty()).collect()
}

fn passes(line: &LogLine, level: Level, words: &[(bool, String)]) -> bool {
    let holds = |(is_unwanted, word): &(bool, String)| {
        let is_there = [&line.target, &line.text].iter().any(|text| text.to_lowercase().contains(word));
        is_there != *is_unwanted
    };
    line.level <= level && words.iter().all(holds)
}
