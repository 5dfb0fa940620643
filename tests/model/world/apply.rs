//! Makes one thing happen, and hears what the machine says to it.

use std::sync::Arc;

use acquirer::wakeup::{AcquireeId, Chance, ClearanceId, Input, Outcome, Output};

use super::invariants::{Broken, Heard};
use super::{AcquireeState, Act, JobState, Limits, Query, Reasons, Statement, Teller, World, job_id};

/// What became of an act.
pub(crate) type Done = Result<(), Broken>;

impl World {
    /// Makes it happen. What is told on the way, and any invariant that breaks, is the caller's.
    pub(crate) fn apply(&mut self, act: Act, chance: &mut impl Chance, teller: &mut Teller) -> Done {
        teller.act(self, act);
        match act {
            Act::Join(acquiree) => self.join(acquiree, chance, teller)?,
            Act::Cancel(acquiree) => self.cancel(acquiree, chance, teller)?,
            Act::Begin(replica, spec) => {
                self.begin(replica, spec, chance, teller)?;
                if self.scope.is_swift {
                    self.hold_of(replica, spec, teller);
                }
            }
            Act::Hold(replica, spec) => self.hold_of(replica, spec, teller),
            Act::Commit(replica, spec) => {
                let Statement::Holds(rows) = self.query(replica, spec).statement.clone() else {
                    unreachable!("a statement that holds rows commits")
                };
                self.take(&rows);
                self.query(replica, spec).statement = Statement::Through(rows);
            }
            Act::Answer(replica, spec) => self.answer(replica, spec, chance, teller)?,
            Act::Fail(replica, spec) => {
                self.left.failures -= 1;
                let query = self.replicas[replica].queries.remove(&spec).expect("it is in flight");
                self.let_go(&query.statement);
                self.fail(replica, spec, &query, chance, teller)?;
            }
            Act::LoseAnswer(replica, spec) => {
                self.left.lost_answers -= 1;
                let query = self.replicas[replica].queries.remove(&spec).expect("it is in flight");
                self.replicas[replica].orphans.push((spec, query.statement.clone()));
                self.fail(replica, spec, &query, chance, teller)?;
            }
            Act::OrphanHolds(replica, place) => {
                let spec = self.replicas[replica].orphans[place].0;
                // It was sent for so many as waited then; that it takes one will do.
                let statement = self.hold(spec, 1, teller);
                self.replicas[replica].orphans[place].1 = statement;
            }
            Act::OrphanCommits(replica, place) => {
                let Statement::Holds(rows) = self.replicas[replica].orphans[place].1.clone() else {
                    unreachable!("a statement that holds rows commits")
                };
                teller.sometimes("a statement commits whose client has given up");
                self.take(&rows);
                self.replicas[replica].orphans[place].1 = Statement::Through(rows);
            }
            Act::Settle(replica, place) => self.settle(replica, place, teller),
            Act::Release(job) => {
                self.make_available(job);
                self.announce(job);
            }
            Act::PostAvailable(replica, spec) => {
                self.replicas[replica].to_post.remove(&spec);
                for job in self.available(spec, true) {
                    teller.sometimes("a job is posted anew that others may have passed over");
                    self.announce(job);
                }
            }
            Act::Post(job) => {
                self.commits += 1;
                self.jobs[job].created = self.commits;
                self.make_available(job);
                self.announce(job);
            }
            Act::Deliver(replica, job) => {
                self.replicas[replica].notices[job] -= 1;
                self.jobs[job].delivered |= 1 << replica;
                let posting = self.scope.jobs[job].clone();
                self.feed(replica, Input::Post(posting), Heard::Posting(job), chance, teller)?;
            }
            Act::Drop(replica, job) => {
                self.left.drops -= 1;
                self.replicas[replica].notices[job] -= 1;
            }
            Act::Duplicate(replica, job) => {
                self.left.duplicates -= 1;
                self.replicas[replica].notices[job] += 1;
            }
            Act::CutOff(replica) => {
                self.left.disconnects = self.left.disconnects.saturating_sub(1);
                self.replicas[replica].notices.fill(0);
                self.replicas[replica].is_cut_off = true;
            }
            Act::Reconnect(replica) => {
                self.replicas[replica].is_cut_off = false;
                self.feed(replica, Input::MessagesLost, Heard::Lost, chance, teller)?;
            }
            Act::Tick(replica) => {
                let due = self.due(replica).expect("a deadline stands");
                self.now = self.now.max(due);
                let is_poll =
                    self.replicas[replica].machine.domains().any(|domain| domain.next_poll <= self.now);
                if is_poll && self.left.polls != Limits::UNLIMITED {
                    self.left.polls -= 1;
                }
                for reasons in self.replicas.iter_mut().flat_map(|replica| &mut replica.reasons) {
                    reasons.has_just_failed = false;
                }
                self.feed(replica, Input::Timeout, Heard::Time, chance, teller)?;
            }
        }
        self.hold_invariants()
    }

