//! Which part of the log is shown.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::log_ring::{LOG_LINES_MAX, LogLine};

/// The state of the Log view: a bounded copy of the ring and how far it is scrolled back.
#[derive(Debug, Clone, Default)]
pub struct LogState {
    /// Lines, oldest first.
    pub lines: VecDeque<Arc<LogLine>>,
    /// Lines that fell out of the ring or of this copy.
    pub dropped: u64,
    /// How many of `lines` lie below the last one shown; 0 follows the newest.
    pub back: usize,
    /// While the view is frozen: how many of `lines` came later.
    pub unseen: usize,
}

impl LogState {
    /// Takes in new lines. What is on the screen stays there when it is scrolled back or `frozen`.
    pub fn append(&mut self, lines: &[Arc<LogLine>], dropped: u64, frozen: bool) {
        self.lines.extend(lines.iter().cloned());
        if frozen {
            self.unseen += lines.len();
        } else if self.back > 0 {
            self.back += lines.len();
        }
        while self.lines.len() > LOG_LINES_MAX {
            self.lines.pop_front();
        }
        self.dropped = dropped;
        self.unseen = self.unseen.min(self.lines.len());
        self.back = self.back.min(self.seen().saturating_sub(1));
    }

    /// Shows again what came while the view was frozen.
    pub fn thaw(&mut self) {
        if self.back > 0 {
            self.back = (self.back + self.unseen).min(self.lines.len().saturating_sub(1));
        }
        self.unseen = 0;
    }

    /// Scrolls by `lines`, back in time when positive; stops where `page` lines still fill the screen.
    pub fn scroll(&mut self, lines: isize, page: usize) {
        let most = self.seen().saturating_sub(page);
        self.back = self.back.saturating_add_signed(lines).min(most);
    }

    /// How many lines may be shown.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.lines.len() - self.unseen
    }

    /// The `page` lines on the screen, oldest first.
    pub fn page(&self, page: usize) -> impl Iterator<Item = &LogLine> {
        // A window that grew may show more than the scroll position was made for.
        let back = self.back.min(self.seen().saturating_sub(page));
        let end = self.seen() - back;
        let start = end.saturating_sub(page);
        self.lines.range(start..end).map(AsRef::as_ref)
    }
}
