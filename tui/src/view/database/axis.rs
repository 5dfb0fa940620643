//! The seconds of a run as columns: the same for every row, so that what happened together stands together.

use loadgen::snapshot::{DatabaseSample, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::theme::{Role, Theme};

/// So many seconds back the axis goes at most: as far as the samples of a snapshot do.
const SECONDS_MAX: u64 = 300;
/// How many seconds a column may stand for.
const STEPS: [u64; 7] = [1, 2, 5, 10, 20, 60, 300];

/// Columns of time, the newest at the right end once they are all taken.
pub(super) struct Axis<'a> {
    /// Seconds in a column. Columns begin at multiples of it, so that what is in one stays in it.
    per_column: u64,
    columns: Vec<Column<'a>>,
}

/// One column.
#[derive(Default)]
pub(super) struct Column<'a> {
    /// Its first second.
    second: u64,
    /// What was seen in it; nothing when the database did not answer.
    pub(super) samples: Vec<&'a DatabaseSample>,
    /// Whether a fault was at work in it.
    pub(super) is_faulty: bool,
}

impl<'a> Axis<'a> {
    /// The run's last seconds in `width` columns at most; no columns as long as nothing was seen.
    pub(super) fn new(snapshot: &'a Snapshot, width: u16) -> Self {
        let width = u64::from(width.max(1));
        let samples = &snapshot.database_samples;
        let Some(newest) = newest(snapshot) else { return Self { per_column: 1, columns: Vec::new() } };
        let oldest = newest.saturating_sub(SECONDS_MAX - 1);
        let holds = |step: u64| newest / step - oldest / step < width;
        let per_column = STEPS.into_iter().find(|step| holds(*step)).unwrap_or(SECONDS_MAX);
        let first = (oldest / per_column).max((newest / per_column + 1).saturating_sub(width));
        let mut columns: Vec<Column<'_>> = (first..=newest / per_column)
            .map(|column| Column { second: column * per_column, ..Column::default() })
            .collect();
        let place = |second: u64| usize::try_from((second / per_column).checked_sub(first)?).ok();
        for sample in samples.iter() {
            if let Some(column) = place(sample.second).and_then(|place| columns.get_mut(place)) {
                column.samples.push(sample);
            }
        }
        for second in snapshot.seconds.iter().filter(|second| !second.faults.is_empty()) {
            if let Some(column) = place(second.second).and_then(|place| columns.get_mut(place)) {
                column.is_faulty = true;
            }
        }
        Self { per_column, columns }
    }

    pub(super) fn columns(&self) -> &[Column<'a>] {
        &self.columns
    }

    /// Whether the database did not answer at some time.
    pub(super) fn has_gap(&self) -> bool {
        self.columns.iter().any(|column| column.samples.is_empty())
    }

    /// Whether a fault was at work at some time.
    pub(super) fn has_fault(&self) -> bool {
        self.columns.iter().any(|column| column.is_faulty)
    }

    /// Writes the seconds into a line that begins where the columns do; those with a fault are marked.
    pub(super) fn draw(&self, theme: &Theme, line: Rect, buffer: &mut Buffer) {
        let mut free_from = 0;
        for (index, column) in self.columns.iter().enumerate().take(usize::from(line.width)) {
            let x = line.x + index as u16;
            if column.is_faulty {
                buffer.set_string(x, line.y, theme.glyphs.band, theme.style(Role::FaultBand));
            }
            let label = format!("{}s", column.second);
            let covered = self.columns.iter().skip(index).take(label.len() + 1);
            let fits = index + label.len() <= usize::from(line.width)
                && covered.into_iter().all(|column| !column.is_faulty);
            if column.second.is_multiple_of(self.per_column * 10) && index >= free_from && fits {
                buffer.set_string(x, line.y, &label, theme.style(Role::Dim));
                free_from = index + label.len() + 1;
            }
        }
    }
}

/// The newest second that should have been seen. A look comes a little after its second, and isn't missed before
/// the next.
fn newest(snapshot: &Snapshot) -> Option<u64> {
    let seen = snapshot.database_samples.last()?.second;
    let passed = snapshot.seconds.last().map_or(0, |second| second.second);
    Some(if passed > seen + 1 { passed } else { seen })
}
