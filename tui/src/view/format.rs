//! Numbers as people read them: few digits, the unit beside them.

use std::time::Duration;

use loadgen::report::count as grouped;

/// Microseconds: `850us`, `1.8ms`, `31ms`, `0.4s`, `12s`, `3m05s`.
pub(super) fn micros(us: u64) -> String {
    let ms = us as f64 / 1e3;
    match us {
        0..1_000 => format!("{us}us"),
        1_000..9_950 => trimmed(ms, "ms"),
        9_950..99_500 => format!("{ms:.0}ms"),
        _ => duration(Duration::from_micros(us)),
    }
}

/// How long something waited or took, see [`micros`].
pub(super) fn wait(time: Duration) -> String {
    micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

/// A time on a person's scale: `0.3s`, `21s`, `3m05s`, `2h10m`.
pub(super) fn duration(time: Duration) -> String {
    let s = time.as_secs_f64();
    match time.as_millis() {
        0 => "0s".to_owned(),
        1..9_950 => trimmed(s.max(0.1), "s"),
        9_950..99_500 => format!("{s:.0}s"),
        99_500..3_600_000 => format!("{}m{:02}s", time.as_secs() / 60, time.as_secs() % 60),
        _ => format!("{}h{:02}m", time.as_secs() / 3_600, time.as_secs() / 60 % 60),
    }
}

/// A countdown in whole seconds, rounded up, so that 0 means now: `21s`.
pub(super) fn countdown(left: Duration) -> String {
    let seconds = left.as_millis().div_ceil(1_000);
    if seconds < 100 { format!("{seconds}s") } else { duration(left) }
}

/// A clock: `00:42`, `1:02:03`.
pub(super) fn clock(time: Duration) -> String {
    let s = time.as_secs();
    if s < 3_600 {
        format!("{:02}:{:02}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
    }
}

/// A rate or a count: `0`, `0.4`, `8.5`, `412`, `12,345`, `1.2M`.
pub(super) fn number(value: f64) -> String {
    if value <= 0.0 {
        "0".to_owned()
    } else if value < 9.95 && (value - value.round()).abs() > 0.049 {
        format!("{value:.1}")
    } else if value < 999_999.5 {
        grouped(value.round() as u64)
    } else {
        trimmed(value / 1e6, "M")
    }
}

/// A count, see [`number`].
pub(super) fn count(value: u64) -> String {
    number(value as f64)
}

/// A count in at most five columns: `412`, `9999`, `12k`, `1.2M`.
pub(super) fn short(value: u64) -> String {
    match value {
        0..10_000 => value.to_string(),
        10_000..1_000_000 => format!("{}k", value / 1_000),
        _ => format!("{:.1}M", value as f64 / 1e6),
    }
}

/// An amount of disk or memory: `812B`, `1.8MB`, `31GB`.
pub(super) fn bytes(value: f64) -> String {
    let (scaled, unit) = match value {
        ..999.5 => return format!("{value:.0}B"),
        ..999_500.0 => (value / 1e3, "kB"),
        ..999_500_000.0 => (value / 1e6, "MB"),
        _ => (value / 1e9, "GB"),
    };
    if scaled < 9.95 { trimmed(scaled, unit) } else { format!("{scaled:.0}{unit}") }
}

/// A share from 0 to 1: `0%`, `<1%`, `81%`, `>99%`. Only what is nothing or everything says so.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        "0%".to_owned()
    } else if percent < 1.0 {
        "<1%".to_owned()
    } else if percent < 100.0 && percent > 99.0 {
        ">99%".to_owned()
    } else {
        format!("{percent:.0}%")
    }
}

fn trimmed(value: f64, unit: &str) -> String {
    let text = format!("{value:.1}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [0, 850, 1_000, 1_840, 30_900, 412_000, 12_000_000].map(micros),
            ["0us", "850us", "1ms", "1.8ms", "31ms", "0.4s", "12s"]
        );
        assert_eq!(
            [0, 20, 300, 21_000, 185_000, 7_800_000].map(|ms| duration(Duration::from_millis(ms))),
            ["0s", "0.1s", "0.3s", "21s", "3m05s", "2h10m"]
        );
        assert_eq!(
            [0.0, 0.04, 0.4, 3.0, 8.52, 412.4, 12_345.0, 1_250_000.0].map(number),
            ["0", "0", "0.4", "3", "8.5", "412", "12,345", "1.2M"]
        );
        assert_eq!([0.0, 0.004, 0.07, 0.999, 1.0].map(percent), ["0%", "<1%", "7%", ">99%", "100%"]);
        assert_eq!(
            [0.0, 812.0, 1_840.0, 31_000_000.0, 4e9].map(bytes),
            ["0B", "812B", "1.8kB", "31MB", "4GB"]
        );
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(countdown(Duration::from_millis(20_100)), "21s");
    }
}
