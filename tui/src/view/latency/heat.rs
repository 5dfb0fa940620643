//! Queue waits over time: a column for each second, a row for each doubling, the share of the second's jobs by tone.

use loadgen::snapshot::{Second, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::paint::put;
use super::super::queue_wait;
use crate::theme::{Role, Theme};

/// The first and the last bucket that are always shown, so that the axis keeps still: 256 µs and 1 s.
const BUCKETS_SHOWN: (usize, usize) = (8, 20);
/// The columns of the scale.
const SCALE: u16 = 7;

/// How to read the tones, in at most `room` columns.
pub(super) fn note(theme: &Theme, room: usize) -> String {
    let [least, .., most] = theme.glyphs.tones;
    let lead = theme.glyphs.separator.trim_start();
    let tries = [
        format!("{lead}each second's jobs, {least} few to {most} most"),
        format!("{lead}few {least} to {most} most"),
    ];
    tries.into_iter().find(|note| note.chars().count() <= room).unwrap_or_default()
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.width <= SCALE || area.height < 2 {
        return;
    }
    let columns = usize::from(area.width - SCALE);
    let seconds = &snapshot.seconds[snapshot.seconds.len().saturating_sub(columns)..];
    if seconds.iter().all(|second| second.queue_wait_log2.is_empty()) {
        return put(buffer, area, 0, &Line::styled(" no job was acquired yet", theme.style(Role::Dim)));
    }
    let highest = seconds.iter().map(|second| second.queue_wait_log2.len()).max().unwrap_or(0);
    let lowest = seconds
        .iter()
        .filter_map(|second| second.queue_wait_log2.iter().position(|jobs| *jobs > 0))
        .min()
        .unwrap_or(BUCKETS_SHOWN.0);
    let last = highest.saturating_sub(1).max(BUCKETS_SHOWN.1);
    let first = lowest.min(BUCKETS_SHOWN.0);
    let rows = usize::from(area.height - 1);
    // With fewer rows than buckets, a row shows several.
    let per_row = (last - first + 1).div_ceil(rows);
    for row in 0..rows {
        let bucket = first + row * per_row;
        if bucket > last {
            break;
        }
        let y = area.bottom() - 2 - row as u16;
        if row % 2 == 0 {
            let label = format!("{:>6}", queue_wait::label(bucket));
            buffer.set_string(area.x, y, label, theme.style(Role::Dim));
        }
        buffer.set_string(area.x + SCALE - 1, y, theme.glyphs.vertical, theme.style(Role::Border));
        for (column, second) in seconds.iter().enumerate() {
            if let Some((tone, role)) = tone(second, bucket..bucket + per_row, theme) {
                buffer.set_string(area.x + SCALE + column as u16, y, tone, theme.style(role));
            }
        }
    }
    draw_axis(seconds, theme, area, buffer);
}

/// How loud a cell is: by its share of the second's jobs, and never silent when there is one.
fn tone(second: &Second, buckets: std::ops::Range<usize>, theme: &Theme) -> Option<(&'static str, Role)> {
    let all: u64 = second.queue_wait_log2.iter().sum();
    let here: u64 = second.queue_wait_log2.iter().take(buckets.end).skip(buckets.start).sum();
    if here == 0 {
        return None;
    }
    let share = here as f64 / all as f64;
    let tones = theme.glyphs.tones;
    let loudness = match share {
        share if share >= 0.5 => tones.len() - 1,
        share if share >= 0.1 => tones.len() - 2,
        share if share >= 0.01 => 1,
        _ => 0,
    };
    let role = if buckets.start >= BUCKETS_SHOWN.1 { Role::Rescued } else { Role::Latency };
    Some((tones[loudness.min(tones.len() - 1)], role))
}

/// The seconds, those with a fault marked.
fn draw_axis(seconds: &[Second], theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let y = area.bottom() - 1;
    let columns = || (area.x + SCALE..).zip(seconds).enumerate();
    for (_, (x, second)) in columns() {
        if !second.faults.is_empty() {
            buffer.set_string(x, y, theme.glyphs.band, theme.style(Role::FaultBand));
        }
    }
    // Over all bands, so that none covers a part of a label.
    let mut free_from = 0;
    for (column, (x, second)) in columns() {
        let label = format!("{}s", second.second);
        let fits = column + label.len() <= usize::from(area.width - SCALE);
        if second.second.is_multiple_of(10) && column >= free_from && fits {
            buffer.set_string(x, y, &label, theme.style(Role::Dim));
            free_from = column + label.len() + 1;
        }
    }
}
