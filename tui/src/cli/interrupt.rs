//! Ctrl-C and its kin: the first asks for an orderly end, the second ends at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that the first SIGINT, SIGTERM or SIGHUP cancels. The second ends the process with code 130; what
/// it had started is cleaned up by its watchdog.
pub(super) fn listen() -> io::Result<CancellationToken> {
    let interrupted = CancellationToken::new();
    let token = interrupted.clone();
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    let mut hup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        for is_first in [true, false] {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
                _ = hup.recv() => {}
            }
            if is_first {
                token.cancel();
            }
        }
        crate::terminal::restore();
        std::process::exit(130);
    });
    Ok(interrupted)
}
