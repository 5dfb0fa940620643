//! What is in the cells of the lanes: the loudest thing that happened in each cell's time, and queries as bars.

use std::ops::Range;
use std::time::Duration;

use loadgen::measure::What;
use loadgen::snapshot::{Cause, ClearanceId, RootCause};

use crate::model::WakeupsState;

/// Something that happened at a moment; of two in one cell the later of these is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A job is a worker's.
    HandedOver,
    /// The domain was busy and remembered.
    Pended,
    /// Cleared, for another reason than those below.
    Cleared,
    /// A notice woke the domain.
    Notice,
    /// The backup poll came round.
    Poll,
    /// A fault swallowed a notice.
    Swallowed,
    /// A query failed.
    Failed,
    /// The backup poll rescued a job.
    Rescued,
}

/// A query, by what came of it; of two in one cell the later of these is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bar {
    InFlight,
    Empty,
    Found,
    Failed,
}

/// A cell of a lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) mark: Option<Mark>,
    pub(super) bar: Option<Bar>,
    /// What is pointed at is in it.
    pub(super) is_pointed: bool,
}

/// The cells of some lanes, lane by lane.
pub(super) struct Lanes {
    width: usize,
    cells: Vec<Cell>,
}

/// A window of time in columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) width: usize,
}

impl Columns {
    /// The column of a moment; what lies outside is in the nearest.
    pub(super) fn of(&self, at: Duration) -> usize {
        let span = self.to.saturating_sub(self.from).as_secs_f64().max(f64::MIN_POSITIVE);
        let share = at.saturating_sub(self.from).as_secs_f64() / span;
        ((share * self.width as f64) as usize).min(self.width.saturating_sub(1))
    }

    /// The moment at which a column begins.
    pub(super) fn begin(&self, column: usize) -> Duration {
        self.from + self.to.saturating_sub(self.from).mul_f64(column as f64 / self.width.max(1) as f64)
    }
}

/// Queries that began before the window are looked for so far back.
const LOOK_BACK: Duration = Duration::from_secs(10);

/// A query by its replica and clearance, and when it began.
type InFlight = ((Option<u16>, ClearanceId), Duration);

impl Lanes {
    /// What happened in `columns` in these lanes of `state`.
    pub(super) fn fill(state: &WakeupsState, shown: Range<usize>, columns: Columns) -> Self {
        let width = columns.width;
        let mut lanes = Self { width, cells: vec![Cell::default(); width * shown.len()] };
        // Of each lane: there is one query at a time on each replica.
        let mut in_flight: Vec<Vec<InFlight>> = vec![Vec::new(); shown.len()];
        for (number, event) in state.events_since(columns.from.saturating_sub(LOOK_BACK)) {
            if event.at > columns.to {
                break;
            }
            for place in state.places_of(event).filter(|place| shown.contains(place)) {
                let lane = place - shown.start;
                let is_inside = event.at >= columns.from;
                let column = columns.of(event.at);
                let ended = match event.what {
                    What::QueryStarted { clearance, .. } => {
                        in_flight[lane].push(((event.replica, clearance), event.at));
                        None
                    }
                    What::QueryFound { clearance, .. } => Some((clearance, Bar::Found)),
                    What::QueryEmpty { clearance } => Some((clearance, Bar::Empty)),
                    What::QueryFailed { clearance } => Some((clearance, Bar::Failed)),
                    _ => None,
                };
                if let Some((clearance, bar)) = ended {
                    let of_lane = &mut in_flight[lane];
                    let query = of_lane.iter().position(|(name, _)| *name == (event.replica, clearance));
                    let began = query.map(|query| of_lane.swap_remove(query).1);
                    let began = began.map_or(columns.from, |began| began.max(columns.from));
                    if is_inside {
                        lanes.bar(lane, columns.of(began)..=column, bar);
                    }
                }
                if !is_inside {
                    continue;
                }
                let cell = lanes.cell(lane, column);
                cell.mark = cell.mark.max(mark(&event.what));
                cell.is_pointed |= state.pointed == Some(number);
            }
        }
        for (lane, queries) in in_flight.iter().enumerate() {
            for (_, began) in queries {
                let from = columns.of((*began).max(columns.from));
                lanes.bar(lane, from..=width.saturating_sub(1), Bar::InFlight);
            }
        }
        lanes
    }

    /// The cells of one lane.
    pub(super) fn of(&self, lane: usize) -> &[Cell] {
        &self.cells[lane * self.width..(lane + 1) * self.width]
    }

    fn cell(&mut self, lane: usize, column: usize) -> &mut Cell {
        &mut self.cells[lane * self.width + column]
    }

    fn bar(&mut self, lane: usize, columns: std::ops::RangeInclusive<usize>, bar: Bar) {
        for column in columns {
            let cell = self.cell(lane, column);
            cell.bar = cell.bar.max(Some(bar));
        }
    }
}

fn mark(what: &What) -> Option<Mark> {
    match what {
        What::NoticeReceived { .. } => Some(Mark::Notice),
        What::NoticeSwallowed { .. } => Some(Mark::Swallowed),
        What::Cleared { cause: Cause::BackupPoll, .. } | What::Pended { root: RootCause::BackupPoll } => {
            Some(Mark::Poll)
        }
        // A posting's own mark is its notice, and a chain is seen by its bars.
        What::Cleared { cause: Cause::First | Cause::Recovered, .. } => Some(Mark::Cleared),
        What::Pended { .. } => Some(Mark::Pended),
        What::QueryFailed { .. } => Some(Mark::Failed),
        What::HandedOver { is_rescued: true, .. } => Some(Mark::Rescued),
        What::HandedOver { .. } => Some(Mark::HandedOver),
        _ => None,
    }
}
