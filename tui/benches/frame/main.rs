//! What a frame of the dashboard costs, and what it takes to keep up with a large run. Needs no database.
//!
//! `cargo bench -p clearance --bench frame [-- --rounds N]`
//!
//! Ten thousand domains on three replicas, a hundred thousand events, five minutes of seconds and samples, a full
//! log. Each round a tenth of a second passes, so that every frame differs from the one before. A frame is the
//! view drawn, held against the last one, and its difference written as escape sequences, to nowhere. What
//! counts is the thread's processor time. Allocations are those of one frame or step; the bench's own allocator
//! counts them.

#[expect(dead_code, reason = "each bench uses its part")]
#[path = "../../../loadgen/benches/support/figures.rs"]
mod figures;
#[expect(dead_code, reason = "this bench has no database")]
#[path = "../../../loadgen/benches/support/options.rs"]
mod options;
mod world;

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use clearance::dashboard::FRAMES_PER_SECOND;
use clearance::model::{Model, Playback};
use clearance::theme::Theme;
use clearance::update::{Message, update};
use clearance::view::view;
use cpu_time::ThreadTime;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use loadgen::measure::{Events, LoggedEvent};
use loadgen::record::{EVENTS_MAX, Missing, Survey};
use loadgen::snapshot::Snapshot;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};

use figures::{median, print_table, verdict};
use options::Options;
use world::{DOMAINS, JOBS_PER_S, TICKS_PER_S, World};

const SIZES: [(u16, u16); 2] = [(200, 60), (80, 24)];
/// Of a frame's median, in either size.
const FRAME_GOAL_US: f64 = 4_000.0;
/// Of one frame, whatever there is in the run.
const ALLOCATIONS_GOAL: f64 = 5_000.0;
/// A dashboard has followed the run for so many tenths of a second.
const TICKS: u64 = 90;
/// What each job leaves in the log of events.
const EVENTS_PER_JOB: u64 = 6;
/// Of a core, for all that a second brings and its frames.
const SECOND_GOAL: f64 = 0.10;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(101) else { return Ok(()) };
    let world = World::new();
    println!(
        "{DOMAINS} domains, {EVENTS_MAX} events, {JOBS_PER_S} jobs/s, medians of {} rounds\n",
        options.rounds
    );
    frames(&world, options.rounds)?;
    println!();
    steps(&world, options.rounds)?;
    println!();
    seconds(&world, options.rounds.div_ceil(10))?;
    println!();
    memory()
}

/// The screens by the keys that lead to them.
const SCREENS: [(&str, &[KeyCode]); 10] = [
    ("Overview", &[KeyCode::Char('1')]),
    ("Domains", &[KeyCode::Char('2')]),
    ("Domains, by name", &[KeyCode::Char('2'), KeyCode::Char('o')]),
    ("Domains, one of them", &[KeyCode::Char('2'), KeyCode::Enter]),
    ("Wakeups", &[KeyCode::Char('3')]),
    ("Wakeups, a story", &[KeyCode::Char('3'), KeyCode::Char('R'), KeyCode::Enter]),
    ("Latency", &[KeyCode::Char('4')]),
    ("Database", &[KeyCode::Char('5')]),
    ("Faults", &[KeyCode::Char('6')]),
    ("Log", &[KeyCode::Char('7')]),
];

fn frames(world: &World, rounds: usize) -> anyhow::Result<()> {
    let mut table = vec![heading("a frame")];
    let (mut slowest, mut most) = (0.0_f64, 0.0_f64);
    for (name, keys) in SCREENS {
        for size in SIZES {
            let mut stand = Stand::new(world, size)?;
            stand.press(keys);
            stand.draw()?;
            let mut costs = Costs::default();
            for _ in 0..rounds {
                stand.pass();
                costs.of(|| stand.draw()).transpose()?;
            }
            slowest = slowest.max(median(&costs.us));
            most = most.max(median(&costs.allocations));
            table.push(costs.row(&format!("{name}, {}×{}", size.0, size.1)));
        }
    }
    print_table(&table);
    println!(
        "goal: a median of at most {FRAME_GOAL_US} µs: {slowest:.0}, {}; at most {ALLOCATIONS_GOAL} allocations: \
         {most:.0}, {}",
        verdict(slowest <= FRAME_GOAL_US),
        verdict(most <= ALLOCATIONS_GOAL)
    );
    Ok(())
}

