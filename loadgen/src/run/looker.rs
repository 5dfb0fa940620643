//! Looks at single domains of a run that goes on: what the recorder was told, and what only the acquirers know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use acquirer::Acquirer;
use acquirer::job::Posting;
use acquirer::runtime::DomainDetail;

use crate::measure::{DomainNumber, PageDraft, Recorder};
use crate::scenario::Fleet;
use crate::snapshot::{DomainPage, LISTED_MAX, PageLive, PageReplica, PageToken};

/// The acquirers of a run by replica, while it goes on.
#[derive(Default)]
pub(super) struct Acquirers(Mutex<BTreeMap<usize, Acquirer>>);

impl Acquirers {
    /// These are at work from now on. Whoever is no longer among them can be dropped.
    pub(super) fn set(&self, acquirers: impl IntoIterator<Item = (usize, Acquirer)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = acquirers.into_iter().collect();
    }

    fn get(&self, replica: usize) -> Option<Acquirer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&replica).cloned()
    }
}

/// Looks closely at one domain of a run after the other.
#[derive(Clone)]
pub struct DomainReader {
    recorder: Arc<Recorder>,
    acquirers: Arc<Acquirers>,
    fleets: Arc<[Fleet]>,
}

impl std::fmt::Debug for DomainReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DomainReader").finish_non_exhaustive()
    }
}

impl DomainReader {
    pub(super) fn new(recorder: Arc<Recorder>, acquirers: Arc<Acquirers>, fleets: &[Fleet]) -> Self {
        Self { recorder, acquirers, fleets: fleets.into() }
    }

    /// The domain of this number at this moment; `None` while there never was one. Costs what there is of the
    /// domain, however many others there are, and holds up nobody.
    #[must_use]
    pub fn read(&self, number: DomainNumber) -> Option<DomainPage> {
        // Never both locks at once: an acquirer tells the recorder under its own.
        let mut draft = self.recorder.page(number, Instant::now(), &self.fleets)?;
        let mut page = std::mem::take(&mut draft.page);
        for (replica, standing) in page.replicas.iter_mut().zip(&draft.standing) {
            let acquirer = self.acquirers.get(replica.replica);
            let detail = acquirer.zip(*standing).and_then(|(acquirer, id)| acquirer.domain(id, LISTED_MAX));
            if let Some(detail) = detail {
                self.fill(replica, &detail, &draft);
            }
        }
        Some(page)
    }

    fn fill(&self, replica: &mut PageReplica, detail: &DomainDetail, draft: &PageDraft) {
        let ids = self.recorder.ids();
        let acquirees = detail.acquirees.iter();
        replica.acquirees =
            acquirees.map(|(_, worker)| draft.acquiree(ids.worker(*worker), &self.fleets)).collect();
        let all = detail.domain.waiting + detail.domain.cleared;
        replica.acquirees_more = all.saturating_sub(replica.acquirees.len());
        replica.pause_left = detail.domain.pause_left;
        let tokens = detail.tokens.iter().map(|token| PageToken {
            shape: Posting { provisioner: token.provisioner, tags: token.tags.clone(), job_id: None },
            named: token.named,
            is_open: token.is_open,
        });
        replica.live = Some(PageLive { cleared: detail.domain.cleared, tokens: tokens.collect() });
    }
}
