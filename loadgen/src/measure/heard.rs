//! What replicas tell, turned into what is known of jobs, clearances and domains.

use std::time::Duration;

use acquirer::wakeup::{Cause, Clearance, ClearanceId, DomainId, RootCause};

use super::alphabet::{Heard, Time};
use super::latency::{self, Stage};
use super::live::Taken;
use super::log::What;
use super::state::State;

/// How a query ended.
#[derive(Clone, Copy)]
enum Answer<'a> {
    Found(&'a [u64]),
    Empty,
    Failed,
}

impl State {
    /// Takes in what happened on a replica.
    pub(super) fn heard(&mut self, replica: usize, heard: &Heard<'_>, at: Time) {
        match *heard {
            Heard::NoticeReceived { job, domain } => self.notice_received(replica, job, domain, at),
            Heard::NoticeUnreadable => {
                self.notifications_malformed += 1;
                self.notice_heard(replica, at);
            }
            Heard::MessagesLost => {
                self.totals.losses_signalled += 1;
                self.log.push(at, Some(replica), None, What::MessagesLost);
            }
            Heard::DomainBorn { domain, spec } => {
                let index = self.domains.born(replica, domain, spec);
                self.attribution.born(index, replica, spec, &self.shapes);
            }
            Heard::DomainDissolved { domain } => {
                if let Some(index) = self.domains.dissolved(replica, domain) {
                    self.attribution.dissolved(index, at);
                }
            }
            Heard::Cleared(clearance) => self.cleared(replica, &clearance, at),
            Heard::Revoked { clearance } => {
                if let Some(live) = self.clearances.revoked(replica, clearance) {
                    self.attribution.idle(live.domain, at);
                    let domain = self.domains.at(live.domain);
                    domain.in_use = None;
                    let domain = Some(domain.number);
                    self.log.push(at, Some(replica), domain, What::Revoked { clearance });
                }
            }
            Heard::Pended { domain, root } => {
                if let Some(index) = self.domains.index(replica, domain) {
                    self.attribution.pended(index, root);
                }
                let domain = self.domains.number(replica, domain);
                self.log.push(at, Some(replica), domain, What::Pended { root });
            }
            Heard::QueryStarted { clearance, acquirees } => {
                self.query_started(replica, clearance, acquirees, at);
            }
            Heard::QueryFound { clearance, jobs } => {
                self.query_finished(replica, clearance, Answer::Found(jobs), at);
            }
            Heard::QueryEmpty { clearance } => {
                self.query_finished(replica, clearance, Answer::Empty, at);
            }
            Heard::QueryFailed { clearance } => {
                self.query_finished(replica, clearance, Answer::Failed, at);
            }
            Heard::HandedOver { clearance, job, worker } => {
                if let (Some(waiters), Some(worker)) = (&mut self.waiters, worker) {
                    waiters.served(worker);
                }
                self.handed_over(replica, clearance, job, at);
            }
            Heard::GivenBack { job } => self.not_taken(replica, job, at),
            Heard::Stranded { job } => {
                if let Some(job) = job {
                    self.not_taken(replica, job, at);
                }
                self.totals.stranded += 1;
            }
            Heard::Released { job } => self.released(job),
            Heard::BackingOff { domain, pause } => {
                if let Some(index) = self.domains.index(replica, domain) {
                    self.attribution.pauses(index);
                }
                let domain = self.domains.number(replica, domain);
                self.log.push(at, Some(replica), domain, What::BackingOff { pause });
            }
            Heard::Joined { acquiree, worker } => {
                if let (Some(waiters), Some(worker)) = (&mut self.waiters, worker) {
                    waiters.joined(replica, acquiree, worker, at);
                }
            }
            Heard::Left { acquiree } => {
                if let Some(waiters) = &mut self.waiters {
                    waiters.left(replica, acquiree);
                }
            }
            Heard::Subscribed => self.ears.subscribed(replica, at, self.notifications_sent),
            Heard::HandedOn { .. } => {}
        }
    }

    fn notice_received(&mut self, replica: usize, number: Option<u64>, domain: Option<DomainId>, at: Time) {
        self.totals.notifications_received += 1;
        self.notice_heard(replica, at);
        let woken = domain.and_then(|domain| self.domains.number(replica, domain));
        self.log.push(at, Some(replica), woken, What::NoticeReceived { job: number });
        let Some(job) = number.and_then(|number| self.live.get_mut(&number)) else { return };
        job.heard_by.add(replica);
        if let Some(taken) = job.taken {
            if taken.root == RootCause::BackupPoll && taken.replica() == replica {
                job.taken = Some(taken.by_posting());
                let job = *job;
                self.not_rescued(&job, &taken);
            }
            return;
        }
        job.set_posted(at);
        job.has_woken |= domain.is_some();
        if self.attribution.is_polling(job.shape(), replica) {
            job.heard_in_poll.add(replica);
        }
        // The first replica that heard counts, unless the job was taken before anybody did.
        if job.received().is_none() {
            job.set_received(at);
            let (intended, committed) = (job.intended(), job.committed().unwrap_or(at));
            self.record(Stage::Notify, intended, committed, at);
        }
    }

    fn notice_heard(&mut self, replica: usize, at: Time) {
        self.ears.heard(replica, at, self.notifications_sent);
        self.seconds.running().notices_heard += 1;
    }

