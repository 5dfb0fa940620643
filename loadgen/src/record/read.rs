//! The reading end of a recording: a file that may end anywhere, block by block.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::measure::{Input, Time};

use super::closing::Closing;
use super::decode::{Decoder, Specs};
use super::error::RecordError;
use super::layout::{self, BLOCK_HEAD, BlockHead, Head, Kind, PREFIX, Prefix};

/// What a recording doesn't hold of its run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Inputs that were lost while it was written, since the disk did not keep up.
    pub inputs_lost: u64,
    /// The end, when the run or the file was cut off.
    pub cut: Option<Cut>,
}

/// How a recording ends that has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// When the last thing happened that is in it, since the posters started.
    pub after: Duration,
    /// Bytes at the end of the file that are no whole block.
    pub bytes_unread: u64,
}

impl Missing {
    /// Whether the recording holds the whole run.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(Cut { after, bytes_unread }) = self.cut {
            let after = after.as_secs_f64();
            parts.push(match bytes_unread {
                0 => format!("the recording was cut off {after:.1} s into the run; what came later is missing"),
                bytes => format!(
                    "the recording was cut off {after:.1} s into the run; its last {bytes} bytes are no whole block, \
                    and what came later is missing"
                ),
            });
        }
        if self.inputs_lost > 0 {
            parts.push(format!(
                "{} events are missing from the recording: the disk did not keep up",
                self.inputs_lost
            ));
        }
        f.write_str(&parts.join("; "))
    }
}

/// Where a block of inputs is.
#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    head: BlockHead,
}

/// An open recording.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    head: Head,
    blocks: Vec<Place>,
    closing: Option<Closing>,
    inputs_lost: u64,
    bytes_unread: u64,
}

impl Reader {
    /// Opens a recording and looks through all of its blocks. Past one that is broken or short nothing is read.
    pub(super) fn open(path: &Path) -> Result<Self, RecordError> {
        let unreadable = |source| RecordError::Unreadable { path: path.to_owned(), source };
        let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
        let mut left = file.get_ref().metadata().map_err(unreadable)?.len();
        let head = read_head(path, &mut file, left)?;
        let mut offset = file.stream_position().map_err(unreadable)?;
        left = left.saturating_sub(offset);
        let (mut blocks, mut closing, mut inputs_lost) = (Vec::new(), None, 0);
        let mut bytes = Vec::new();
        while closing.is_none() && left >= BLOCK_HEAD as u64 {
            let mut head = [0; BLOCK_HEAD];
            file.read_exact(&mut head).map_err(unreadable)?;
            let Some(head) = BlockHead::from_bytes(&head) else { break };
            let length = (BLOCK_HEAD + head.packed) as u64;
            if length > left {
                break;
            }
            bytes.resize(head.packed, 0);
            file.read_exact(&mut bytes).map_err(unreadable)?;
            if !head.fits(&bytes) {
                break;
            }
            inputs_lost += u64::from(head.lost);
            match head.kind {
                Kind::Inputs => blocks.push(Place { offset: offset + BLOCK_HEAD as u64, head }),
                Kind::Closing => {
                    let Some(json) = unpack(&bytes, &head) else { break };
                    let Ok(end) = serde_json::from_slice(&json) else { break };
                    closing = Some(end);
                }
            }
            offset += length;
            left -= length;
        }
        Ok(Self { path: path.to_owned(), file, head, blocks, closing, inputs_lost, bytes_unread: left })
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// How the run ended; `None` when the recording doesn't say.
    pub(super) fn closing(&self) -> Option<&Closing> {
        self.closing.as_ref()
    }

    /// What the recording doesn't hold of a run that began then.
    pub(super) fn missing(&self, began: Option<Time>) -> Missing {
        let after = began.map_or(Duration::ZERO, |began| self.end() - began);
        let cut = self.closing.is_none().then_some(Cut { after, bytes_unread: self.bytes_unread });
        Missing { inputs_lost: self.inputs_lost, cut }
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// When the last input of all came.
    pub(super) fn end(&self) -> Time {
        time(self.blocks.iter().map(|block| block.head.last).max().unwrap_or(0))
    }

    /// When a block begins.
    pub(super) fn begins(&self, block: usize) -> Time {
        time(self.blocks[block].head.first)
    }

    /// Gives a decoder a block to read.
    pub(super) fn load(&mut self, block: usize, decoder: &mut Decoder) -> Result<(), RecordError> {
        let Place { offset, head } = self.blocks[block];
        let mut bytes = vec![0; head.packed];
        let read = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|source| self.unreadable(source))?;
        let raw = unpack(&bytes, &head).ok_or_else(|| self.changed())?;
        decoder.begin(time(head.first), raw);
        Ok(())
    }

    /// Shows every input to `look`, from the first to the last.
    pub(super) fn each<E: From<RecordError>>(
        &mut self,
        mut look: impl FnMut(Time, &Input<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut specs = Specs::new();
        let mut decoder = self.decoder();
        for block in 0..self.blocks() {
            self.load(block, &mut decoder)?;
            while let Some((at, input)) = decoder.next(&mut specs).map_err(|_| self.changed())? {
                look(at, &input)?;
            }
        }
        Ok(())
    }

    /// A decoder for its blocks.
    pub(super) fn decoder(&self) -> Decoder {
        Decoder::new(self.head.scenario.posters.iter().map(|poster| poster.mix.len()).sum())
    }

    /// A block whose checksum was right can't be read: it was changed since, or written by a strange hand.
    pub(super) fn changed(&self) -> RecordError {
        self.unreadable(std::io::Error::other(
            "a block of it makes no sense; was it changed while it was read?",
        ))
    }

    fn unreadable(&self, source: std::io::Error) -> RecordError {
        RecordError::Unreadable { path: self.path.clone(), source }
    }
}

fn read_head(path: &Path, file: &mut BufReader<File>, length: u64) -> Result<Head, RecordError> {
    let path = path.to_owned();
    let mut prefix = [0; PREFIX];
    if length < PREFIX as u64 {
        let mut start = Vec::new();
        file.read_to_end(&mut start)
            .map_err(|source| RecordError::Unreadable { path: path.clone(), source })?;
        let is_ours = layout::MAGIC.starts_with(&start[..start.len().min(layout::MAGIC.len())]);
        return Err(if is_ours && !start.is_empty() {
            RecordError::CutAtHead { path }
        } else {
            RecordError::Strange { path }
        });
    }
    let read = file.read_exact(&mut prefix);
    read.map_err(|source| RecordError::Unreadable { path: path.clone(), source })?;
    let (head, checksum) = match layout::prefix(&prefix) {
        Prefix::Ours { length, checksum } => (length, checksum),
        Prefix::OfVersion(found) => return Err(RecordError::OfVersion { path, found }),
        Prefix::Strange => return Err(RecordError::Strange { path }),
    };
    if (PREFIX + head) as u64 > length {
        return Err(RecordError::CutAtHead { path });
    }
    let mut json = vec![0; head];
    let read = file.read_exact(&mut json);
    read.map_err(|source| RecordError::Unreadable { path: path.clone(), source })?;
    if crc32fast::hash(&json) != checksum {
        return Err(RecordError::Strange { path });
    }
    serde_json::from_slice(&json).map_err(|source| RecordError::BadHead { path, source })
}

fn unpack(bytes: &[u8], head: &BlockHead) -> Option<Vec<u8>> {
    let raw = lz4_flex::block::decompress(bytes, head.raw).ok()?;
    (raw.len() == head.raw).then_some(raw)
}

fn time(nanos: u64) -> Time {
    Time::new(Duration::from_nanos(nanos))
}
