//! A wakeup that dies with the domain that it went to.

use loadgen::report::plural;

use super::seen::{is_asleep, is_finished, is_under_way, longest_wait, poll_in, seconds, sleeping};
use super::{Caption, View};

pub(super) const CAPTIONS: &[Caption] = &[
    Caption {
        when: is_under_way,
        text: |run| {
            format!(
                "No fault is at work here, only the original's rules (policy seed). In each of four cities two domains \
                 accept the same jobs: one of ten workers, one of a single worker. {} sleep now; jobs come in pairs.",
                plural(sleeping(run) as u64, "worker")
            )
        },
        view: View::Domains,
    },
    Caption {
        when: is_asleep,
        text: |run| {
            format!(
                "A job waits, its notice has arrived, and yet {} sleep beside it. The notice went to the single \
                 worker's domain, which was busy and is gone since; what it remembered died with it. The poll comes in \
                 {}. Look at the !.",
                plural(sleeping(run) as u64, "worker"),
                seconds(poll_in(run).unwrap_or_default())
            )
        },
        view: View::Domains,
    },
    Caption {
        when: |run| run.totals.rescued > 0,
        text: |run| {
            format!(
                "The backup poll found what nobody knew of: {} so far, though no notice was lost on the way. Press R \
                 for the last one, and Enter for the story of its wakeup.",
                plural(run.totals.rescued, "rescued job")
            )
        },
        view: View::Wakeups,
    },
    Caption {
        when: |run| run.totals.rescued >= 4,
        text: |run| {
            format!(
                "It happens again and again, by chance: {} of {} so far, {} at worst. Whoever sees it in production \
                 sees a queue that is now and then slow by a poll's period, and no error anywhere.",
                run.totals.rescued,
                plural(run.totals.acquired, "job"),
                longest_wait(run)
            )
        },
        view: View::Overview,
    },
    Caption {
        when: is_finished,
        text: |run| {
            format!(
                "{} of {} lost their wakeup and waited for the poll, up to {}. The default rules keep a notice until it \
                 is accounted for and hand it on: see \"clearance run lost-wakeup --policy default\", where nobody is \
                 rescued.",
                run.totals.rescued,
                plural(run.totals.acquired, "job"),
                longest_wait(run)
            )
        },
        view: View::Overview,
    },
];
