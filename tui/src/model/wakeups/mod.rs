//! What the Wakeups view remembers: the events that came, the window of time that is looked at, the event that is
//! pointed at.
//!
//! Events are kept up to [`EVENTS_MAX`], the oldest dropped first. A window follows the newest until somebody holds
//! it still. It draws nothing and reads no clock.

mod story;

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use loadgen::measure::{Events, FaultName, LoggedEvent, What};
use loadgen::record::EVENTS_MAX;
use loadgen::snapshot::{DomainNumber, DomainSpec, Posting, ProvisionerType, Tags};

use super::domains::in_short;

pub use story::{Chapter, Story};

/// How much time a window may show; past the last it shows the whole run.
pub const SPANS: [Duration; 12] = [
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
];
/// The span of a fresh view: 10 s.
const SPAN_FIRST: usize = 6;

/// What can be jumped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landmark {
    /// Any event of a lane.
    Event,
    /// A job that the backup poll rescued.
    Rescued,
    /// A notice that a fault swallowed: a wakeup that did not happen.
    Swallowed,
    /// A query that failed.
    Failed,
}

/// When a fault was at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultSpan {
    /// Which, as an index into the faults that events name.
    pub fault: u32,
    /// Since when.
    pub began: Duration,
    /// Until when; `None` while it lasts.
    pub ended: Option<Duration>,
}

/// So many spans of faults are kept, the latest.
const FAULT_SPANS_MAX: usize = 1_000;

/// The state of the Wakeups view.
#[derive(Debug, Clone)]
pub struct WakeupsState {
    events: VecDeque<LoggedEvent>,
    /// The number of the oldest event that is kept.
    first: u64,
    /// Where reading goes on.
    pub next: u64,
    /// The domains that events name, by number.
    pub domains: Arc<Vec<Arc<DomainSpec>>>,
    shapes: Arc<[Posting]>,
    /// The faults that events name.
    pub faults: Arc<Vec<FaultName>>,
    /// When faults were at work, in the order in which they began.
    pub fault_spans: VecDeque<FaultSpan>,
    /// The domains in the order of their lanes.
    pub lanes: Vec<DomainNumber>,
    /// Where in `lanes` each domain is, by number.
    places: Vec<usize>,
    /// What accepts which shape among the lanes on the screen.
    takers: Takers,
    /// The selected one of `lanes`; 0 when there are none.
    pub lane: usize,
    /// The first of `lanes` on the screen.
    pub offset: usize,
    /// An index into [`SPANS`]; past its end, the whole run.
    span: usize,
    /// Where the window ends while it is held still.
    pub held_at: Option<Duration>,
    /// The event that is pointed at, by its number.
    pub pointed: Option<u64>,
    /// Whether its story is open, and how far that is scrolled.
    pub story: Option<usize>,
}

/// The lanes on the screen that accept jobs of a shape. Of all lanes it would be shapes times domains, each of which
/// there may be ten thousand of.
#[derive(Debug, Clone, Default)]
struct Takers {
    /// Shapes by what they demand.
    shapes: HashMap<(ProvisionerType, Tags), Vec<u32>>,
    /// Of which lanes, of how many there are, and of how many shapes.
    of: (Range<usize>, usize, usize),
    /// Places in `lanes`.
    by_shape: HashMap<u32, Vec<usize>>,
}

impl Takers {
    /// Takes in what jobs demand.
    fn read(&mut self, shapes: &[Posting]) {
        self.shapes.clear();
        for (number, shape) in (0..).zip(shapes) {
            self.shapes.entry((shape.provisioner, shape.tags.clone())).or_default().push(number);
        }
    }

    /// The shapes that a domain accepts: those of its types that demand some of its tags.
    fn accepted_by(&self, spec: &DomainSpec) -> Vec<u32> {
        let tags: Vec<(&str, &str)> = spec.tags().iter().collect();
        let parts = u32::try_from(tags.len()).ok().and_then(|tags| 1_usize.checked_shl(tags));
        // Whichever are fewer: the parts of its tags, or the shapes.
        let Some(parts) = parts.filter(|parts| *parts < self.shapes.len()) else {
            let accepts = |(kind, tags): &(ProvisionerType, Tags)| {
                spec.contains(&Posting { provisioner: *kind, tags: tags.clone(), job_id: None })
            };
            let accepted = self.shapes.iter().filter(|(demand, _)| accepts(demand));
            return accepted.flat_map(|(_, numbers)| numbers).copied().collect();
        };
        let mut accepted = Vec::new();
        for part in 0..parts {
            let some = tags.iter().enumerate().filter(|(place, _)| part >> place & 1 == 1);
            let Ok(some) = Tags::from_pairs(some.map(|(_, tag)| *tag)) else { continue };
            for kind in spec.types() {
                accepted.extend(self.shapes.get(&(*kind, some.clone())).into_iter().flatten());
            }
        }
        accepted
    }
}

