//! The parts of a domain's page, as lines.

use std::ops::Range;

use loadgen::snapshot::{DomainPage, DomainPhase, DomainReplica, DomainRow, PageReplica, PageToken, Posting};
use ratatui::text::{Line, Span};

use super::super::domain_table::{cause_in_words, share_left};
use super::super::format;
use super::super::paint::{Segment, bar, fit};
use crate::model::{PastWakeup, Trouble, WakeupOutcome, trouble};
use crate::theme::{Role, Theme};

/// Below this width titles are short.
const NARROW: u16 = 56;
/// Below this width polls have no bar, and a shorter title.
const ROOMY: u16 = 62;
/// The title of the histogram, or of the figures in its place.
pub(super) const QUEUE_WAIT: &str = "queue wait since the warm-up";

/// What the mark in the table means for this domain.
pub(super) fn meaning<'a>(row: &DomainRow, theme: &Theme, width: u16) -> Line<'a> {
    let (text, role) = match trouble(row) {
        Trouble::Asleep if width < NARROW => ("! jobs wait while workers sleep", Role::Alarm),
        Trouble::Asleep => ("! jobs wait while workers sleep: a wakeup was lost", Role::Alarm),
        Trouble::Behind if row.waiting() == 0 => ("~ jobs wait, and no worker is free", Role::Warning),
        Trouble::Behind => ("~ jobs wait, but are being taken", Role::Warning),
        Trouble::None if row.backlog > 0 => ("jobs are taken as they come", Role::Text),
        Trouble::None => ("no job waits", Role::Text),
    };
    Line::styled(text, theme.style(role))
}

/// The figures of the table's row.
pub(super) fn figures<'a>(row: &DomainRow, theme: &Theme, width: u16) -> [Line<'a>; 2] {
    let oldest = row.oldest.map_or_else(|| theme.glyphs.none.to_owned(), format::duration);
    let queue = vec![
        ("backlog", format::count(row.backlog), if row.backlog > 0 { Role::Backlog } else { Role::Text }),
        ("oldest", oldest, Role::Text),
        ("workers", format::count(row.workers as u64), Role::Text),
        ("waiting", format::count(row.waiting() as u64), Role::Text),
    ];
    let queries = vec![
        ("acquired", format::count(row.acquired), Role::Text),
        ("rescued", format::count(row.rescued), if row.rescued > 0 { Role::Rescued } else { Role::Text }),
        ("q/s", format::number(row.queries_per_s), Role::Text),
        ("empty", format::percent(row.empty_share), Role::Text),
    ];
    [queue, queries].map(|facts| {
        let fact = |(rank, (name, value, role)): (u8, (&'static str, String, Role))| {
            let name = Span::styled(format!("{name} "), theme.style(Role::Dim));
            Segment::new(rank, vec![name, Span::styled(value, theme.style(role))])
        };
        fit((0..).zip(facts).map(fact).collect(), "  ", width, theme)
    })
}

/// Its state on each replica.
pub(super) fn replicas<'a>(
    row: &DomainRow,
    page: Option<&DomainPage>,
    theme: &Theme,
    width: u16,
) -> Vec<Line<'a>> {
    if row.replicas.is_empty() {
        return vec![Line::styled("it stands on no replica: nobody waits", theme.style(Role::Dim))];
    }
    let titles = if width < NARROW {
        "r phase          wait tokens poll"
    } else if width < ROOMY {
        "replica  phase           waiting  pending  tokens  poll"
    } else {
        "replica  phase           waiting  pending  tokens  backup poll"
    };
    let mut lines = vec![Line::styled(titles, theme.style(Role::Title))];
    lines.extend(row.replicas.iter().map(|replica| {
        let page = page.and_then(|page| page.replicas.iter().find(|other| other.replica == replica.replica));
        replica_line(replica, page, theme, width)
    }));
    lines
}

