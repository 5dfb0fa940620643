//! A picture of the real dashboard: runs the real binary in a terminal of its own, waits until the screen
//! says what is to be shown, and writes the screen as SVG.
//!
//! ```text
//! cargo build --release
//! cargo run --release -p clearance --example picture -- OUT.svg [dark|light] [COLUMNSxROWS] [SCENARIO] [TEXT]
//! ```
//!
//! `TEXT` is what the screen must say before it is taken; by default, that the backup poll rescued jobs.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clearance::picture::{PictureTheme, svg};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// The longest story that a picture is taken of.
const PATIENCE: Duration = Duration::from_mins(2);
/// Once the words are there, how long the rest of the screen may take to follow.
const SETTLE: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().context("name the SVG to write")?);
    let theme = match arguments.next().as_deref() {
        None | Some("dark") => PictureTheme::Dark,
        Some("light") => PictureTheme::Light,
        Some(other) => bail!("unknown theme {other:?}: dark or light"),
    };
    let size = arguments.next().unwrap_or_else(|| "120x36".to_owned());
    let (columns, rows) = size.split_once('x').context("a size looks like 120x36")?;
    let (columns, rows): (NonZero<u16>, NonZero<u16>) = (columns.parse()?, rows.parse()?);
    let scenario = arguments.next().unwrap_or_else(|| "backup-poll".to_owned());
    let wanted = arguments.next().unwrap_or_else(|| "RESCUED".to_owned());
    let screen = play(&scenario, &wanted, columns, rows)?;
    std::fs::write(&out, svg(&screen, theme)).with_context(|| format!("cannot write {}", out.display()))?;
    println!("wrote {}", out.display());
    Ok(())
}

/// Runs the scenario until the screen says what is wanted, and leaves as a person would.
fn play(scenario: &str, wanted: &str, columns: NonZero<u16>, rows: NonZero<u16>) -> anyhow::Result<Buffer> {
    let examples = std::env::current_exe()?;
    let binary = examples.ancestors().nth(2).context("examples lie below the binary")?.join("clearance");
    if !binary.exists() {
        bail!("there is no {}; run \"cargo build --release\" first", binary.display());
    }
    let size = PtySize { rows: rows.get(), cols: columns.get(), pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size)?;
    let mut command = CommandBuilder::new(binary);
    command.args(["run", scenario]);
    command.env("TERM", "xterm-256color");
    command.env_remove("NO_COLOR");
    let mut child = pty.slave.spawn_command(command)?;
    drop(pty.slave);
    let mut keys = pty.master.take_writer()?;
    let output = read_all(pty.master.try_clone_reader()?);
    let mut terminal = vt100::Parser::new(rows, columns, 0);
    let until = Instant::now() + PATIENCE;
    let mut said_at: Option<Instant> = None;
    let taken = loop {
        if said_at.is_some_and(|at| at.elapsed() >= SETTLE) {
            break to_buffer(terminal.screen(), columns.get(), rows.get());
        }
        if Instant::now() > until {
            bail!("the screen never said {wanted:?}:\n{}", terminal.screen().contents());
        }
        match output.recv_timeout(Duration::from_millis(200)) {
            Ok(bytes) => terminal.process(&bytes),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                bail!("the run ended before the screen said {wanted:?}")
            }
        }
        if said_at.is_none() && terminal.screen().contents().contains(wanted) {
            said_at = Some(Instant::now());
        }
    };
    keys.write_all(b"q")?;
    while output.recv().is_ok() {}
    child.wait()?;
    Ok(taken)
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
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => NAMED.get(usize::from(index)).copied().unwrap_or(Color::Indexed(index)),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
