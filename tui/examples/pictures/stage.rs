//! The real binary in a terminal of its own, played by cues; what it shows, and how it came to that.

use std::fmt::Write as _;
use std::io::{Read as _, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// The longest that a cue is waited for.
const PATIENCE: Duration = Duration::from_mins(4);
/// A film has so many frames a second: what came in between is one change.
const FRAME: Duration = Duration::from_millis(250);

/// When the screen says something, keys are pressed.
pub(crate) struct Cue {
    /// What it says.
    pub(crate) says: &'static str,
    /// The keys.
    pub(crate) press: &'static str,
    /// How long the screen may take to follow.
    pub(crate) settle_ms: u64,
}

/// The running program and its terminal.
pub(crate) struct Stage {
    child: Box<dyn Child + Send + Sync>,
    /// Keeps the terminal open.
    _terminal: Box<dyn MasterPty + Send>,
    keys: Box<dyn std::io::Write + Send>,
    output: mpsc::Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// The screen of the film's last frame.
    filmed: vt100::Screen,
    film: String,
    began: Instant,
    frame_due: Instant,
}

impl Stage {
    /// Starts the program with these arguments in a terminal of this size.
    pub(crate) fn open(arguments: &[&str], columns: u16, rows: u16) -> anyhow::Result<Self> {
        let examples = std::env::current_exe()?;
        let binary = examples.ancestors().nth(2).context("examples lie below the binary")?.join("clearance");
        if !binary.exists() {
            bail!("there is no {}; run \"cargo build --release\" first", binary.display());
        }
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(binary);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let child = pty.slave.spawn_command(command)?;
        drop(pty.slave);
        let (columns, rows) = (columns.try_into()?, rows.try_into()?);
        let screen = vt100::Parser::new(rows, columns, 0);
        let header = serde_json::json!({"version": 2, "width": columns, "height": rows,
            "title": format!("clearance {}", arguments.join(" "))});
        let now = Instant::now();
        Ok(Self {
            child,
            keys: pty.master.take_writer()?,
            output: read_all(pty.master.try_clone_reader()?),
            _terminal: pty.master,
            filmed: screen.screen().clone(),
            screen,
            film: format!("{header}\n"),
            began: now,
            frame_due: now,
        })
    }

    /// Waits until the screen says what the cue waits for, presses its keys, and lets the screen follow.
    pub(crate) fn play(&mut self, cue: &Cue) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while !self.screen.screen().contents().contains(cue.says) {
            if Instant::now() > until {
                bail!("the screen never said {:?}:\n{}", cue.says, self.screen.screen().contents());
            }
            self.watch(until)?;
        }
        self.keys.write_all(cue.press.as_bytes())?;
        let settled = Instant::now() + Duration::from_millis(cue.settle_ms);
        while Instant::now() < settled {
            self.watch(settled)?;
        }
        Ok(())
    }

    /// Leaves as a person would; the screen before that, and the film.
    pub(crate) fn leave(mut self) -> anyhow::Result<(Buffer, String)> {
        let (rows, columns) = self.screen.screen().size();
        let taken = to_buffer(self.screen.screen(), columns.get(), rows.get());
        self.keys.write_all(b"q")?;
        while self.output.recv().is_ok() {}
        self.child.wait()?;
        Ok((taken, self.film))
    }

    /// Takes what the program wrote, or nothing by `until`.
    fn watch(&mut self, until: Instant) -> anyhow::Result<()> {
        let due = self.frame_due.max(Instant::now()).min(until);
        match self.output.recv_timeout(due.saturating_duration_since(Instant::now()).max(FRAME / 10)) {
            Ok(bytes) => self.screen.process(&bytes),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the program ended too early"),
        }
        if Instant::now() >= self.frame_due {
            self.frame_due = Instant::now() + FRAME;
            let changed = self.screen.screen().contents_diff(&self.filmed);
            if !changed.is_empty() {
                let frame = serde_json::json!([self.began.elapsed().as_secs_f64(), "o", changed]);
                writeln!(self.film, "{frame}").expect("memory takes all");
                self.filmed = self.screen.screen().clone();
            }
        }
        Ok(())
    }
}

fn read_all(mut from: Box<dyn std::io::Read + Send>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(read) = from.read(&mut bytes) {
            if read == 0 || sender.send(bytes[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

fn to_buffer(screen: &vt100::Screen, columns: u16, rows: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for row in 0..rows {
        for column in 0..columns {
            let Some(cell) = screen.cell(row, column) else { continue };
            if cell.is_wide_continuation() {
                continue;
            }
            let text = if cell.contents().is_empty() { " " } else { cell.contents() };
            let mut style = Style::new().fg(color(cell.fgcolor())).bg(color(cell.bgcolor()));
            let modifiers = [
                (cell.bold(), Modifier::BOLD),
                (cell.dim(), Modifier::DIM),
                (cell.italic(), Modifier::ITALIC),
                (cell.underline(), Modifier::UNDERLINED),
                (cell.inverse(), Modifier::REVERSED),
            ];
            for (_, modifier) in modifiers.into_iter().filter(|(is_set, _)| *is_set) {
                style = style.add_modifier(modifier);
            }
            buffer[(column, row)].set_symbol(text).set_style(style);
        }
    }
    buffer
}

fn color(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
