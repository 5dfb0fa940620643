//! Bytes as inputs again: the reverse of `encode`. Trusts nothing that it reads.

use std::sync::Arc;
use std::time::Duration;

use acquirer::job::Tags;
use acquirer::wakeup::{AcquireeId, Clearance, ClearanceId, DomainId, DomainSpec};
use integer_encoding::VarInt as _;
use serde::de::DeserializeOwned;

use crate::measure::{
    FaultFacts, Heard, Input, InterventionFacts, PostedJob, PosterPace, Roster, StandingDomain, Surroundings,
    Time, Worker,
};
use crate::observe::DatabaseSample;

use super::encode::{Bases, POLL_STEP_NS};
use super::tags;

/// Bytes that are no inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

type Read<T> = Result<T, Malformed>;

/// What domains accept, by their place in the recording. Grows while a recording is read.
pub(super) type Specs = Vec<Option<Arc<DomainSpec>>>;

/// So many domains are more than a run can have.
const SPECS_MAX: usize = 1 << 24;
/// So many jobs are more than a run can have: whoever counts by number needs room for them.
const JOBS_MAX: u64 = 1 << 32;
/// No run takes so long: whoever counts by second needs room for them.
const LONGEST: Duration = Duration::from_hours(400);
/// A replica past this is none.
const REPLICAS_MAX: u64 = crate::scenario::limits::REPLICAS_MAX;

/// Reads the inputs of a block, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoder {
    bytes: Vec<u8>,
    place: usize,
    bases: Bases,
    around: Surroundings,
    jobs: Vec<PostedJob>,
    numbers: Vec<u64>,
    texts: [String; 3],
    spec: Option<Arc<DomainSpec>>,
    database: DatabaseSample,
    missing: Vec<String>,
    roster: Roster,
    /// How many shapes the scenario posts.
    shapes: usize,
}

impl Decoder {
    /// A decoder of a run that posts so many shapes.
    pub(super) fn new(shapes: usize) -> Self {
        Self { shapes, ..Self::default() }
    }

    /// Begins a block whose inputs are told from `at` on.
    pub(super) fn begin(&mut self, at: Time, bytes: Vec<u8>) {
        self.bytes = bytes;
        self.place = 0;
        self.bases.begin(super::encode::nanos(at));
        self.around = Surroundings::default();
    }

