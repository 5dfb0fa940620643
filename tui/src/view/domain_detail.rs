//! One domain, replica by replica.
//!
//! ```text
//! ┌ terraform env=on-prem ──────────────────────────┐
//! │ workers 75  backlog 12  oldest 0.3s             │
//! │ acquired 3,301  rescued 7  q/s 88  empty 9%     │
//! │ replica  phase     waiting  pending  backup poll│
//! │ 0        querying       41  yes      ██████░ 21s│
//! └─────────────────────────────────────────────────┘
//! ```

use loadgen::snapshot::{DomainPhase, DomainReplica, DomainRow};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::domain_table::share_left;
use super::format;
use super::paint::{Segment, bar, clip, fit, frame, put, title};
use crate::model::{Trouble, row_label, trouble, waiting};
use crate::theme::{Role, Theme};

/// Below this width titles are short and polls have no bar.
const NARROW: u16 = 48;

pub(super) fn draw(row: &DomainRow, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let name = clip(&row_label(row), usize::from(area.width.saturating_sub(4)), theme);
    let inner = frame(buffer, area, &title(name, "", theme), theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let mut lines =
        vec![queue(row, theme, inner.width), queries(row, theme, inner.width), meaning(row, theme)];
    let titles = if inner.width < NARROW {
        "r  phase    waiting pend poll"
    } else {
        "replica  phase     waiting  pending  backup poll"
    };
    lines.push(Line::styled(titles, theme.style(Role::Title)));
    lines.extend(row.replicas.iter().map(|replica| replica_line(replica, theme, inner.width)));
    for (index, line) in (0..inner.height).zip(&lines) {
        put(buffer, inner, index, line);
    }
}

fn facts<'a>(facts: Vec<(&'static str, String, Role)>, theme: &Theme, width: u16) -> Line<'a> {
    let segments = (0..)
        .zip(facts)
        .map(|(rank, (name, value, role))| {
            Segment::new(
                rank,
                vec![
                    Span::styled(format!("{name} "), theme.style(Role::Dim)),
                    Span::styled(value, theme.style(role)),
                ],
            )
        })
        .collect();
    fit(segments, "  ", width)
}

fn queue<'a>(row: &DomainRow, theme: &Theme, width: u16) -> Line<'a> {
    let oldest = row.oldest.map_or_else(|| theme.glyphs.none.to_owned(), format::duration);
    let list = vec![
        ("backlog", format::count(row.backlog), if row.backlog > 0 { Role::Backlog } else { Role::Text }),
        ("oldest", oldest, Role::Text),
        ("workers", format::count(row.workers as u64), Role::Text),
        ("waiting", format::count(waiting(row) as u64), Role::Text),
    ];
    facts(list, theme, width)
}

fn queries<'a>(row: &DomainRow, theme: &Theme, width: u16) -> Line<'a> {
    let list = vec![
        ("acquired", format::count(row.acquired), Role::Text),
        ("rescued", format::count(row.rescued), if row.rescued > 0 { Role::Rescued } else { Role::Text }),
        ("q/s", format::number(row.queries_per_s), Role::Text),
        ("empty", format::percent(row.empty_share), Role::Text),
    ];
    facts(list, theme, width)
}

/// What the mark in the table means for this domain.
fn meaning<'a>(row: &DomainRow, theme: &Theme) -> Line<'a> {
    match trouble(row) {
        Trouble::None => Line::default(),
        Trouble::Behind => Line::styled("~ jobs wait, but are being taken", theme.style(Role::Warning)),
        Trouble::Asleep => Line::styled("! jobs wait while workers sleep", theme.style(Role::Alarm)),
    }
}

fn replica_line<'a>(replica: &DomainReplica, theme: &Theme, width: u16) -> Line<'a> {
    let (phase, role) = match replica.phase {
        DomainPhase::Idle => ("idle", Role::Dim),
        DomainPhase::Cleared => ("cleared", Role::Found),
        DomainPhase::Querying => ("querying", Role::Found),
    };
    let pending = if replica.pending { "yes" } else { "no" };
    if width < NARROW {
        return Line::from(vec![
            Span::raw(format!("{:<3}", replica.replica)),
            Span::styled(format!("{phase:<8} "), theme.style(role)),
            Span::raw(format!("{:>7} {pending:<4} ", format::count(replica.waiting as u64))),
            Span::raw(format::countdown(replica.next_poll_in)),
        ]);
    }
    let mut line = Line::from(vec![
        Span::raw(format!("{:<9}", replica.replica)),
        Span::styled(format!("{phase:<8}  "), theme.style(role)),
        Span::raw(format!("{:>7}  {pending:<7}  ", format::count(replica.waiting as u64))),
    ]);
    let room = usize::from(width).saturating_sub(line.width() + 6).min(20);
    let share = share_left(replica.next_poll_in, replica.backup_poll);
    line.extend(bar(share, room, theme, theme.style(Role::Posted)));
    line.push_span(format!(" {:>4}", format::countdown(replica.next_poll_in)));
    line
}
