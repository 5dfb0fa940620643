//! Two runs, or two sets of runs, side by side: how far apart they are, and whether chance alone would do that.
//!
//! Where each side is one run, its seconds are all that speaks of chance, and neighbouring seconds resemble each
//! other: they are resampled in blocks (`blocks`), never one by one. Where a side has several runs, the
//! spread between runs counts and nothing else (`between`). Several figures are compared at once, so that
//! probabilities are adjusted (Holm). Runs that differ in what was asked for are told apart first
//! ([`Unlikeness`]).
//!
//! It says what can be said of these runs on this machine. Two runs, however long, know nothing of how runs
//! differ from one another; what is written beside the result says so.

mod between;
mod blocks;
mod figures;
mod likeness;
mod seconds;
mod source;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod text;

use serde::Serialize;

use crate::assert::Unit;
use crate::report::Report;

pub use likeness::{Unlikeness, UnlikenessError, Varying};
pub use source::SourceError;
pub use text::text;

/// The version of the JSON form's keys.
pub const SCHEMA_VERSION: u32 = 1;
/// Decides the draws of a comparison unless another seed is named.
pub const SEED: u64 = 1;
/// From this probability on, a difference is called chance.
const SIGNIFICANT: f64 = 0.05;

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Where its runs come from, as it was asked for.
    pub source: String,
    /// Its runs, at least one.
    pub runs: Vec<Report>,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The first side, which the second is measured by.
    pub a: SideFacts,
    /// The second.
    pub b: SideFacts,
    /// In what the runs are unlike.
    pub unlike: Vec<Unlikeness>,
    /// Which runs were changed by hand while they went on, so that they are not those of their scenarios.
    pub by_hand: Vec<String>,
    /// Where the intervals come from.
    pub method: Method,
    /// The result in plain words, the weightiest first.
    pub conclusion: Vec<String>,
    /// Every figure.
    pub figures: Vec<Row>,
    /// How far all this can be trusted.
    pub remarks: Vec<String>,
}

/// What one side consisted of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideFacts {
    /// Where it came from.
    pub source: String,
    /// The runs' ids.
    pub runs: Vec<uuid::Uuid>,
    /// Seconds measured, all runs together.
    pub measured_seconds: f64,
    /// Over how many seconds the queue waits of its only run hang together; none for several runs.
    pub memory_seconds: Option<f64>,
}

/// Where the intervals come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The seconds of one run on each side, resampled in blocks.
    Blocks,
    /// The spread between the runs of each side.
    BetweenRuns,
    /// The spread between the runs of the side that has several, taken for both.
    OneSidedBetweenRuns,
}

/// One figure on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is, in words.
    pub title: &'static str,
    /// Where it comes from in the report.
    pub path: &'static str,
    /// What it counts.
    #[serde(skip)]
    pub unit: Unit,
    /// The first side's; a geometric mean over several runs, or an arithmetic one where a zero is among them.
    pub a: Option<f64>,
    /// The second side's.
    pub b: Option<f64>,
    /// How far apart they are; none where that cannot be said.
    pub effect: Option<Effect>,
    /// What that means.
    pub verdict: Verdict,
    #[serde(skip)]
    words: figures::Words,
}

/// How far apart two sides are, seen from the first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Effect {
    /// The second as a multiple of the first; none where one of them is zero.
    pub ratio: Option<Interval>,
    /// The second less the first.
    pub difference: Interval,
    /// How probable so large a difference is where there is none.
    pub p: f64,
    /// The same, adjusted for the number of figures compared (Holm).
    pub p_adjusted: f64,
}

/// A value and the bounds that hold it with 95 % confidence, for this figure alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// What was measured.
    pub value: f64,
    /// At least this.
    pub low: f64,
    /// At most this.
    pub high: f64,
}

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The second is higher, and chance doesn't explain it.
    Higher,
    /// The second is lower, and chance doesn't explain it.
    Lower,
    /// Chance explains it.
    NotShown,
    /// There is too little to say anything.
    Unknown,
}

/// Compares two sides. Draws, where there are any, follow from `seed`.
#[must_use]
pub fn compare(a: &Side, b: &Side, unlike: Vec<Unlikeness>, seed: u64) -> Comparison {
    let method = match (a.runs.len(), b.runs.len()) {
        (..=1, ..=1) => Method::Blocks,
        (..=1, _) | (_, ..=1) => Method::OneSidedBetweenRuns,
        _ => Method::BetweenRuns,
    };
    let mut figures: Vec<Row> = figures::ALL
        .iter()
        .enumerate()
        .map(|(index, figure)| match (method, a.runs.first(), b.runs.first()) {
            (Method::Blocks, Some(a), Some(b)) => blocks::row(figure, a, b, seed.wrapping_add(index as u64)),
            _ => between::row(figure, &a.runs, &b.runs),
        })
        .collect();
    adjust(&mut figures);
    let facts = |side: &Side| SideFacts {
        source: side.source.clone(),
        runs: side.runs.iter().map(|run| run.run.id).collect(),
        measured_seconds: side.runs.iter().map(|run| run.run.measured_seconds).sum(),
        memory_seconds: match side.runs.as_slice() {
            [run] if method == Method::Blocks => blocks::memory(run),
            _ => None,
        },
    };
    let mut comparison = Comparison {
        schema_version: SCHEMA_VERSION,
        a: facts(a),
        b: facts(b),
        unlike,
        by_hand: [(a, "A"), (b, "B")].into_iter().flat_map(|(side, name)| by_hand(side, name)).collect(),
        method,
        conclusion: Vec::new(),
        figures,
        remarks: Vec::new(),
    };
    comparison.conclusion = text::conclusion(&comparison);
    comparison.remarks = text::remarks(&comparison);
    comparison
}

/// The runs of a side that were changed by hand.
fn by_hand(side: &Side, name: &str) -> impl Iterator<Item = String> {
    let count = side.runs.len();
    (1..).zip(&side.runs).filter_map(move |(number, run)| {
        let which = if count > 1 { format!("run {number} of {name}") } else { name.to_owned() };
        run.changed_by_hand().map(|changes| format!("{which} was changed while it ran: {changes}"))
    })
}

/// Adjusts the probabilities by Holm's method, and judges.
fn adjust(rows: &mut [Row]) {
    let mut order: Vec<usize> = (0..rows.len()).filter(|index| rows[*index].effect.is_some()).collect();
    let p = |rows: &[Row], index: usize| rows[index].effect.map_or(1.0, |effect| effect.p);
    order.sort_by(|one, other| p(rows, *one).total_cmp(&p(rows, *other)));
    let mut least = 0.0_f64;
    for (rank, index) in order.iter().enumerate() {
        let left = (order.len() - rank) as f64;
        least = least.max((p(rows, *index) * left).min(1.0));
        if let Some(effect) = &mut rows[*index].effect {
            effect.p_adjusted = least;
        }
    }
    for row in rows {
        row.verdict = match row.effect {
            None => Verdict::Unknown,
            Some(effect) if effect.p_adjusted >= SIGNIFICANT => Verdict::NotShown,
            Some(effect) if effect.difference.value > 0.0 => Verdict::Higher,
            Some(effect) if effect.difference.value < 0.0 => Verdict::Lower,
            Some(_) => Verdict::NotShown,
        };
    }
}
