//! `clearance doctor`: what this machine has to offer, and what to do about what is missing.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use loadgen::database::probe::Findings;

use crate::config::{self, ConfigError, Found};

use super::failure::Failure;

/// Looks everywhere and tells. Fails when a run would: no database could be had, or the url given is of no use.
pub(super) fn doctor(url: Option<&str>, config: Option<&Path>) -> Result<ExitCode, Failure> {
    let findings = super::block_on(async { Ok(Findings::gather(url).await) })?;
    let config = config::load(config);
    super::print(&format!("{findings}\n{}\n{}", terminal(), configuration(config.as_ref())))?;
    let is_url_usable = findings.url.as_ref().is_none_or(Result::is_ok);
    let would_run = findings.would_use().is_some() && is_url_usable && config.is_ok();
    Ok(if would_run { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How the dashboard would look, and who says so.
fn configuration(config: Result<&Found, &ConfigError>) -> String {
    let said = match config {
        Ok(Found { path: Some(path), .. }) => path.display().to_string(),
        Ok(Found { path: None, .. }) => match config::usual_path() {
            Some(path) => format!("none; \"clearance config\" prints one for {}", path.display()),
            None => "none, and no home to look for one".to_owned(),
        },
        Err(error) => error.to_string(),
    };
    let lines = said.lines().map(|line| format!("  {line}\n"));
    format!("configuration\n{}", lines.collect::<String>())
}

/// What the dashboard would find.
fn terminal() -> String {
    let mut lines = vec!["terminal".to_owned()];
    if std::io::stdout().is_terminal() {
        let size = crossterm::terminal::size()
            .map_or_else(|_| "of unknown size".to_owned(), |(width, height)| format!("{width}×{height}"));
        lines.push(format!("  stdout is a terminal, {size}"));
        if crossterm::terminal::size().is_ok_and(|(width, height)| width < 80 || height < 24) {
            lines.push("  the dashboard shows more from 80×24 on".to_owned());
        }
    } else {
        lines.push("  stdout is no terminal: runs are headless".to_owned());
    }
    let term = std::env::var("TERM").unwrap_or_default();
    if term.is_empty() || term == "dumb" {
        lines.push("  TERM names no terminal that can draw; set it, or use --headless".to_owned());
    }
    if crate::dashboard::no_color_wanted() {
        lines.push("  NO_COLOR is set: the dashboard has no colours".to_owned());
    }
    if std::env::var_os("TMUX").is_some() {
        lines.push("  in tmux: what `y` copies gets through with: set -g set-clipboard on".to_owned());
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    if !locale.into_iter().any(|value| value.to_uppercase().replace('-', "").contains("UTF8")) {
        lines.push("  the locale isn't UTF-8: if lines look broken, use --ascii".to_owned());
    }
    lines.join("\n") + "\n"
}
