//! Domains, a row each.
//!
//! ```text
//!   domain               waiting cleared backlog oldest  q/s empty last woken by next poll
//! ! terraform env=on-prem     41    ●         12   0.3s   88    9% posting       ███░  21s
//! ```
//!
//! The first two columns hold the selection and a mark: `!` jobs wait while workers sleep, `~` jobs wait for
//! long although they are being taken. Columns go, the least telling first, until the names fit.

use loadgen::snapshot::{Cause, DomainRow, RootCause, Snapshot};
use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::format;
use super::paint::{bar, clip, put};
use crate::model::{Column, SortBy, Trouble, cleared, next_poll, row_label, short_label, trouble};
use crate::theme::{Role, Theme};

/// A column's title, width and rank; of two columns the one with the higher rank goes first.
fn layout(column: Column, room: Room) -> (&'static str, u16, u8) {
    match (column, room) {
        (Column::Workers, _) => ("workers", 7, 9),
        (Column::Waiting, Room::Wide) => ("waiting", 7, 2),
        (Column::Waiting, _) => ("wait", 4, 2),
        (Column::Cleared, Room::Wide) => ("cleared", 7, 5),
        (Column::Cleared, _) => ("clr", 3, 5),
        (Column::Backlog, Room::Narrow) => ("queue", 5, 1),
        (Column::Backlog, _) => ("backlog", 7, 1),
        (Column::Oldest, _) => ("oldest", 6, 0),
        (Column::Queries, _) => ("q/s", 5, 7),
        (Column::Empty, _) => ("empty", 5, 6),
        (Column::Acquired, _) => ("acquired", 8, 10),
        (Column::Rescued, _) => ("rescued", 7, 8),
        (Column::WokenBy, Room::Wide) => ("last woken by", 13, 3),
        (Column::WokenBy, _) => ("woken by", 11, 3),
        (Column::NextPoll, Room::Narrow) => ("poll", 4, 4),
        (Column::NextPoll, _) => ("next poll", 9, 4),
    }
}

fn alignment(column: Column) -> Alignment {
    match column {
        Column::Cleared => Alignment::Center,
        Column::WokenBy | Column::NextPoll => Alignment::Left,
        _ => Alignment::Right,
    }
}

/// How much is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Narrow,
    Medium,
    Wide,
}

impl Room {
    fn of(width: u16) -> Self {
        match width {
            0..70 => Self::Narrow,
            70..100 => Self::Medium,
            _ => Self::Wide,
        }
    }
}

/// What is to be drawn.
pub(super) struct Table<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) theme: &'a Theme,
    /// Rows of the snapshot, from the first on the screen.
    pub(super) rows: &'a [usize],
    /// Which of `rows` is selected.
    pub(super) selected: Option<usize>,
    /// What they are ordered by, and whether that falls from the top to the bottom.
    pub(super) order: Option<(SortBy, bool)>,
}

/// Room for the selection and the mark.
const MARKS: u16 = 2;
/// The least room for names, as long as there is another column to give up for it.
const NAME_MIN: u16 = 14;

/// Draws the titles into `titles`, which may be a line of a frame, and the rows into `area`.
pub(super) fn draw(table: &Table<'_>, titles: Rect, area: Rect, buffer: &mut Buffer) {
    let theme = table.theme;
    let rows: Vec<&DomainRow> =
        table.rows.iter().filter_map(|&row| table.snapshot.domains.get(row)).collect();
    let sorted = |sort: SortBy| match table.order {
        Some((by, falls)) if by == sort => theme.glyphs.arrows[usize::from(falls)],
        _ => " ",
    };
    let plan = Plan::new(&rows, area.width, table.order.map(|(by, _)| by));

    let bold = theme.style(Role::Title);
    put(
        buffer,
        Rect { x: titles.x + 1, width: titles.width.saturating_sub(1), ..titles },
        0,
        &Line::styled(format!("domains{}", sorted(SortBy::Name)), bold),
    );
    for (column, place) in &plan.columns {
        let (name, ..) = layout(*column, plan.shape);
        // A blank on either side lifts the title out of the frame's line.
        let (x, width) = aligned(name, titles.x + place.x, place.width, alignment(*column));
        let text = Line::styled(format!(" {name} "), bold);
        let x = x.saturating_sub(1);
        put(buffer, Rect { x, width: (width + 2).min(titles.right().saturating_sub(x)), ..titles }, 0, &text);
    }

    // After all titles, whose blanks would cover it.
    if let Some((column, place)) =
        plan.columns.iter().find(|(column, _)| sorted(SortBy::Column(*column)) != " ")
    {
        let (name, ..) = layout(*column, plan.shape);
        let (x, width) = aligned(name, titles.x + place.x, place.width, alignment(*column));
        let x = x + width.min(Span::raw(name).width() as u16);
        let arrow = Line::styled(sorted(SortBy::Column(*column)), bold);
        put(buffer, Rect { x, width: 1.min(titles.right().saturating_sub(x)), ..titles }, 0, &arrow);
    }

    for (index, row) in (0..area.height).zip(&rows) {
        let line = Rect { y: area.y + index, height: 1, ..area };
        draw_row(row, table.selected == Some(usize::from(index)), &plan, theme, line, buffer);
    }
}

