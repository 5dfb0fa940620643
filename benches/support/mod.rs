//! What the measurements share: a table of figures with their goals and the original's.

#[path = "../../loadgen/benches/support/figures.rs"]
pub(crate) mod figures;
#[path = "../../loadgen/benches/support/options.rs"]
pub(crate) mod options;

use figures::{median, print_table, verdict};

/// A figure, taken several times.
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// One value for each round.
    pub(crate) values: Vec<f64>,
    pub(crate) unit: Unit,
    /// At most so much.
    pub(crate) goal: Option<f64>,
    /// What the original takes for the same, where it was measured.
    pub(crate) original: Option<f64>,
}

/// What a figure counts.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Nanoseconds,
    Seconds,
    Bytes,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Nanoseconds if value >= 1e6 => format!("{:.1} ms", value / 1e6),
            Self::Nanoseconds if value >= 1e4 => format!("{:.0} µs", value / 1e3),
            Self::Nanoseconds if value >= 1e3 => format!("{:.2} µs", value / 1e3),
            Self::Nanoseconds => format!("{value:.0} ns"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Bytes => format!("{value:.0} B"),
        }
    }
}

/// Prints the figures: the median of each, its spread, its goal, and the original's.
pub(crate) fn print(title: &str, figures: &[Figure]) {
    let mut lines = vec![["median", "lowest", "highest", "goal", "", "original"].map(str::to_owned).to_vec()];
    lines[0].insert(0, title.to_owned());
    for figure in figures {
        let show = |value| figure.unit.show(value);
        let end = |of: fn(f64, f64) -> f64, from| figure.values.iter().copied().fold(from, of);
        let middle = median(&figure.values);
        lines.push(vec![
            figure.what.clone(),
            show(middle),
            show(end(f64::min, f64::INFINITY)),
            show(end(f64::max, 0.0)),
            figure.goal.map_or_else(String::new, |goal| format!("≤ {}", show(goal))),
            figure.goal.map_or("", |goal| verdict(middle <= goal)).to_owned(),
            figure.original.map_or_else(String::new, show),
        ]);
    }
    print_table(&lines);
    println!();
}
