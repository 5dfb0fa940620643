//! Durations, rates and percentages as people write them: `500us`, `30ms`, `1.5s`, `2m`, `1h`; `200`, `200/s`, `30/m`;
//! `150%`.
//!
//! Reading is strict: a duration without a unit is refused, since half of its readers would guess wrong.
//! What is written can be read back.

use std::time::Duration;

use super::limits::{DURATION_MAX, RATE_MAX};

/// What is wrong with a quantity, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QuantityError(String);

impl QuantityError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Units of time with their length in nanoseconds.
const UNITS: [(&str, f64); 6] =
    [("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];
const UNITS_IN_WORDS: &str = "units are us, ms, s, m, h";

/// Reads a duration such as `1.5s`, at most 24 hours.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let (number, unit) = split(text);
    if unit.is_empty() && number.parse::<f64>().is_ok() {
        return Err(QuantityError(format!("{text:?} has no unit; write \"{number}s\" ({UNITS_IN_WORDS})")));
    }
    let value = number.parse::<f64>().map_err(|_| {
        QuantityError(format!(
            "{text:?} is no duration; write one such as \"30s\" or \"1.5ms\" ({UNITS_IN_WORDS})"
        ))
    })?;
    let Some(&(_, nanos)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(QuantityError(format!("{text:?} has the unknown unit {unit:?}; {UNITS_IN_WORDS}")));
    };
    if value < 0.0 {
        return Err(QuantityError(format!("{text:?} is negative; a duration is 0s or longer")));
    }
    if value * nanos > DURATION_MAX.as_nanos() as f64 {
        return Err(QuantityError(format!("{text:?} is longer than a day; the most is \"24h\"")));
    }
    Ok(Duration::from_nanos((value * nanos).round() as u64))
}

/// Reads a rate such as `200`, `200/s` or `30/m` in jobs per second.
pub fn parse_rate(text: &str) -> Result<f64, QuantityError> {
    let (number, per) = match text.split_once('/') {
        Some((number, unit)) => (number.trim(), unit.trim()),
        None => (text.trim(), "s"),
    };
    let seconds = match per {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        other => {
            return Err(QuantityError(format!(
                "{text:?} is a rate per unknown unit {other:?}; write it per /s, /m or /h"
            )));
        }
    };
    let value = number.parse::<f64>().map_err(|_| {
        QuantityError(format!("{text:?} is no rate; write jobs per second such as \"200/s\", or \"30/m\""))
    })?;
    check_rate(value / seconds)
}

/// Lets a rate in jobs per second pass when a run can be asked for it.
pub fn check_rate(rate: f64) -> Result<f64, QuantityError> {
    if !rate.is_finite() {
        Err(QuantityError(format!("a rate of {rate} is no number of jobs per second")))
    } else if rate < 0.0 {
        Err(QuantityError(format!("a rate of {rate} is negative; write 0 for silence")))
    } else if rate > RATE_MAX {
        Err(QuantityError(format!("a rate of {rate} is too high; the most is {RATE_MAX} jobs per second")))
    } else {
        Ok(rate)
    }
}

/// Reads a percentage such as `150%` as a factor, such as 1.5.
pub(super) fn parse_percent(text: &str) -> Result<f64, QuantityError> {
    let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match number {
        Some(number) if number.is_finite() => Ok(number / 100.0),
        _ => Err(QuantityError(format!("{text:?} is no percentage; write one such as \"200%\""))),
    }
}

/// Writes a duration in the largest unit that keeps it short; [`parse_duration`] reads it back.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let seconds = duration.as_secs();
    if duration.subsec_nanos() == 0 {
        if seconds > 0 && seconds.is_multiple_of(3600) {
            return format!("{}h", seconds / 3600);
        }
        if seconds > 60 && seconds.is_multiple_of(60) {
            return format!("{}m", seconds / 60);
        }
        return format!("{seconds}s");
    }
    let (unit, scale) = match nanos {
        1_000_000_000.. => ("s", 9),
        1_000_000.. => ("ms", 6),
        _ => ("us", 3),
    };
    let whole = nanos / 10_u128.pow(scale);
    let rest = nanos % 10_u128.pow(scale);
    let decimals = format!("{rest:0width$}", width = scale as usize);
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { format!("{whole}{unit}") } else { format!("{whole}.{decimals}{unit}") }
}

/// What such texts look like, as regular expressions.
pub(super) mod patterns {
    /// What [`parse_duration`](super::parse_duration) reads, but for its bounds.
    pub(in super::super) const DURATION: &str = r"^\s*\+?(\d+\.?\d*|\.\d+)\s*(us|µs|ms|s|m|h)\s*$";
    /// What [`parse_rate`](super::parse_rate) reads, but for its bounds.
    pub(in super::super) const RATE: &str = r"^\s*\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*(/\s*[smh]\s*)?$";
    /// What [`parse_percent`](super::parse_percent) reads, but for its bounds.
    pub(in super::super) const PERCENT: &str = r"^\s*\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*%\s*$";
}

/// The number in front and what follows it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(at, c)| !(c.is_ascii_digit() || c == '.' || (at == 0 && (c == '-' || c == '+'))))
        .map_or(text.len(), |(at, _)| at);
    (&text[..end], text[end..].trim())
}

/// A duration in a serialized scenario.
pub(super) mod as_text {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::format_duration(*value))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        super::parse_duration(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A duration that may be absent in a serialized scenario.
pub(super) mod as_optional_text {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(in super::super) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(super::format_duration).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| super::parse_duration(&text).map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_in_every_unit() {
        for (text, nanos) in [
            ("500us", 500_000),
            ("500µs", 500_000),
            ("30ms", 30_000_000),
            ("1.5s", 1_500_000_000),
            (" 2 m ", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn a_bad_duration_says_what_to_write() {
        for (text, words) in [
            ("30", "\"30\" has no unit; write \"30s\" (units are us, ms, s, m, h)"),
            ("30 bananas", "unknown unit \"bananas\"; units are us, ms, s, m, h"),
            ("-5s", "\"-5s\" is negative"),
            ("25h", "the most is \"24h\""),
            ("soon", "is no duration; write one such as \"30s\""),
            ("", "is no duration"),
            ("1.2.3s", "is no duration"),
            ("nans", "is no duration"),
            ("infs", "is no duration"),
        ] {
            let error = parse_duration(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn rates_are_per_second() {
        assert_eq!(parse_rate("200"), Ok(200.0));
        assert_eq!(parse_rate("200/s"), Ok(200.0));
        assert_eq!(parse_rate("30 / m"), Ok(0.5));
        assert_eq!(parse_rate("0"), Ok(0.0));
        for (text, words) in [
            ("-5", "negative"),
            ("nan", "no number"),
            ("inf/s", "no number"),
            ("fast", "is no rate"),
            ("3/week", "per unknown unit \"week\""),
            ("1e9", "too high"),
        ] {
            let error = parse_rate(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn durations_are_written_briefly() {
        for text in ["0s", "60s", "2m", "90s", "1h", "1.5s", "30ms", "2.25ms", "500us", "0.5us"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
    }

    proptest! {
        #[test]
        fn a_written_duration_is_read_back(nanos in 0_u64..100_000_000_000) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }
}
