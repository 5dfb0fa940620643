//! A pseudo-terminal with the command in it: what it shows, and what is typed.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{
    ChildKiller, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system,
};
use vt100::{MouseProtocolMode, Parser, Screen};

const SHOW_CURSOR: &str = "\u{1b}[?25h";

/// No step may take longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// The terminal and the command in it, which is killed when this is dropped before its end.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// Kept open, or its modes would be gone with the command.
    slave: Box<dyn SlavePty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: Parser,
    raw: Vec<u8>,
    process: u32,
    _killer: Killer,
    ended: Receiver<ExitStatus>,
    modes_before: String,
}

/// How the command ended and how it left the terminal.
pub(crate) struct Left {
    pub(crate) code: u32,
    /// Everything that was written, control sequences included.
    pub(crate) raw: String,
    pub(crate) is_alternate_screen: bool,
    pub(crate) is_cursor_hidden: bool,
    /// What is still reported of the mouse.
    pub(crate) mouse: MouseProtocolMode,
    /// Whether the terminal's modes are those of before.
    pub(crate) are_modes_restored: bool,
}

impl Left {
    /// What was written after the dashboard had gone, without the sequences that show the cursor.
    pub(crate) fn afterwards(&self) -> String {
        let (_, afterwards) = self.raw.rsplit_once("\u{1b}[?1049l").expect("the alternate screen was left");
        afterwards.replace(SHOW_CURSOR, "")
    }

    /// Fails unless the run was interrupted and says so; its summary.
    #[track_caller]
    pub(crate) fn expect_interrupted(&self) -> String {
        let summary = self.afterwards();
        assert_eq!(self.code, 130, "{summary}");
        assert!(summary.contains("INTERRUPTED: a partial summary, no verdict"), "{summary}");
        summary
    }

    /// Fails unless the terminal is as it was and nothing panicked.
    #[track_caller]
    pub(crate) fn expect_restored(&self) {
        self.expect_given_back();
        assert!(!self.raw.contains("panicked"), "{}", self.afterwards());
    }

    /// Fails unless the terminal is as it was.
    #[track_caller]
    pub(crate) fn expect_given_back(&self) {
        assert!(!self.is_alternate_screen && !self.is_cursor_hidden, "{}", self.afterwards());
        assert_eq!(self.mouse, MouseProtocolMode::None, "clicks are still reported");
        assert!(self.are_modes_restored, "raw mode is left");
        let last = |sequence: &str| self.raw.rfind(sequence);
        assert!(last("\u{1b}[?1049h") < last("\u{1b}[?1049l"));
        assert!(last("\u{1b}[?25l") < last(SHOW_CURSOR));
    }
}

/// Kills the command, unless it has ended.
struct Killer(Box<dyn ChildKiller + Send + Sync>);

impl Drop for Killer {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

/// The modes of the terminal, as text: their type is not ours to name.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

/// The tested command.
pub(crate) const CLEARANCE: &str = env!("CARGO_BIN_EXE_clearance");

impl Terminal {
    /// Starts the tested command with its temporary directory in `desk`.
    pub(crate) fn start(columns: u16, rows: u16, desk: &Path, arguments: &[&str]) -> Self {
        Self::start_program(CLEARANCE.as_ref(), columns, rows, desk, &[], arguments)
    }

    /// The same with another program and further variables.
    pub(crate) fn start_program(
        program: &OsStr,
        columns: u16,
        rows: u16,
        desk: &Path,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let modes_before = modes(&*pair.master);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(desk);
        command.env("TMPDIR", desk);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("XDG_CONFIG_HOME", desk);
        for name in ["CLEARANCE_CONFIG", "DATABASE_URL", "CLEARANCE_PG_BIN", "RUST_LOG", "NO_COLOR"] {
            command.env_remove(name);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let mut child = pair.slave.spawn_command(command).unwrap();
        let (process, killer) = (child.process_id().unwrap(), child.clone_killer());
        let (tell, ended) = channel();
        thread::spawn(move || tell.send(child.wait().unwrap()));
        let (send, output) = channel();
        let mut screen = pair.master.try_clone_reader().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 1 << 14];
            // At its end a terminal fails, on some systems, rather than say that there is no more.
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            keyboard: pair.master.take_writer().unwrap(),
            master: pair.master,
            slave: pair.slave,
            output,
            parser: Parser::new(cells(rows), cells(columns), 0),
            raw: Vec::new(),
            process,
            _killer: Killer(killer),
            ended,
            modes_before,
        }
    }

