//! The audit: holds the ledger against the table, job by job.

use acquirer::job::JobId;
use serde::{Deserialize, Serialize};

use crate::measure::{AuditedFate, Holder, Recorder};
use crate::observe::Observer;

/// What the audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Audit {
    /// Commit seen, and not in the table.
    pub(crate) lost: Vec<JobId>,
    /// Handed to two workers, or finished twice.
    pub(crate) doubled: Vec<JobId>,
    /// Marked running in the table, and no worker has it.
    pub(crate) stranded: Vec<JobId>,
    /// Queued in the table.
    pub(crate) queued: u64,
    /// Marked running in the table.
    pub(crate) running: u64,
    /// Of these: their workers died, as the scenario said, and they have not been freed yet.
    pub(crate) orphaned: u64,
    /// Canceled in the table.
    pub(crate) canceled: u64,
}

/// Reads the whole table. To be done when the workers have stopped.
pub(crate) async fn audit(recorder: &Recorder, observer: &Observer) -> Result<Audit, sqlx::Error> {
    let mut audit = Audit::default();
    let mut in_table = Vec::new();
    observer
        .audit(|row| {
            let number = recorder.ids().number(row.id);
            if let Some(number) = number {
                let place = number as usize;
                if in_table.len() <= place {
                    in_table.resize(place + 1, false);
                }
                in_table[place] = true;
            }
            audit.canceled += u64::from(row.is_canceled);
            match (row.is_started, row.is_completed) {
                (false, false) => audit.queued += 1,
                (true, false) => {
                    audit.running += 1;
                    match number.map_or(Holder::Nobody, |number| recorder.fate(number).holder) {
                        Holder::Living => {}
                        Holder::Dead => audit.orphaned += 1,
                        Holder::Nobody => audit.stranded.push(row.id),
                    }
                }
                (_, true) => {}
            }
        })
        .await?;
    recorder.fates(|number, AuditedFate { is_posted, is_doubled, .. }| {
        let is_in_table = in_table.get(number as usize).copied().unwrap_or(false);
        if is_posted && !is_in_table {
            audit.lost.push(recorder.ids().id(number));
        }
        if is_doubled {
            audit.doubled.push(recorder.ids().id(number));
        }
    });
    Ok(audit)
}
