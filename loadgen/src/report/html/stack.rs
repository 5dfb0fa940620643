//! Charts on one time axis, under each other: phases of the run and faults above them, and behind them as bands.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::super::summary::words::count;
use super::axis::{Span, TimeAxis, clock};
use super::chart::{Frame, HEIGHT, Key, coordinate, path, place, round_up};

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A line from second to second.
    Line,
    /// The same, filled down to zero.
    Area,
    /// A bar for each second that isn't zero.
    Bars,
}

/// A figure of each second.
pub(super) struct Series {
    /// What it is called.
    pub(super) name: String,
    /// How the style sheet knows it.
    pub(super) class: &'static str,
    /// How it is drawn.
    pub(super) mark: Mark,
    /// Seconds and their figures, in order.
    pub(super) points: Vec<(u64, f64)>,
}

/// Charts on one time axis, with phases and faults above them.
pub(super) fn stack(axis: &TimeAxis, moments: &[String], charts: &Markup) -> Markup {
    let end = axis.seconds as f64;
    let phases = [
        ("warm-up", 0.0, axis.warmup),
        ("measured", axis.warmup, axis.posters),
        ("drain", axis.posters, end),
    ];
    // A stretch of nothing but digits and known words needs no escape, yet names of faults are anybody's.
    let readouts = serde_json::to_string(moments).unwrap_or_default().replace('<', "\\u003c");
    html! {
        div.stack {
            div.lane.phases {
                @for (name, from, to) in phases {
                    @if to > from {
                        span.(name) style=(span_style(axis, from, to)) { b { (name) } }
                    }
                }
            }
            @for (name, spans) in &axis.faults {
                div.lane.faults {
                    @for span in spans {
                        span.fault style=(span_style(axis, span.from as f64, span.to as f64)) {}
                    }
                    @if let Some(first) = spans.first() {
                        b style=(label_style(axis, first.from, first.to)) { (fault_words(name, spans)) }
                    }
                }
            }
            (charts)
            div.times aria-hidden="true" {
                @for tick in axis.ticks() {
                    span style=(place("left", axis.percent(tick as f64))) { (clock(tick)) }
                }
            }
            p.readout hidden { "Point at a chart to read its second." }
            script type="application/json" class="moments" { (PreEscaped(readouts)) }
        }
    }
}

fn fault_words(name: &str, spans: &[Span]) -> String {
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return name.to_owned() };
    let times = if spans.len() > 1 { format!(", {} times", spans.len()) } else { String::new() };
    format!("{name} {}–{}{times}", clock(first.from), clock(last.to))
}

fn span_style(axis: &TimeAxis, from: f64, to: f64) -> String {
    format!("{};{}", place("left", axis.percent(from)), place("width", axis.percent(to - from)))
}

/// A label begins with its band, or ends with it where it would leave the page.
fn label_style(axis: &TimeAxis, from: u64, to: u64) -> String {
    if from * 2 <= axis.seconds {
        place("left", axis.percent(from as f64))
    } else {
        place("right", 100.0 - axis.percent(to as f64))
    }
}

/// A chart of figures per second. Zero is at its bottom.
pub(super) fn panel(axis: &TimeAxis, slug: &str, title: &str, size: &'static str, all: &[Series]) -> Markup {
    let values = || all.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let top = round_up(values().fold(0.0, f64::max));
    let mut scale = vec![(0.0, scaled(top)), (1.0, "0".to_owned())];
    if top > 1.0 || top.fract() > 0.0 {
        scale.push((0.5, scaled(top / 2.0)));
    }
    let frame = Frame {
        slug,
        title,
        description: description(axis, all),
        legend: if all.len() > 1 { all.iter().map(Series::key).collect() } else { Vec::new() },
        scale,
        size,
    };
    frame.around(&html! {
        (background(axis))
        path.grid d="M0 50H1000" {}
        @for series in all { (series.drawing(axis, top)) }
    })
}

/// A number of a scale, with two digits that say something.
fn scaled(value: f64) -> String {
    if value.fract() == 0.0 {
        return count(value as u64);
    }
    let decimals = (1.0 - value.log10().floor()).clamp(1.0, 12.0) as usize;
    format!("{value:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Series {
    fn key(&self) -> Key {
        match self.mark {
            Mark::Line => Key::line(self.class, self.name.clone()),
            Mark::Area | Mark::Bars => Key::filled(self.class, self.name.clone()),
        }
    }

    fn drawing(&self, axis: &TimeAxis, top: f64) -> Markup {
        let y = |value: f64| HEIGHT - value / top * HEIGHT;
        let points = axis.thinned(self.points.iter().copied());
        let place = |(second, value): &(u64, f64)| (axis.x(*second as f64 + 0.5), y(*value));
        let (mut line, mut area) = (String::new(), String::new());
        for stretch in axis.stretches(&points) {
            let top = path(stretch.iter().map(place));
            if let (Some((left, _)), Some((right, _))) =
                (stretch.first().map(place), stretch.last().map(place))
            {
                let _ = write!(area, "{top}L{} {HEIGHT}L{} {HEIGHT}Z", coordinate(right), coordinate(left));
            }
            line.push_str(&top);
        }
        match self.mark {
            Mark::Line => html! { path.line.(self.class) d=(line) {} },
            Mark::Area => html! {
                path.area.(self.class) d=(area) {}
                path.line.(self.class) d=(line) {}
            },
            Mark::Bars => {
                let mut bars = String::new();
                let width = axis.x(axis.column as f64);
                for (second, value) in points.iter().filter(|point| point.1 > 0.0) {
                    let left = axis.x((second / axis.column * axis.column) as f64);
                    let [left, top, width] = [left, y(*value), width].map(coordinate);
                    let _ = write!(bars, "M{left} {HEIGHT}V{top}h{width}V{HEIGHT}z");
                }
                html! { path.bars.(self.class) d=(bars) {} }
            }
        }
    }
}

/// Phases that aren't measured, and faults.
pub(super) fn background(axis: &TimeAxis) -> Markup {
    let band = |class: &str, from: f64, to: f64| {
        html! {
            @if to > from {
                rect.(class) x=(coordinate(axis.x(from))) y="0" width=(coordinate(axis.x(to - from))) height=(HEIGHT) {}
            }
        }
    };
    html! {
        (band("unmeasured", 0.0, axis.warmup))
        (band("unmeasured", axis.posters, axis.seconds as f64))
        @for span in axis.faults.values().flatten() { (band("fault", span.from as f64, span.to as f64)) }
    }
}

fn description(axis: &TimeAxis, all: &[Series]) -> String {
    let mut text = format!("From {} to {}.", clock(0), clock(axis.seconds));
    for series in all {
        let (mut least, mut greatest) = (f64::INFINITY, (0, f64::NEG_INFINITY));
        for (second, value) in &series.points {
            least = least.min(*value);
            if *value > greatest.1 {
                greatest = (*second, *value);
            }
        }
        if greatest.1 >= least {
            let (second, greatest) = greatest;
            let (range, at) = ([least, greatest].map(scaled), clock(second));
            let _ = write!(text, " {}: from {} to {}, highest at {at}.", series.name, range[0], range[1]);
        }
    }
    text
}