/// What changes the model: what comes of the run, and what a person does.
fn steps(world: &World, rounds: usize) -> anyhow::Result<()> {
    let mut table = vec![heading("a step")];
    let overview = [KeyCode::Char('1')];
    let domains = [KeyCode::Char('2')];
    let by_name = [KeyCode::Char('2'), KeyCode::Char('o')];
    let wakeups = [KeyCode::Char('3')];
    for (name, keys) in [
        ("a snapshot, in the Overview", &overview[..]),
        ("a snapshot, in Domains", &domains),
        ("a snapshot, in Domains by name", &by_name),
    ] {
        let mut stand = Stand::new(world, SIZES[0])?;
        stand.press(keys);
        let mut costs = Costs::default();
        for _ in 0..rounds {
            let snapshot = stand.next_snapshot();
            costs.of(|| stand.tell(Message::Snapshot(snapshot)));
        }
        table.push(costs.row(name));
    }

    let mut stand = Stand::new(world, SIZES[0])?;
    stand.press(&wakeups);
    let mut costs = Costs::default();
    for _ in 0..rounds {
        let events = stand.next_events(JOBS_PER_S / u64::from(FRAMES_PER_SECOND));
        costs.of(|| stand.tell(Message::Events(events)));
    }
    table.push(costs.row("the events of a frame"));

    let mut pressed = |name: &str, before: &[KeyCode], keys: &[KeyCode]| -> anyhow::Result<()> {
        let mut stand = Stand::new(world, SIZES[0])?;
        stand.press(before);
        let mut costs = Costs::default();
        for round in 0..rounds {
            let key = keys[round % keys.len()];
            costs.of(|| stand.press(&[key]));
        }
        table.push(costs.row(name));
        Ok(())
    };
    pressed("Domains: the next order", &domains, &[KeyCode::Char('o')])?;
    pressed("Domains: a row down", &domains, &[KeyCode::Down])?;
    let filter: Vec<KeyCode> = "tag:region=region-07 waiting>2 team-1".chars().map(KeyCode::Char).collect();
    let written = [KeyCode::Char('2'), KeyCode::Char('/')];
    let all: Vec<KeyCode> = filter.iter().copied().chain(filter.iter().map(|_| KeyCode::Backspace)).collect();
    pressed("Domains: a character of a filter", &written, &all)?;
    pressed("Wakeups: the lane's event before", &wakeups, &[KeyCode::Left])?;
    pressed("Wakeups: the rescued job before", &wakeups, &[KeyCode::Char('R')])?;
    let nothing_failed = [KeyCode::Char('F')];
    pressed("Wakeups: a failed query, of which there is none", &wakeups, &nothing_failed)?;
    let story = [KeyCode::Char('3'), KeyCode::Char('R'), KeyCode::Enter];
    pressed("Wakeups: a story's next line", &story, &[KeyCode::Down, KeyCode::Up])?;
    pressed(
        "a frozen run: a second back, a second on",
        &[KeyCode::Char('1')],
        &[KeyCode::Char(','), KeyCode::Char('.')],
    )?;

    let (mut asked, mut read) = (Costs::default(), Costs::default());
    let mut stand = Stand::of_recording(world, SIZES[0])?;
    let snapshot = stand.next_snapshot();
    let events = world.events(0, 0..EVENTS_MAX as u64 / EVENTS_PER_JOB);
    for round in 0..rounds {
        let key = [KeyCode::Char('('), KeyCode::Char(')')][round % 2];
        asked.of(|| stand.press(&[key]));
        // Whoever goes back begins with all events up to there.
        let moment = Message::Moment(Arc::clone(&snapshot), events.clone());
        stand.model.wakeups.next = u64::MAX;
        read.of(|| stand.tell(moment));
    }
    table.push(asked.row("a recording: ten seconds back, on, by what is kept"));
    table.push(read.row("a recording: the moment itself, with all its events"));
    print_table(&table);
    Ok(())
}

