//! The time axis that all charts over time share: seconds in columns, phases of the run, fault bands.
//!
//! A run of up to [`COLUMNS_MAX`] seconds has a column for each. Of a longer one each column stands for some
//! seconds: counts are summed, and of a line the least and the greatest second of each column are drawn where
//! they were, so that no spike is averaged away. The size of a chart is bounded however long the run.

use std::collections::BTreeMap;

use super::super::Report;

/// The most columns that a chart has.
pub(super) const COLUMNS_MAX: u64 = 360;
/// Charts are so wide in their own units; the browser stretches them.
pub(super) const WIDTH: f64 = 1_000.0;

/// Seconds as places from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeAxis {
    /// Whole seconds that it covers, at least one.
    pub(super) seconds: u64,
    /// Seconds in a column.
    pub(super) column: u64,
    /// When the warm-up was over.
    pub(super) warmup: f64,
    /// When the posters were done, or the run.
    pub(super) posters: f64,
    /// When which fault was at work, by name.
    pub(super) faults: BTreeMap<String, Vec<Span>>,
}

/// A stretch of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first second.
    pub(super) from: u64,
    /// The second after its last.
    pub(super) to: u64,
}

impl TimeAxis {
    /// The axis of a report's timeline.
    pub(super) fn of(report: &Report) -> Self {
        let seconds =
            report.timeline.iter().map(|second| second.second).max().map_or(1, |last| last.saturating_add(1));
        let column = seconds.div_ceil(COLUMNS_MAX);
        let end = seconds as f64;
        let mut faults: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for second in &report.timeline {
            // Neighbours that no column could show apart are one.
            let from = second.second;
            let to = from.saturating_add(1).checked_next_multiple_of(column).unwrap_or(seconds).min(seconds);
            for name in &second.faults {
                let spans = faults.entry(name.clone()).or_default();
                match spans.last_mut() {
                    Some(last) if last.to >= from => last.to = last.to.max(to),
                    _ => spans.push(Span { from, to }),
                }
            }
        }
        Self {
            seconds,
            column,
            warmup: report.run.warmup_seconds.clamp(0.0, end),
            posters: report.scenario.duration.as_secs_f64().clamp(0.0, end),
            faults,
        }
    }

    /// How many columns there are.
    pub(super) fn columns(&self) -> usize {
        self.seconds.div_ceil(self.column) as usize
    }

    /// The column of a second.
    pub(super) fn column_of(&self, second: u64) -> usize {
        (second / self.column) as usize
    }

    /// The place of a moment, from 0 to [`WIDTH`].
    pub(super) fn x(&self, seconds: f64) -> f64 {
        seconds / self.seconds as f64 * WIDTH
    }

    /// The place of a moment as a share of the whole width.
    pub(super) fn percent(&self, seconds: f64) -> f64 {
        seconds / self.seconds as f64 * 100.0
    }

    /// Marks below the axis, about five of them, at round times.
    pub(super) fn ticks(&self) -> Vec<u64> {
        const STEPS: [u64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200];
        let step = STEPS.into_iter().find(|step| self.seconds / step <= 6);
        let step = step.unwrap_or_else(|| (self.seconds / 6).next_multiple_of(3_600).max(1));
        (0..=self.seconds / step).map(|index| index * step).collect()
    }

    /// A line's points without the gaps between them, which no line crosses.
    pub(super) fn stretches<'p>(&self, points: &'p [(u64, f64)]) -> impl Iterator<Item = &'p [(u64, f64)]> {
        let column = self.column;
        points.chunk_by(move |a, b| b.0.saturating_sub(a.0) < 2 * column)
    }

    /// A line's points, in order: all of them, or of each column the least and the greatest.
    pub(super) fn thinned(&self, points: impl IntoIterator<Item = (u64, f64)>) -> Vec<(u64, f64)> {
        if self.column == 1 {
            return points.into_iter().collect();
        }
        let mut columns: BTreeMap<u64, [(u64, f64); 2]> = BTreeMap::new();
        for point in points {
            let [least, greatest] = columns.entry(point.0 / self.column).or_insert([point; 2]);
            if point.1 < least.1 {
                *least = point;
            }
            if point.1 > greatest.1 {
                *greatest = point;
            }
        }
        let mut thinned = Vec::with_capacity(columns.len() * 2);
        for [least, greatest] in columns.into_values() {
            thinned.push(if least.0 <= greatest.0 { least } else { greatest });
            if least.0 != greatest.0 {
                thinned.push(if least.0 <= greatest.0 { greatest } else { least });
            }
        }
        thinned
    }
}

