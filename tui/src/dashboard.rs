//! The event loop: the only part of the dashboard that waits, reads keys and draws.
//!
//! Promises: a key is drawn at once, everything else at most [`FRAMES_PER_SECOND`] times a second and only
//! when it changed something; without news it sleeps; the terminal is given back however the dashboard ends; a slow
//! terminal blocks the dashboard's own thread, never the load.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use chrono::Local;
use crossterm::event::{Event, EventStream};
use futures::{Stream, StreamExt as _};
use loadgen::control::Control;
use loadgen::snapshot::DomainNumber;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Size;
use tokio::sync::oneshot;

use crate::config::Config;
use crate::keymap::Keymap;
use crate::log_ring::LogRing;
use crate::model::{Demo, DemoState, Model};
use crate::picture::PictureTheme;
use crate::save;
use crate::source::{News, Source};
use crate::terminal::{self, Screen};
use crate::theme::Theme;
use crate::update::{Command, Message, update};
use crate::view::view;

/// The most frames drawn in a second, keys apart.
pub const FRAMES_PER_SECOND: u32 = 15;
/// So long the dashboard may take to leave a terminal that was closed.
const CLOSED_GRACE: Duration = Duration::from_secs(2);
/// From one frame to the next, keys apart.
const FRAME: Duration = Duration::from_millis(1_000 / FRAMES_PER_SECOND as u64);
/// So long it sleeps at most: somebody may have logged something, and what it says may have had its time.
const SLEEP: Duration = Duration::from_millis(250);
/// How often a domain whose page is on the screen is looked at.
const LOOK_PERIOD: Duration = Duration::from_millis(250);

/// Everything the dashboard needs.
#[derive(Debug)]
pub struct DashboardInput {
    /// What it shows.
    pub source: Source,
    /// What the Log view shows.
    pub log: LogRing,
    /// How it looks and ends.
    pub options: DashboardOptions,
}

/// How the dashboard looks and ends.
#[derive(Debug, Clone)]
pub struct DashboardOptions {
    /// Colours and glyphs.
    pub theme: Theme,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// Whether wheel and clicks are the dashboard's.
    pub mouse: bool,
    /// Stay when the run has finished, until somebody leaves.
    pub stay_when_finished: bool,
    /// The guided demo, if it is one.
    pub demo: Option<Demo>,
    /// Where screens are saved.
    pub save_directory: PathBuf,
    /// Whose colours saved screens have.
    pub picture: PictureTheme,
}

impl DashboardOptions {
    /// As a person has set it; without colours where [`no_color_wanted`].
    #[must_use]
    pub fn of(config: &Config, no_color: bool) -> Self {
        Self {
            theme: config.theme(no_color),
            keymap: Arc::clone(&config.keymap),
            mouse: config.mouse,
            stay_when_finished: true,
            demo: None,
            save_directory: config.save_directory.clone(),
            picture: config.picture,
        }
    }
}

impl Default for DashboardOptions {
    fn default() -> Self {
        Self::of(&Config::default(), false)
    }
}

/// How the dashboard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DashboardExit {
    /// The run had finished, or it was a recording.
    Finished,
    /// Somebody wanted to leave before; [`Control::Interrupt`] was sent.
    Interrupted,
    /// The run went away without finishing. Why, only the run's own result can say.
    RunLost,
}

/// Whether the environment asks for no colours: `NO_COLOR` with any value that isn't empty.
#[must_use]
pub fn no_color_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Shows the run until it ends or somebody leaves. An error, too, sends [`Control::Interrupt`] first.
///
/// Works on a thread of its own, because writing to a terminal may block for as long as the terminal
/// likes. When the returned future is dropped, the dashboard leaves by itself within a frame.
pub async fn run_dashboard(input: DashboardInput) -> anyhow::Result<DashboardExit> {
    let controls = input.source.controls();
    let (mut done, result) = oneshot::channel();
    std::thread::Builder::new()
        .name("dashboard".to_owned())
        .spawn(move || {
            let outcome = on_own_thread(input, &mut done);
            let _ = done.send(outcome);
        })
        .context("failed to start the dashboard's thread")?;
    tokio::select! {
        // Its panic message was printed by the panic hook.
        outcome = result => {
            outcome.unwrap_or_else(|_| Err(anyhow!("the dashboard panicked; this is a bug in clearance")))
        }
        closed = closed() => {
            closed?;
            if let Some(controls) = controls {
                let _ = controls.send(Control::Interrupt);
            }
            Ok(DashboardExit::Interrupted)
        }
    }
}

