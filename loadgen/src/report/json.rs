//! The JSON report as text.

use serde::Serialize;

/// A report of a run or of a plan, indented and ending in a line break.
pub(super) fn render(report: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}
