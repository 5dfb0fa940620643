//! What is selected, in plain text for other programs; the headline figures where nothing is.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{faults, found, header, jobs, log, period, queries, queue_wait, wakeups};
use crate::model::{Model, View, row_label};

/// What a person means by "this", with `body` below the header. It never ends in a line feed, which shells would
/// take for Enter.
pub(super) fn text(model: &Model, body: Rect) -> String {
    let selected = match model.view {
        View::Domains => model.domains.row(&model.shown).map(row_label),
        View::Wakeups => wakeups::copied(model),
        View::Log => log::copied(model, body),
        View::Faults => faults::copied(model),
        View::Overview | View::Latency | View::Database => None,
    };
    selected.unwrap_or_else(|| headline(model))
}

/// The Overview in five lines.
fn headline(model: &Model) -> String {
    let (theme, snapshot) = (&model.theme, &*model.shown);
    let (jobs_name, _) = period::per_second(snapshot, "jobs");
    let (queries_name, _) = period::per_second(snapshot, "acquire queries");
    let waited = period::queue_wait(snapshot);
    [
        plain(&header::facts(model, u16::MAX)),
        format!("{jobs_name}: {}", plain(&jobs::figures(snapshot, theme, u16::MAX, false))),
        format!("{queries_name}: {}", plain(&queries::figures(snapshot, theme, u16::MAX))),
        format!(
            "queue wait {}: {}",
            period::note(snapshot),
            plain(&queue_wait::figures(waited, theme, u16::MAX))
        ),
        format!("found {}: {}", period::note(snapshot), plain(&found::summary(snapshot, theme, u16::MAX))),
    ]
    .join("\n")
}

fn plain(line: &Line<'_>) -> String {
    line.to_string().trim().to_owned()
}
