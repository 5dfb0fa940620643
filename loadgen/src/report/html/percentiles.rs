//! Latencies: tables by stage and by cause, and the percentile curve on the axis of `HdrHistogram` plots, where
//! each nine is as wide as the one before, so that the tail is not the last pixel.

use acquirer::wakeup::Cause;
use hdrhistogram::Histogram;
use maud::{Markup, html};

use super::super::summary::{CAUSES, STAGES};
use super::super::{LatencySummary, Report};
use super::axis::WIDTH;
use super::causes;
use super::chart::{Frame, HEIGHT, Key, path, place};
use super::heat::round_latency;
use super::{figure, lost};
use crate::measure::Stage;

/// More nines than this are beyond three significant digits and any run's patience.
const NINES_MAX: u32 = 6;
/// Points of a curve in each halving of what is left.
const POINTS_PER_HALF: u32 = 6;

/// The section of the page.
pub(super) fn section(report: &Report) -> Markup {
    let stages = [Stage::QueueWait, Stage::Response, Stage::Query, Stage::Service];
    let by_stage: Vec<_> = stages
        .into_iter()
        .map(|stage| Curve::of(stage_class(stage), stage.as_str(), report.latency_us.get(stage)))
        .collect();
    let by_cause: Vec<_> = CAUSES
        .into_iter()
        .map(|cause| {
            let summary = &report.latency_by_cause_us.get(cause).queue_wait;
            Curve::of(causes::class(cause), cause.as_str(), summary)
        })
        .collect();
    html! {
        section aria-labelledby="latency" {
            h2 id="latency" { "Latency" }
            p { "Jobs that were intended after the warm-up. " b { "Queue wait" } " counts from the commit to the moment when a "
                "worker's query had found the job, " b { "response" } " from the moment that the timetable intended to the end of the job." }
            div.pair {
                (chart("curve-stages", "Percentiles by stage", &by_stage))
                (chart("curve-causes", "Percentiles of queue wait by what found the job", &by_cause))
            }
            (stages_table(report))
            (causes_table(report))
            (lost::slowest(report))
        }
    }
}

fn stage_class(stage: Stage) -> &'static str {
    match stage {
        Stage::QueueWait => "acquired",
        Stage::Response => "completed",
        Stage::Query => "asked",
        _ => "other",
    }
}

/// A distribution to be drawn.
struct Curve {
    class: &'static str,
    name: String,
    histogram: Histogram<u64>,
}

impl Curve {
    /// Of latencies, or of none when there are none to be read.
    fn of(class: &'static str, name: &str, summary: &LatencySummary) -> Option<Self> {
        let histogram = summary.decode().ok().filter(|histogram| !histogram.is_empty())?;
        Some(Self { class, name: name.replace('_', " "), histogram })
    }

    /// How many nines its count can tell of.
    fn nines(&self) -> u32 {
        (self.histogram.len().ilog10() + 1).min(NINES_MAX)
    }
}

fn chart(slug: &str, title: &str, curves: &[Option<Curve>]) -> Markup {
    let curves: Vec<&Curve> = curves.iter().flatten().collect();
    let Some(nines) = curves.iter().map(|curve| curve.nines()).max() else {
        return html! { figure.chart { figcaption { span.name { (title) } } p.none { "No job was acquired after the warm-up." } } };
    };
    let shortest = curves.iter().map(|curve| curve.histogram.min()).min().unwrap_or(1).max(1);
    let longest = curves.iter().map(|curve| curve.histogram.max()).max().unwrap_or(1);
    let low = shortest.ilog10();
    let high = (longest.ilog10() + 1).max(low + 1);
    let y = |us: u64| {
        let share = ((us.max(1) as f64).log10() - f64::from(low)) / f64::from(high - low);
        (1.0 - share.clamp(0.0, 1.0)) * HEIGHT
    };
    let x = |quantile: f64| {
        let nines_reached = -(1.0 - quantile).max(1e-12).log10();
        (nines_reached / f64::from(nines)).min(1.0) * WIDTH
    };
    let frame = Frame {
        slug,
        title,
        description: description(&curves),
        legend: curves.iter().map(|curve| Key::line(curve.class, curve.name.clone())).collect(),
        scale: (low..=high)
            .map(|power| (f64::from(high - power) / f64::from(high - low), round_latency(10u64.pow(power))))
            .collect(),
        size: "high",
    };
    let line = |curve: &Curve| {
        let (mut points, mut last) = (vec![(0.0, y(curve.histogram.min()))], None);
        for step in curve.histogram.iter_quantiles(POINTS_PER_HALF) {
            let place =
                (x(step.quantile_iterated_to()), y(step.value_iterated_to().min(curve.histogram.max())));
            if last != Some(place) {
                points.push(place);
                last = Some(place);
            }
        }
        path(points)
    };
    let marks: Vec<(f64, String)> = percentile_marks(nines);
    let drawing = html! {
        @for (quantile, _) in &marks { path.grid d=(path([(x(*quantile), 0.0), (x(*quantile), HEIGHT)])) {} }
        @for (share, _) in &frame.scale { path.grid d=(path([(0.0, share * HEIGHT), (WIDTH, share * HEIGHT)])) {} }
        @for curve in &curves { path.line.(curve.class) d=(line(curve)) {} }
    };
    html! {
        div {
            (frame.around(&drawing))
            div.times aria-hidden="true" {
                @for (quantile, words) in &marks { span style=(place("left", x(*quantile) / WIDTH * 100.0)) { (words) } }
            }
        }
    }
}

