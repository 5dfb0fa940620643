//! How long jobs waited in the queue: committed to acquired.
//!
//! ```text
//! ┌ queue wait (last 10s) ───────────────────┐
//! │p50 1.8ms  p90 4ms  p99 31ms  max 0.4s    │
//! │   ▂▅█▇▄▂▁            ▁                   │
//! │128us    1ms     8ms     64ms     512ms   │
//! ```

use loadgen::snapshot::{Latency, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::canvas::Mark;
use super::chart::{self, Series, Shape, chart};
use super::paint::{Segment, fit, put};
use super::{format, period};
use crate::theme::{Role, Theme};

/// The first and the last bucket that are always shown, so that the axis keeps still: 128 µs and 1 s.
const BUCKETS_SHOWN: (usize, usize) = (7, 20);
/// From this bucket on, about a second, a wait is worth a colour.
const SLOW: usize = 20;

/// The percentiles in words.
pub(super) fn figures<'a>(latency: &Latency, theme: &Theme, width: u16) -> Line<'a> {
    let mut segments = Vec::new();
    for (rank, name, us) in [
        (1, "p50", latency.p50_us),
        (3, "p90", latency.p90_us),
        (0, "p99", latency.p99_us),
        (2, "max", latency.max_us),
    ] {
        let value = if latency.count == 0 { theme.glyphs.none.to_owned() } else { format::micros(us) };
        let role = if us >= 1 << SLOW { Role::Warning } else { Role::Text };
        segments.push(Segment::new(
            rank,
            vec![
                Span::styled(format!("{name} "), theme.style(Role::Dim)),
                Span::styled(value, theme.style(role)),
            ],
        ));
    }
    fit(segments, "  ", width, theme)
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let latency = period::queue_wait(snapshot);
    put(buffer, area, 0, &figures(latency, theme, area.width));
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    histogram(latency, theme, plot, buffer);
}

pub(super) fn histogram(latency: &Latency, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.height < 2 || area.width < 8 {
        return;
    }
    let used = |bucket: &usize| latency.buckets[*bucket] > 0;
    let first = (0..latency.buckets.len()).find(used).unwrap_or(BUCKETS_SHOWN.0).min(BUCKETS_SHOWN.0);
    let last = (0..latency.buckets.len()).rfind(used).unwrap_or(BUCKETS_SHOWN.1).max(BUCKETS_SHOWN.1);
    let most = latency.buckets.iter().copied().max().unwrap_or(0).max(1);
    let count = last - first + 1;
    // Equal bars, or their areas would lie; what is left over stays free at the right.
    let column = usize::from(area.width) / count;
    if column == 0 {
        return;
    }
    let left = |bucket: usize| (bucket - first) * column;
    let parts = theme.glyphs.upward;
    let rows = usize::from(area.height - 1);
    let mut labelled = 0;
    for bucket in first..=last {
        let jobs = latency.buckets.get(bucket).copied().unwrap_or(0);
        let (from, to) = (left(bucket), left(bucket + 1));
        // Wide bars are kept apart.
        let to = if to - from >= 3 { to - 1 } else { to };
        let exact = jobs as f64 / most as f64 * (rows * parts.len()) as f64;
        // A single slow job among thousands must be seen.
        let filled = if jobs > 0 { (exact.round() as usize).max(1) } else { 0 };
        let style = theme.style(if bucket >= SLOW { Role::Warning } else { Role::Latency });
        for row in 0..filled.div_ceil(parts.len()) {
            let part = parts[(filled - row * parts.len()).min(parts.len()) - 1];
            let y = area.bottom() - 2 - row as u16;
            for x in from..to {
                buffer.set_string(area.x + x as u16, y, part, style);
            }
        }
        let label = label(bucket);
        if from >= labelled && from + label.len() <= usize::from(area.width) {
            let style = theme.style(Role::Dim);
            buffer.set_string(area.x + from as u16, area.bottom() - 1, &label, style);
            labelled = from + label.len() + 2;
        }
    }
}

/// Where a bucket begins, as powers of two read best: `128us`, `1ms`, `64ms`, `1s`.
pub(super) fn label(bucket: usize) -> String {
    match bucket {
        0..10 => format!("{}us", 1_u32 << bucket),
        10..20 => format!("{}ms", 1_u32 << (bucket - 10)),
        _ => format!("{}s", 1_u64 << (bucket - 20).min(40)),
    }
}

/// Median and 99th percentile over time.
pub(super) fn draw_over_time(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let [line, fill, _] = theme.glyphs.legend;
    let legend = Line::from(vec![
        Span::styled(format!("{line} "), theme.style(Role::Warning)),
        Span::styled("p99  ", theme.style(Role::Dim)),
        Span::styled(format!("{fill} "), theme.style(Role::Latency)),
        Span::styled("p50", theme.style(Role::Dim)),
    ]);
    put(buffer, area, 0, &legend);
    let series = [
        Series {
            value: |second| second.queue_wait_p50_us as f64,
            shape: Shape::Area,
            mark: Mark { role: Role::Latency, ascii: fill },
        },
        Series {
            value: |second| second.queue_wait_p99_us as f64,
            shape: Shape::Line,
            mark: Mark { role: Role::Warning, ascii: line },
        },
    ];
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    chart(buffer, plot, &snapshot.seconds, &series, chart::micros, theme);
}