/// All that a second brings, with its frames, as a share of a core.
fn seconds(world: &World, rounds: usize) -> anyhow::Result<()> {
    let mut table = vec![["a second at 2,000 jobs/s", "of a core", "kB written"].map(str::to_owned).to_vec()];
    let mut most = 0.0_f64;
    for (name, keys) in SCREENS {
        let mut stand = Stand::new(world, SIZES[0])?;
        stand.press(keys);
        stand.draw()?;
        let mut shares = Vec::new();
        stand.written.set(0);
        for _ in 0..rounds {
            let mut took = Duration::ZERO;
            for _ in 0..TICKS_PER_S {
                let snapshot = stand.next_snapshot();
                let events = stand.next_events(JOBS_PER_S / TICKS_PER_S);
                let began = ThreadTime::now();
                stand.tell(Message::Snapshot(snapshot));
                stand.tell(Message::Events(events));
                stand.look();
                stand.tell(Message::Tick(Duration::from_millis(stand.tick * 1_000 / TICKS_PER_S)));
                if stand.model.dirty {
                    stand.draw()?;
                }
                took += began.elapsed();
            }
            shares.push(took.as_secs_f64());
        }
        let share = median(&shares);
        most = most.max(share);
        let written = stand.written.get() as f64 / rounds as f64 / 1_000.0;
        table.push(vec![name.to_owned(), format!("{:.1} %", share * 100.0), format!("{written:.0}")]);
    }
    print_table(&table);
    println!(
        "goal: at most {:.0} % of a core: {:.1}, {}",
        SECOND_GOAL * 100.0,
        most * 100.0,
        verdict(most <= SECOND_GOAL)
    );
    Ok(())
}

/// What a dashboard keeps, all that it shares with nobody.
fn memory() -> anyhow::Result<()> {
    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let world = World::new();
        kept = Some(Stand::new(&world, SIZES[0]).map(|stand| stand.model));
    });
    let kept = kept.transpose()?;
    let (moments, rows) = kept.as_ref().map(|model| model.history.size()).unwrap_or_default();
    println!(
        "the dashboard keeps {:.0} MB: {moments} moments with {rows} rows of domains, {} events of {} bytes each",
        counted.bytes_current as f64 / 1e6,
        kept.map_or(0, |model| model.wakeups.events().len()),
        size_of::<LoggedEvent>()
    );
    Ok(())
}

fn heading(what: &str) -> Vec<String> {
    [what, "median µs", "p99 µs", "allocations", "kB"].map(str::to_owned).to_vec()
}

/// What something took, round by round.
#[derive(Default)]
struct Costs {
    us: Vec<f64>,
    allocations: Vec<f64>,
    bytes: Vec<f64>,
}

impl Costs {
    fn of<T>(&mut self, act: impl FnOnce() -> T) -> Option<T> {
        let mut took = Duration::ZERO;
        let mut outcome = None;
        let counted = allocation_counter::measure(|| {
            let began = ThreadTime::now();
            outcome = Some(act());
            took = began.elapsed();
        });
        self.us.push(took.as_secs_f64() * 1e6);
        self.allocations.push(counted.count_total as f64);
        self.bytes.push(counted.bytes_total as f64);
        outcome
    }

    fn row(&self, name: &str) -> Vec<String> {
        let mut sorted = self.us.clone();
        sorted.sort_by(f64::total_cmp);
        let p99 = sorted.get((sorted.len() * 99 / 100).min(sorted.len() - 1)).copied().unwrap_or_default();
        vec![
            name.to_owned(),
            format!("{:.0}", median(&self.us)),
            format!("{p99:.0}"),
            format!("{:.0}", median(&self.allocations)),
            format!("{:.1}", median(&self.bytes) / 1_000.0),
        ]
    }
}