impl Default for WakeupsState {
    fn default() -> Self {
        Self {
            events: VecDeque::new(),
            first: 0,
            next: 0,
            domains: Arc::default(),
            shapes: Arc::new([]),
            faults: Arc::default(),
            fault_spans: VecDeque::new(),
            lanes: Vec::new(),
            places: Vec::new(),
            takers: Takers::default(),
            lane: 0,
            offset: 0,
            span: SPAN_FIRST,
            held_at: None,
            pointed: None,
            story: None,
        }
    }
}

impl WakeupsState {
    /// Takes in what came.
    pub fn append(&mut self, came: &Events) {
        if came.first > self.next {
            // What lies between was dropped before it could be read: what is older would seem to be next to it.
            self.events.clear();
        }
        self.faults = Arc::clone(&came.faults);
        let known = usize::try_from(self.next.saturating_sub(came.first)).unwrap_or(usize::MAX);
        for event in came.iter().skip(known) {
            self.note_fault(event);
            self.events.push_back(*event);
        }
        self.next = self.next.max(came.next);
        let excess = self.events.len().saturating_sub(EVENTS_MAX);
        self.events.drain(..excess);
        self.first = self.next - self.events.len() as u64;
        if came.shapes.len() != self.shapes.len() {
            self.shapes = Arc::clone(&came.shapes);
            self.takers.read(&self.shapes);
        }
        if came.domains.len() != self.domains.len() {
            self.domains = Arc::clone(&came.domains);
            self.make_lanes();
        }
        if self.pointed.is_some_and(|pointed| !(self.first..self.next).contains(&pointed)) {
            (self.pointed, self.story) = (None, None);
        }
    }

    /// Forgets all events, to begin again with those up to an earlier moment.
    pub fn rewind(&mut self) {
        self.events.clear();
        self.fault_spans.clear();
        (self.first, self.next) = (0, 0);
    }

    fn note_fault(&mut self, event: &LoggedEvent) {
        match event.what {
            What::FaultBegan { fault } => {
                self.fault_spans.push_back(FaultSpan { fault, began: event.at, ended: None });
                let excess = self.fault_spans.len().saturating_sub(FAULT_SPANS_MAX);
                self.fault_spans.drain(..excess);
            }
            // A fault ends by its name: with another parameter it is the same one.
            What::FaultEnded { fault } => {
                let name = |fault: u32| self.faults.get(fault as usize).map(|fault| &fault.name);
                for span in self.fault_spans.iter_mut().filter(|span| span.ended.is_none()) {
                    if name(span.fault) == name(fault) {
                        span.ended = Some(event.at);
                    }
                }
            }
            _ => {}
        }
    }

    fn make_lanes(&mut self) {
        let selected = self.lanes.get(self.lane).copied();
        let mut lanes: Vec<DomainNumber> = (0..self.domains.len() as DomainNumber).collect();
        lanes.sort_by_cached_key(|number| self.label(*number));
        self.places = vec![0; lanes.len()];
        for (place, number) in lanes.iter().enumerate() {
            self.places[*number as usize] = place;
        }
        self.lanes = lanes;
        self.lane = selected
            .and_then(|selected| self.lanes.iter().position(|lane| *lane == selected))
            .unwrap_or(self.lane.min(self.lanes.len().saturating_sub(1)));
    }

    /// A domain in words.
    #[must_use]
    pub fn label(&self, domain: DomainNumber) -> String {
        self.domains.get(domain as usize).map(ToString::to_string).unwrap_or_default()
    }

    /// A domain in fewer words, the tags' keys left out, such as `terraform on-prem`.
    #[must_use]
    pub fn short_label(&self, domain: DomainNumber) -> String {
        self.domains.get(domain as usize).map(|spec| in_short(spec.types(), spec.tags())).unwrap_or_default()
    }

    /// The domain of the selected lane.
    #[must_use]
    pub fn selected(&self) -> Option<DomainNumber> {
        self.lanes.get(self.lane).copied()
    }

