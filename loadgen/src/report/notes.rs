//! What in a report deserves a second look, in plain words.

use std::fmt::Write as _;

use super::summary::words::{count, latency, percent, plural};
use super::{Intervention, Report};

/// From this share of empty queries on, they are worth a word.
const EMPTY_SHARE: f64 = 0.25;
/// From this share of all processor time on, the load generator is suspected of being what is slow.
const CPU_SHARE: f64 = 0.8;
/// So many interventions are named.
const INTERVENTIONS_TOLD: usize = 5;
/// Fewer queries than this say nothing about a share.
const QUERIES_MIN: u64 = 100;

impl Report {
    /// Remarks, the gravest first; none when there is nothing to say.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        self.note_interventions(&mut notes);
        self.note_rescues(&mut notes);
        self.note_broken_rules(&mut notes);
        self.note_leftovers(&mut notes);
        self.note_crashes(&mut notes);
        self.note_disturbances(&mut notes);
        self.note_circumstances(&mut notes);
        self.note_unseen(&mut notes);
        notes.extend(self.scenario.notes.iter().cloned());
        notes
    }

    /// What was changed by hand while the run went on, in words; `None` when nothing was.
    #[must_use]
    pub fn changed_by_hand(&self) -> Option<String> {
        in_words(&self.interventions.iter().collect::<Vec<_>>())
    }

    fn note_interventions(&self, notes: &mut Vec<String>) {
        if let Some(changes) = self.changed_by_hand() {
            notes.push(format!("changed by hand, so that it is not the run of its scenario: {changes}"));
        }
        let (refused, made): (Vec<_>, Vec<_>) =
            self.changes.iter().partition(|change| change.refused.is_some());
        for Intervention { second, what, refused } in refused {
            let why = refused.as_deref().unwrap_or_default();
            notes.push(format!("the scenario's change at {second} s was refused: {what}: {why}"));
        }
        if let Some(changes) = in_words(&made) {
            notes.push(format!("changed by the scenario: {changes}"));
        }
    }

    fn note_rescues(&self, notes: &mut Vec<String>) {
        if self.rescued_by_backup_poll == 0 {
            return;
        }
        let rescued = plural(self.rescued_by_backup_poll, "job");
        // What chains from a poll is younger than what the poll itself found.
        let slowest = self.latency_by_cause_us.backup_poll.queue_wait.max;
        let slowest = if slowest > 0 { format!("; the slowest {}", latency(slowest)) } else { String::new() };
        notes.push(format!("{rescued} waited for the backup poll{slowest}"));
    }

    fn note_broken_rules(&self, notes: &mut Vec<String>) {
        let in_flight = self.queries.acquire.max_in_flight_per_domain;
        if in_flight > 1 {
            notes.push(format!("a domain had {in_flight} queries in flight at once; one is the rule"));
        }
        if self.audit.stranded_by_policy > 0 {
            notes.push(format!(
                "stranded by the policy: {} found for callers who had left, and marked as running ever since \
                 (departed = \"stranded\", weakness W10 of the original; \"given_back\" mends it)",
                plural(self.audit.stranded_by_policy, "job")
            ));
        }
        if self.generator.events_dropped > 0 {
            notes.push(format!(
                "{} dropped: what is counted from events is too low",
                plural(self.generator.events_dropped, "event")
            ));
        }
    }

    fn note_leftovers(&self, notes: &mut Vec<String>) {
        let (queued, running) = (self.jobs.queued_at_end, self.jobs.running_at_end);
        if queued > 0 || running > 0 {
            notes.push(format!(
                "{} still queued and {} still running when the drain ended; a longer drain would tell \
                 whether they are only late",
                plural(queued, "job"),
                count(running)
            ));
        }
    }

    fn note_crashes(&self, notes: &mut Vec<String>) {
        if self.jobs.crashed == 0 {
            return;
        }
        let mut note = format!(
            "workers died with a job {}, as was asked for; jobs made available again when their lease had run out: {}",
            plural(self.jobs.crashed, "time"),
            count(self.jobs.freed)
        );
        if self.jobs.orphaned_at_end > 0 {
            let _ = write!(note, ", and when the run ended not yet: {}", count(self.jobs.orphaned_at_end));
        }
        notes.push(note);
    }

    fn note_disturbances(&self, notes: &mut Vec<String>) {
        if self.notifications.suppressed > 0 {
            notes
                .push(format!("a fault swallowed {}", plural(self.notifications.suppressed, "notification")));
        }
        match self.notifications.losses_signalled {
            0 => {}
            1 => notes.push("a listener signalled once that messages may have been dropped".to_owned()),
            times => {
                notes.push(format!(
                    "listeners signalled {} times that messages may have been dropped",
                    count(times)
                ));
            }
        }
        let queries = &self.queries.acquire;
        if queries.failed > 0 {
            notes.push(format!(
                "{} of {} acquire queries failed",
                count(queries.failed),
                count(queries.total)
            ));
        }
        let share = queries.empty as f64 / queries.total.max(1) as f64;
        if queries.total >= QUERIES_MIN && share >= EMPTY_SHARE {
            notes.push(format!("{} of the acquire queries found nothing", percent(share)));
        }
    }

    fn note_unseen(&self, notes: &mut Vec<String>) {
        for missing in &self.database.missing {
            notes.push(format!("not seen of the database: {missing}"));
        }
        if self.database.unseen > 0 {
            notes.push(format!(
                "the database did not answer a look in {}: its series has gaps there",
                plural(self.database.unseen, "second")
            ));
        }
    }

    fn note_circumstances(&self, notes: &mut Vec<String>) {
        let generator = &self.generator;
        if generator.cpu_share >= CPU_SHARE {
            notes.push(format!(
                "the load generator itself used {} of all processors: latencies hold its own queueing; run it on \
                 another machine than the database, or with less load",
                percent(generator.cpu_share)
            ));
        }
        if self.environment.durability == "fast" {
            notes.push("durability was fast: figures for a demonstration, not for planning".to_owned());
        }
    }
}

/// What was changed and when; `None` when nothing was.
fn in_words(changes: &[&Intervention]) -> Option<String> {
    let (last, before) = changes.split_last()?;
    let told = |made: &&Intervention| format!("{} (at {} s)", made.what, made.second);
    let first: Vec<String> = before.iter().take(INTERVENTIONS_TOLD - 1).map(told).collect();
    let left_out = before.len() - first.len();
    let more = if left_out > 0 { format!("; {left_out} more") } else { String::new() };
    let all: Vec<String> = first.into_iter().chain([told(last)]).collect();
    Some(format!("{}{more}", all.join("; ")))
}