fn replica_line<'a>(
    replica: &DomainReplica,
    page: Option<&PageReplica>,
    theme: &Theme,
    width: u16,
) -> Line<'a> {
    let (phase, role) = phase(replica, page);
    let tokens = page.and_then(|page| page.live.as_ref()).map(|live| jobs_of(&live.tokens));
    let tokens = tokens.unwrap_or_else(|| theme.glyphs.none.to_owned());
    let waits = format::short(replica.waiting as u64);
    if width < NARROW {
        return Line::from(vec![
            Span::raw(format!("{:<2}", replica.replica)),
            Span::styled(format!("{phase:<14} "), theme.style(role)),
            Span::raw(format!("{waits:>4} {tokens:>6} ")),
            Span::raw(format!("{:>4}", format::countdown(replica.next_poll_in))),
        ]);
    }
    let pending = if replica.pending { "yes" } else { "no" };
    let mut line = Line::from(vec![
        Span::raw(format!("{:<9}", replica.replica)),
        Span::styled(format!("{phase:<15} "), theme.style(role)),
        Span::raw(format!("{waits:>7}  {pending:<7}  {tokens:>6}  ")),
    ]);
    if width >= ROOMY {
        let room = usize::from(width).saturating_sub(line.width() + 6).min(12);
        let share = share_left(replica.next_poll_in, replica.backup_poll);
        line.extend(bar(share, room, theme, theme.style(Role::Posted)));
        line.push_span(" ");
    }
    line.push_span(format!("{:>4}", format::countdown(replica.next_poll_in)));
    line
}

/// What it does there, and for how long, where that is known.
fn phase(replica: &DomainReplica, page: Option<&PageReplica>) -> (String, Role) {
    if let Some(left) = page.and_then(|page| page.pause_left) {
        return (format!("pausing {}", format::duration(left)), Role::Warning);
    }
    match page.map(|page| page.clearance) {
        Some(Some(clearance)) => {
            let name = if clearance.phase == DomainPhase::Querying { "querying" } else { "cleared" };
            (format!("{name} {}", format::wait(clearance.since)), Role::Found)
        }
        Some(None) => ("idle".to_owned(), Role::Dim),
        None => match replica.phase {
            DomainPhase::Idle => ("idle".to_owned(), Role::Dim),
            DomainPhase::Cleared => ("cleared".to_owned(), Role::Found),
            DomainPhase::Querying => ("querying".to_owned(), Role::Found),
        },
    }
}

/// For how many jobs tokens stand: `3`, or `64+` where there are others.
fn jobs_of(tokens: &[PageToken]) -> String {
    let named: usize = tokens.iter().map(|token| token.named).sum();
    let more = if tokens.iter().any(|token| token.is_open) { "+" } else { "" };
    format!("{named}{more}")
}

/// The jobs that wait, by what they demand.
pub(super) fn backlog<'a>(page: &DomainPage, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = vec![Line::styled("jobs that wait, by what they demand", theme.style(Role::Title))];
    lines.extend(page.backlog.iter().map(|shape| {
        let shared = match shape.accepted_by {
            0 | 1 => String::new(),
            domains => format!("  {domains} domains accept them"),
        };
        Line::from(vec![
            Span::styled(format!("{:>6}", format::short(shape.queued)), theme.style(Role::Backlog)),
            Span::styled("  oldest ", theme.style(Role::Dim)),
            Span::raw(format!("{:<6} ", format::wait(shape.oldest))),
            Span::raw(shape_in_words(&shape.shape)),
            Span::styled(shared, theme.style(Role::Dim)),
        ])
    }));
    if page.backlog.is_empty() {
        lines.push(Line::styled("  none", theme.style(Role::Dim)));
    }
    lines.extend(more(page.backlog_more, "kinds", theme));
    lines
}

/// Postings that are remembered.
pub(super) fn tokens<'a>(page: &DomainPage, theme: &Theme) -> Vec<Line<'a>> {
    let heading = "tokens: postings remembered, not accounted for";
    let mut lines = vec![Line::styled(heading, theme.style(Role::Title))];
    let live: Vec<_> =
        page.replicas.iter().filter_map(|page| Some((page.replica, page.live.as_ref()?))).collect();
    for (replica, live) in &live {
        lines.extend(live.tokens.iter().map(|token| {
            let jobs = match (token.named, token.is_open) {
                (0, _) => "jobs of unknown number".to_owned(),
                (1, false) => "1 job".to_owned(),
                (named, false) => format!("{} jobs", format::count(named as u64)),
                (named, true) => format!("{} jobs and more", format::count(named as u64)),
            };
            Line::from(vec![
                Span::styled(format!("  replica {replica}  "), theme.style(Role::Dim)),
                Span::styled(format!("{jobs}  "), theme.style(Role::Found)),
                Span::raw(shape_in_words(&token.shape)),
            ])
        }));
    }
    if lines.len() == 1 {
        let why = if !live.is_empty() {
            "  none"
        } else if page.replicas.iter().all(|page| page.acquirees.is_empty()) {
            "  none: nobody waits"
        } else {
            "  not in a recording"
        };
        lines.push(Line::styled(why, theme.style(Role::Dim)));
    }
    lines
}

