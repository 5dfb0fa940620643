//! What must hold, by name.

use acquirer::wakeup::{Cause, Clearance, Output, RootCause};

use super::{AcquireeState, BACKUP_POLL, JobState, Query, Reasons, Statement, World};

/// The invariants, as ARCHITECTURE.md names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Invariant {
    Exclusive,
    NoLostWakeup,
    Prompt,
    Once,
    Conserved,
    Bounded,
    Quiet,
    Fair,
}

/// One that doesn't hold, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) invariant: Invariant,
    pub(crate) how: String,
}

/// What the machine was told.
#[derive(Clone, Copy)]
pub(super) enum Heard<'a> {
    Join,
    Leave,
    Begin,
    /// How a query ended.
    Answer(usize, &'a Query),
    Posting(usize),
    Lost,
    Time,
}

impl Heard<'_> {
    /// The job at a place of the answer.
    pub(super) fn row(&self, place: usize) -> usize {
        match self {
            Self::Answer(_, Query { statement: Statement::Through(rows), .. }) => rows[place],
            _ => panic!("jobs come with an answer"),
        }
    }
}

impl Broken {
    pub(super) fn new(invariant: Invariant, how: impl Into<String>) -> Self {
        Self { invariant, how: how.into() }
    }
}

impl World {
    /// A domain may query: what gave it that speaks for the query.
    pub(super) fn cleared(
        &mut self,
        number: usize,
        spec: usize,
        clearance: &Clearance,
        heard: Heard<'_>,
    ) -> Result<(), Broken> {
        let replica = &mut self.replicas[number];
        if replica.cleared.insert(spec, clearance.id).is_some() || replica.queries.contains_key(&spec) {
            return Err(Broken::new(Invariant::Exclusive, "a domain is cleared while it is busy"));
        }
        // One that follows another has its reasons already.
        if clearance.parent.is_none() {
            let is_told_so = match clearance.cause {
                Cause::First => matches!(heard, Heard::Join),
                Cause::BackupPoll => matches!(heard, Heard::Time),
                Cause::Recovered => matches!(heard, Heard::Lost),
                // A posting may be handed on whenever a domain goes.
                Cause::Posting => !matches!(heard, Heard::Begin | Heard::Lost),
                Cause::Pending | Cause::Chained => false,
            };
            if !is_told_so {
                return Err(Broken::new(
                    Invariant::Quiet,
                    format!("cleared by {} for nothing", clearance.cause),
                ));
            }
            replica.reasons[spec].is_sweep |= clearance.cause != Cause::Posting;
            self.posted(number, spec, heard);
        }
        if matches!(clearance.cause, Cause::First | Cause::BackupPoll) {
            self.told(number, spec);
        }
        Ok(())
    }

    /// A busy domain remembers.
    pub(super) fn pended(&mut self, number: usize, spec: usize, root: RootCause, heard: Heard<'_>) {
        self.replicas[number].reasons[spec].is_sweep |= root != RootCause::Posting;
        self.posted(number, spec, heard);
        if matches!(root, RootCause::First | RootCause::BackupPoll) {
            self.told(number, spec);
        }
    }

    /// A domain knows of a job now, if it is one that was heard of.
    fn posted(&mut self, number: usize, spec: usize, heard: Heard<'_>) {
        if let Heard::Posting(job) = heard {
            let reasons = &mut self.replicas[number].reasons[spec];
            reasons.posted |= 1 << job;
            // One that names no job may stand for several.
            reasons.is_sweep |= self.scope.jobs[job].job_id.is_none();
        }
    }

    /// A domain owes a look to all that is there.
    fn told(&mut self, number: usize, spec: usize) {
        let bit = self.scope.bit(number, spec);
        for job in &mut self.jobs {
            if matches!(job.state, JobState::Available | JobState::Held) {
                job.told |= bit;
            }
        }
    }

    /// `QUIET`: something speaks for a query, and the one before did not fail just now.
    pub(super) fn may_query(reasons: Reasons) -> Result<(), Broken> {
        if reasons.posted == 0 && !reasons.is_sweep && !reasons.is_retry {
            return Err(Broken::new(Invariant::Quiet, "a domain queries though nothing speaks for it"));
        }
        if reasons.has_just_failed {
            return Err(Broken::new(Invariant::Quiet, "a domain queries right after its query failed"));
        }
        Ok(())
    }

