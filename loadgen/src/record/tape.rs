//! The writing end of a recording: inputs go into a block under the recorder's lock, and full blocks over a bounded
//! channel to a thread of its own, which packs and writes them.
//!
//! The load never waits for a disk. When the thread is so far behind that the channel is full, a block is dropped,
//! and what it held is counted. A block is closed when it is full or half a second old, and what is closed is
//! written without being held back: a crash of the process loses less than a second.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::measure::{Input, Time};

use super::closing::Closing;
use super::encode::{Encoder, nanos};
use super::error::RecordError;
use super::layout::{self, BlockHead, Head, Kind};

/// A block is closed when it has so many bytes.
const BLOCK_BYTES: usize = 128 * 1_024;
/// A block is closed when it is so old.
const BLOCK_AGE: Duration = Duration::from_millis(500);
/// So many blocks may wait to be written.
const BLOCKS_WAITING: usize = 64;

/// Takes down inputs.
#[derive(Debug)]
pub(crate) struct Tape {
    encoder: Encoder,
    blocks: SyncSender<Block>,
    /// Buffers that were written and can be used again.
    used: Receiver<Vec<u8>>,
    first: Time,
    last: Time,
    inputs: u32,
    /// Inputs of blocks that were dropped since the last that wasn't.
    lost: u32,
    has_begun: bool,
}

/// A block on its way to the file.
#[derive(Debug)]
struct Block {
    kind: Kind,
    bytes: Vec<u8>,
    times: (u64, u64),
    inputs: u32,
    lost: u32,
}

/// A recording that is being written.
#[derive(Debug)]
pub(crate) struct Recording {
    path: PathBuf,
    thread: JoinHandle<io::Result<()>>,
}

impl Recording {
    /// Begins a recording of a run, and answers with the tape that its recorder is to be given.
    pub(crate) fn create(path: PathBuf, head: &Head) -> Result<(Self, Tape), RecordError> {
        Self::create_when(path, head, || {})
    }

    /// The same, where nothing is written before `ready` has returned.
    pub(super) fn create_when(
        path: PathBuf,
        head: &Head,
        ready: impl FnOnce() + Send + 'static,
    ) -> Result<(Self, Tape), RecordError> {
        let failed = |source| RecordError::Unwritable { path: path.clone(), source };
        let mut file = File::create(&path).map_err(failed)?;
        let prologue = layout::prologue(head).map_err(failed)?;
        file.write_all(&prologue).map_err(failed)?;
        let (blocks, waiting) = sync_channel(BLOCKS_WAITING);
        let (reuse, used) = sync_channel(BLOCKS_WAITING);
        let write = move || {
            ready();
            write(file, &waiting, &reuse)
        };
        let name = "clearance recording".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn(write).map_err(failed)?;
        let tape = Tape {
            encoder: Encoder::default(),
            blocks,
            used,
            first: Time::ZERO,
            last: Time::ZERO,
            inputs: 0,
            lost: 0,
            has_begun: false,
        };
        Ok((Self { path, thread }, tape))
    }

    /// Ends the recording and waits until all is written. Without a closing it says that its run was cut off.
    /// Blocks.
    pub(crate) fn finish(self, tape: Tape, closing: Option<&Closing>) -> Result<(), RecordError> {
        tape.end(closing);
        let written = self.thread.join().unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        written.map_err(|source| RecordError::Unwritable { path: self.path, source })
    }
}

impl Tape {
    /// Takes down an input.
    pub(crate) fn take(&mut self, at: Time, input: &Input<'_>) {
        if !self.has_begun || at - self.first >= BLOCK_AGE || self.encoder.len() >= BLOCK_BYTES {
            self.close_block(at);
        }
        self.encoder.put(at, input);
        self.inputs += 1;
        self.last = self.last.max(at);
    }

    fn end(mut self, closing: Option<&Closing>) {
        self.close_block(self.last);
        let closing = closing.map(|closing| serde_json::to_vec(closing).expect("it holds numbers and names"));
        if let Some(bytes) = closing {
            let times = (nanos(self.last), nanos(self.last));
            // The run is over: nobody is held up by waiting for room. A thread that has failed says so itself.
            let _ = self.blocks.send(Block { kind: Kind::Closing, bytes, times, inputs: 0, lost: self.lost });
        }
    }

    /// Sends the block that fills on its way and begins the next.
    fn close_block(&mut self, at: Time) {
        let buffer = match self.used.try_recv() {
            Ok(mut used) => {
                used.clear();
                used
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Vec::with_capacity(BLOCK_BYTES + 4_096),
        };
        let bytes = self.encoder.begin(at, buffer);
        if self.inputs > 0 {
            let times = (nanos(self.first), nanos(self.last));
            let block = Block { kind: Kind::Inputs, bytes, times, inputs: self.inputs, lost: self.lost };
            if self.blocks.try_send(block).is_ok() {
                self.lost = 0;
            } else {
                self.lost = self.lost.saturating_add(self.inputs);
                self.encoder.forget();
            }
        }
        self.has_begun = true;
        self.inputs = 0;
        self.first = at;
        self.last = at;
    }
}

/// Writes blocks until the tape is gone.
fn write(mut file: File, waiting: &Receiver<Block>, reuse: &SyncSender<Vec<u8>>) -> io::Result<()> {
    let mut packed = Vec::new();
    while let Ok(block) = waiting.recv() {
        let room = lz4_flex::block::get_maximum_output_size(block.bytes.len());
        packed.resize(room, 0);
        let length = lz4_flex::block::compress_into(&block.bytes, &mut packed).map_err(io::Error::other)?;
        let Block { kind, bytes, times, inputs, lost } = block;
        let head = BlockHead::new(kind, times, inputs, lost, bytes.len(), &packed[..length]);
        file.write_all(&head.to_bytes())?;
        file.write_all(&packed[..length])?;
        // Whoever has enough of them lets this one go.
        let _ = reuse.try_send(bytes);
    }
    file.sync_all()
}
