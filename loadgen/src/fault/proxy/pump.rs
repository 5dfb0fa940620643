//! One direction of a connection through the proxy, from its first byte until its end has been passed on.

use std::collections::VecDeque;
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::frames::Frames;
use super::{AnyStream, Direction, Hub, Rule, Verdict};

const BUFFER_BYTES: usize = 16 * 1024;
/// So many bytes may be on their way at once; then the sender has to wait.
const LATE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that arrive later, in order.
#[derive(Default)]
struct Late {
    queue: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
}

impl Hub {
    pub(super) async fn pump(
        &self,
        id: u64,
        direction: Direction,
        mut rule: watch::Receiver<Rule>,
        mut from: ReadHalf<AnyStream>,
        mut to: WriteHalf<AnyStream>,
    ) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut frames = Frames::new();
        let mut late = Late::default();
        let mut has_ended = false;
        while !(has_ended && late.queue.is_empty()) {
            tokio::select! {
                biased;
                bytes = late.next(), if !late.queue.is_empty() => {
                    to.write_all(&bytes).await?;
                    self.carried(id, direction, bytes.len(), 0);
                }
                read = from.read(&mut buffer), if !has_ended && late.bytes < LATE_BYTES_MAX => {
                    // A connection that was reset has ended, too.
                    let read = read.unwrap_or(0);
                    has_ended = read == 0;
                    let now = *rule.borrow();
                    let mut bytes = buffer[..read].to_vec();
                    if matches!(direction, Direction::ToClient) {
                        frames.keep(&mut bytes, now.notices == Verdict::Drop);
                    }
                    let swallowed = read - bytes.len();
                    match now.of(direction) {
                        Verdict::Pass if late.queue.is_empty() => {
                            to.write_all(&bytes).await?;
                            self.carried(id, direction, bytes.len(), swallowed);
                        }
                        Verdict::Drop => self.carried(id, direction, 0, read),
                        verdict => {
                            self.carried(id, direction, 0, swallowed);
                            late.push(verdict, bytes);
                        }
                    }
                }
            }
        }
        let _ = rule.wait_for(|rule| rule.of(direction) != Verdict::Drop).await;
        to.shutdown().await
    }
}

impl Late {
    fn push(&mut self, verdict: Verdict, bytes: Vec<u8>) {
        let due = match verdict {
            Verdict::Delay(delay) => Instant::now() + delay,
            // What overtook those before it would garble the stream.
            Verdict::Pass | Verdict::Drop => Instant::now(),
        };
        self.bytes += bytes.len();
        self.queue.push_back((due, bytes));
    }

    /// Waits until the first is due, and takes it out. Cancel-safe; never ends when there is none.
    async fn next(&mut self) -> Vec<u8> {
        let Some((due, _)) = self.queue.front() else { return std::future::pending().await };
        sleep_until(*due).await;
        let bytes = self.queue.pop_front().map_or_else(Vec::new, |(_, bytes)| bytes);
        self.bytes -= bytes.len();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_overtakes_what_is_late() {
        let mut late = Late::default();
        let began = Instant::now();
        late.push(Verdict::Delay(Duration::from_millis(500)), b"late".to_vec());
        late.push(Verdict::Pass, b"soon".to_vec());
        assert_eq!(late.bytes, 8);
        assert_eq!(late.next().await, b"late");
        assert_eq!(late.next().await, b"soon");
        assert_eq!((late.bytes, began.elapsed()), (0, Duration::from_millis(500)));
    }
}
