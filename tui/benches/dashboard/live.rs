//! `clearance` in a pty, with somebody at the keys.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::CLEARANCE;

/// How long any run may take.
const PATIENCE: Duration = Duration::from_secs(150);
/// A dashboard that has written nothing for so long has nothing to say.
const STILL: Duration = Duration::from_millis(500);

/// Columns and rows.
pub(crate) type Size = (NonZeroU16, NonZeroU16);

/// The dashboard in a pty.
pub(crate) struct Live {
    child: Box<dyn Child + Send + Sync>,
    screen: vt100::Parser,
    written: Arc<Mutex<Vec<u8>>>,
    keys: Box<dyn Write + Send>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Live {
    pub(crate) fn start(arguments: &[String], (width, height): Size) -> anyhow::Result<Self> {
        let size = PtySize { rows: height.get(), cols: width.get(), pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(CLEARANCE);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        let child = pty.slave.spawn_command(command)?;
        let mut output = pty.master.try_clone_reader()?;
        let written = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&written);
        // A terminal that nobody reads would hold the dashboard up. It ends with the pty.
        thread::spawn(move || {
            let mut bytes = [0; 8_192];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                lock(&all).extend_from_slice(&bytes[..read]);
            }
        });
        let (screen, keys) = (vt100::Parser::new(height, width, 0), pty.master.take_writer()?);
        Ok(Self { child, screen, written, keys, _terminal: pty.master })
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.process_id().context("a child has a process id")
    }

    pub(crate) fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    pub(crate) fn wait_until(
        &mut self,
        what: &str,
        is_there: impl FnMut(&str) -> bool,
    ) -> anyhow::Result<()> {
        self.wait(what, is_there, |_| true)
    }

    /// The same, and looks at the screen only when it is still: to make one of what was written takes processor time
    /// away from whoever writes.
    pub(crate) fn wait_until_still(
        &mut self,
        what: &str,
        is_there: impl FnMut(&str) -> bool,
    ) -> anyhow::Result<()> {
        let (mut length, mut since) = (0, Instant::now());
        self.wait(what, is_there, move |now| {
            if now != length {
                (length, since) = (now, Instant::now());
            }
            since.elapsed() >= STILL
        })
    }

    fn wait(
        &mut self,
        what: &str,
        mut is_there: impl FnMut(&str) -> bool,
        mut looks: impl FnMut(usize) -> bool,
    ) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let waiting = lock(&self.written).len();
            if looks(waiting) {
                let contents = self.contents();
                if is_there(&contents) {
                    return Ok(());
                }
                if let Some(status) = self.child.try_wait()? {
                    bail!("clearance ended ({status}) before {what}: {contents}");
                }
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("waited too long for {what}: {}", self.contents())
    }

    /// Leaves; a run that isn't over is interrupted.
    pub(crate) fn leave(mut self) -> anyhow::Result<()> {
        self.press("q")?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child.kill()?;
        bail!("clearance does not leave: {}", self.contents())
    }

    fn contents(&mut self) -> String {
        let written = std::mem::take(&mut *lock(&self.written));
        self.screen.process(&written);
        self.screen.screen().contents()
    }
}

fn lock(written: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}
