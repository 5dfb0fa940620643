//! Connections of listeners are cut, and it is noticed.

use loadgen::report::{count, plural};

use super::seen::{is_finished, is_under_way, longest_wait, poll_period, recovered, sleeping, usual_wait};
use super::{Caption, View};

pub(super) const CAPTIONS: &[Caption] = &[
    Caption {
        when: is_under_way,
        text: |run| {
            format!(
                "{} sleep on {} replicas, each with one connection that listens. The median job waits {}; the backup \
                 poll has a period of {}, so that it has no part in what follows.",
                plural(sleeping(run) as u64, "worker"),
                run.replicas,
                usual_wait(run),
                poll_period(run)
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| run.totals.losses_signalled >= 1,
        text: |run| {
            format!(
                "A listener's connection was cut. It has connected anew, and says that notices may have been lost. Every \
                 domain of its replica looks once, so that nothing posted in the gap stays behind. Jobs that wait now: {}.",
                count(run.totals.backlog)
            )
        },
        view: View::Overview,
    },
    Caption {
        when: |run| run.totals.losses_signalled >= 3,
        text: |run| {
            format!(
                "Now all of them at once. {} found by looking after a loss, \"recovered\"; the median job still waits \
                 {}. Look at the lanes: every domain is cleared at the cut.",
                plural(recovered(run), "job"),
                usual_wait(run)
            )
        },
        view: View::Wakeups,
    },
    Caption {
        when: |run| run.totals.losses_signalled >= 5,
        text: |run| {
            format!(
                "And twice in a row: {} losses in all, {} rescued by the poll. The slowest job waited {}.",
                count(run.totals.losses_signalled),
                count(run.totals.rescued),
                longest_wait(run)
            )
        },
        view: View::Latency,
    },
    Caption {
        when: is_finished,
        text: |run| {
            format!(
                "{}, {} cut off, and {} had to be rescued; the slowest waited {}. A connection that ends is harmless if \
                 whoever reconnects looks once. See \"clearance run deaf-listener\" for one that doesn't end.",
                plural(run.totals.acquired, "job"),
                plural(run.totals.losses_signalled, "listener"),
                count(run.totals.rescued),
                longest_wait(run)
            )
        },
        view: View::Overview,
    },
];
