//! Inputs as bytes: numbers as varints, and those that go up as the difference to the one before. What a domain
//! accepts is told once. A block begins anew, so that each can be read for itself once the domains are known.
//!
//! Works under the recorder's lock: an input costs a few tens of nanoseconds and no allocation, but
//! for the one in a second that tells of the database.

use std::collections::HashMap;
use std::sync::Arc;

use acquirer::wakeup::{DomainKey, DomainSpec};
use integer_encoding::VarIntWriter as _;
use serde::Serialize;

use crate::measure::{
    FaultFacts, Heard, Input, InterventionFacts, PostedJob, StandingDomain, Surroundings, Time, Worker,
};

use super::tags::{self, number_of};

/// When a poll comes round is told to a hundredth of a second.
pub(super) const POLL_STEP_NS: u64 = 10_000_000;

/// Turns inputs into bytes.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
    bases: Bases,
    /// The look around before, in this block.
    around: Surroundings,
    told: HashMap<DomainKey, u64>,
    specs: u64,
}

/// What numbers are told as a difference to.
#[derive(Debug, Clone, Default)]
pub(super) struct Bases {
    pub(super) at: u64,
    pub(super) job: u64,
    /// By replica.
    pub(super) clearance: Vec<u64>,
    /// By replica.
    pub(super) acquiree: Vec<u64>,
}

impl Bases {
    pub(super) fn begin(&mut self, at: u64) {
        self.at = at;
        self.job = 0;
        self.clearance.fill(0);
        self.acquiree.fill(0);
    }

    /// What a replica's clearances or acquirees were told as last.
    pub(super) fn of(bases: &mut Vec<u64>, replica: usize) -> &mut u64 {
        if bases.len() <= replica {
            bases.resize(replica + 1, 0);
        }
        &mut bases[replica]
    }
}

/// Nanoseconds: a run of centuries fits.
pub(super) fn nanos(at: Time) -> u64 {
    u64::try_from(at.since_epoch().as_nanos()).unwrap_or(u64::MAX)
}

impl Encoder {
    /// Begins a block at `at` in an empty buffer, and answers with the block before.
    pub(super) fn begin(&mut self, at: Time, buffer: Vec<u8>) -> Vec<u8> {
        self.bases.begin(nanos(at));
        self.around = Surroundings::default();
        std::mem::replace(&mut self.bytes, buffer)
    }

    /// A block was lost, and with it perhaps what domains accept: tells it again.
    pub(super) fn forget(&mut self) {
        self.told.clear();
    }

    /// How many bytes the block has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends an input.
    pub(super) fn put(&mut self, at: Time, input: &Input<'_>) {
        let at = nanos(at);
        let since = at.wrapping_sub(self.bases.at).cast_signed();
        self.bases.at = at;
        self.signed(since);
        match *input {
            Input::Began { measure_from } => {
                self.tag(tags::BEGAN);
                self.time(measure_from);
            }
            Input::PostersDone => self.tag(tags::POSTERS_DONE),
            Input::Preloaded { jobs } => {
                self.tag(tags::PRELOADED);
                self.posted(jobs);
            }
            Input::PostStarted { jobs, intended } => {
                self.tag(tags::POST_STARTED);
                self.time(intended);
                self.posted(jobs);
            }
            Input::Committed { jobs } => {
                self.tag(tags::COMMITTED);
                self.posted(jobs);
            }
            Input::Announced { jobs } => {
                self.tag(tags::ANNOUNCED);
                self.posted(jobs);
            }
            Input::WorkerReceived { job } => {
                self.tag(tags::WORKER_RECEIVED);
                self.job(job);
            }
            Input::Finished { job, is_failure } => {
                self.tag(if is_failure { tags::FINISHED_BADLY } else { tags::FINISHED_WELL });
                self.job(job);
            }
            Input::WorkerDied { job } => {
                self.tag(tags::WORKER_DIED);
                self.job(job);
            }
            Input::Freed { job } => {
                self.tag(tags::FREED);
                self.job(job);
            }
            Input::AnnouncedAgain { job } => {
                self.tag(tags::ANNOUNCED_AGAIN);
                self.job(job);
            }
            Input::NoticeSwallowed { replica, job } => {
                self.tag(tags::NOTICE_SWALLOWED);
                self.number(replica as u64);
                self.optional_job(job);
            }
            Input::FaultBegan(FaultFacts { name, parameter, replica, until }) => {
                self.tag(tags::FAULT_BEGAN);
                self.text(name);
                self.text(parameter);
                self.optional(replica.map(|replica| replica as u64));
                self.optional(until.map(nanos));
            }
            Input::FaultFailed { name, why } => {
                self.tag(tags::FAULT_FAILED);
                self.text(name);
                self.text(why);
            }
            Input::FaultEnded { name } => {
                self.tag(tags::FAULT_ENDED);
                self.text(name);
            }
            Input::Sampled(around) => {
                self.tag(tags::SAMPLED_APART);
                self.sampled(around);
            }
            Input::Intervened(InterventionFacts { by, subject, what, supersedes, refused }) => {
                self.tag(tags::INTERVENED);
                self.number(number_of(&tags::BY, &by));
                self.text(subject);
                self.text(what);
                self.tag(u8::from(refused.is_some()) | u8::from(supersedes) << 1);
                self.text(refused.unwrap_or_default());
            }
            Input::RosterChanged(roster) => {
                self.tag(tags::ROSTER_CHANGED);
                self.json(roster);
            }
            Input::DatabaseSampled(sample) => {
                self.tag(tags::DATABASE_SAMPLED);
                self.json(sample);
            }
            Input::DatabaseMissing { missing } => {
                self.tag(tags::DATABASE_MISSING);
                self.json(missing);
            }
            Input::Replica { replica, ref heard } => self.heard(replica, heard),
        }
    }