    fn join(&mut self, acquiree: usize, chance: &mut impl Chance, teller: &mut Teller) -> Done {
        let (replica, spec) = self.scope.acquirees[acquiree];
        self.joins += 1;
        self.acquirees[acquiree].state = AcquireeState::Waiting(self.joins);
        self.acquirees[acquiree].joins_left -= 1;
        let spec = Arc::clone(&self.scope.specs[spec]);
        let input = Input::Join { acquiree: AcquireeId(acquiree as u64), spec };
        self.feed(replica, input, Heard::Join, chance, teller)
    }

    fn cancel(&mut self, acquiree: usize, chance: &mut impl Chance, teller: &mut Teller) -> Done {
        self.left.cancels -= 1;
        let before = std::mem::replace(&mut self.acquirees[acquiree].state, AcquireeState::Out);
        if let AcquireeState::Served { job, .. } = before {
            // The job was on its way to it. That is the runtime's to mend, not the machine's.
            self.jobs[job].state = JobState::Returning;
            return Ok(());
        }
        let (replica, _) = self.scope.acquirees[acquiree];
        let input = Input::Leave { acquiree: AcquireeId(acquiree as u64) };
        self.feed(replica, input, Heard::Leave, chance, teller)
    }

    fn begin(&mut self, replica: usize, spec: usize, chance: &mut impl Chance, teller: &mut Teller) -> Done {
        let clearance = self.replicas[replica].cleared[&spec];
        self.feed(replica, Input::Begin { clearance }, Heard::Begin, chance, teller)
    }

    fn hold_of(&mut self, replica: usize, spec: usize, teller: &mut Teller) {
        let claims = self.replicas[replica].queries[&spec].claims.len();
        let statement = self.hold(spec, claims, teller);
        self.query(replica, spec).statement = statement;
    }

    /// Finds and holds the oldest rows that nobody else holds; where nothing can fail, takes them at once.
    fn hold(&mut self, spec: usize, most: usize, teller: &mut Teller) -> Statement {
        let mut rows = self.available(spec, false);
        rows.truncate(most);
        if rows.is_empty() {
            if !self.available(spec, true).is_empty() {
                teller.sometimes("a query passes over a row that another holds");
            }
            return Statement::Through(rows);
        }
        if rows.len() > 1 {
            teller.sometimes("one query claims two jobs");
        }
        if !self.scope.may_hold_rows() {
            self.take(&rows);
            return Statement::Through(rows);
        }
        for row in &rows {
            self.jobs[*row].state = JobState::Held;
        }
        Statement::Holds(rows)
    }

    fn take(&mut self, rows: &[usize]) {
        for row in rows {
            self.jobs[*row].state = JobState::Taken;
        }
    }

    /// The statement is rolled back, if it hasn't committed. Nobody is told of the rows that it held.
    fn let_go(&mut self, statement: &Statement) {
        if let Statement::Holds(rows) = statement {
            for row in rows {
                self.jobs[*row].state = JobState::Available;
            }
        }
    }

    fn settle(&mut self, replica: usize, place: usize, teller: &mut Teller) {
        let (spec, statement) = self.replicas[replica].orphans.remove(place);
        self.let_go(&statement);
        if let Statement::Through(rows) = statement {
            for row in rows {
                teller.sometimes("a job comes back whose answer was lost");
                self.make_available(row);
            }
        }
        for job in self.available(spec, true) {
            self.announce(job);
        }
    }

    /// From now on it may be taken, and nobody knows of it.
    fn make_available(&mut self, job: usize) {
        let job = &mut self.jobs[job];
        job.state = JobState::Available;
        (job.delivered, job.told) = (0, 0);
    }

    fn announce(&mut self, job: usize) {
        for replica in self.replicas.iter_mut().filter(|replica| !replica.is_cut_off) {
            // Two notices of one job that are under way together are as good as one that comes twice.
            replica.notices[job] = (replica.notices[job] + 1).min(2);
        }
    }

    fn answer(&mut self, replica: usize, spec: usize, chance: &mut impl Chance, teller: &mut Teller) -> Done {
        let query = self.replicas[replica].queries.remove(&spec).expect("it is in flight");
        let Statement::Through(rows) = &query.statement else { unreachable!("only what is through answers") };
        if rows.len() == query.claims.len() {
            // What else spoke for it does so still.
            let reasons = &mut self.replicas[replica].reasons[spec];
            reasons.add(query.reasons);
            for row in rows {
                reasons.posted &= !(1 << row);
            }
        }
        let outcome = match &rows[..] {
            [] => Outcome::Empty,
            rows => Outcome::Found(rows.iter().map(|row| job_id(*row)).collect()),
        };
        let input = Input::Finish { clearance: query.clearance, outcome };
        self.feed(replica, input, Heard::Answer(spec, &query), chance, teller)?;
        self.rows_are_settled(rows)
    }

