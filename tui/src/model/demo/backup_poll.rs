//! Why a backup poll exists.

use loadgen::report::{count, plural};

use super::seen::{
    fault_left, is_finished, is_over, is_under_way, longest_wait, poll_in, seconds, sleeping, usual_wait,
};
use super::{Caption, View};

const FAULT: &str = "drop_notifications";

pub(super) const CAPTIONS: &[Caption] = &[
    Caption {
        when: is_under_way,
        text: |run| {
            format!(
                "{} sleep. Every job that is posted sends a notice, which wakes one of them, and nobody asks the \
                 database in between. The median job waits {}. Look at \"how jobs were found\": all by posting.",
                plural(sleeping(run) as u64, "worker"),
                usual_wait(run)
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| fault_left(run, FAULT).is_some(),
        text: |run| {
            let left = fault_left(run, FAULT).unwrap_or_default();
            format!(
                "Now every notice is swallowed, as by a half-open connection or a pooler that doesn't pass LISTEN on, \
                 for {} more. Nothing fails, and no log says a word. {} swallowed so far.",
                seconds(left),
                plural(run.totals.notifications_suppressed, "notice")
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| fault_left(run, FAULT).is_some() && run.totals.backlog >= 3 && poll_in(run).is_some(),
        text: |run| {
            let poll = poll_in(run).unwrap_or_default();
            format!(
                "{} wait beside {}. Nobody knows of them; the next backup poll comes in {}. Look at the domains with \
                 a ! and at \"next poll\".",
                plural(run.totals.backlog, "job"),
                plural(sleeping(run) as u64, "sleeping worker"),
                seconds(poll)
            )
        },
        view: View::Domains,
    },
    Caption {
        when: |run| run.totals.rescued > 0,
        text: |run| {
            format!(
                "The backup poll looked without being told, and rescued {} so far. The slowest had waited {}. Look at \
                 \"backup poll\": RESCUED. Without it they would lie there until another notice got through.",
                plural(run.totals.rescued, "job"),
                longest_wait(run)
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| is_over(run, FAULT) && run.totals.rescued > 0 && !is_finished(run),
        text: |run| {
            format!(
                "Notices get through again, and the median job waits {}. {} had to be rescued. Each is in this view: \
                 press R for the last one and Enter for its story.",
                usual_wait(run),
                plural(run.totals.rescued, "job")
            )
        },
        view: View::Wakeups,
    },
    Caption {
        when: is_finished,
        text: |run| {
            format!(
                "Of {}, {} lost the notice and were rescued by the poll; the slowest waited {}, and in the end {} were \
                 done. That is why a backup poll exists: it bounds the damage of everything that notices can suffer.",
                plural(run.totals.acquired, "job"),
                count(run.totals.rescued),
                longest_wait(run),
                count(run.totals.completed)
            )
        },
        view: View::Overview,
    },
];