/// A moment of the run on a clock that begins with it, such as `1:05` or `1:00:00`.
pub(super) fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::super::super::TimelineSecond;
    use super::super::super::tests::fixed;
    use super::*;

    fn lasting(seconds: u64, faults: impl Fn(u64) -> Vec<String>) -> TimeAxis {
        let mut report = fixed();
        report.timeline = (0..seconds)
            .map(|second| TimelineSecond { second, faults: faults(second), ..TimelineSecond::default() })
            .collect();
        TimeAxis::of(&report)
    }

    #[test]
    fn a_short_run_has_a_column_for_each_second() {
        let axis = lasting(60, |_| Vec::new());
        assert_eq!((axis.column, axis.columns()), (1, 60));
        assert_eq!(axis.ticks(), [0, 10, 20, 30, 40, 50, 60]);
        let points: Vec<_> = (0..60).map(|second| (second, second as f64)).collect();
        assert_eq!(axis.thinned(points.clone()), points);
    }

    #[test]
    fn a_long_run_keeps_the_least_and_the_greatest_second_of_each_column() {
        let axis = lasting(3_600, |_| Vec::new());
        assert_eq!((axis.column, axis.columns()), (10, 360));
        let value = |second: u64| match second {
            1_234 => 9_000.0,
            1_236 => 0.0,
            _ => 100.0,
        };
        let thinned = axis.thinned((0..3_600).map(|second| (second, value(second))));
        assert!(thinned.len() <= 720, "{}", thinned.len());
        assert!(thinned.is_sorted_by_key(|(second, _)| *second));
        let spike = thinned.iter().position(|point| *point == (1_234, 9_000.0));
        let dip = thinned.iter().position(|point| *point == (1_236, 0.0));
        assert!(spike.is_some() && spike < dip, "{spike:?} {dip:?}");
    }

    #[test]
    fn no_line_crosses_a_gap() {
        let points = [(0, 1.0), (1, 1.0), (3, 1.0), (4, 2.0)];
        let short = lasting(5, |_| Vec::new());
        assert_eq!(short.stretches(&points).collect::<Vec<_>>(), [&points[..2], &points[2..]]);
        // Two columns of ten seconds, whatever seconds of them were drawn.
        let long = lasting(3_600, |_| Vec::new());
        assert_eq!(long.stretches(&[(0, 1.0), (19, 1.0), (40, 1.0)]).count(), 2);
    }

    #[test]
    fn seconds_with_the_same_fault_are_one_band() {
        let names = |second: u64| {
            let mut names = Vec::new();
            if (3..6).contains(&second) || second == 8 {
                names.push("drop_notifications".to_owned());
            }
            if second == 5 {
                names.push("kill_listener".to_owned());
            }
            names
        };
        let axis = lasting(10, names);
        assert_eq!(axis.faults["drop_notifications"], [Span { from: 3, to: 6 }, Span { from: 8, to: 9 }]);
        assert_eq!(axis.faults["kill_listener"], [Span { from: 5, to: 6 }]);
    }

    #[test]
    fn bands_stay_few_however_often_a_fault_returns() {
        let flapping = |second: u64| second.is_multiple_of(2).then(|| "kill_listener".to_owned());
        let axis = lasting(86_400, |second| flapping(second).into_iter().collect());
        assert!(axis.faults["kill_listener"].len() <= axis.columns());
        assert!(axis.ticks().len() <= 8, "{:?}", axis.ticks());
    }

    #[test]
    fn an_empty_timeline_is_an_axis_of_one_second() {
        let axis = lasting(0, |_| Vec::new());
        assert_eq!((axis.seconds, axis.columns()), (1, 1));
        assert_eq!(axis.ticks(), [0, 1]);
    }

    #[test]
    fn moments_read_as_a_clock() {
        assert_eq!([0, 65, 3_600, 86_399].map(clock), ["0:00", "1:05", "1:00:00", "23:59:59"]);
    }
}