    /// `ONCE`: a job goes to one who waits, and has gone to nobody before.
    pub(super) fn hand_over(&mut self, job: usize, acquiree: usize) -> Result<(), Broken> {
        if self.jobs[job].state != JobState::Taken {
            return Err(Broken::new(Invariant::Once, "a job is handed over twice"));
        }
        let AcquireeState::Waiting(since) = self.acquirees[acquiree].state else {
            return Err(Broken::new(Invariant::Once, "a job is handed to one who doesn't wait"));
        };
        self.jobs[job].state = JobState::Acquired(acquiree);
        self.acquirees[acquiree].state = AcquireeState::Served { job, since };
        Ok(())
    }

    /// `CONSERVED`: the machine says of every job of an answer what becomes of it, and strands none.
    pub(super) fn rows_are_settled(&self, rows: &[usize]) -> Result<(), Broken> {
        for row in rows {
            match self.jobs[*row].state {
                JobState::Taken => return Err(Broken::new(Invariant::Conserved, "a job is nobody's")),
                JobState::Stranded => {
                    let how = "a job stays marked as running, and nobody runs it";
                    return Err(Broken::new(Invariant::Conserved, how));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What must hold after the machine has said all.
    pub(super) fn holds_after(
        &mut self,
        number: usize,
        heard: Heard<'_>,
        outputs: &[Output],
    ) -> Result<(), Broken> {
        match heard {
            Heard::Posting(job) => self.is_prompt(number, job, outputs),
            Heard::Lost => {
                let standing: Vec<usize> = self.replicas[number].domains.values().copied().collect();
                for spec in standing {
                    self.told(number, spec);
                }
                Ok(())
            }
            Heard::Answer(spec, query) => self.is_fair(number, spec, query),
            Heard::Join | Heard::Leave | Heard::Begin | Heard::Time => Ok(()),
        }
    }

    /// `PROMPT`: a posting wakes an idle domain that contains it, where there is one.
    fn is_prompt(&self, number: usize, job: usize, outputs: &[Output]) -> Result<(), Broken> {
        // A job that is known already woke somebody when its first notice came.
        let was_pended = outputs.iter().any(|output| matches!(output, Output::Pended { .. }));
        if !was_pended || !self.scope.announces_once() {
            return Ok(());
        }
        let could_look = self.replicas[number].machine.domains().any(|domain| {
            let is_idle = domain.in_use.is_none() && domain.pausing_until.is_none();
            is_idle && domain.waiting > 0 && domain.spec.contains(&self.scope.jobs[job])
        });
        if could_look {
            let how = "a posting waits for a busy domain though an idle one could look at once";
            return Err(Broken::new(Invariant::Prompt, how));
        }
        Ok(())
    }

    /// `FAIR`: nobody who joined the domain earlier still waits when a later one is served.
    fn is_fair(&self, number: usize, spec: usize, query: &Query) -> Result<(), Broken> {
        let served = query.claims.iter().filter_map(|acquiree| match self.acquirees[*acquiree].state {
            AcquireeState::Served { since, .. } => Some(since),
            AcquireeState::Out | AcquireeState::Waiting(_) => None,
        });
        let Some(last) = served.max() else { return Ok(()) };
        match self.waiting(number, spec).find(|(_, since)| *since < last) {
            None => Ok(()),
            Some((passed, _)) => {
                let how = format!("w{} is overtaken by one who joined its domain later", passed + 1);
                Err(Broken::new(Invariant::Fair, how))
            }
        }
    }

    /// What must hold of every state.
    pub(super) fn hold_invariants(&self) -> Result<(), Broken> {
        for replica in &self.replicas {
            if replica.machine.domains().any(|domain| domain.next_poll - self.now > BACKUP_POLL) {
                return Err(Broken::new(Invariant::Bounded, "a backup poll is more than a period away"));
            }
        }
        if self.is_quiet() { self.nobody_sleeps_beside_work() } else { Ok(()) }
    }

    /// `NO_LOST_WAKEUP` and `BOUNDED`, where nothing is under way any more.
    fn nobody_sleeps_beside_work(&self) -> Result<(), Broken> {
        for (acquiree, &(replica, spec)) in self.scope.acquirees.iter().enumerate() {
            if !matches!(self.acquirees[acquiree].state, AcquireeState::Waiting(_)) {
                continue;
            }
            for job in self.available(spec, true) {
                let (w, j, r) = (acquiree + 1, job + 1, replica + 1);
                if self.jobs[job].delivered & (1 << replica) != 0 {
                    let how = format!("w{w} sleeps beside J{j}, whose notice R{r} had");
                    return Err(Broken::new(Invariant::NoLostWakeup, how));
                }
                if self.jobs[job].told & self.scope.bit(replica, spec) != 0 {
                    let how = format!("w{w} sleeps beside J{j}, though its domain was told to look");
                    return Err(Broken::new(Invariant::Bounded, how));
                }
            }
        }
        Ok(())
    }
}
