//! Jobs that others may have passed over while a query that failed held their rows (`W3`): looked for, and posted anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;

use crate::job::Posting;
use crate::wakeup::{DomainKey, DomainSpec};

use super::shared::Shared;
use super::tries::Tries;
use super::{Event, post_anew};

/// A failed query held a batch of rows at most; these are the oldest, with room for what was released meanwhile.
const POSTED_ANEW_MAX: usize = 256;

/// Posts anew what is available to a domain that is no more and whose last query failed (`W3`), unless that is being
/// done: then whoever does it looks once more. With the store down, a domain whose callers come again and again goes
/// as often as they come, and the store is asked by one of them.
pub(super) async fn run(shared: Arc<Shared>, spec: Arc<DomainSpec>) {
    let Some(mut search) = shared.searches.begin(&spec) else { return };
    while search.is_wanted() {
        post_available(Arc::clone(&shared), Arc::clone(&spec), Vec::new()).await;
    }
}

/// The domains whose available jobs are being looked for, and whether somebody wants it who came since a search last
/// began to look: they may know of rows that it had passed.
#[derive(Debug, Default)]
pub(super) struct Searches(Mutex<BTreeMap<DomainKey, bool>>);

impl Searches {
    /// Begins the search for a domain; `None` when there is one, which is told that it is wanted.
    fn begin(&self, spec: &DomainSpec) -> Option<Search<'_>> {
        let domain = spec.key().clone();
        let is_under_way = self.lock().insert(domain.clone(), true).is_some();
        // Only the one is made: with its drop the search would be over.
        (!is_under_way).then(|| Search { searches: self, domain, is_over: false })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DomainKey, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one search for a domain.
struct Search<'a> {
    searches: &'a Searches,
    domain: DomainKey,
    is_over: bool,
}

impl Search<'_> {
    /// Whether anybody came since this was asked last; if not, it is over, and the next to come begins another.
    fn is_wanted(&mut self) -> bool {
        let mut searches = self.searches.lock();
        let is_wanted = searches.insert(self.domain.clone(), false) == Some(true);
        if !is_wanted {
            searches.remove(&self.domain);
            self.is_over = true;
        }
        is_wanted
    }
}

impl Drop for Search<'_> {
    /// Given up midway, by a panic of the store or with its runtime.
    fn drop(&mut self) {
        if !self.is_over {
            self.searches.lock().remove(&self.domain);
        }
    }
}

/// Posts anew what is available to a domain. Which jobs that are isn't known here: a query that was cleared for another
/// reason than a posting held rows that nobody here had heard of. Those that were `posted` already are left out.
pub(super) async fn post_available(shared: Arc<Shared>, spec: Arc<DomainSpec>, posted: Vec<Posting>) {
    let mut tries = Tries::new(post_anew::TRIED_FOR, post_anew::TRIED_AFTER_CLOSE);
    let postings = loop {
        match shared.store.available(spec.types(), spec.tags(), POSTED_ANEW_MAX).await {
            Ok(postings) => break postings,
            Err(error) => {
                tracing::warn!(domain = %spec, %error, "failed to look for available jobs; trying again");
                if !tries.again(&shared).await {
                    tracing::warn!(domain = %spec, %error,
                        "gave up looking for jobs that others may have passed over");
                    return;
                }
            }
        }
    };
    // Side by side: with the pubsub down each may take its time. The search lasts as long, so that of those who come
    // meanwhile none begins another.
    let found = postings.into_iter().filter(|posting| !posted.contains(posting));
    let posts = found.map(|posting| {
        shared.tell(|| Event::PostedAnew(posting.clone()));
        post_anew::run(Arc::clone(&shared), posting)
    });
    join_all(posts).await;
}
