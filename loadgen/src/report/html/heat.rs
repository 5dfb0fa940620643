//! Queue wait over time as a heat map: a column for each stretch of time, a row for each doubling of the wait,
//! darker where more jobs lie, with the median and the 99th percentile of each second drawn over it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::Report;
use super::super::summary::words::{count, latency};
use super::axis::{TimeAxis, clock};
use super::chart::{Frame, HEIGHT, Key, coordinate, path};
use super::stack::background;

/// Shades from few jobs to many.
const SHADES: [&str; 5] = ["heat-1", "heat-2", "heat-3", "heat-4", "heat-5"];
/// A map of fewer rows would blow differences up that don't matter.
const ROWS_MIN: usize = 8;

/// Jobs by column, then by doubling of their queue wait.
struct Map {
    cells: BTreeMap<(usize, usize), u64>,
    /// The lowest row shown.
    low: usize,
    /// The row after the highest.
    high: usize,
    most: u64,
}

/// The chart.
pub(super) fn chart(report: &Report, axis: &TimeAxis) -> Markup {
    let map = Map::of(report, axis);
    let mut legend: Vec<Key> =
        map.shades().into_iter().map(|(class, words)| Key::filled(class, words)).collect();
    legend.push(Key::line("p50", "p50"));
    legend.push(Key::line("p99", "p99"));
    let column = match axis.column {
        1 => "each second".to_owned(),
        seconds => format!("every {seconds} seconds"),
    };
    let frame = Frame {
        slug: "waits",
        title: &format!("Queue wait of the jobs acquired, {column}"),
        description: map.description(report),
        legend,
        scale: map.scale(),
        size: "high",
    };
    let percentile = |value: fn(&super::super::TimelineSecond) -> u64| {
        let known =
            report.timeline.iter().map(|second| (second.second, value(second))).filter(|point| point.1 > 0);
        let points = axis.thinned(known.map(|(second, us)| (second, us as f64)));
        let place = |(second, us): &(u64, f64)| (axis.x(*second as f64 + 0.5), map.y(*us));
        axis.stretches(&points).map(|stretch| path(stretch.iter().map(place))).collect::<String>()
    };
    frame.around(&html! {
        (background(axis))
        @for (class, path) in SHADES.iter().zip(map.paths(axis)) {
            @if !path.is_empty() { path.(class) d=(path) {} }
        }
        path.line.p50 d=(percentile(|second| second.queue_wait_p50_us)) {}
        path.line.p99 d=(percentile(|second| second.queue_wait_p99_us)) {}
    })
}

impl Map {
    fn of(report: &Report, axis: &TimeAxis) -> Self {
        let mut cells = BTreeMap::new();
        for second in &report.timeline {
            for (row, jobs) in second.queue_wait_log2.iter().enumerate().filter(|(_, jobs)| **jobs > 0) {
                *cells.entry((axis.column_of(second.second), row)).or_default() += jobs;
            }
        }
        let rows = || cells.keys().map(|(_, row)| *row);
        let low = rows().min().unwrap_or(0);
        let high = rows().max().map_or(0, |row| row + 1).max(low + ROWS_MIN);
        Self { low, high, most: cells.values().copied().max().unwrap_or(0), cells }
    }

    /// The shade of a cell: counts on a logarithmic scale, since a single late job is to be seen beside many.
    fn shade(&self, jobs: u64) -> usize {
        let share = (jobs as f64).ln_1p() / (self.most as f64).ln_1p();
        ((share * SHADES.len() as f64).ceil() as usize).clamp(1, SHADES.len()) - 1
    }

    /// Each shade with the counts that it stands for.
    fn shades(&self) -> Vec<(&'static str, String)> {
        let mut shades = Vec::new();
        let mut least = 1;
        while least <= self.most {
            let shade = self.shade(least);
            let power = (shade + 1) as f64 / SHADES.len() as f64;
            let mut greatest = ((self.most as f64).ln_1p() * power).exp_m1() as u64;
            // Rounding may put the edge into the next shade, or stop short of it.
            while greatest < self.most && self.shade(greatest + 1) == shade {
                greatest += 1;
            }
            while greatest > least && self.shade(greatest) != shade {
                greatest -= 1;
            }
            let greatest = greatest.clamp(least, self.most);
            let words = if least == greatest {
                count(least)
            } else {
                format!("{}–{}", count(least), count(greatest))
            };
            let unit = match (greatest == self.most, greatest) {
                (true, 1) => " job",
                (true, _) => " jobs",
                _ => "",
            };
            shades.push((SHADES[shade], format!("{words}{unit}")));
            least = greatest + 1;
        }
        shades
    }

