//! The spans that say who waits and who asks, while somebody looks at them: even a disabled one is on every job's way.

use tracing::Span;
use tracing::field::Empty;
use tracing::level_filters::LevelFilter;

use crate::job::WorkerId;
use crate::wakeup::{Clearance, DomainSpec};

use super::brief::Brief;
use super::shared::Query;

/// One caller, from its question to its answer.
pub(super) fn acquire_job(worker: WorkerId, spec: &DomainSpec) -> Span {
    if !is_anybody_looking() {
        return Span::none();
    }
    tracing::debug_span!("acquire_job", %worker, domain = %Brief(spec))
}

/// One query, from clearance to answer; its `outcome` is recorded when it is known.
pub(super) fn acquire_query(clearance: &Clearance, query: &Query) -> Span {
    if !is_anybody_looking() {
        return Span::none();
    }
    tracing::debug_span!("acquire_query", clearance = clearance.id.0, cause = %clearance.cause,
        root = %clearance.root, domain = %Brief(&query.spec), workers = query.workers.len(), outcome = Empty)
}

fn is_anybody_looking() -> bool {
    LevelFilter::current() >= LevelFilter::DEBUG
}
