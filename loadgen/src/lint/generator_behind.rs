//! The load generator posts later than planned, so that what is measured is itself.

use super::{Finding, Sight, Verdict};
use crate::measure::POST_LATE;
use crate::report::words::{count, percent, span};

/// Seconds that are looked at.
const SECONDS: usize = 5;
/// So few late postings are noise.
const LATE_MIN: u64 = 10;
/// From this share of the postings on it is behind.
const SHARE_MAX: f64 = 0.05;
/// From this share on it may be.
const SHARE_DOUBTFUL: f64 = 0.02;

pub(super) fn look(sight: &Sight) -> Verdict {
    let begun = sight.sum(SECONDS, |second| second.posts_begun);
    let late = sight.sum(SECONDS, |second| second.posts_late);
    let share = late as f64 / begun.max(1) as f64;
    if late < LATE_MIN || share < SHARE_DOUBTFUL {
        return Verdict::Fine;
    }
    if share < SHARE_MAX {
        return Verdict::LookAgain;
    }
    Verdict::Warn(Finding::new(
        "the load generator is behind its schedule",
        format!(
            "{} of {} jobs of the last {SECONDS} s ({}) were begun more than {} late",
            count(late),
            count(begun),
            percent(share),
            span(POST_LATE)
        ),
        "what it is late is in every response time: lower the rate, give the posters a larger batch, or free \
         this machine for it",
    ))
}
