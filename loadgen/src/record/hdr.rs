//! A recorded run as an `HdrHistogram` interval log: one interval a second since the posters started, a histogram
//! for each stage in it, tagged by the stage's name, in microseconds.
//!
//! Latencies count from the end of the warm-up, and stand in the second in which they were known; seconds in which a
//! stage had none are left out. The intervals of a stage add up to its histogram in the report.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriter, IntervalLogWriterBuilder, Tag};

use crate::measure::{Stage, State, Time};

use super::output::OutputError;
use super::read::Reader;

const INTERVAL: Duration = Duration::from_secs(1);
/// People read the largest value in milliseconds.
const MAX_DIVISOR: f64 = 1_000.0;

/// Writes the log of a run whose posters started then.
pub(super) fn write(
    reader: &mut Reader,
    began: Option<Time>,
    out: &mut impl Write,
) -> Result<(), OutputError> {
    let head = reader.head();
    let began = began.unwrap_or_default();
    let started = SystemTime::from(head.started_at) + began.since_epoch();
    let what = format!(
        "[{} {}: {}, run {}; latencies in microseconds, tagged by stage]",
        head.tool.name, head.tool.version, head.name, head.run
    );
    let mut state = State::of(&head.scenario, 0);
    state.keep_intervals();
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment(&what)
        .with_start_time(started)
        .with_base_time(started)
        .with_max_value_divisor(MAX_DIVISOR)
        .begin_log_with(out, &mut serializer)?;
    let mut second = 0;
    reader.each(|at, input| {
        let now = (at - began).as_secs();
        if now > second {
            write_interval(&mut log, &mut state, second)?;
            second = now;
        }
        state.take(at, input);
        Ok::<(), OutputError>(())
    })?;
    write_interval(&mut log, &mut state, second)
}

fn write_interval(
    log: &mut IntervalLogWriter<'_, '_, impl Write, V2DeflateSerializer>,
    state: &mut State,
    second: u64,
) -> Result<(), OutputError> {
    for (stage, histogram) in Stage::ALL.into_iter().zip(state.interval()) {
        if !histogram.is_empty() {
            let tag = Tag::new(stage.as_str());
            let written = log.write_histogram(histogram, Duration::from_secs(second), INTERVAL, tag);
            written.map_err(|error| io::Error::other(error.to_string()))?;
            histogram.reset();
        }
    }
    Ok(())
}