/// Resolves when the terminal was closed and the dashboard has had its time to leave: whoever was reading from the
/// terminal just then may read for ever.
#[cfg(unix)]
async fn closed() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hung_up = signal(SignalKind::hangup())?;
    hung_up.recv().await;
    tokio::time::sleep(CLOSED_GRACE).await;
    Ok(())
}

#[cfg(not(unix))]
async fn closed() -> io::Result<()> {
    std::future::pending().await
}

fn on_own_thread(
    input: DashboardInput,
    done: &mut oneshot::Sender<anyhow::Result<DashboardExit>>,
) -> anyhow::Result<DashboardExit> {
    let controls = input.source.controls();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let mut screen =
            Screen::enter(input.options.mouse).context("failed to take the terminal; try --headless")?;
        let mut frontend = Frontend { keys: Keys(EventStream::new()), signals: Signals::listen()? };
        tokio::select! {
            outcome = on_screen(&mut screen, &mut frontend, input) => outcome,
            () = done.closed() => Ok(DashboardExit::Interrupted),
        }
    });
    if outcome.is_err()
        && let Some(controls) = controls
    {
        // Nobody can see the run any more, nor stop it.
        let _ = controls.send(Control::Interrupt);
    }
    match outcome {
        // What was drawn last went nowhere.
        Err(_) if terminal::is_gone() => Ok(DashboardExit::Interrupted),
        outcome => outcome,
    }
}

struct Frontend {
    keys: Keys,
    signals: Signals,
}

/// What the terminal tells, until it is closed: of one that is, the stream beneath would read for ever.
struct Keys(EventStream);

impl Stream for Keys {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if terminal::is_gone() { Poll::Ready(None) } else { self.0.poll_next_unpin(context) }
    }
}

async fn on_screen(
    screen: &mut Screen,
    frontend: &mut Frontend,
    input: DashboardInput,
) -> anyhow::Result<DashboardExit> {
    let mut session = Session::new(input, screen.terminal.size()?);
    loop {
        let Frontend { keys, signals } = frontend;
        let pause = session.go_on(&mut screen.terminal, keys, signals.next(), terminal::is_entered).await?;
        match pause {
            Pause::Left(exit) => return Ok(exit),
            Pause::Suspended => {
                screen.suspend().await?;
                session.tell(Message::Resized(screen.terminal.size()?));
            }
            Pause::Copy(text) => screen.copy(&text)?,
        }
    }
}

/// Why a session paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// It is over.
    Left(DashboardExit),
    /// The process is to be stopped; go on when it is continued.
    Suspended,
    /// The terminal's clipboard is to have a text; go on at once.
    Copy(String),
}

/// The loop apart from the real terminal, so that tests can give it keys and a screen of their own.
#[derive(Debug)]
pub struct Session {
    input: DashboardInput,
    model: Model,
    log_next: u64,
    /// The domain that was looked at last, and when.
    looked: Option<(DomainNumber, Instant)>,
    began: Instant,
}

impl Session {
    /// A session that has shown nothing yet.
    #[must_use]
    pub fn new(input: DashboardInput, size: Size) -> Self {
        let DashboardOptions { theme, stay_when_finished, demo, picture, .. } = input.options;
        let model = Model {
            keymap: Arc::clone(&input.options.keymap),
            demo: demo.map(DemoState::new),
            picture,
            playback: input.source.playback(),
            timeline: input.source.timeline(),
            ..Model::new(theme, size, stay_when_finished)
        };
        Self { input, model, log_next: 0, looked: None, began: Instant::now() }
    }

