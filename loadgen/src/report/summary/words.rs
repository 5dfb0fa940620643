//! Figures as people read them.

use std::time::Duration;

/// A latency with three significant digits, such as `850 µs`, `1.84 ms`, `31.2 s`.
pub(crate) fn latency(us: u64) -> String {
    let value = us as f64;
    match value {
        _ if us < 1_000 => format!("{us} µs"),
        ..999_500.0 => format!("{} ms", significant(value / 1e3)),
        ..59_950_000.0 => format!("{} s", significant(value / 1e6)),
        ..3_597_000_000.0 => format!("{} min", significant(value / 60e6)),
        _ => format!("{} h", significant(value / 3600e6)),
    }
}

/// Seconds with a tenth where there is one, such as `55 s`, `2.5 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round() / 10.0;
    format!("{tenths} s")
}

/// A time as a person says it, such as `3.4 s`, `12 s`; below a second as a [`latency`].
pub(crate) fn span(time: Duration) -> String {
    match time.as_millis() {
        0..1_000 => latency(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
        1_000..9_950 => seconds(time.as_secs_f64()),
        _ => seconds(time.as_secs_f64().round()),
    }
}

/// A share, such as `99.9%`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A number with one decimal and its thousands apart, such as `1,234.5`.
pub(crate) fn decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", grouped(whole)),
        None => text,
    }
}

/// A whole number with its thousands apart, such as `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// An amount of memory or disk with three significant digits, such as `812 B`, `1.84 MB`.
pub(crate) fn bytes(bytes: f64) -> String {
    match bytes {
        ..999.5 => format!("{bytes:.0} B"),
        ..999_500.0 => format!("{} kB", significant(bytes / 1e3)),
        ..999_500_000.0 => format!("{} MB", significant(bytes / 1e6)),
        _ => format!("{} GB", significant(bytes / 1e9)),
    }
}

/// A number of things, such as `1 job`, `12,345 jobs`.
#[must_use]
pub fn plural(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A text cut to `width` characters, with an ellipsis where something is missing.
pub(crate) fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A text in lines of `width` characters at most, as far as its words let it.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width).break_words(false);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

fn significant(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_keep_three_digits_in_a_fitting_unit() {
        for (us, text) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.00 ms"),
            (9_996, "10.0 ms"),
            (31_240, "31.2 ms"),
            (999_499, "999 ms"),
            (999_500, "1.00 s"),
            (9_800_000, "9.80 s"),
            (59_950_000, "1.00 min"),
            (150_000_000, "2.50 min"),
            (3_600_000_000, "1.00 h"),
        ] {
            assert_eq!(latency(us), text);
        }
    }

    #[test]
    fn amounts_keep_three_digits_in_a_fitting_unit() {
        for (amount, text) in [
            (0.0, "0 B"),
            (999.4, "999 B"),
            (999.6, "1.00 kB"),
            (4_186_112.0, "4.19 MB"),
            (999_600_000.0, "1.00 GB"),
        ] {
            assert_eq!(bytes(amount), text);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(decimal(1_234.56), "1,234.6");
        assert_eq!(decimal(-1_234.5), "-1,234.5");
        assert_eq!(plural(1, "job"), "1 job");
        assert_eq!(plural(2_000, "job"), "2,000 jobs");
        assert_eq!(seconds(55.0), "55 s");
        assert_eq!(percent(0.999), "99.9%");
    }

    #[test]
    fn long_texts_are_cut_or_wrapped() {
        assert_eq!(clipped("größer", 6), "größer");
        assert_eq!(clipped("größere", 6), "größe…");
        assert_eq!(wrapped("a bb ccc dddd", 4), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrapped("incomprehensible", 4), ["incomprehensible"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
