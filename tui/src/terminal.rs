//! The real terminal: entered, left, and given back whatever happens.
//!
//! While a [`Screen`] lives the terminal is in raw mode on its alternate screen. It is restored when the
//! screen is dropped and before a panic prints its message, on whichever thread that happens. The
//! terminal's title is never touched, its mouse only where somebody asked for that.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};

/// Whether a [`Screen`] has the terminal. Process-wide, as the terminal is.
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether whoever has it has the mouse, too.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Writes to the terminal in whole frames.
pub type ScreenBackend = CrosstermBackend<BufWriter<Stdout>>;

/// The terminal, in raw mode, on its alternate screen.
#[derive(Debug)]
pub struct Screen {
    /// What draws on it. Never dropped: it would show the cursor, which this does, and panic where the terminal was
    /// closed and nobody can be told.
    pub terminal: ManuallyDrop<Terminal<ScreenBackend>>,
}

impl Screen {
    /// Takes the terminal, and with `mouse` wheel and clicks as well.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        install_panic_hook();
        MOUSE.store(mouse, Ordering::SeqCst);
        take()?;
        // From here on an early return must give the terminal back.
        let guard = Guard;
        // One frame fits: a write per frame keeps a slow line from showing halves.
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))?;
        std::mem::forget(guard);
        Ok(Self { terminal: ManuallyDrop::new(terminal) })
    }

    /// Asks the terminal to put `text` on its clipboard, wherever that is: OSC 52 goes through SSH as well.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the terminal back for a while, stops the process as the shell's Ctrl-Z would, and takes the
    /// terminal again when the process is continued.
    #[cfg(unix)]
    pub async fn suspend(&mut self) -> anyhow::Result<()> {
        use rustix::process::{Signal, getpid, kill_process};
        use tokio::signal::unix::{SignalKind, signal};

        let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        restore();
        kill_process(getpid(), Signal::TSTP)?;
        // A process without a shell above it isn't stopped at all, so that no SIGCONT would come.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(300), continued.recv()).await;
        take()?;
        // `Terminal::clear` would ask the terminal where its cursor is, and fail where nothing answers in time.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))?;
        Ok(())
    }

    /// There is nothing to suspend into.
    #[cfg(not(unix))]
    pub async fn suspend(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
        // Where a panic elsewhere had restored it, a frame may have been drawn since, which hides the cursor.
        let _ = self.terminal.show_cursor();
    }
}

/// Whether the terminal is still taken; a panic elsewhere gives it back under the dashboard's feet.
#[must_use]
pub fn is_entered() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

/// Whether the terminal is no more: its window was closed, or the line to it was lost. Reading from one says that
/// there is nothing, for ever and at once.
#[cfg(unix)]
#[must_use]
pub fn is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdout = io::stdout();
    let mut screen = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut screen, Some(&at_once)).is_ok() && screen[0].revents().contains(PollFlags::HUP)
}

/// Nothing tells.
#[cfg(not(unix))]
#[must_use]
pub fn is_gone() -> bool {
    false
}

/// Gives the terminal back if it was taken. Errors are of no use to anybody here.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(out, DisableMouseCapture);
        }
        // tmux keeps what lies above the cursor when the window grew meanwhile; above the first line is nothing.
        let _ = execute!(out, cursor::MoveTo(0, 0), LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut entered = execute!(io::stdout(), EnterAlternateScreen, cursor::Hide);
    if MOUSE.load(Ordering::SeqCst) {
        entered = entered.and_then(|()| execute!(io::stdout(), EnableMouseCapture));
    }
    if let Err(error) = entered {
        restore();
        return Err(error);
    }
    Ok(())
}

fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // A message written on the alternate screen would vanish with it.
            restore();
            previous(info);
        }));
    });
}

struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}