    fn fail(
        &mut self,
        replica: usize,
        spec: usize,
        query: &Query,
        chance: &mut impl Chance,
        teller: &mut Teller,
    ) -> Done {
        let reasons = &mut self.replicas[replica].reasons[spec];
        reasons.add(query.reasons);
        (reasons.is_retry, reasons.has_just_failed) = (true, true);
        let input = Input::Finish { clearance: query.clearance, outcome: Outcome::Failed };
        self.feed(replica, input, Heard::Answer(spec, query), chance, teller)
    }

    fn query(&mut self, replica: usize, spec: usize) -> &mut Query {
        self.replicas[replica].queries.get_mut(&spec).expect("it is in flight")
    }

    /// Tells the machine, and carries out what it says.
    fn feed(
        &mut self,
        number: usize,
        input: Input,
        heard: Heard<'_>,
        chance: &mut impl Chance,
        teller: &mut Teller,
    ) -> Done {
        let now = self.now;
        self.replicas[number].machine.handle(now, input, chance);
        let mut outputs = Vec::new();
        while let Some(output) = self.replicas[number].machine.poll_output() {
            teller.output(self, number, &output);
            self.carry_out(number, &output, heard, teller)?;
            outputs.push(output);
        }
        self.holds_after(number, heard, &outputs)
    }

    fn carry_out(&mut self, number: usize, output: &Output, heard: Heard<'_>, teller: &mut Teller) -> Done {
        match output {
            Output::DomainBorn { domain, spec } => {
                let spec = self.scope.place_of(spec);
                self.replicas[number].domains.insert(*domain, spec);
            }
            Output::DomainDissolved { domain } => {
                let spec = self.replicas[number].domains.remove(domain).expect("it stood");
                let has_just_failed = self.replicas[number].reasons[spec].has_just_failed;
                self.replicas[number].reasons[spec] = Reasons { has_just_failed, ..Reasons::default() };
            }
            Output::Cleared(clearance) => {
                let spec = self.replicas[number].domains[&clearance.domain];
                teller.sometimes(clearance.cause.as_str());
                self.cleared(number, spec, clearance, heard)?;
            }
            Output::Revoked { clearance } => {
                let before = self.replicas[number].cleared.len();
                self.replicas[number].cleared.retain(|_, cleared| cleared != clearance);
                assert_eq!(self.replicas[number].cleared.len() + 1, before, "what is revoked was cleared");
            }
            Output::Pended { domain, root } => {
                let spec = self.replicas[number].domains[domain];
                teller.sometimes("a domain remembers what comes while it is busy");
                self.pended(number, spec, *root, heard);
            }
            Output::Query { clearance, acquirees, .. } => {
                let claims = acquirees.iter().map(|AcquireeId(name)| *name as usize).collect();
                self.queries(number, *clearance, claims)?;
            }
            Output::HandOver { place, acquiree: AcquireeId(name), .. } => {
                let job = heard.row(*place);
                self.hand_over(job, *name as usize)?;
            }
            Output::GiveBack { place, .. } => {
                teller.sometimes("a job is given back for a caller who has left");
                self.jobs[heard.row(*place)].state = JobState::Returning;
            }
            Output::Strand { place, .. } => self.jobs[heard.row(*place)].state = JobState::Stranded,
            Output::HandedOn { from, to } => {
                let from = self.replicas[number].domains[from];
                match to {
                    Some(to) => {
                        let to = self.replicas[number].domains[to];
                        teller.sometimes("a posting is handed on to another domain");
                        let replica = &mut self.replicas[number];
                        let in_flight = replica.queries.get(&from).map(|query| query.reasons);
                        let ended = match heard {
                            Heard::Answer(_, query) => Some(query.reasons),
                            _ => None,
                        };
                        let of_from = replica.reasons[from];
                        for reasons in [Some(of_from), in_flight, ended].into_iter().flatten() {
                            replica.reasons[to].add(reasons);
                        }
                    }
                    None => teller.sometimes("a posting is let go, since nobody is left"),
                }
            }
            Output::PostAnew { spec } => {
                let spec = self.scope.place_of(spec);
                self.replicas[number].to_post.insert(spec);
            }
            Output::Fail { acquiree: AcquireeId(name) } => {
                self.acquirees[*name as usize].state = AcquireeState::Out;
            }
            Output::PostingRouted { .. } | Output::BackingOff { .. } => {}
        }
        Ok(())
    }

    fn queries(&mut self, number: usize, clearance: ClearanceId, claims: Vec<usize>) -> Done {
        let replica = &mut self.replicas[number];
        let spec =
            *replica.cleared.iter().find(|(_, cleared)| **cleared == clearance).expect("it was cleared").0;
        replica.cleared.remove(&spec);
        let reasons = std::mem::take(&mut replica.reasons[spec]);
        Self::may_query(reasons)?;
        let query = Query { clearance, claims, statement: Statement::Sent, reasons };
        if replica.queries.insert(spec, query).is_some() {
            return Err(Broken::new(super::Invariant::Exclusive, "two queries of one domain are in flight"));
        }
        Ok(())
    }
}