fn draw_row(row: &DomainRow, selected: bool, plan: &Plan, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let (mark, role) = match trouble(row) {
        Trouble::None => (" ", Role::Text),
        Trouble::Behind => ("~", Role::Warning),
        Trouble::Asleep => ("!", Role::Alarm),
    };
    let pointer = if selected { theme.glyphs.selected } else { " " };
    let name = if plan.short { short_label(row) } else { row_label(row) };
    let marks = Line::from(vec![
        Span::styled(pointer, theme.style(Role::Key)),
        Span::styled(mark, theme.style(role)),
        Span::styled(clip(&name, usize::from(plan.name), theme), theme.style(role)),
    ]);
    put(buffer, Rect { width: area.width.min(MARKS + plan.name), ..area }, 0, &marks);
    for (column, place) in &plan.columns {
        let cell = cell(*column, row, plan.shape, theme);
        let text = cell.to_string();
        let (x, width) = aligned(&text, area.x + place.x, place.width, alignment(*column));
        put(buffer, Rect { x, width, ..area }, 0, &cell);
    }
    if selected && area.width > MARKS {
        let name = Rect { x: area.x + MARKS, width: plan.name.min(area.width - MARKS), ..area };
        buffer.set_style(name.intersection(buffer.area), theme.style(Role::Selection));
    }
}

/// Which columns there are, and where.
struct Plan {
    columns: Vec<(Column, Place)>,
    name: u16,
    short: bool,
    shape: Room,
}

struct Place {
    x: u16,
    width: u16,
}

impl Plan {
    /// What rows are ordered by stays.
    fn new(rows: &[&DomainRow], width: u16, order: Option<SortBy>) -> Self {
        let longest = |label: fn(&DomainRow) -> String| -> u16 {
            let widths = rows.iter().map(|row| Span::raw(label(row)).width());
            u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX).max(8)
        };
        let (full, brief) = (longest(row_label), longest(short_label));
        let shape = Room::of(width);
        let room = width.saturating_sub(MARKS);
        // The arrow behind a title needs room of its own, or it would stick to the next one.
        let arrow = |column: &Column| u16::from(order == Some(SortBy::Column(*column)));
        let taken = |columns: &[Column]| -> u16 {
            columns.iter().map(|column| layout(*column, shape).1 + 1 + arrow(column)).sum()
        };

        let mut columns = Column::ALL.to_vec();
        let least = brief.min(NAME_MIN.max(width / 4));
        while !columns.is_empty() && taken(&columns) + least > room {
            let rank = |column: &Column| {
                if order == Some(SortBy::Column(*column)) { 0 } else { layout(*column, shape).2 + 1 }
            };
            let worst = columns.iter().map(rank).max();
            columns.retain(|column| Some(rank(column)) != worst);
        }
        let left = room.saturating_sub(taken(&columns));
        let short = full > left;
        let needed = if short { brief } else { full }.min(left);

        // What is left over goes between the columns, up to where lines become hard to follow.
        let count = u16::try_from(columns.len()).unwrap_or(1).max(1);
        let wider = ((left - needed) / count).min(4);
        let gap = 1 + wider;
        // What cannot be shared out evenly is the names', so that the last column ends at the frame.
        let name = needed + (left - needed - wider * count).min(count);
        let mut x = MARKS + name;
        let columns = columns
            .into_iter()
            .map(|column| {
                let place = Place { x: x + gap, width: layout(column, shape).1 };
                x = place.x + place.width + arrow(&column);
                (column, place)
            })
            .collect();
        Self { columns, name, short, shape }
    }
}