    /// One path for each shade; cells of one shade beside each other are one piece.
    fn paths(&self, axis: &TimeAxis) -> [String; SHADES.len()] {
        let mut paths = [const { String::new() }; SHADES.len()];
        let height = HEIGHT / (self.high - self.low) as f64;
        let mut pieces: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
        for row in self.low..self.high {
            let mut piece: Option<(usize, usize, usize)> = None;
            for column in 0..=axis.columns() {
                let shade = self.cells.get(&(column, row)).map(|jobs| self.shade(*jobs));
                if let Some((from, _, known)) = piece
                    && shade != Some(known)
                {
                    pieces.insert((row, from), (column, known));
                    piece = None;
                }
                if let Some(shade) = shade {
                    piece = piece.or(Some((column, column, shade)));
                }
            }
        }
        for ((row, from), (to, shade)) in pieces {
            let x = |column: usize| axis.x((column as u64 * axis.column).min(axis.seconds) as f64);
            let top = (self.high - 1 - row) as f64 * height;
            let _ = write!(
                paths[shade],
                "M{} {}h{}v{}h-{}z",
                coordinate(x(from)),
                coordinate(top),
                coordinate(x(to) - x(from)),
                coordinate(height),
                coordinate(x(to) - x(from)),
            );
        }
        paths
    }

    fn share(&self, us: f64) -> f64 {
        let doublings = us.max(1.0).log2();
        1.0 - (doublings - self.low as f64) / (self.high - self.low) as f64
    }

    fn y(&self, us: f64) -> f64 {
        (self.share(us) * HEIGHT).clamp(0.0, HEIGHT)
    }

    /// Powers of ten, where they are shown.
    fn scale(&self) -> Vec<(f64, String)> {
        let powers = (0..=9).map(|power| 10u64.pow(power));
        let shown =
            powers.map(|us| (self.share(us as f64), us)).filter(|(share, _)| (0.0..=1.0).contains(share));
        shown.map(|(share, us)| (share, round_latency(us))).collect()
    }

    fn description(&self, report: &Report) -> String {
        let highest = report.timeline.iter().max_by_key(|second| second.queue_wait_p99_us);
        match highest.filter(|second| second.queue_wait_p99_us > 0) {
            Some(second) => format!(
                "Waits lie between {} and {}. The 99th percentile is highest at {}, with {}.",
                latency(1 << self.low),
                latency(1 << self.high),
                clock(second.second),
                latency(second.queue_wait_p99_us)
            ),
            None => "No job was acquired.".to_owned(),
        }
    }
}

/// A power of ten in microseconds without digits that say nothing.
pub(super) fn round_latency(us: u64) -> String {
    match us {
        ..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{} s", us / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::TimelineSecond;
    use super::super::super::tests::fixed;
    use super::*;

    fn map_of(waits: &[&[u64]]) -> (Map, TimeAxis) {
        let mut report = fixed();
        report.timeline = (0..)
            .zip(waits)
            .map(|(second, waits)| TimelineSecond {
                second,
                queue_wait_log2: waits.to_vec(),
                ..TimelineSecond::default()
            })
            .collect();
        let axis = TimeAxis::of(&report);
        (Map::of(&report, &axis), axis)
    }

    #[test]
    fn every_count_has_one_shade_and_the_legend_names_them_all() {
        for most in [1, 2, 3, 7, 100, 12_345] {
            let (map, _) = map_of(&[&[most]]);
            let shades = map.shades();
            let first = shades.first().map(|(_, words)| words.clone());
            assert!(first.as_ref().is_some_and(|words| words.starts_with('1')), "{most}: {first:?}");
            let last = shades.last().map(|(_, words)| words.clone());
            assert!(last.as_ref().is_some_and(|words| words.contains(&count(most))), "{most}: {last:?}");
            assert!((1..=most).map(|jobs| map.shade(jobs)).is_sorted(), "{most}");
        }
    }

    #[test]
    fn neighbours_of_one_shade_are_one_piece() {
        let (map, axis) = map_of(&[&[0, 9], &[0, 9], &[0, 0], &[0, 9, 1]]);
        assert_eq!((map.low, map.high, map.most), (1, 9, 9));
        let paths = map.paths(&axis);
        assert_eq!(paths[4].matches('M').count(), 2, "{}", paths[4]);
        assert!(paths[4].starts_with("M0 87.5h500v12.5h-500z"), "{}", paths[4]);
        assert_eq!(paths.iter().map(|path| path.matches('M').count()).sum::<usize>(), 3);
    }

    #[test]
    fn a_scale_has_powers_of_ten() {
        let (map, _) = map_of(&[&[0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]);
        let words: Vec<_> = map.scale().into_iter().map(|(_, words)| words).collect();
        assert_eq!(words, ["1 ms", "10 ms", "100 ms", "1 s"]);
    }

    #[test]
    fn nothing_is_a_map_without_cells() {
        let (map, axis) = map_of(&[]);
        assert!(map.paths(&axis).iter().all(String::is_empty) && map.shades().is_empty());
    }
}