    /// Shows the run on `terminal` until somebody leaves, suspends, or the run ends.
    ///
    /// `interrupted` resolves when a signal asks the program to end. When `entered` says that the terminal
    /// was given back, because something panicked elsewhere, the session ends with an error.
    pub async fn go_on<B: Backend>(
        &mut self,
        terminal: &mut Terminal<B>,
        keys: &mut (impl Stream<Item = io::Result<Event>> + Unpin),
        interrupted: impl Future<Output = ()>,
        entered: impl Fn() -> bool,
    ) -> anyhow::Result<Pause>
    where
        B::Error: Send + Sync + 'static,
    {
        tokio::pin!(interrupted);
        // When there was a frame last, and when the next one is due.
        let mut last = tokio::time::Instant::now();
        let mut due = last;
        // What there is already counts before the first key: a run may be over.
        if let Some(pause) = self.input.source.first().and_then(|message| self.tell(message)) {
            return Ok(pause);
        }
        loop {
            let mut at_once = false;
            let pause = tokio::select! {
                biased;
                () = &mut interrupted => self.tell(Message::Interrupted),
                event = keys.next() => {
                    at_once = true;
                    match event {
                        Some(Ok(Event::Key(key))) => self.tell(Message::Key(key)),
                        Some(Ok(Event::Mouse(mouse))) => self.tell(Message::Mouse(mouse)),
                        Some(Ok(Event::Resize(width, height))) => {
                            self.tell(Message::Resized(Size::new(width, height)))
                        }
                        Some(Ok(_)) => None,
                        // Without a keyboard nobody could ever leave.
                        Some(Err(_)) | None => self.tell(Message::Interrupted),
                    }
                }
                () = tokio::time::sleep_until(due) => {
                    at_once = true;
                    last = tokio::time::Instant::now();
                    due = last + if self.model.is_playing() { FRAME } else { SLEEP };
                    self.on_frame()
                }
                // Of a run they are rarer than frames; of a recording they may be many.
                news = self.input.source.next() => {
                    due = due.min(last + FRAME);
                    match news? {
                        News::Message(message) => self.tell(message),
                        News::Lost => Some(Pause::Left(DashboardExit::RunLost)),
                    }
                }
            };
            if self.model.is_playing() {
                due = due.min(last + FRAME);
            }
            if !entered() {
                return Err(anyhow!("a part of the program panicked; this is a bug in clearance"));
            }
            if let Some(pause) = pause {
                return Ok(pause);
            }
            if at_once && self.model.dirty {
                terminal.draw(|frame| view(&self.model, frame.area(), frame.buffer_mut()))?;
                self.model.dirty = false;
            }
        }
    }

    /// Tells the model and carries out what it commands.
    pub fn tell(&mut self, message: Message) -> Option<Pause> {
        match update(&mut self.model, message)? {
            Command::Control(control) => {
                self.input.source.order(control);
                None
            }
            Command::Seek(at) => {
                self.input.source.seek(at);
                None
            }
            Command::LeaveFinished => Some(Pause::Left(DashboardExit::Finished)),
            Command::LeaveInterrupted => {
                self.input.source.order(Control::Interrupt);
                Some(Pause::Left(DashboardExit::Interrupted))
            }
            Command::Suspend => Some(Pause::Suspended),
            Command::Copy(text) => Some(Pause::Copy(text)),
            Command::Save { svg, text } => {
                let (directory, run) = (&self.input.options.save_directory, &self.model.shown.scenario);
                let saved = save::save(directory, run, Local::now(), &svg, &text);
                self.tell(Message::Saved(saved.map_err(|error| error.to_string())))
            }
        }
    }

    fn on_frame(&mut self) -> Option<Pause> {
        let total = self.input.log.total();
        if total != self.log_next {
            let lines = self.input.log.from(self.log_next);
            self.log_next = lines.last().map_or(total, |line| line.sequence + 1);
            self.tell(Message::Log(lines, self.input.log.dropped()));
        }
        if let Some(came) = self.input.source.events(self.model.wakeups.next) {
            self.tell(came);
        }
        self.look();
        self.tell(Message::Tick(self.began.elapsed()))
    }

    /// Looks at the domain whose page is on the screen, at no other.
    fn look(&mut self) {
        let Some(number) = self.model.looks_at() else { return };
        let is_fresh = |(of, at): (DomainNumber, Instant)| of == number && at.elapsed() < LOOK_PERIOD;
        if self.looked.is_some_and(is_fresh) {
            return;
        }
        self.looked = Some((number, Instant::now()));
        if let Some(page) = self.input.source.domain(number) {
            self.tell(page);
        }
    }
}

/// SIGINT, SIGTERM and SIGHUP. In raw mode Ctrl-C is a key; these come from elsewhere.
struct Signals {
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let of = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        let [a, b, c] = of;
        Ok(Self { streams: [a?, b?, c?] })
    }

    #[cfg(not(unix))]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let [a, b, c] = &mut self.streams;
        tokio::select! {
            _ = a.recv() => {}
            _ = b.recv() => {}
            _ = c.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
