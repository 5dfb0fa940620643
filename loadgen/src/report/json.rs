//! The JSON report as text.

use super::Report;

/// The report, indented and ending in a line break.
pub(super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}