    /// Whether nothing came yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// An event by its number.
    #[must_use]
    pub fn event(&self, number: u64) -> Option<&LoggedEvent> {
        self.events.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// All events that are kept, with their numbers, oldest first.
    #[must_use]
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (u64, &LoggedEvent)> + ExactSizeIterator {
        let first = self.first;
        self.events.iter().enumerate().map(move |(place, event)| (first + place as u64, event))
    }

    /// The events from `from` on, oldest first.
    pub fn events_since(&self, from: Duration) -> impl Iterator<Item = (u64, &LoggedEvent)> {
        let place = self.events.partition_point(|event| event.at < from);
        let first = self.first;
        self.events.range(place..).zip(place..).map(move |(event, place)| (first + place as u64, event))
    }

    /// The lane of a domain.
    #[must_use]
    pub fn place_of(&self, domain: DomainNumber) -> Option<usize> {
        self.places.get(domain as usize).copied()
    }

    /// Whether an event belongs to a domain's lane: it happened to that domain, or to a job that all would have heard
    /// of that accept it.
    #[must_use]
    pub fn is_of(&self, event: &LoggedEvent, domain: DomainNumber) -> bool {
        if let Some(own) = event.domain {
            return own == domain;
        }
        let shape = demanded(event).and_then(|shape| self.shapes.get(shape as usize));
        let spec = self.domains.get(domain as usize);
        shape.zip(spec).is_some_and(|(shape, spec)| spec.contains(shape))
    }

    /// The places of the lanes on the screen that an event belongs to, and perhaps of others.
    pub fn places_of(&self, event: &LoggedEvent) -> impl Iterator<Item = usize> {
        let own = event.domain.and_then(|domain| self.place_of(domain));
        let takers = if event.domain.is_none() { demanded(event) } else { None };
        let takers = takers.and_then(|shape| self.takers.by_shape.get(&shape)).into_iter().flatten();
        own.into_iter().chain(takers.copied())
    }

    fn match_shapes(&mut self, page: usize) {
        let lanes = self.offset..(self.offset + page).min(self.lanes.len());
        let of = (lanes.clone(), self.lanes.len(), self.shapes.len());
        if of == self.takers.of {
            return;
        }
        self.takers.of = of;
        self.takers.by_shape.clear();
        for place in lanes {
            for shape in self.takers.accepted_by(&self.domains[self.lanes[place] as usize]) {
                self.takers.by_shape.entry(shape).or_default().push(place);
            }
        }
    }

    /// How much time the window shows; `None` is the whole run.
    #[must_use]
    pub fn span(&self) -> Option<Duration> {
        SPANS.get(self.span).copied()
    }

    /// Shows more time, or with a negative number less.
    pub fn zoom(&mut self, steps: isize) {
        self.span = self.span.saturating_add_signed(steps).min(SPANS.len());
    }

    /// The window's begin and end when the run is `newest` old.
    #[must_use]
    pub fn window(&self, newest: Duration) -> (Duration, Duration) {
        let end = self.held_at.unwrap_or(newest);
        match self.span() {
            Some(span) => (end.saturating_sub(span), end.max(span)),
            None => (Duration::ZERO, newest.max(Duration::from_millis(1))),
        }
    }

    /// Moves the window by a part of itself, into the past when negative.
    pub fn scroll(&mut self, halves: i32, newest: Duration) {
        let Some(span) = self.span() else { return };
        let by = span / 2 * halves.unsigned_abs();
        let (_, end) = self.window(newest);
        let to =
            if halves < 0 { end.saturating_sub(by).max(span) } else { end.saturating_add(by).min(newest) };
        self.held_at = Some(to);
    }

    /// Points at the next of a kind, or at the one before, seen from what is pointed at or from the window's end.
    /// Events are those of the selected lane; anything else is looked for in all of them. Whether there is one.
    pub fn jump(&mut self, kind: Landmark, forward: bool, newest: Duration) -> bool {
        let lane = self.selected();
        let is_it = |event: &LoggedEvent| match kind {
            Landmark::Event => lane.is_some_and(|lane| self.is_of(event, lane)),
            Landmark::Rescued => matches!(event.what, What::HandedOver { is_rescued: true, .. }),
            Landmark::Swallowed => matches!(event.what, What::NoticeSwallowed { .. }),
            Landmark::Failed => matches!(event.what, What::QueryFailed { .. }),
        };
        let (_, end) = self.window(newest);
        let from = self
            .pointed
            .unwrap_or_else(|| self.first + self.events.partition_point(|event| event.at <= end) as u64);
        let found = if forward {
            self.events().find(|(number, event)| *number > from && is_it(event))
        } else {
            self.events().rev().find(|(number, event)| *number < from && is_it(event))
        };
        let Some((number, event)) = found.map(|(number, event)| (number, *event)) else { return false };
        self.pointed = Some(number);
        if !lane.is_some_and(|lane| self.is_of(&event, lane))
            && let Some(place) = self.lanes.iter().position(|lane| self.is_of(&event, *lane))
        {
            self.lane = place;
        }
        self.show(event.at, newest);
        true
    }

    /// Holds the window so that it shows a moment.
    fn show(&mut self, at: Duration, newest: Duration) {
        let (from, end) = self.window(newest);
        if at < from || at > end || self.held_at.is_none() {
            let span = self.span().unwrap_or(newest);
            self.held_at = Some(if at < from || at > end {
                at.saturating_add(span / 2).min(newest).max(span)
            } else {
                end
            });
        }
    }

    /// Scrolls so that the selected lane is among `page` lanes on the screen.
    pub fn scroll_to_lane(&mut self, page: usize) {
        let page = page.max(1);
        self.offset = self
            .offset
            .clamp((self.lane + 1).saturating_sub(page), self.lane)
            .min(self.lanes.len().saturating_sub(page));
        self.match_shapes(page);
    }

    /// What happened, as a person would say it.
    #[must_use]
    pub fn in_words(&self, event: &LoggedEvent) -> String {
        story::in_words(self, event)
    }

    /// The whole chain that the event that is pointed at belongs to.
    #[must_use]
    pub fn story(&self) -> Option<Story> {
        Story::of(self, self.pointed?)
    }
}

/// What the job of an event demands, where the event says so.
fn demanded(event: &LoggedEvent) -> Option<u32> {
    match event.what {
        What::Posted { shape, .. } => Some(shape),
        What::NoticeSwallowed { shape, .. } => shape,
        _ => None,
    }
}