    fn told_by(&mut self, replica: usize, tag: u8) {
        self.tag(tag);
        self.number(replica as u64);
    }

    fn heard(&mut self, replica: usize, heard: &Heard<'_>) {
        match *heard {
            Heard::Subscribed => self.told_by(replica, tags::SUBSCRIBED),
            Heard::NoticeReceived { job, domain } => {
                self.told_by(replica, tags::NOTICE_RECEIVED);
                self.optional_job(job);
                self.optional(domain.map(|domain| domain.0));
            }
            Heard::NoticeUnreadable => self.told_by(replica, tags::NOTICE_UNREADABLE),
            Heard::MessagesLost => self.told_by(replica, tags::MESSAGES_LOST),
            Heard::DomainBorn { domain, spec } => {
                self.told_by(replica, tags::DOMAIN_BORN);
                self.number(domain.0);
                self.spec(spec);
            }
            Heard::DomainDissolved { domain } => {
                self.told_by(replica, tags::DOMAIN_DISSOLVED);
                self.number(domain.0);
            }
            Heard::Joined { acquiree, worker } => {
                self.told_by(replica, tags::JOINED);
                self.acquiree(replica, acquiree.0);
                self.worker(worker);
            }
            Heard::Left { acquiree } => {
                self.told_by(replica, tags::LEFT);
                self.acquiree(replica, acquiree.0);
            }
            Heard::Cleared(clearance) => {
                self.told_by(replica, tags::CLEARED);
                self.clearance(replica, clearance.id.0);
                self.number(clearance.domain.0);
                let causes = number_of(&tags::CAUSES, &clearance.cause);
                self.number(causes * tags::ROOTS.len() as u64 + number_of(&tags::ROOTS, &clearance.root));
                // The parent came before it: a difference of 0 says that there is none.
                self.number(clearance.parent.map_or(0, |parent| clearance.id.0.wrapping_sub(parent.0)));
            }
            Heard::Revoked { clearance } => {
                self.told_by(replica, tags::REVOKED);
                self.clearance(replica, clearance.0);
            }
            Heard::Pended { domain, root } => {
                self.told_by(replica, tags::PENDED);
                self.number(domain.0);
                self.number(number_of(&tags::ROOTS, &root));
            }
            Heard::QueryStarted { clearance, acquirees } => {
                self.told_by(replica, tags::QUERY_STARTED);
                self.clearance(replica, clearance.0);
                self.number(acquirees as u64);
            }
            Heard::QueryFound { clearance, jobs } => {
                self.told_by(replica, tags::QUERY_FOUND);
                self.clearance(replica, clearance.0);
                self.number(jobs.len() as u64);
                for job in jobs {
                    self.job(*job);
                }
            }
            Heard::QueryEmpty { clearance } => {
                self.told_by(replica, tags::QUERY_EMPTY);
                self.clearance(replica, clearance.0);
            }
            Heard::QueryFailed { clearance } => {
                self.told_by(replica, tags::QUERY_FAILED);
                self.clearance(replica, clearance.0);
            }
            Heard::HandedOver { clearance, job, worker } => {
                self.told_by(replica, tags::HANDED_OVER);
                self.clearance(replica, clearance.0);
                self.job(job);
                self.worker(worker);
            }
            Heard::GivenBack { job } => {
                self.told_by(replica, tags::GIVEN_BACK);
                self.job(job);
            }
            Heard::Stranded { job } => {
                self.told_by(replica, tags::STRANDED);
                self.optional_job(job);
            }
            Heard::Released { job } => {
                self.told_by(replica, tags::RELEASED);
                self.job(job);
            }
            Heard::HandedOn { from, to } => {
                self.told_by(replica, tags::HANDED_ON);
                self.number(from.0);
                self.optional(to.map(|to| to.0));
            }
            Heard::BackingOff { domain, pause } => {
                self.told_by(replica, tags::BACKING_OFF);
                self.number(domain.0);
                self.number(nanos(Time::new(pause)));
            }
        }
    }

    fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    fn number(&mut self, number: u64) {
        self.bytes.write_varint(number).expect("memory takes all");
    }

    fn signed(&mut self, number: i64) {
        self.bytes.write_varint(number).expect("memory takes all");
    }

    /// `None` as 0, anything else one higher.
    fn optional(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |number| number.saturating_add(1)));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// What comes so seldom and may grow so much that its keys are told with it.
    fn json(&mut self, value: &(impl Serialize + ?Sized)) {
        self.text(&serde_json::to_string(value).expect("it has strings for keys"));
    }

    /// A time near that of the input.
    fn time(&mut self, time: Time) {
        self.signed(nanos(time).wrapping_sub(self.bases.at).cast_signed());
    }

    fn job(&mut self, job: u64) {
        self.signed(job.wrapping_sub(self.bases.job).cast_signed());
        self.bases.job = job;
    }

    fn optional_job(&mut self, job: Option<u64>) {
        self.tag(u8::from(job.is_some()));
        if let Some(job) = job {
            self.job(job);
        }
    }

    fn posted(&mut self, jobs: &[PostedJob]) {
        self.number(jobs.len() as u64);
        for job in jobs {
            self.job(job.number);
            self.number(job.shape as u64);
        }
    }

    fn clearance(&mut self, replica: usize, clearance: u64) {
        let base = Bases::of(&mut self.bases.clearance, replica);
        let since = clearance.wrapping_sub(*base).cast_signed();
        *base = clearance;
        self.signed(since);
    }

    fn acquiree(&mut self, replica: usize, acquiree: u64) {
        let base = Bases::of(&mut self.bases.acquiree, replica);
        let since = acquiree.wrapping_sub(*base).cast_signed();
        *base = acquiree;
        self.signed(since);
    }

    fn worker(&mut self, worker: Option<Worker>) {
        self.optional(worker.map(|worker| u64::from(worker.fleet)));
        if let Some(worker) = worker {
            self.number(u64::from(worker.number));
        }
    }

    fn spec(&mut self, spec: &Arc<DomainSpec>) {
        if let Some(place) = self.told.get(spec.key()).copied() {
            self.tag(0);
            return self.number(place);
        }
        self.tag(1);
        self.number(self.specs);
        self.told.insert(spec.key().clone(), self.specs);
        self.specs += 1;
        self.number(spec.types().len() as u64);
        for kind in spec.types() {
            self.number(number_of(&tags::TYPES, kind));
        }
        self.number(spec.tags().len() as u64);
        for (key, value) in spec.tags().iter() {
            self.text(key);
            self.text(value);
        }
    }

    fn sampled(&mut self, around: &Surroundings) {
        let before = std::mem::take(&mut self.around);
        self.number(number_of(&tags::PHASES, &around.phase));
        self.bytes.extend_from_slice(&around.rate_factor.to_le_bytes());
        self.bytes.extend_from_slice(&around.target_rate.to_le_bytes());
        self.optional(around.database_silent_for.map(|silent| nanos(Time::new(silent))));
        self.optional(around.cpu_used.map(|used| nanos(Time::new(used))));
        self.number(around.workers.len() as u64);
        for workers in &around.workers {
            self.number(*workers as u64);
        }
        self.number(around.posters.len() as u64);
        for poster in &around.posters {
            self.bytes.extend_from_slice(&poster.factor.to_le_bytes());
            self.bytes.extend_from_slice(&poster.target_rate.to_le_bytes());
        }
        self.number(around.standing.len() as u64);
        for (replica, domains) in around.standing.iter().enumerate() {
            let known = before.standing.get(replica).map_or(&[][..], Vec::as_slice);
            self.standing(known, domains);
        }
        self.around.clone_from(around);
    }

    /// All domains, or where the same ones stand as before, those that changed.
    fn standing(&mut self, known: &[StandingDomain], domains: &[StandingDomain]) {
        let same = known.len() == domains.len() && known.iter().zip(domains).all(|(a, b)| a.id == b.id);
        self.tag(u8::from(same));
        if same {
            let changed = || domains.iter().enumerate().filter(|(place, domain)| known[*place] != **domain);
            self.number(changed().count() as u64);
            for (place, domain) in changed() {
                self.number(place as u64);
                self.standing_domain(domain);
            }
        } else {
            self.number(domains.len() as u64);
            for domain in domains {
                self.number(domain.id.0);
                self.standing_domain(domain);
            }
        }
    }

    fn standing_domain(&mut self, domain: &StandingDomain) {
        self.number(domain.waiting as u64);
        let phase = number_of(&tags::DOMAIN_PHASES, &domain.phase);
        self.number(phase << 1 | u64::from(domain.pending));
        self.number(nanos(domain.next_poll) / POLL_STEP_NS);
    }
}
