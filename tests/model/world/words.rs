//! What happens, in plain words.

use std::collections::BTreeSet;

use acquirer::wakeup::{AcquireeId, Output};

use super::{AcquireeState, Act, Statement, World};

/// Listens to what happens. One that keeps no story costs little.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    story: Option<Vec<String>>,
    /// What was seen to happen at least once.
    pub(crate) seen: BTreeSet<&'static str>,
}

impl Teller {
    /// One that tells.
    pub(crate) fn telling() -> Self {
        Self { story: Some(Vec::new()), seen: BTreeSet::new() }
    }

    pub(crate) fn story(self) -> Vec<String> {
        self.story.unwrap_or_default()
    }

    pub(super) fn sometimes(&mut self, what: &'static str) {
        self.seen.insert(what);
    }

    pub(super) fn act(&mut self, world: &World, act: Act) {
        if let Some(story) = &mut self.story {
            let line = world.words(act);
            story.push(line);
        }
    }

    pub(super) fn output(&mut self, world: &World, replica: usize, output: &Output) {
        let Some(story) = &mut self.story else { return };
        let name = |domain| {
            let spec = world.replicas[replica].domains.get(domain);
            spec.map_or_else(|| "a domain".to_owned(), |spec| world.domain(replica, *spec))
        };
        let words = match output {
            Output::Cleared(clearance) => {
                format!("{} may query ({})", name(&clearance.domain), clearance.cause)
            }
            Output::Revoked { .. } => "the clearance is void".to_owned(),
            Output::Pended { domain, root } => format!("{} is busy and remembers it ({root})", name(domain)),
            Output::DomainDissolved { domain } => format!("{} is gone", name(domain)),
            Output::HandOver { acquiree: AcquireeId(who), .. } => format!("w{} has its job", who + 1),
            Output::Fail { acquiree: AcquireeId(who) } => format!("w{} gets the error", who + 1),
            Output::GiveBack { .. } => "its caller has left: the job is to be given back".to_owned(),
            Output::Strand { .. } => "its caller has left: the job stays marked as running".to_owned(),
            Output::HandedOn { from, to: Some(to) } => {
                format!("{} hands the posting on to {}", name(from), name(to))
            }
            Output::HandedOn { from, to: None } => format!("{} lets the posting go", name(from)),
            Output::PostAnew { .. } => "what is available to it is to be posted anew".to_owned(),
            Output::BackingOff { domain, .. } => format!("{} pauses", name(domain)),
            Output::PostingRouted { domain: None } => "nobody is woken".to_owned(),
            Output::PostingRouted { domain: Some(_) } | Output::DomainBorn { .. } | Output::Query { .. } => {
                return;
            }
        };
        if let Some(line) = story.last_mut() {
            let separator = if line.contains('→') { "; " } else { "  → " };
            line.push_str(separator);
            line.push_str(&words);
        }
    }
}

impl World {
    fn domain(&self, replica: usize, spec: usize) -> String {
        let domain = format!("D{}", spec + 1);
        if self.scope.replicas > 1 { format!("R{}'s {domain}", replica + 1) } else { domain }
    }

    /// One act as a sentence.
    fn words(&self, act: Act) -> String {
        let rows = |statement: &Statement| match statement {
            Statement::Sent => String::new(),
            Statement::Holds(rows) | Statement::Through(rows) if rows.is_empty() => "nothing".to_owned(),
            Statement::Holds(rows) | Statement::Through(rows) => {
                rows.iter().map(|row| format!("J{}", row + 1)).collect::<Vec<_>>().join(" and ")
            }
        };
        let statement = |replica: usize, spec: usize| &self.replicas[replica].queries[&spec].statement;
        let orphan = |replica: usize, place: usize| {
            let (spec, statement) = &self.replicas[replica].orphans[place];
            (self.domain(replica, *spec), rows(statement))
        };
        match act {
            Act::Join(who) => {
                let (replica, spec) = self.scope.acquirees[who];
                format!("w{} joins {}", who + 1, self.domain(replica, spec))
            }
            Act::Cancel(who) => match self.acquirees[who].state {
                AcquireeState::Served { job, .. } => {
                    format!("w{} leaves before it learns that it has J{}", who + 1, job + 1)
                }
                _ => format!("w{} leaves", who + 1),
            },
            Act::Begin(replica, spec) => format!("{} sends its query", self.domain(replica, spec)),
            Act::Hold(replica, spec) => {
                let claims = self.replicas[replica].queries[&spec].claims.len();
                let mut found = self.available(spec, false);
                found.truncate(claims);
                format!(
                    "the query of {} finds {}",
                    self.domain(replica, spec),
                    rows(&Statement::Through(found))
                )
            }
            Act::Commit(replica, spec) => {
                let rows = rows(statement(replica, spec));
                format!("the query of {} commits {rows}", self.domain(replica, spec))
            }
            Act::Answer(replica, spec) => {
                let rows = rows(statement(replica, spec));
                format!("{} has its answer: {rows}", self.domain(replica, spec))
            }
            Act::Fail(replica, spec) => {
                format!("the query of {} fails and is rolled back", self.domain(replica, spec))
            }
            Act::LoseAnswer(replica, spec) => {
                format!("the connection of {} breaks; its query goes on", self.domain(replica, spec))
            }
            Act::OrphanHolds(replica, place) => {
                format!("the query that {} gave up looks for rows", orphan(replica, place).0)
            }
            Act::OrphanCommits(replica, place) => {
                let (domain, rows) = orphan(replica, place);
                format!("the query that {domain} gave up commits {rows}")
            }
            Act::Settle(replica, place) => {
                format!(
                    "the query that {} gave up is ended, and what it took released",
                    orphan(replica, place).0
                )
            }
            Act::Release(job) => format!("J{} is released and posted anew", job + 1),
            Act::PostAvailable(replica, spec) => {
                format!("R{} posts anew what is available to D{}", replica + 1, spec + 1)
            }
            Act::Post(job) => format!("J{} is committed and posted", job + 1),
            Act::Deliver(replica, job) => format!("the notice of J{} reaches R{}", job + 1, replica + 1),
            Act::Drop(replica, job) => format!("the notice of J{} to R{} is lost", job + 1, replica + 1),
            Act::Duplicate(replica, job) => {
                format!("the notice of J{} to R{} is doubled", job + 1, replica + 1)
            }
            Act::CutOff(replica) => format!("R{} is cut off from notices", replica + 1),
            Act::Reconnect(replica) => {
                format!("R{} listens again, and knows that it missed some", replica + 1)
            }
            Act::Tick(replica) => format!("time passes until R{}'s next deadline", replica + 1),
        }
    }
}