    fn cleared(&mut self, replica: usize, clearance: &Clearance, at: Time) {
        let Some(index) = self.domains.index(replica, clearance.domain) else { return };
        let domain = self.domains.at(index);
        domain.last = Some((at, clearance.cause, clearance.root));
        domain.in_use = Some(clearance.id);
        let number = Some(domain.number);
        let Clearance { id, cause, root, parent, .. } = *clearance;
        self.log.push(at, Some(replica), number, What::Cleared { clearance: id, cause, root, parent });
        self.attribution.cleared(index, clearance, at);
        self.clearances.given(replica, clearance, index);
    }

    fn query_started(&mut self, replica: usize, clearance: ClearanceId, acquirees: usize, at: Time) {
        let Some(live) = self.clearances.query_started(replica, clearance, acquirees, at) else { return };
        self.attribution.query_started(live.domain, live.root, at);
        let domain = self.domains.at(live.domain);
        domain.querying_since = Some(at);
        let domain = Some(domain.number);
        let what = What::QueryStarted { clearance, acquirees: acquirees as u32 };
        self.log.push(at, Some(replica), domain, what);
    }

    fn query_finished(&mut self, replica: usize, clearance: ClearanceId, answer: Answer<'_>, at: Time) {
        let Some(live) = self.clearances.query_finished(replica, clearance) else { return };
        let counts = self.clearances.count(live.cause);
        let second = self.seconds.running();
        let what = match answer {
            Answer::Found(jobs) => {
                counts.found += 1;
                second.found += 1;
                self.totals.queries_found += 1;
                What::QueryFound { clearance, jobs: jobs.len() as u32 }
            }
            Answer::Empty => {
                counts.empty += 1;
                second.empty += 1;
                self.totals.queries_empty += 1;
                What::QueryEmpty { clearance }
            }
            Answer::Failed => {
                counts.failed += 1;
                second.failed += 1;
                self.totals.queries_failed += 1;
                What::QueryFailed { clearance }
            }
        };
        let is_empty = matches!(answer, Answer::Empty);
        if self.window.holds(at) {
            self.measured.queries += 1;
            self.measured.empty += u64::from(is_empty);
        }
        let domain = self.domains.at(live.domain);
        domain.queried(is_empty);
        domain.in_use = None;
        self.log.push(at, Some(replica), Some(domain.number), what);
        let started = live.query_started.unwrap_or(at);
        let jobs = if let Answer::Found(jobs) = answer { jobs } else { &[] };
        for number in jobs {
            let Some(job) = self.live.get_mut(number) else { continue };
            let root = self.attribution.root_of(job, live.domain, live.root, started);
            let mut taken = Taken::new(at, started, live.domain, replica, live.cause, root);
            if root == RootCause::BackupPoll {
                taken.lost = self.attribution.lost_by(job, started);
            }
            job.taken = Some(taken);
            if job.committed().is_some() {
                let shape = job.shape();
                let live = &self.live;
                self.shapes.taken(shape, |number| live.get(&number).is_some_and(|job| job.taken.is_none()));
            }
        }
        if !matches!(answer, Answer::Failed) && jobs.len() < live.asked {
            self.attribution.found_all(live.domain, started, at);
        }
        self.attribution.idle(live.domain, at);
    }

    fn handed_over(&mut self, replica: usize, clearance: ClearanceId, number: u64, at: Time) {
        self.ledger.acquired(number);
        self.totals.acquired += 1;
        self.seconds.running().acquired += 1;
        self.measured.acquired += u64::from(self.window.holds(at));
        let Some(job) = self.live.get(&number).copied() else { return };
        let Some(taken) = job.taken else { return };
        let intended = job.intended();
        // A query can see a commit before its poster hears of it: such a job has not waited.
        let wait = job.committed().map_or(Duration::ZERO, |committed| taken.acquired() - committed);
        let is_chained = matches!(taken.cause, Cause::Chained | Cause::Pending);
        let is_rescued = taken.root == RootCause::BackupPoll;
        *self.found.entry(taken.root).or_default() += 1;
        self.chained += u64::from(is_chained);
        self.recent.acquired(wait, taken.root, is_chained);
        self.seconds.queue_wait(wait);
        self.faults.acquired(wait);
        self.count_rescue(&job, &taken);
        let domain = self.domains.at(taken.domain());
        domain.acquired();
        let what = What::HandedOver { job: number, clearance, is_rescued };
        self.log.push(at, Some(replica), Some(domain.number), what);
        self.record(Stage::Query, intended, taken.query_started(), taken.acquired());
        if let Some(received) = job.received().filter(|received| *received <= taken.query_started()) {
            self.record(Stage::Clearance, intended, received, taken.query_started());
        }
        self.record_latency(Stage::QueueWait, intended, wait);
        if self.window.counts(intended) {
            latency::record(&mut self.queue_wait_by_cause[taken.cause as usize], wait);
            self.cause_buckets[taken.cause as usize].record(wait);
            self.domains.waited(taken.domain(), wait);
        }
    }

    /// A job was found for a caller who has left: if it was handed over, nobody took it.
    fn not_taken(&mut self, replica: usize, number: u64, at: Time) {
        self.log.push(at, Some(replica), None, What::NotTaken { job: number });
        if self.ledger.is_held(number) {
            self.ledger.returned(number);
            self.totals.acquired -= 1;
            if let Some(job) = self.live.get(&number).copied()
                && let Some(taken) = job.taken
            {
                self.uncount_rescue(&job, &taken);
            }
        }
    }

    fn released(&mut self, number: u64) {
        let Some(job) = self.live.get_mut(&number) else { return };
        job.give_back();
        if let Some(committed) = job.committed() {
            self.shapes.returned(job.shape(), number, committed);
        }
    }
}
