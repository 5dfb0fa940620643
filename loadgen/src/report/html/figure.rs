//! A figure of the report on a page: its text for people, its value and its place in the JSON for tools.
//!
//! Whatever stands in the JSON report is shown through here, so that a reader who points at a figure learns
//! its path, and a test can hold every figure of a page against the report.

use maud::{Markup, html};

use super::super::Assertion;
use super::super::summary::words;

/// A figure whose value in the report is `value`, below `path`, such as `latency_us.queue_wait.p99`.
fn figure(path: &str, value: impl std::fmt::Display, text: &str) -> Markup {
    html! { data value=(maud::display(value)) title=(path) { (text) } }
}

/// A whole number.
pub(super) fn count(path: &str, value: u64) -> Markup {
    figure(path, value, &words::count(value))
}

/// A latency in microseconds.
pub(super) fn latency(path: &str, us: u64) -> Markup {
    figure(path, us, &words::latency(us))
}

/// A number with one decimal.
pub(super) fn decimal(path: &str, value: f64) -> Markup {
    figure(path, value, &words::decimal(value))
}

/// A number with two decimals, such as queries per job.
pub(super) fn hundredths(path: &str, value: f64) -> Markup {
    figure(path, value, &format!("{value:.2}"))
}

/// A duration in seconds.
pub(super) fn seconds(path: &str, value: f64) -> Markup {
    figure(path, value, &words::seconds(value))
}

/// A share.
pub(super) fn percent(path: &str, share: f64) -> Markup {
    figure(path, share, &words::percent(share))
}

/// A mean latency in microseconds, which needn't be a whole number.
pub(super) fn mean_latency(path: &str, us: f64) -> Markup {
    figure(path, us, &words::latency(us.round() as u64))
}

/// A number that isn't a count, such as a seed.
pub(super) fn plain(path: &str, value: u64) -> Markup {
    figure(path, value, &value.to_string())
}

/// What an assertion's figure came to.
pub(super) fn result(path: &str, assertion: &Assertion) -> Markup {
    let words = assertion.value_in_words();
    html! { @if let Some(value) = assertion.value { (figure(path, value, &words)) } @else { (words) } }
}

/// A number to the next whole one, such as what a day would cost.
pub(super) fn rounded(path: &str, value: f64) -> Markup {
    figure(path, value, &words::count(value.max(0.0).round() as u64))
}

/// An amount of memory or disk in bytes.
pub(super) fn bytes(path: &str, value: f64) -> Markup {
    figure(path, value, &words::bytes(value))
}
