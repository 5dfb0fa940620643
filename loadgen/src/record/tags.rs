//! How a recording names each kind of input, and small values that have no number of their own. Part of the
//! format: numbers are never given a new meaning; new kinds get new ones, and a new version.

use acquirer::job::ProvisionerType;
use acquirer::wakeup::{Cause, RootCause};

use crate::snapshot::{By, DomainPhase, RunPhase};

pub(super) const BEGAN: u8 = 1;
pub(super) const POSTERS_DONE: u8 = 2;
pub(super) const PRELOADED: u8 = 3;
pub(super) const POST_STARTED: u8 = 4;
pub(super) const COMMITTED: u8 = 5;
pub(super) const ANNOUNCED: u8 = 6;
pub(super) const WORKER_RECEIVED: u8 = 7;
pub(super) const FINISHED_WELL: u8 = 8;
pub(super) const FINISHED_BADLY: u8 = 9;
pub(super) const NOTICE_SWALLOWED: u8 = 10;
pub(super) const FAULT_BEGAN: u8 = 11;
pub(super) const FAULT_ENDED: u8 = 12;
pub(super) const SAMPLED: u8 = 13;
pub(super) const WORKER_DIED: u8 = 14;
pub(super) const FREED: u8 = 15;
pub(super) const ANNOUNCED_AGAIN: u8 = 16;
pub(super) const DATABASE_SAMPLED: u8 = 17;
pub(super) const DATABASE_MISSING: u8 = 18;
/// Since version 2, instead of [`SAMPLED`]: tells the posters apart.
pub(super) const SAMPLED_APART: u8 = 19;
/// Since version 2.
pub(super) const INTERVENED: u8 = 20;
/// Since version 2.
pub(super) const ROSTER_CHANGED: u8 = 21;
/// Since version 2.
pub(super) const FAULT_FAILED: u8 = 22;

pub(super) const SUBSCRIBED: u8 = 32;
pub(super) const NOTICE_RECEIVED: u8 = 33;
pub(super) const NOTICE_UNREADABLE: u8 = 34;
pub(super) const MESSAGES_LOST: u8 = 35;
pub(super) const DOMAIN_BORN: u8 = 36;
pub(super) const DOMAIN_DISSOLVED: u8 = 37;
pub(super) const JOINED: u8 = 38;
pub(super) const LEFT: u8 = 39;
pub(super) const CLEARED: u8 = 40;
pub(super) const REVOKED: u8 = 41;
pub(super) const PENDED: u8 = 42;
pub(super) const QUERY_STARTED: u8 = 43;
pub(super) const QUERY_FOUND: u8 = 44;
pub(super) const QUERY_EMPTY: u8 = 45;
pub(super) const QUERY_FAILED: u8 = 46;
pub(super) const HANDED_OVER: u8 = 47;
pub(super) const GIVEN_BACK: u8 = 48;
pub(super) const STRANDED: u8 = 49;
pub(super) const RELEASED: u8 = 50;
pub(super) const HANDED_ON: u8 = 51;
pub(super) const BACKING_OFF: u8 = 52;

/// Causes, by their number in a recording.
pub(super) const CAUSES: [Cause; 6] =
    [Cause::First, Cause::Posting, Cause::Pending, Cause::Chained, Cause::BackupPoll, Cause::Recovered];
/// Root causes, by their number in a recording.
pub(super) const ROOTS: [RootCause; 4] =
    [RootCause::BackupPoll, RootCause::First, RootCause::Recovered, RootCause::Posting];
/// Types, by their number in a recording.
pub(super) const TYPES: [ProvisionerType; 2] = [ProvisionerType::Echo, ProvisionerType::Terraform];
/// Phases of a run, by their number in a recording.
pub(super) const PHASES: [RunPhase; 6] = [
    RunPhase::Starting,
    RunPhase::Warmup,
    RunPhase::Measuring,
    RunPhase::Draining,
    RunPhase::Auditing,
    RunPhase::Finished,
];
/// Who gives orders, by their number in a recording.
pub(super) const BY: [By; 2] = [By::Hand, By::Scenario];
/// Phases of a domain, by their number in a recording.
pub(super) const DOMAIN_PHASES: [DomainPhase; 3] =
    [DomainPhase::Idle, DomainPhase::Cleared, DomainPhase::Querying];

/// The number of a value in one of these lists.
pub(super) fn number_of<T: PartialEq>(list: &[T], value: &T) -> u64 {
    list.iter().position(|other| other == value).expect("the list has all of them") as u64
}