/// How many lines [`acquirees`] are.
pub(super) fn acquirees_len(page: &DomainPage) -> usize {
    let of = |replica: &PageReplica| replica.acquirees.len() + usize::from(replica.acquirees_more > 0);
    2 + page.replicas.iter().map(of).sum::<usize>()
}

/// Who waits, and in what order. There may be hundreds: of those that aren't `shown` the lines are empty.
pub(super) fn acquirees<'a>(page: &'a DomainPage, shown: &Range<usize>, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = vec![Line::styled("who waits, longest first", theme.style(Role::Title))];
    if page.replicas.iter().all(|replica| replica.acquirees.is_empty()) {
        lines.push(Line::styled("  nobody", theme.style(Role::Dim)));
        return lines;
    }
    lines.push(Line::styled("replica place  phase     waited  worker", theme.style(Role::Dim)));
    for replica in &page.replicas {
        let cleared = replica.live.as_ref().map_or(0, |live| live.cleared);
        let phase = replica.clearance.map(|clearance| clearance.phase);
        for (place, acquiree) in replica.acquirees.iter().enumerate() {
            if !shown.contains(&lines.len()) {
                lines.push(Line::default());
                continue;
            }
            let (mark, does, role) = match phase {
                _ if place >= cleared => (" ", "waiting", Role::Text),
                Some(DomainPhase::Querying) => (theme.glyphs.cleared, "querying", Role::Found),
                _ => (theme.glyphs.cleared, "cleared", Role::Found),
            };
            lines.push(Line::from(vec![
                Span::styled(format!("{:<7} {:>5} ", replica.replica, place + 1), theme.style(Role::Dim)),
                Span::styled(format!("{mark}{does:<9}"), theme.style(role)),
                Span::raw(format!("{:>7}  ", format::wait(acquiree.waited))),
                Span::styled(&*acquiree.worker, theme.style(Role::Dim)),
            ]));
        }
        let others = format!("on replica {}", replica.replica);
        lines.extend(more(replica.acquirees_more, &others, theme));
    }
    lines
}

/// What woke it last, so many at most.
pub(super) fn wakeups<'a>(wakeups: &[PastWakeup], most: usize, theme: &Theme) -> Vec<Line<'a>> {
    let mut lines = vec![Line::styled("last wakeups", theme.style(Role::Title))];
    lines.extend(wakeups.iter().take(most).map(|wakeup| wakeup_line(wakeup, theme)));
    if wakeups.is_empty() {
        lines.push(Line::styled("  none that is remembered", theme.style(Role::Dim)));
    }
    lines
}

fn wakeup_line<'a>(wakeup: &PastWakeup, theme: &Theme) -> Line<'a> {
    let (cause, role) = cause_in_words(wakeup.cause, wakeup.root, theme);
    let (outcome, outcome_role) = match wakeup.outcome {
        WakeupOutcome::UnderWay => ("under way".to_owned(), Role::Text),
        WakeupOutcome::Found(jobs) => (format!("found {jobs}"), Role::Found),
        WakeupOutcome::Empty => ("empty".to_owned(), Role::Empty),
        WakeupOutcome::Failed => ("failed".to_owned(), Role::Failed),
        WakeupOutcome::Revoked => ("all left".to_owned(), Role::Dim),
    };
    let replica = wakeup.replica.map_or_else(String::new, |replica| format!("r{replica}"));
    let took = wakeup.took.map_or_else(String::new, format::wait);
    Line::from(vec![
        Span::styled(
            format!("{}.{:03} {replica:<3} ", format::clock(wakeup.at), wakeup.at.subsec_millis()),
            theme.style(Role::Dim),
        ),
        Span::styled(format!("{cause:<12} "), theme.style(role)),
        Span::styled(format!("{outcome:<9}"), theme.style(outcome_role)),
        Span::raw(format!(" {took:>6}")),
    ])
}

fn more<'a>(count: usize, of: &str, theme: &Theme) -> Option<Line<'a>> {
    let text = format!("  and {} more {of}", format::count(count as u64));
    (count > 0).then(|| Line::styled(text, theme.style(Role::Dim)))
}

/// What jobs demand, such as `terraform env=on-prem`.
fn shape_in_words(shape: &Posting) -> String {
    let mut words = shape.provisioner.as_str().to_owned();
    for (key, value) in shape.tags.iter() {
        words.extend([" ", key, "=", value]);
    }
    words
}
