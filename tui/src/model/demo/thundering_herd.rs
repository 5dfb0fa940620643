//! Ten replicas wake for every job.

use loadgen::report::{count, plural};

use super::seen::{is_finished, is_under_way, queries_per_job, rush, sleeping};
use super::{Caption, View};

/// A second with so many jobs is one of a rush.
const RUSH_MIN: u64 = 40;

pub(super) const CAPTIONS: &[Caption] = &[
    Caption {
        when: is_under_way,
        text: |run| {
            format!(
                "{} of one kind sleep on {} replicas. Every replica hears every notice, and none knows of the others.",
                plural(sleeping(run) as u64, "worker"),
                run.replicas
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| run.totals.queries_empty >= 50,
        text: |run| {
            format!(
                "One notice, and a worker on each replica asks: {} so far cost {:.1} queries each, and {} of the queries \
                 found nothing. Look at \"acquire queries\": empty.",
                plural(run.totals.acquired, "job"),
                queries_per_job(run),
                count(run.totals.queries_empty)
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| rush(run).is_some_and(|(_, jobs)| jobs >= RUSH_MIN),
        text: |run| {
            let (queries, jobs) = rush(run).unwrap_or_default();
            format!(
                "A rush: a hundred jobs at once. In its second {} were taken with {queries:.1} queries each: now there \
                 is something for every replica to find, and the herd works.",
                plural(jobs, "job")
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| rush(run).is_some_and(|(_, jobs)| jobs >= RUSH_MIN) && run.elapsed.as_secs() >= 15,
        text: |run| {
            let (queries, _) = rush(run).unwrap_or_default();
            format!(
                "So replicas cost most where there is least to do: {:.1} queries a job in all, {queries:.1} in a rush. \
                 Here is what the database makes of it.",
                queries_per_job(run)
            )
        },
        view: View::Database,
    },
    Caption {
        when: is_finished,
        text: |run| {
            format!(
                "{} cost {:.1} queries each, {} of them for nothing. That is the price of {} replicas; with \
                 \"--replicas 3\" a job alone costs three queries.",
                plural(run.totals.acquired, "job"),
                queries_per_job(run),
                count(run.totals.queries_empty),
                run.replicas
            )
        },
        view: View::Overview,
    },
];