/// Where `text` begins in a column, and how wide it may be.
fn aligned(text: &str, x: u16, width: u16, alignment: Alignment) -> (u16, u16) {
    let needed = u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX).min(width);
    let shift = match alignment {
        Alignment::Left => 0,
        Alignment::Center => (width - needed) / 2,
        Alignment::Right => width - needed,
    };
    (x + shift, width - shift)
}

fn cell<'a>(column: Column, row: &DomainRow, room: Room, theme: &Theme) -> Line<'a> {
    let plain = |text: String| Line::styled(text, Style::new());
    match column {
        Column::Workers => plain(format::short(row.workers as u64)),
        Column::Waiting => plain(format::short(row.waiting() as u64)),
        Column::Cleared => Line::styled(dot(row, theme), theme.style(Role::Found)),
        Column::Backlog => {
            let role = if row.backlog > 0 { Role::Backlog } else { Role::Dim };
            Line::styled(format::short(row.backlog), theme.style(role))
        }
        Column::Oldest => match row.oldest {
            None => Line::styled(theme.glyphs.none, theme.style(Role::Dim)),
            Some(oldest) => {
                let role = match trouble(row) {
                    Trouble::None => Role::Text,
                    Trouble::Behind => Role::Warning,
                    Trouble::Asleep => Role::Alarm,
                };
                Line::styled(format::duration(oldest), theme.style(role))
            }
        },
        Column::Queries => plain(format::number(row.queries_per_s)),
        Column::Empty if row.queries_per_s > 0.0 => plain(format::percent(row.empty_share)),
        Column::Empty => Line::styled(theme.glyphs.none, theme.style(Role::Dim)),
        Column::Acquired => plain(format::count(row.acquired)),
        Column::Rescued if row.rescued > 0 => {
            Line::styled(format!("{}!", format::short(row.rescued)), theme.style(Role::Rescued))
        }
        Column::Rescued => Line::styled("0", theme.style(Role::Dim)),
        Column::WokenBy => woken_by(row, theme),
        Column::NextPoll => poll(row, room, theme),
    }
}

/// A dot when a query is in flight or cleared, and on how many replicas.
fn dot(row: &DomainRow, theme: &Theme) -> String {
    match cleared(row) {
        0 => String::new(),
        1 => theme.glyphs.cleared.to_owned(),
        count => format!("{}{count}", theme.glyphs.cleared),
    }
}

fn woken_by<'a>(row: &DomainRow, theme: &Theme) -> Line<'a> {
    let Some((cause, root)) = row.last_cause.zip(row.last_root) else {
        return Line::styled(theme.glyphs.none, theme.style(Role::Dim));
    };
    let (text, role) = cause_in_words(cause, root, theme);
    Line::styled(text, theme.style(role))
}

/// Why a clearance was given, in at most twelve columns, and how that is to be taken.
pub(super) fn cause_in_words(cause: Cause, root: RootCause, theme: &Theme) -> (String, Role) {
    let polled = root == RootCause::BackupPoll;
    let text = match cause {
        Cause::BackupPoll => "backup poll".to_owned(),
        // What set the chain off is the news, not that there was a chain.
        Cause::Chained if polled => format!("chain{}poll", theme.glyphs.from),
        Cause::Pending if polled => format!("pending{}poll", theme.glyphs.from),
        other => other.as_str().to_owned(),
    };
    let role = match root {
        RootCause::BackupPoll => Role::Warning,
        RootCause::Posting => Role::Found,
        RootCause::First | RootCause::Recovered => Role::Text,
    };
    (text, role)
}

fn poll<'a>(row: &DomainRow, room: Room, theme: &Theme) -> Line<'a> {
    let Some((left, period)) = next_poll(row) else {
        return Line::styled(theme.glyphs.none, theme.style(Role::Dim));
    };
    let countdown = Span::raw(format!("{:>4}", format::countdown(left)));
    if room == Room::Narrow {
        return countdown.into();
    }
    let mut line = Line::default();
    line.extend(bar(share_left(left, period), 4, theme, theme.style(Role::Posted)));
    line.push_span(Span::raw(" "));
    line.push_span(countdown);
    line
}

/// How much of its period a poll has left, 0 to 1.
pub(super) fn share_left(left: std::time::Duration, period: std::time::Duration) -> f64 {
    if period.is_zero() { 0.0 } else { left.as_secs_f64() / period.as_secs_f64() }
}
