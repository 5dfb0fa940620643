//! Job ids that carry the job's number in its run, so that a ledger of millions is a plain array.

use acquirer::job::JobId;
use uuid::Uuid;

/// Makes and reads the job ids of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobIds {
    run: [u8; 6],
}

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
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&self.run);
        bytes[9..].copy_from_slice(&number.to_be_bytes()[1..]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The number of a job of this run; `None` for a stranger's.
    #[must_use]
    pub fn number(self, id: JobId) -> Option<u64> {
        let mut number = [0; 8];
        number[1..].copy_from_slice(&id.as_bytes()[9..]);
        let number = u64::from_be_bytes(number);
        (self.id(number) == id).then_some(number)
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
}
