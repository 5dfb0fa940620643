//! What led to the jobs: a notice, or only the backup poll.
//!
//! ```text
//! ├ how jobs were found (10s) · 12% chained ─┤
//! │posting      by a notice     93% █████████│
//! │first        domain was new   0% ░░░░░░░░░│
//! │recovered    after a gap      0% ░░░░░░░░░│
//! │backup poll  RESCUED !!       7% █░░░░░░░░│
//! ```

use loadgen::snapshot::{RootCause, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::{Segment, bar, fit, put, title};
use super::{format, period};
use crate::theme::{Role, Theme};

/// How many lines it can fill.
pub(super) const LINES_MAX: u16 = 10;

/// The title of its frame, `width` columns at most.
pub(super) fn heading<'a>(snapshot: &Snapshot, theme: &Theme, width: u16) -> Line<'a> {
    let found = total(snapshot);
    let separator = theme.glyphs.separator;
    if found == 0 {
        return title("how jobs were found", period::note(snapshot), theme);
    }
    let share = format::percent(period::chained(snapshot) as f64 / found as f64);
    let full = title(
        "how jobs were found",
        format!("{}{separator}{share} by chaining", period::note(snapshot)),
        theme,
    );
    if full.width() <= usize::from(width) {
        full
    } else {
        title("how jobs were found", format!("{}{share} chained", separator.trim_start()), theme)
    }
}

/// The shares in one line, the rescued ones first when there are any.
pub(super) fn summary<'a>(snapshot: &Snapshot, theme: &Theme, width: u16) -> Line<'a> {
    let mut segments = Vec::new();
    for root in RootCause::ALL {
        let share = share(snapshot, root);
        let value = share.map_or_else(|| theme.glyphs.none.to_owned(), format::percent);
        let rescued = root == RootCause::BackupPoll && share.is_some_and(|share| share > 0.0);
        let text = format!("{} {value}{}", name(root), if rescued { " !!" } else { "" });
        // Whether jobs were rescued is the question; beside it stays how most of them were found.
        let found_more = |other: &RootCause| self::share(snapshot, *other) > share;
        let rank = match root {
            RootCause::BackupPoll => 0,
            _ => 1 + RootCause::ALL.iter().filter(|other| found_more(other)).count() as u8,
        };
        segments.push(Segment::new(rank, vec![Span::styled(text, theme.style(role(root, rescued)))]));
    }
    fit(segments, "  ", width, theme)
}

pub(super) fn draw(snapshot: &Snapshot, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.height < 4 {
        return put(buffer, area, 0, &summary(snapshot, theme, area.width));
    }
    for (row, root) in (0..).zip(RootCause::ALL) {
        put(buffer, area, row, &line(snapshot, root, theme, area.width));
    }
    let dim = theme.style(Role::Dim);
    put(buffer, area, 5, &verdict(snapshot, theme, area.width));
    let totals = &snapshot.totals;
    let since = [
        ("rescued since the run began", totals.rescued, Role::Rescued),
        ("notices swallowed by a fault", totals.notifications_suppressed, Role::Warning),
        ("listeners that lost track", totals.losses_signalled, Role::Warning),
    ];
    for (row, (what, count, role)) in (7..).zip(since) {
        let role = if count > 0 { role } else { Role::Text };
        let line = Line::from(vec![
            Span::styled(format!("{what:<29}"), dim),
            Span::styled(format!("{:>7}", format::count(count)), theme.style(role)),
        ]);
        put(buffer, area, row, &line);
    }
}

fn line<'a>(snapshot: &Snapshot, root: RootCause, theme: &Theme, width: u16) -> Line<'a> {
    let share = share(snapshot, root);
    let rescued = root == RootCause::BackupPoll && share.is_some_and(|share| share > 0.0);
    let style = theme.style(role(root, rescued));
    let hint = match root {
        RootCause::Posting => "by a notice",
        RootCause::First => "domain was new",
        RootCause::Recovered => "after a gap",
        RootCause::BackupPoll if rescued => "RESCUED !!",
        RootCause::BackupPoll => "no notice came",
    };
    let value = share.map_or_else(|| theme.glyphs.none.to_owned(), format::percent);
    let quiet = share.is_none_or(|share| share <= 0.0);
    let words = if quiet { theme.style(Role::Dim) } else { style };
    let mut line = Line::from(vec![
        Span::styled(format!("{:<11}  ", name(root)), words),
        Span::styled(format!("{hint:<14} "), if rescued { style } else { theme.style(Role::Dim) }),
        Span::styled(format!("{value:>4} "), words),
    ]);
    let left = usize::from(width).saturating_sub(line.width());
    if left >= 4 {
        line.extend(bar(share.unwrap_or(0.0), left.min(60), theme, style));
    }
    line
}

/// One sentence for whoever looks for the first time, in fewer words where there is less room.
fn verdict<'a>(snapshot: &Snapshot, theme: &Theme, width: u16) -> Line<'a> {
    let share = share(snapshot, RootCause::BackupPoll);
    let is_dropping = snapshot.faults.iter().any(|fault| fault.name == "drop_notifications");
    let waiting = snapshot.totals.backlog;
    let (long, short, role) = match share {
        Some(share) if share > 0.0 => {
            let share = format::percent(share);
            (
                format!("{share} waited for the backup poll: no notice led to them."),
                format!("{share} waited for the backup poll."),
                Role::Rescued,
            )
        }
        _ if is_dropping && waiting > 0 => {
            let waiting = format::count(waiting);
            (
                format!("Notices are dropped: {waiting} wait for the backup poll."),
                format!("Dropped notices: {waiting} jobs wait."),
                Role::Warning,
            )
        }
        None => (
            format!("No job was found {}.", period::note(snapshot)),
            "No job was found.".to_owned(),
            Role::Dim,
        ),
        Some(_) => (
            "Notices arrive: the backup poll had nothing to rescue.".to_owned(),
            "Notices arrive; nothing to rescue.".to_owned(),
            Role::Found,
        ),
    };
    let fits = long.len() <= usize::from(width);
    Line::styled(if fits { long } else { short }, theme.style(role))
}

fn name(root: RootCause) -> &'static str {
    if root == RootCause::BackupPoll { "backup poll" } else { root.as_str() }
}

fn role(root: RootCause, rescued: bool) -> Role {
    match root {
        RootCause::BackupPoll if rescued => Role::Rescued,
        RootCause::BackupPoll => Role::Dim,
        RootCause::Recovered => Role::Warning,
        RootCause::First => Role::Posted,
        RootCause::Posting => Role::Found,
    }
}

fn total(snapshot: &Snapshot) -> u64 {
    period::found(snapshot).values().sum()
}

/// The share of jobs that `root` led to, 0 to 1; `None` when no job was found.
fn share(snapshot: &Snapshot, root: RootCause) -> Option<f64> {
    let total = total(snapshot);
    let found = period::found(snapshot).get(&root).copied().unwrap_or(0);
    (total > 0).then(|| found as f64 / total as f64)
}
