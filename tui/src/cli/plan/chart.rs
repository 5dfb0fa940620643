//! The answers of a grid side by side, as bars of plain characters: `=` up to what holds (or is needed at
//! least), `-` on to what fails.

use std::fmt::Write as _;

use loadgen::capacity::{Findings, Goal, Tally};

/// Columns that labels take at most.
const LABEL_MAX: usize = 30;
/// Columns that a bar has at least.
const BAR_MIN: usize = 10;

/// The chart, a line for each cell.
pub(super) fn chart(found: &Findings, width: usize) -> String {
    let bars: Vec<(String, Option<f64>, Option<f64>)> = found
        .cells
        .iter()
        .map(|cell| {
            let label: Vec<&str> = cell.settings.iter().map(|setting| setting.value.as_str()).collect();
            let level = |tally: Option<Tally>| tally.map(|tally| tally.level);
            (label.join(" "), level(cell.answer.holds), level(cell.answer.fails))
        })
        .collect();
    let longest = bars.iter().map(|(label, ..)| label.chars().count()).max().unwrap_or(0);
    let figures: Vec<String> = bars
        .iter()
        .map(|(_, holds, _)| holds.map_or_else(|| "none".to_owned(), |holds| found.find.show(holds)))
        .collect();
    let figure = figures.iter().map(|figure| figure.chars().count()).max().unwrap_or(0);
    // Two bars and two blanks.
    let label = longest.min(LABEL_MAX).min(width.saturating_sub(figure + BAR_MIN + 4));
    let room = width.saturating_sub(label + figure + 4).max(BAR_MIN);
    let most = bars.iter().flat_map(|(_, holds, fails)| [*holds, *fails]).flatten().fold(0.0, f64::max);
    let cells = |level: f64| if most > 0.0 { (level / most * room as f64).round() as usize } else { 0 };
    let mut text = match found.find {
        Goal::MaxRate => "= holds, - may hold\n",
        Goal::MinWorkers => "= too few, - may do, up to the workers that hold\n",
    }
    .to_owned();
    for ((name, holds, fails), figure) in bars.into_iter().zip(figures) {
        let (sure, open) = match found.find {
            Goal::MaxRate => (holds.map_or(0, cells), fails.or(holds).map_or(0, cells)),
            Goal::MinWorkers => (fails.map_or(0, cells), holds.map_or(0, cells).max(fails.map_or(0, cells))),
        };
        let bar = format!("{}{}", "=".repeat(sure), "-".repeat(open.saturating_sub(sure)));
        let name: String = name.chars().take(label).collect();
        let _ = writeln!(text, "{name:<label$} |{bar:<room$}| {figure}");
    }
    text
}
