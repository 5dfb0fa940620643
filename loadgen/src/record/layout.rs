//! How a recording lies in its file.
//!
//! ```text
//! magic (8) · version (4) · length of the head (4) · its checksum (4) · the head, as JSON
//! block · block · … · the closing, a block of another kind
//!
//! block:  kind (1) · packed bytes (4) · raw bytes (4) · first time (8) · last time (8) · inputs (4) ·
//!         inputs lost before it (4) · checksum of all that and of what follows (4) · the bytes, packed by LZ4
//! ```
//!
//! Numbers are little-endian, times nanoseconds since the recorder was made. A file that ends anywhere is read up
//! to its last whole block.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::report::{Environment, Tool};
use crate::scenario::{Fleet, Poster, Scenario};
use crate::snapshot::{DatabaseFacts, FleetRow, PosterRow, Snapshot};

/// The first bytes of every recording.
pub(super) const MAGIC: [u8; 8] = *b"clearnc\n";
/// The version of the format.
pub(super) const VERSION: u32 = 2;
/// The oldest version that is read.
const VERSION_MIN: u32 = 1;
/// Magic, version, and the head's length and checksum.
pub(super) const PREFIX: usize = 20;
/// What stands before a block's bytes.
pub(super) const BLOCK_HEAD: usize = 37;
/// No head and no block is larger.
const LENGTH_MAX: usize = 1 << 28;

/// What a recording says of its run before it begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What made it.
    pub tool: Tool,
    /// Names the run.
    pub run: Uuid,
    /// What decided its random draws.
    pub seed: u64,
    /// When the recorder was made, by the wall clock: the only time that is read from it.
    pub started_at: chrono::DateTime<chrono::Utc>,
    /// What the scenario is called: a built-in's name, or a file's without its ending.
    pub name: String,
    /// What was asked for, settled.
    pub scenario: Scenario,
    /// What the run ran on.
    pub environment: Environment,
}

impl Head {
    /// A snapshot of the run before anything has happened.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (scenario, environment) = (&self.scenario, &self.environment);
        let fleet = |fleet: &Fleet| FleetRow { name: fleet.name.as_str().into(), workers: 0 };
        let poster = |poster: &Poster| PosterRow { name: poster.name.clone(), factor: 1.0, target_rate: 0.0 };
        Snapshot {
            scenario: self.name.clone(),
            title: scenario.title.clone(),
            watch: scenario.watch.clone(),
            database: DatabaseFacts {
                kind: environment.database.clone(),
                version: environment.postgres_version.clone(),
                durability: environment.durability.clone(),
            },
            policy: scenario.policy.to_string(),
            switches: scenario.policy,
            backup_poll: scenario.backup_poll,
            duration: scenario.duration,
            replicas: scenario.replicas,
            fleets: Arc::new(scenario.fleets.iter().map(fleet).collect()),
            posters: scenario.posters.iter().map(poster).collect(),
            rate_factor: 1.0,
            ..Snapshot::default()
        }
    }
}

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Inputs,
    Closing,
}

/// What is known of a block without reading its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHead {
    pub(super) kind: Kind,
    pub(super) packed: usize,
    pub(super) raw: usize,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) inputs: u32,
    /// Inputs that were lost between the block before and this one.
    pub(super) lost: u32,
    checksum: u32,
}

impl BlockHead {
    /// The head of a block with these bytes.
    pub(super) fn new(
        kind: Kind,
        times: (u64, u64),
        inputs: u32,
        lost: u32,
        raw: usize,
        bytes: &[u8],
    ) -> Self {
        let mut head =
            Self { kind, packed: bytes.len(), raw, first: times.0, last: times.1, inputs, lost, checksum: 0 };
        head.checksum = head.sum(bytes);
        head
    }

    pub(super) fn to_bytes(self) -> [u8; BLOCK_HEAD] {
        let mut bytes = [0; BLOCK_HEAD];
        bytes[0] = match self.kind {
            Kind::Inputs => 1,
            Kind::Closing => 2,
        };
        bytes[1..5].copy_from_slice(&(self.packed as u32).to_le_bytes());
        bytes[5..9].copy_from_slice(&(self.raw as u32).to_le_bytes());
        bytes[9..17].copy_from_slice(&self.first.to_le_bytes());
        bytes[17..25].copy_from_slice(&self.last.to_le_bytes());
        bytes[25..29].copy_from_slice(&self.inputs.to_le_bytes());
        bytes[29..33].copy_from_slice(&self.lost.to_le_bytes());
        bytes[33..].copy_from_slice(&self.checksum.to_le_bytes());
        bytes
    }

    /// `None` when it can be none.
    pub(super) fn from_bytes(bytes: &[u8; BLOCK_HEAD]) -> Option<Self> {
        let small = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let large = |at: usize| u64::from(small(at)) | u64::from(small(at + 4)) << u32::BITS;
        let kind = match bytes[0] {
            1 => Kind::Inputs,
            2 => Kind::Closing,
            _ => return None,
        };
        let head = Self {
            kind,
            packed: small(1) as usize,
            raw: small(5) as usize,
            first: large(9),
            last: large(17),
            inputs: small(25),
            lost: small(29),
            checksum: small(33),
        };
        (head.packed <= LENGTH_MAX && head.raw <= LENGTH_MAX).then_some(head)
    }

    /// Whether these are its bytes, as they were written.
    pub(super) fn fits(&self, bytes: &[u8]) -> bool {
        self.packed == bytes.len() && self.checksum == self.sum(bytes)
    }

    fn sum(self, bytes: &[u8]) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&Self { checksum: 0, ..self }.to_bytes());
        sum.update(bytes);
        sum.finalize()
    }
}

/// The beginning of a file.
pub(super) fn prologue(head: &Head) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(head)?;
    let mut bytes = Vec::with_capacity(PREFIX + json.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&json).to_le_bytes());
    bytes.extend_from_slice(&json);
    Ok(bytes)
}

/// What the first bytes of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    /// It is a recording of this version.
    Ours {
        /// How long its head is.
        length: usize,
        /// The head's checksum.
        checksum: u32,
    },
    /// It is a recording of another version.
    OfVersion(u32),
    /// It is none.
    Strange,
}

/// Reads the first bytes of a file.
pub(super) fn prefix(bytes: &[u8; PREFIX]) -> Prefix {
    let small = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    if bytes[..8] != MAGIC {
        return Prefix::Strange;
    }
    match (small(8), small(12) as usize) {
        (VERSION_MIN..=VERSION, length) if length <= LENGTH_MAX => {
            Prefix::Ours { length, checksum: small(16) }
        }
        (VERSION_MIN..=VERSION, _) => Prefix::Strange,
        (version, _) => Prefix::OfVersion(version),
    }
}
