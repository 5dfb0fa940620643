//! Latency against percentile, each nine as wide as the one before: how long the tail is.

use loadgen::snapshot::{Latency, Snapshot, Stage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::canvas::{Canvas, Mark};
use super::super::paint::put;
use super::super::queue_wait;
use crate::theme::{Role, Theme};

/// The nines across: 90 %, 99 %, 99.9 %, 99.99 %.
const NINES: f64 = 4.0;
/// The columns of the scale.
const SCALE: u16 = 7;

pub(super) fn note(theme: &Theme) -> String {
    let [response, _, wait] = theme.glyphs.legend;
    format!("{}{response} response  {wait} queue wait", theme.glyphs.separator.trim_start())
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.width <= SCALE + 8 || area.height < 4 {
        return;
    }
    let of = |stage| snapshot.latencies.of(stage).filter(|latency| latency.count > 0);
    let [response, _, wait] = theme.glyphs.legend;
    let curves = [
        (of(Stage::Response), Mark { role: Role::Posted, ascii: response }),
        (of(Stage::QueueWait), Mark { role: Role::Latency, ascii: wait }),
    ];
    let last = curves.iter().filter_map(|(latency, _)| *latency).map(|latency| latency.buckets.len()).max();
    let Some(last) = last else {
        return put(buffer, area, 0, &Line::styled(" nothing was measured yet", theme.style(Role::Dim)));
    };
    let plot = Rect { x: area.x + SCALE, width: area.width - SCALE, height: area.height - 1, ..area };
    let mut canvas = Canvas::new(plot, theme);
    let (width, height) = canvas.dots();
    for (latency, mark) in curves {
        let Some(latency) = latency else { continue };
        for x in 0..width {
            let nines = NINES * x as f64 / width as f64;
            let at = doublings(latency, 1.0 - 10_f64.powf(-nines));
            let y = (at / last as f64 * height as f64) as usize;
            canvas.set(x, y.min(height - 1), mark);
        }
    }
    canvas.draw(buffer, theme);
    for row in (0..plot.height).step_by(2) {
        let bucket = usize::from(plot.height - 1 - row) * last / usize::from(plot.height);
        let label = format!("{:>6}", queue_wait::label(bucket));
        buffer.set_string(area.x, area.y + row, label, theme.style(Role::Dim));
    }
    for (nine, label) in ["0", "90%", "99%", "99.9%"].into_iter().enumerate() {
        let x = plot.x + (f64::from(plot.width) * nine as f64 / NINES) as u16;
        buffer.set_string(x, area.bottom() - 1, label, theme.style(Role::Dim));
    }
}

/// The latency below which this share lies, in doublings of a microsecond; even within a bucket.
fn doublings(latency: &Latency, share: f64) -> f64 {
    let wanted = share * latency.count as f64;
    let mut below = 0.0;
    for (bucket, jobs) in latency.buckets.iter().enumerate() {
        let here = *jobs as f64;
        if here > 0.0 && below + here >= wanted {
            return bucket as f64 + ((wanted - below) / here).clamp(0.0, 1.0);
        }
        below += here;
    }
    latency.buckets.len() as f64
}