    /// The command's process.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    pub(crate) fn type_(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Presses the mouse's left button and lets it go, at a cell counted from 0.
    pub(crate) fn click(&mut self, column: u16, row: u16) {
        let (column, row) = (column + 1, row + 1);
        self.type_(&format!("\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m"));
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(size(columns, rows)).unwrap();
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// Whether the terminal's modes are other than those before the command.
    pub(crate) fn is_raw(&self) -> bool {
        modes(&*self.master) != self.modes_before
    }

    /// The text of a row, from 0.
    pub(crate) fn row(&self, row: u16) -> String {
        row_of(self.parser.screen(), row)
    }

    /// Waits until the screen shows something that `find` finds something in.
    #[track_caller]
    pub(crate) fn await_screen<T>(&mut self, what: &str, find: impl Fn(&Screen) -> Option<T>) -> T {
        self.await_output(what, |terminal| find(terminal.parser.screen()))
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub(crate) fn await_text(&mut self, text: &str) {
        self.await_screen(text, |screen| screen.contents().contains(text).then_some(()));
    }

    /// Waits until the screen no longer shows a text.
    #[track_caller]
    pub(crate) fn await_no_text(&mut self, text: &str) {
        self.await_screen(&format!("no {text}"), |screen| (!screen.contents().contains(text)).then_some(()));
    }

    /// Waits for a whole line of everything that was written, on whichever screen.
    #[track_caller]
    pub(crate) fn await_line<T>(&mut self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        self.await_output(what, |terminal| String::from_utf8_lossy(&terminal.raw).lines().find_map(&find))
    }

    #[track_caller]
    fn await_output<T>(&mut self, what: &str, find: impl Fn(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = find(self) {
                return found;
            }
            match self.output.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(end) => panic!("waited in vain for: {what}: {end}\n{}", self.parser.screen().contents()),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    /// Closes the terminal, as whoever closes its window or loses the line does, and waits until the command has
    /// ended; its exit code.
    #[track_caller]
    pub(crate) fn hang_up(self) -> u32 {
        let Self { master, slave, keyboard, output, ended, _killer, .. } = self;
        // Whoever reads the screen has an end of it, too, and lets it go when nobody takes what comes next.
        drop((master, slave, keyboard, output));
        let Ok(status) = ended.recv_timeout(PATIENCE) else { panic!("it goes on without a terminal") };
        status.exit_code()
    }

    /// Waits until the command has ended.
    #[track_caller]
    pub(crate) fn end(mut self) -> Left {
        let Ok(status) = self.ended.recv_timeout(PATIENCE) else {
            while let Ok(bytes) = self.output.try_recv() {
                self.take(&bytes);
            }
            panic!("it goes on and on\n{}", self.parser.screen().contents());
        };
        let are_modes_restored = !self.is_raw();
        // With the last end of the other side the output ends, too.
        let Self { slave, output, mut parser, mut raw, .. } = self;
        drop(slave);
        loop {
            match output.recv_timeout(PATIENCE) {
                Ok(bytes) => {
                    raw.extend_from_slice(&bytes);
                    parser.process(&bytes);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("something still holds the terminal"),
            }
        }
        Left {
            code: status.exit_code(),
            raw: String::from_utf8_lossy(&raw).into_owned(),
            is_alternate_screen: parser.screen().alternate_screen(),
            is_cursor_hidden: parser.screen().hide_cursor(),
            mouse: parser.screen().mouse_protocol_mode(),
            are_modes_restored,
        }
    }
}

/// The text of a row, from 0.
pub(crate) fn row_of(screen: &Screen, row: u16) -> String {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get()).nth(usize::from(row)).unwrap_or_default()
}
