//! Ids that carry what they name: a job's number in its run, so that a ledger of millions is a plain array, and
//! a worker's place in its fleet.

use acquirer::job::{JobId, WorkerId};
use uuid::Uuid;

/// Makes and reads the ids of one run's jobs and workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobIds {
    run: [u8; 6],
}

/// A worker of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worker {
    /// Its fleet, as an index into those of the scenario.
    pub fleet: u32,
    /// Its number in the fleet.
    pub number: u32,
}

/// Where an id says what it names; the bytes beside it are the version's and the variant's.
const KIND: usize = 7;
const JOB: u8 = 0;
const WORKER: u8 = 1;
/// Fleets take three bytes of an id.
const FLEETS_MAX: u32 = 1 << 24;

impl JobIds {
    /// The ids of a run; two runs share none unless 48 random bits collide.
    #[must_use]
    pub fn new(run: Uuid) -> Self {
        let mut prefix = [0; 6];
        prefix.copy_from_slice(&run.as_bytes()[10..]);
        Self { run: prefix }
    }

    /// The id of the job with this number, below 2^56.
    #[must_use]
    pub fn id(self, number: u64) -> JobId {
        self.make(JOB, number)
    }

    /// The number of a job of this run; `None` for a stranger's.
    #[must_use]
    pub fn number(self, id: JobId) -> Option<u64> {
        self.read(JOB, id)
    }

    /// The id of a worker.
    ///
    /// # Panics
    ///
    /// When the fleet's number is past 2^24, which no scenario reaches.
    #[must_use]
    pub fn worker_id(self, worker: Worker) -> WorkerId {
        assert!(worker.fleet < FLEETS_MAX, "a scenario has fewer fleets");
        self.make(WORKER, u64::from(worker.fleet) << u32::BITS | u64::from(worker.number))
    }

    /// The worker of this run that has this id; `None` for a stranger's.
    #[must_use]
    pub fn worker(self, id: WorkerId) -> Option<Worker> {
        let packed = self.read(WORKER, id)?;
        Some(Worker { fleet: (packed >> u32::BITS) as u32, number: packed as u32 })
    }

    fn make(self, kind: u8, number: u64) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&self.run);
        bytes[KIND] = kind;
        bytes[9..].copy_from_slice(&number.to_be_bytes()[1..]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    fn read(self, kind: u8, id: Uuid) -> Option<u64> {
        let mut number = [0; 8];
        number[1..].copy_from_slice(&id.as_bytes()[9..]);
        let number = u64::from_be_bytes(number);
        (self.make(kind, number) == id).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_number_and_strangers_have_none() {
        let ids = JobIds::new(Uuid::new_v4());
        for number in [0, 1, 255, 65_536, (1 << 56) - 1] {
            assert_eq!(ids.number(ids.id(number)), Some(number));
        }
        assert_eq!(ids.number(Uuid::new_v4()), None);
        assert_eq!(JobIds::new(Uuid::from_u128(1)).number(JobIds::new(Uuid::from_u128(2)).id(7)), None);
    }

    #[test]
    fn a_workers_id_carries_its_fleet_and_number_and_is_no_jobs() {
        let ids = JobIds::new(Uuid::new_v4());
        for (fleet, number) in [(0, 0), (3, 1_000_000), (FLEETS_MAX - 1, u32::MAX)] {
            let worker = Worker { fleet, number };
            let id = ids.worker_id(worker);
            assert_eq!(ids.worker(id), Some(worker));
            assert_eq!(ids.number(id), None);
        }
        assert_eq!(ids.worker(ids.id(0)), None);
    }
}