    /// The time of the next input; `None` at the end of the block.
    pub(super) fn peek(&self) -> Read<Option<Time>> {
        let rest = &self.bytes[self.place..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (since, _) = i64::decode_var(rest).ok_or(Malformed)?;
        Ok(Some(time(self.bases.at.wrapping_add_signed(since))))
    }

    /// The next input; `None` at the end of the block.
    pub(super) fn next(&mut self, specs: &mut Specs) -> Read<Option<(Time, Input<'_>)>> {
        if self.place == self.bytes.len() {
            return Ok(None);
        }
        let since = self.signed()?;
        self.bases.at = self.bases.at.wrapping_add_signed(since);
        let at = time(self.bases.at);
        if at.since_epoch() > LONGEST {
            return Err(Malformed);
        }
        let input = match self.byte()? {
            tags::BEGAN => Input::Began { measure_from: self.time()? },
            tags::POSTERS_DONE => Input::PostersDone,
            tags::PRELOADED => Input::Preloaded { jobs: self.posted()? },
            tags::POST_STARTED => {
                let intended = self.time()?;
                Input::PostStarted { intended, jobs: self.posted()? }
            }
            tags::COMMITTED => Input::Committed { jobs: self.posted()? },
            tags::ANNOUNCED => Input::Announced { jobs: self.posted()? },
            tags::WORKER_RECEIVED => Input::WorkerReceived { job: self.job()? },
            tags::FINISHED_WELL => Input::Finished { job: self.job()?, is_failure: false },
            tags::FINISHED_BADLY => Input::Finished { job: self.job()?, is_failure: true },
            tags::WORKER_DIED => Input::WorkerDied { job: self.job()? },
            tags::FREED => Input::Freed { job: self.job()? },
            tags::ANNOUNCED_AGAIN => Input::AnnouncedAgain { job: self.job()? },
            tags::NOTICE_SWALLOWED => {
                Input::NoticeSwallowed { replica: self.replica()?, job: self.optional_job()? }
            }
            tags::FAULT_BEGAN => {
                self.text(0)?;
                self.text(1)?;
                let replica = self.optional()?.map(|replica| replica as usize);
                let until = self.optional()?.map(time);
                let [name, parameter, _] = &self.texts;
                Input::FaultBegan(FaultFacts { name, parameter, replica, until })
            }
            tags::FAULT_FAILED => {
                self.text(0)?;
                self.text(1)?;
                let [name, why, _] = &self.texts;
                Input::FaultFailed { name, why }
            }
            tags::FAULT_ENDED => {
                self.text(0)?;
                Input::FaultEnded { name: &self.texts[0] }
            }
            tag @ (tags::SAMPLED | tags::SAMPLED_APART) => {
                self.sampled(tag == tags::SAMPLED_APART)?;
                Input::Sampled(&self.around)
            }
            tags::INTERVENED => {
                let by = self.one_of(&tags::BY)?;
                self.text(0)?;
                self.text(1)?;
                let bits = self.byte()?;
                self.text(2)?;
                let [subject, what, refused] = &self.texts;
                let refused = (bits & 1 == 1).then_some(refused.as_str());
                let supersedes = bits >> 1 & 1 == 1;
                Input::Intervened(InterventionFacts { by, subject, what, supersedes, refused })
            }
            tags::ROSTER_CHANGED => {
                self.roster = self.json()?;
                if self.roster.replicas.keys().any(|number| *number as u64 >= REPLICAS_MAX) {
                    return Err(Malformed);
                }
                Input::RosterChanged(&self.roster)
            }
            tags::DATABASE_SAMPLED => {
                self.database = self.json()?;
                Input::DatabaseSampled(&self.database)
            }
            tags::DATABASE_MISSING => {
                self.missing = self.json()?;
                Input::DatabaseMissing { missing: &self.missing }
            }
            tag => {
                let replica = self.replica()?;
                Input::Replica { replica, heard: self.heard(tag, replica, specs)? }
            }
        };
        Ok(Some((at, input)))
    }

    fn heard(&mut self, tag: u8, replica: usize, specs: &mut Specs) -> Read<Heard<'_>> {
        Ok(match tag {
            tags::SUBSCRIBED => Heard::Subscribed,
            tags::NOTICE_RECEIVED => {
                Heard::NoticeReceived { job: self.optional_job()?, domain: self.optional()?.map(DomainId) }
            }
            tags::NOTICE_UNREADABLE => Heard::NoticeUnreadable,
            tags::MESSAGES_LOST => Heard::MessagesLost,
            tags::DOMAIN_BORN => {
                let domain = self.domain()?;
                let spec = self.spec(specs)?;
                Heard::DomainBorn { domain, spec: self.spec.insert(spec) }
            }
            tags::DOMAIN_DISSOLVED => Heard::DomainDissolved { domain: self.domain()? },
            tags::JOINED => Heard::Joined { acquiree: self.acquiree(replica)?, worker: self.worker()? },
            tags::LEFT => Heard::Left { acquiree: self.acquiree(replica)? },
            tags::CLEARED => {
                let id = self.clearance(replica)?;
                let domain = self.domain()?;
                let causes = self.number()? as usize;
                let cause = *tags::CAUSES.get(causes / tags::ROOTS.len()).ok_or(Malformed)?;
                let root = tags::ROOTS[causes % tags::ROOTS.len()];
                let before = self.number()?;
                let parent = (before > 0).then(|| ClearanceId(id.0.wrapping_sub(before)));
                Heard::Cleared(Clearance { id, domain, cause, root, parent })
            }
            tags::REVOKED => Heard::Revoked { clearance: self.clearance(replica)? },
            tags::PENDED => {
                let domain = self.domain()?;
                Heard::Pended { domain, root: self.one_of(&tags::ROOTS)? }
            }
            tags::QUERY_STARTED => Heard::QueryStarted {
                clearance: self.clearance(replica)?,
                acquirees: self.number()? as usize,
            },
            tags::QUERY_FOUND => {
                let clearance = self.clearance(replica)?;
                let jobs = self.count()?;
                self.numbers.clear();
                for _ in 0..jobs {
                    let job = self.job()?;
                    self.numbers.push(job);
                }
                Heard::QueryFound { clearance, jobs: &self.numbers }
            }
            tags::QUERY_EMPTY => Heard::QueryEmpty { clearance: self.clearance(replica)? },
            tags::QUERY_FAILED => Heard::QueryFailed { clearance: self.clearance(replica)? },
            tags::HANDED_OVER => Heard::HandedOver {
                clearance: self.clearance(replica)?,
                job: self.job()?,
                worker: self.worker()?,
            },
            tags::GIVEN_BACK => Heard::GivenBack { job: self.job()? },
            tags::STRANDED => Heard::Stranded { job: self.optional_job()? },
            tags::RELEASED => Heard::Released { job: self.job()? },
            tags::HANDED_ON => Heard::HandedOn { from: self.domain()?, to: self.optional()?.map(DomainId) },
            tags::BACKING_OFF => {
                let domain = self.domain()?;
                Heard::BackingOff { domain, pause: Duration::from_nanos(self.number()?) }
            }
            _ => return Err(Malformed),
        })
    }

