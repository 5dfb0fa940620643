//! The right side of an expression: a number in the unit of its figure, and how such a figure is shown.

use crate::report::words;
use crate::scenario::quantity::{parse_duration, parse_rate};

/// What a figure counts, which decides the units that fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A time that the report gives in microseconds.
    Microseconds,
    /// A time that the report gives in seconds.
    Seconds,
    /// A rate, per second.
    PerSecond,
    /// A share from 0 to 1.
    Share,
    /// A plain number.
    Number,
    /// True (1) or false (0).
    Truth,
}

impl Unit {
    /// Reads a limit, in the unit that the report uses.
    pub(super) fn read(self, text: &str, path: &str) -> Result<f64, String> {
        match self {
            Self::Microseconds => micros(text),
            Self::Seconds => micros(text).map(|micros| micros / 1e6),
            Self::PerSecond => parse_rate(text).map_err(|error| error.to_string()),
            Self::Share => match text.strip_suffix('%') {
                Some(percent) => number(percent.trim(), text, path).map(|percent| percent / 100.0),
                None => number(text, text, path),
            },
            Self::Number => number(text, text, path),
            Self::Truth => match text {
                "true" => Ok(1.0),
                "false" => Ok(0.0),
                _ => Err(format!("{path} is true or false, not {text:?}")),
            },
        }
    }

    /// A figure as people read it, such as `310 ms`, `190.2 per second`, `99.1%`.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Microseconds => words::latency(value.max(0.0).round() as u64),
            Self::Seconds => words::seconds(value),
            Self::PerSecond => format!("{} per second", words::decimal(value)),
            // Near a limit such as 99% a tenth of a percent is too coarse.
            Self::Share => format!("{}%", rounded(value * 100.0)),
            Self::Number => rounded(value),
            Self::Truth => (value > 0.5).to_string(),
        }
    }
}

fn micros(text: &str) -> Result<f64, String> {
    parse_duration(text).map(|time| time.as_nanos() as f64 / 1e3).map_err(|error| error.to_string())
}

/// Three decimals, and no more than there are.
fn rounded(value: f64) -> String {
    ((value * 1e3).round() / 1e3).to_string()
}

fn number(text: &str, whole: &str, path: &str) -> Result<f64, String> {
    if let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) {
        return Ok(value);
    }
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let (front, unit) = (&text[..end], text[end..].trim());
    if front.parse::<f64>().is_ok() {
        return Err(format!("{unit:?} doesn't fit {path}, which is a plain number; write {front}"));
    }
    Err(format!("{whole:?} is no number"))
}