/// Counts what is written, and drops it.
struct Nowhere(Rc<Cell<usize>>);

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A dashboard in front of a large run.
struct Stand<'a> {
    world: &'a World,
    model: Model,
    terminal: Terminal<CrosstermBackend<io::BufWriter<Nowhere>>>,
    written: Rc<Cell<usize>>,
    tick: u64,
    jobs: u64,
}

impl<'a> Stand<'a> {
    /// One that has followed the run for a while, with as many events as are kept and a log that is full.
    fn new(world: &'a World, size: (u16, u16)) -> anyhow::Result<Self> {
        Self::with(world, size, None)
    }

    /// The same of a recording that has been looked through.
    fn of_recording(world: &'a World, size: (u16, u16)) -> anyhow::Result<Self> {
        let length = Duration::from_secs(TICKS / TICKS_PER_S);
        Self::with(world, size, Some(Playback::new(length, Missing::default(), length)))
    }

    fn with(
        world: &'a World,
        (width, height): (u16, u16),
        playback: Option<Playback>,
    ) -> anyhow::Result<Self> {
        let written = Rc::new(Cell::new(0));
        let backend = CrosstermBackend::new(io::BufWriter::new(Nowhere(Rc::clone(&written))));
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let model = Model::new(Theme::new(false, false), Size::new(width, height), true);
        let mut stand = Self {
            world,
            model: Model { playback, ..model },
            terminal: Terminal::with_options(backend, TerminalOptions { viewport })?,
            written,
            tick: 0,
            jobs: 0,
        };
        let kept = EVENTS_MAX as u64 / EVENTS_PER_JOB;
        stand.jobs = TICKS * JOBS_PER_S / TICKS_PER_S - kept;
        let events = stand.next_events(kept);
        stand.tell(Message::Events(events));
        for _ in 0..TICKS {
            let snapshot = stand.next_snapshot();
            if stand.model.playback.is_some() {
                let second = stand.tick / TICKS_PER_S;
                let until = Duration::from_secs(second);
                let seconds = snapshot.seconds.last().cloned().into_iter().collect();
                let snapshot = Arc::unwrap_or_clone(snapshot);
                stand.tell(Message::Surveyed(Survey { until, seconds, snapshot: Arc::new(snapshot) }));
            } else {
                stand.tell(Message::Snapshot(snapshot));
            }
        }
        stand.tell(Message::Log(world::log_lines(), 0));
        Ok(stand)
    }

    fn tell(&mut self, message: Message) {
        update(&mut self.model, message);
    }

    fn press(&mut self, keys: &[KeyCode]) {
        for key in keys {
            self.tell(Message::Key(KeyEvent::new(*key, KeyModifiers::NONE)));
        }
    }

    fn next_snapshot(&mut self) -> Arc<Snapshot> {
        self.tick += 1;
        Arc::new(self.world.snapshot(self.tick))
    }

    /// Those of the next jobs.
    fn next_events(&mut self, jobs: u64) -> Events {
        self.jobs += jobs;
        self.world.events(self.model.wakeups.next, self.jobs - jobs..self.jobs)
    }

    /// A tenth of a second passes.
    fn pass(&mut self) {
        let snapshot = self.next_snapshot();
        let events = self.next_events(JOBS_PER_S / TICKS_PER_S);
        self.tell(Message::Snapshot(snapshot));
        self.tell(Message::Events(events));
        self.look();
    }

    /// Looks at the domain whose page is on the screen.
    fn look(&mut self) {
        if let Some(number) = self.model.looks_at() {
            self.tell(Message::Domain(Arc::new(world::page(number, self.tick))));
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        self.terminal.draw(|frame| view(&self.model, frame.area(), frame.buffer_mut()))?;
        self.model.dirty = false;
        Ok(())
    }
}