/// 0, 50 %, and each nine.
fn percentile_marks(nines: u32) -> Vec<(f64, String)> {
    let mut marks = vec![(0.0, "0".to_owned()), (0.5, "50%".to_owned())];
    for nine in 1..=nines {
        let decimals = nine.saturating_sub(2) as usize;
        let quantile = 1.0 - 0.1f64.powi(nine.cast_signed());
        marks.push((quantile, format!("{:.decimals$}%", quantile * 100.0)));
    }
    marks
}

fn description(curves: &[&Curve]) -> String {
    let words = curves.iter().map(|curve| {
        let at =
            |quantile| super::super::summary::words::latency(curve.histogram.value_at_quantile(quantile));
        format!("{}: half within {}, 99 in 100 within {}.", curve.name, at(0.5), at(0.99))
    });
    words.collect::<Vec<_>>().join(" ")
}

fn stages_table(report: &Report) -> Markup {
    let rows = STAGES.map(|stage| {
        let key = stage.as_str();
        (key.replace('_', " "), meaning(stage), format!("latency_us.{key}"), report.latency_us.get(stage))
    });
    table("Latency by stage", "stage", &rows)
}

fn causes_table(report: &Report) -> Markup {
    let rows = CAUSES.map(|cause: Cause| {
        let key = cause.as_str();
        let summary = &report.latency_by_cause_us.get(cause).queue_wait;
        let path = format!("latency_by_cause_us.{key}.queue_wait");
        (key.replace('_', " "), causes::meaning(cause), path, summary)
    });
    table("Queue wait by what made the query that found the job", "cause", &rows)
}

fn table(caption: &str, first: &str, rows: &[(String, &str, String, &LatencySummary)]) -> Markup {
    let cell = |path: &str, key: &str, summary: &LatencySummary, us: u64| {
        html! { td { @if summary.count == 0 { "–" } @else { (figure::latency(&format!("{path}.{key}"), us)) } } }
    };
    html! {
        div.wide tabindex="0" {
            table {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { (first) }
                        @for name in ["p50", "p90", "p99", "p99.9", "max", "mean", "count"] { th scope="col" { (name) } }
                    }
                }
                tbody {
                    @for (name, meaning, path, summary) in rows {
                        tr {
                            th scope="row" { (name) small { (meaning) } }
                            (cell(path, "p50", summary, summary.p50))
                            (cell(path, "p90", summary, summary.p90))
                            (cell(path, "p99", summary, summary.p99))
                            (cell(path, "p999", summary, summary.p999))
                            (cell(path, "max", summary, summary.max))
                            td { @if summary.count == 0 { "–" } @else { (figure::mean_latency(&format!("{path}.mean"), summary.mean)) } }
                            td { (figure::count(&format!("{path}.count"), summary.count)) }
                        }
                    }
                }
            }
        }
    }
}

fn meaning(stage: Stage) -> &'static str {
    match stage {
        Stage::PostLag => "intended → post started",
        Stage::Notify => "committed → notice received",
        Stage::Clearance => "notice received → query started",
        Stage::Query => "query started → acquired",
        Stage::Handover => "acquired → in the worker's hands",
        Stage::QueueWait => "committed → acquired",
        Stage::Service => "acquired → finished",
        Stage::Response => "intended → finished",
    }
}
