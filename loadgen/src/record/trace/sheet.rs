//! The trace's format: JSON as Chrome's tracing and Perfetto read it, written entry by entry.
//!
//! A slice is written when it has ended, as one entry with a duration; a flow when all of its ends are known. Times
//! before the window count as its beginning, and what lies past its end is left out, so that slices nest in a window as
//! they do in the whole.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

/// The part of a run that a trace shows, since the posters started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub from: Duration,
    /// For how long.
    pub length: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self { from: Duration::ZERO, length: Duration::MAX }
    }
}

/// A row of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Track {
    pub(super) group: u64,
    pub(super) row: u64,
}

/// Something on a row, since the posters started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Duration,
    pub(super) to: Duration,
}

/// The trace as it is written.
pub(super) struct Sheet<W> {
    out: W,
    window: Window,
    entries: usize,
    flows: u64,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    #[serde(rename = "ph")]
    phase: &'static str,
    #[serde(rename = "ts", skip_serializing_if = "Option::is_none")]
    at_us: Option<f64>,
    #[serde(rename = "dur", skip_serializing_if = "Option::is_none")]
    length_us: Option<f64>,
    #[serde(rename = "pid")]
    group: u64,
    #[serde(rename = "tid")]
    row: u64,
    #[serde(rename = "cat", skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Where a flow ends: at the slice that encloses its time.
    #[serde(rename = "bp", skip_serializing_if = "Option::is_none")]
    binding: Option<&'static str>,
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    args: Value,
}

impl<W: Write> Sheet<W> {
    /// Begins a trace.
    pub(super) fn begin(mut out: W, window: Window) -> io::Result<Self> {
        out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        Ok(Self { out, window, entries: 0, flows: 0 })
    }

    /// Ends it; `about` says what it is.
    pub(super) fn end(mut self, about: &Value) -> io::Result<()> {
        self.out.write_all(b"\n],\"otherData\":")?;
        serde_json::to_writer(&mut self.out, about)?;
        self.out.write_all(b"}\n")
    }

    /// How many entries it has.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Names a group of rows, and its place among the groups.
    pub(super) fn name_group(&mut self, group: u64, name: &str) -> io::Result<()> {
        let track = Track { group, row: 0 };
        self.put(&Entry { args: json!({ "name": name }), ..Entry::new("process_name", "M", track) })?;
        self.put(&Entry {
            args: json!({ "sort_index": group }),
            ..Entry::new("process_sort_index", "M", track)
        })
    }

    /// Names a row.
    pub(super) fn name_row(&mut self, track: Track, name: &str) -> io::Result<()> {
        self.put(&Entry { args: json!({ "name": name }), ..Entry::new("thread_name", "M", track) })?;
        let sort = json!({ "sort_index": track.row });
        self.put(&Entry { args: sort, ..Entry::new("thread_sort_index", "M", track) })
    }

    /// Something that took a while.
    pub(super) fn slice(&mut self, track: Track, name: &str, span: Span, args: Value) -> io::Result<()> {
        let end = self.window.from.saturating_add(self.window.length);
        if span.to < self.window.from || span.from > end {
            return Ok(());
        }
        let (from, to) = (span.from.max(self.window.from), span.to.min(end));
        self.put(&Entry {
            at_us: Some(micros(from)),
            length_us: Some(micros(to.saturating_sub(from))),
            args,
            ..Entry::new(name, "X", track)
        })
    }

    /// Something of a moment.
    pub(super) fn instant(&mut self, track: Track, name: &str, at: Duration, args: Value) -> io::Result<()> {
        if !self.shows(at) {
            return Ok(());
        }
        self.put(&Entry { at_us: Some(micros(at)), scope: Some("t"), args, ..Entry::new(name, "i", track) })
    }

    /// An arrow through these slices, each given by its row and a moment in it, if all of them are shown.
    pub(super) fn flow(&mut self, name: &str, through: &[(Track, Duration)]) -> io::Result<()> {
        if !through.iter().all(|(_, at)| self.shows(*at)) {
            return Ok(());
        }
        self.flows += 1;
        for (place, (track, at)) in through.iter().enumerate() {
            let is_last = place + 1 == through.len();
            let phase = if place == 0 {
                "s"
            } else if is_last {
                "f"
            } else {
                "t"
            };
            self.put(&Entry {
                at_us: Some(micros(*at)),
                category: Some("wakeup"),
                id: Some(self.flows),
                binding: is_last.then_some("e"),
                ..Entry::new(name, phase, *track)
            })?;
        }
        Ok(())
    }

    fn shows(&self, at: Duration) -> bool {
        let since = at.checked_sub(self.window.from);
        since.is_some_and(|since| since <= self.window.length)
    }

    fn put(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.out.write_all(if self.entries == 0 { b"\n" } else { b",\n" })?;
        self.entries += 1;
        Ok(serde_json::to_writer(&mut self.out, entry)?)
    }
}

impl<'a> Entry<'a> {
    fn new(name: &'a str, phase: &'static str, track: Track) -> Self {
        Self {
            name,
            phase,
            at_us: None,
            length_us: None,
            group: track.group,
            row: track.row,
            category: None,
            id: None,
            binding: None,
            scope: None,
            args: Value::Null,
        }
    }
}

/// Microseconds to the nanosecond.
fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e3
}