    fn byte(&mut self) -> Read<u8> {
        let byte = *self.bytes.get(self.place).ok_or(Malformed)?;
        self.place += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Read<u64> {
        let (number, length) = u64::decode_var(&self.bytes[self.place..]).ok_or(Malformed)?;
        self.place += length;
        Ok(number)
    }

    fn signed(&mut self) -> Read<i64> {
        let (number, length) = i64::decode_var(&self.bytes[self.place..]).ok_or(Malformed)?;
        self.place += length;
        Ok(number)
    }

    fn optional(&mut self) -> Read<Option<u64>> {
        Ok(self.number()?.checked_sub(1))
    }

    /// How many of something follow, each of which takes a byte at least.
    fn count(&mut self) -> Read<usize> {
        let count = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if count <= self.bytes.len() - self.place { Ok(count) } else { Err(Malformed) }
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> Read<T> {
        list.get(usize::try_from(self.number()?).map_err(|_| Malformed)?).copied().ok_or(Malformed)
    }

    fn text(&mut self, into: usize) -> Read<()> {
        let length = self.count()?;
        let bytes = &self.bytes[self.place..self.place + length];
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        self.texts[into].clear();
        self.texts[into].push_str(text);
        self.place += length;
        Ok(())
    }

    fn json<T: DeserializeOwned>(&mut self) -> Read<T> {
        self.text(0)?;
        serde_json::from_str(&self.texts[0]).map_err(|_| Malformed)
    }

    fn float(&mut self) -> Read<f64> {
        let bytes = self.bytes.get(self.place..self.place + 8).ok_or(Malformed)?;
        let float = f64::from_le_bytes(bytes.try_into().map_err(|_| Malformed)?);
        self.place += 8;
        Ok(float)
    }

    fn time(&mut self) -> Read<Time> {
        let since = self.signed()?;
        Ok(time(self.bases.at.wrapping_add_signed(since)))
    }

    fn job(&mut self) -> Read<u64> {
        let since = self.signed()?;
        self.bases.job = self.bases.job.wrapping_add_signed(since);
        if self.bases.job < JOBS_MAX { Ok(self.bases.job) } else { Err(Malformed) }
    }

    fn optional_job(&mut self) -> Read<Option<u64>> {
        match self.byte()? {
            0 => Ok(None),
            _ => self.job().map(Some),
        }
    }

    fn posted(&mut self) -> Read<&[PostedJob]> {
        let jobs = self.count()?;
        self.jobs.clear();
        for _ in 0..jobs {
            let job = PostedJob { number: self.job()?, shape: self.number()? as usize };
            if job.shape >= self.shapes {
                return Err(Malformed);
            }
            self.jobs.push(job);
        }
        Ok(&self.jobs)
    }

    fn replica(&mut self) -> Read<usize> {
        let replica = self.number()?;
        if replica < REPLICAS_MAX { Ok(replica as usize) } else { Err(Malformed) }
    }

    fn domain(&mut self) -> Read<DomainId> {
        self.number().map(DomainId)
    }

    fn clearance(&mut self, replica: usize) -> Read<ClearanceId> {
        let since = self.signed()?;
        let base = Bases::of(&mut self.bases.clearance, replica);
        *base = base.wrapping_add_signed(since);
        Ok(ClearanceId(*base))
    }

    fn acquiree(&mut self, replica: usize) -> Read<AcquireeId> {
        let since = self.signed()?;
        let base = Bases::of(&mut self.bases.acquiree, replica);
        *base = base.wrapping_add_signed(since);
        Ok(AcquireeId(*base))
    }

    fn worker(&mut self) -> Read<Option<Worker>> {
        let Some(fleet) = self.optional()? else { return Ok(None) };
        Ok(Some(Worker { fleet: fleet as u32, number: self.number()? as u32 }))
    }

    fn spec(&mut self, specs: &mut Specs) -> Read<Arc<DomainSpec>> {
        let is_told_here = self.byte()? == 1;
        let place = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if !is_told_here {
            return specs.get(place).cloned().flatten().ok_or(Malformed);
        }
        if place >= SPECS_MAX {
            return Err(Malformed);
        }
        let mut types = Vec::new();
        for _ in 0..self.count()? {
            types.push(self.one_of(&tags::TYPES)?);
        }
        let mut pairs = Vec::new();
        for _ in 0..self.count()? {
            self.text(0)?;
            self.text(1)?;
            pairs.push((self.texts[0].clone(), self.texts[1].clone()));
        }
        let spec = Arc::new(DomainSpec::new(&types, &Tags::from_pairs(pairs).map_err(|_| Malformed)?));
        if specs.len() <= place {
            specs.resize(place + 1, None);
        }
        specs[place] = Some(Arc::clone(&spec));
        Ok(spec)
    }

    fn sampled(&mut self, are_posters_told: bool) -> Read<()> {
        let phase = self.one_of(&tags::PHASES)?;
        let mut around = std::mem::take(&mut self.around);
        around.phase = phase;
        around.rate_factor = self.float()?;
        around.target_rate = self.float()?;
        around.database_silent_for = self.optional()?.map(Duration::from_nanos);
        around.cpu_used = self.optional()?.map(Duration::from_nanos);
        let fleets = self.count()?;
        around.workers.clear();
        for _ in 0..fleets {
            let workers = self.number()? as usize;
            around.workers.push(workers);
        }
        let posters = if are_posters_told { self.count()? } else { 0 };
        around.posters.clear();
        for _ in 0..posters {
            let (factor, target_rate) = (self.float()?, self.float()?);
            around.posters.push(PosterPace { factor, target_rate });
        }
        let replicas = self.count()?;
        around.standing.resize_with(replicas, Vec::new);
        for domains in &mut around.standing {
            self.standing(domains)?;
        }
        self.around = around;
        Ok(())
    }

    fn standing(&mut self, domains: &mut Vec<StandingDomain>) -> Read<()> {
        if self.byte()? == 1 {
            for _ in 0..self.count()? {
                let place = self.number()? as usize;
                let id = domains.get(place).ok_or(Malformed)?.id;
                domains[place] = self.standing_domain(id)?;
            }
        } else {
            let standing = self.count()?;
            domains.clear();
            for _ in 0..standing {
                let id = self.domain()?;
                let domain = self.standing_domain(id)?;
                domains.push(domain);
            }
        }
        Ok(())
    }

    fn standing_domain(&mut self, id: DomainId) -> Read<StandingDomain> {
        let waiting = self.number()? as usize;
        let bits = self.number()?;
        let phase = *tags::DOMAIN_PHASES.get((bits >> 1) as usize).ok_or(Malformed)?;
        let next_poll = time(self.number()?.saturating_mul(POLL_STEP_NS));
        Ok(StandingDomain { id, waiting, phase, pending: bits & 1 == 1, next_poll })
    }
}

fn time(nanos: u64) -> Time {
    Time::new(Duration::from_nanos(nanos))
}
