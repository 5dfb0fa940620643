//! A run in a terminal, on a cluster of its own, below a directory of the test's own.

use std::ffi::OsString;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::Screen;

use crate::kill_postgres::kill_postgres;
use crate::leftovers::{cluster_in, expect_nothing_left, processes_in};
use crate::terminal::{CLEARANCE, Left, Terminal};

/// Two domains, jobs at all times, and a backup poll that doesn't try anybody's patience.
pub(crate) const LIVELY: &str = r#"
title = "Lively"
duration = "10m"
drain = "5s"
seed = 1
backup_poll = "2s"
[[fleet]]
name = "echo"
workers = 40
provisioners = ["echo"]
service_time = { constant = "5ms" }
[[fleet]]
name = "on-prem"
workers = 20
provisioners = ["terraform"]
tags = { environment = "on-prem" }
service_time = { constant = "20ms" }
[[poster]]
name = "all"
stages = [{ for = "10m", rate = 16 }]
arrival = "uniform"
[[poster.mix]]
weight = 3
provisioner = "echo"
[[poster.mix]]
weight = 1
provisioner = "terraform"
tags = { environment = "on-prem" }
"#;

/// What the shell says when its job was stopped.
pub(crate) const STOPPED: &str = "the job was stopped";

/// A run that shows its dashboard.
pub(crate) struct LiveRun {
    terminal: Terminal,
    desk: TempDir,
    /// What lay there before it began.
    brought: Vec<OsString>,
    pub(crate) cluster: PathBuf,
}

/// A directory with this scenario in it.
fn desk_with(scenario: &str) -> TempDir {
    let desk = tempfile::tempdir().unwrap();
    fs::write(desk.path().join("live.toml"), scenario).unwrap();
    desk
}

fn names(desk: &TempDir) -> Vec<OsString> {
    fs::read_dir(desk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

impl LiveRun {
    /// Starts one and waits until its dashboard shows jobs.
    #[track_caller]
    pub(crate) fn start(scenario: &str, more: &[&str]) -> Self {
        let desk = desk_with(scenario);
        let arguments = [&["run", "live.toml"], more].concat();
        Self::on(desk, &arguments, |desk, arguments| Terminal::start(120, 40, desk, arguments))
    }

    /// The same as a job of a shell, which goes on to [`STOPPED`] when the job is stopped, and continues it when a
    /// line was typed.
    #[track_caller]
    pub(crate) fn start_as_job(scenario: &str) -> Self {
        // Without a person before it the shell leaves the terminal's modes as the job leaves them.
        let script = format!("\"$@\"; echo {STOPPED}; read -r line; fg");
        let shell = ["-m", "-c", &script, "shell", CLEARANCE];
        Self::on(desk_with(scenario), &["run", "live.toml"], |desk, arguments| {
            Terminal::start_program("sh".as_ref(), 120, 40, desk, &[], &[&shell, arguments].concat())
        })
    }

    /// The same of a guided demo.
    #[track_caller]
    pub(crate) fn demo(name: &str) -> Self {
        let desk = tempfile::tempdir().unwrap();
        Self::on(desk, &["demo", name], |desk, arguments| Terminal::start(120, 40, desk, arguments))
    }

    #[track_caller]
    fn on(desk: TempDir, arguments: &[&str], start: impl FnOnce(&Path, &[&str]) -> Terminal) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        // The server of a run by root belongs to another user, who makes a directory in here.
        fs::set_permissions(desk.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let brought = names(&desk);
        let mut terminal =
            start(desk.path(), &[arguments, &["--db", "local", "--db-durability", "fast"]].concat());
        let cluster = terminal.await_line("the cluster's place", cluster_in);
        assert!(cluster.starts_with(desk.path()), "{}", cluster.display());
        terminal.await_screen("jobs flow", |screen| {
            (screen.alternate_screen() && posted(screen)? > 0).then_some(())
        });
        assert!(terminal.is_raw());
        assert!(!processes_in(&cluster).is_empty(), "postgres runs there");
        Self { terminal, desk, brought, cluster }
    }

    /// The state of the shell's job as `ps` has it, such as `T` when it is stopped.
    pub(crate) fn job_state(&self) -> Option<String> {
        let listing = Command::new("ps").args(["-A", "-o", "ppid=,stat="]).output().unwrap();
        let listing = String::from_utf8(listing.stdout).unwrap();
        let shell = self.process().to_string();
        let mut children = listing.lines().filter_map(|line| line.trim().split_once(' '));
        children.find(|(parent, _)| *parent == shell).map(|(_, state)| state.trim().to_owned())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.process().cast_signed()).unwrap(), signal).unwrap();
    }

    /// Takes away the only file beside the scenario whose name ends so, and answers what was in it.
    #[track_caller]
    pub(crate) fn take_file(&self, ending: &str) -> String {
        let paths = fs::read_dir(self.desk.path()).unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|e| e == ending)).collect();
        let [path] = found.as_slice() else { panic!("one .{ending}: {found:?}") };
        let text = fs::read_to_string(path).unwrap();
        fs::remove_file(path).unwrap();
        text
    }

    /// Closes the terminal and waits for the end, after which the machine doesn't show that there was a run; the
    /// exit code.
    #[track_caller]
    pub(crate) fn hang_up(self) -> u32 {
        let Self { terminal, desk, brought, cluster } = self;
        let code = terminal.hang_up();
        expect_nothing_left_but(&brought, &desk, &cluster);
        code
    }

    /// Waits for the end, after which neither the terminal nor the machine shows that there was a run.
    #[track_caller]
    pub(crate) fn end(self) -> Left {
        let Self { terminal, desk, brought, cluster } = self;
        let left = terminal.end();
        left.expect_restored();
        expect_nothing_left_but(&brought, &desk, &cluster);
        left
    }

    /// Kills the server under the run.
    pub(crate) fn kill_postgres(&self) {
        kill_postgres(&self.cluster);
    }
}

impl Deref for LiveRun {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl DerefMut for LiveRun {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.terminal
    }
}

#[track_caller]
fn expect_nothing_left_but(brought: &[OsString], desk: &TempDir, cluster: &Path) {
    expect_nothing_left(cluster);
    assert_eq!(names(desk), brought);
}

/// The number behind a word, such as 16 in `posted 16`.
pub(crate) fn number_after(text: &str, word: &str) -> Option<u64> {
    let (_, rest) = text.split_once(word)?;
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Jobs posted in the last second, as the Overview shows them.
pub(crate) fn posted(screen: &Screen) -> Option<u64> {
    number_after(&screen.contents(), "posted ")
}
