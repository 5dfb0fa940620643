//! A recorded run, and what is made of it afterwards.

use std::path::Path;

use rustix::process::Signal;

use crate::clearance::{Desk, Running, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;
use crate::trace_file::{count, expect_sound};

/// Notices, a poll that rescues, a failing worker, and two replicas.
const STORY: &str = r#"
title = "Recorded"
duration = "3s"
warmup = "500ms"
drain = "10s"
replicas = 2
backup_poll = "1s"
seed = 11
[[fleet]]
name = "echo"
workers = 12
provisioners = ["echo"]
service_time = { constant = "5ms" }
failure = 0.2
[[fleet]]
name = "both"
workers = 6
provisioners = ["echo", "terraform"]
tags = { size = "large" }
service_time = { constant = "20ms" }
patience = "300ms"
[[poster]]
name = "echoes"
stages = [{ for = "3s", rate = 60 }]
[[poster.mix]]
weight = 2
provisioner = "echo"
[[poster.mix]]
weight = 1
provisioner = "terraform"
tags = { size = "large" }
[[fault]]
at = "1s"
for = "1s"
drop_notifications = 1.0
replica = 0
[[fault]]
at = "2s"
kill_listener = true
"#;

fn report(recording: &str, to: &[&str]) -> crate::clearance::Said {
    let to = to.iter().flat_map(|file| ["--to", file]);
    outcome(clearance(["report", recording].into_iter().chain(to)))
}

#[test]
fn a_report_made_from_the_recording_is_the_one_that_the_run_made() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (story, url) = (desk.write("story.toml", STORY), table.url());
    let [own, page, log, recording] =
        ["own.json", "own.html", "own.hlog", "run.clr"].map(|name| desk.file(name));
    let [again, page_again, log_again, trace] =
        ["again.json", "again.html", "again.hlog", "run.trace.json"].map(|name| desk.file(name));
    let arguments = ["run", &story, "--headless", "--database-url", &url, "--report", &own];
    let kept = ["--report", &page, "--record", &recording, "--hdr", &log];
    let said = outcome(clearance(arguments.into_iter().chain(kept)));
    said.expect_code(0);
    let unseen = outcome(clearance(["replay", &recording]));
    unseen.expect_code(2);
    assert!(unseen.stderr.starts_with("clearance: replay needs a terminal; "), "{unseen}");
    for file in [&recording, &log] {
        assert!(said.stderr.contains(&format!("clearance: wrote {file}\n")), "{said}");
    }
    let said = report(&recording, &[&again, &page_again, &log_again, &trace]);
    said.expect_code(0);
    let wrote = [&again, &page_again, &log_again, &trace].map(|file| format!("clearance: wrote {file}\n"));
    assert_eq!(said.stderr, wrote.concat());
    assert_eq!(std::fs::read(&page_again).unwrap(), std::fs::read(&page).unwrap());
    let (own, again) = (Json::read(&own), Json::read(&again));
    // The story has in it what reports differ by.
    assert!(own.count("/jobs/failed") > 0 && own.count("/notifications/suppressed") > 0);
    assert!(own.count("/notifications/losses_signalled") > 0);
    assert_eq!(again.0, own.0);
    assert_eq!(std::fs::read(&log_again).unwrap(), std::fs::read(&log).unwrap());
    let trace = Json::read(&trace).0;
    expect_sound(&trace);
    let heard = |pointer| own.count(pointer) as usize;
    assert_eq!(count(&trace, "X", "job "), heard("/jobs/acquired"));
    assert_eq!(count(&trace, "X", "query: "), heard("/queries/acquire/total"));
    assert_eq!(count(&trace, "i", "notice swallowed"), heard("/notifications/suppressed"));
    assert!(count(&trace, "s", "wakeup by job ") > heard("/jobs/posted") / 2);
}

#[test]
fn a_histogram_log_alone_leaves_no_recording_behind() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (story, url, log) = (desk.write("story.toml", STORY), table.url(), desk.file("out.hlog"));
    let arguments = ["run", &story, "--headless", "--duration", "1s", "--database-url", &url, "--hdr", &log];
    outcome(clearance(arguments)).expect_code(0);
    assert_eq!(desk.names(), ["out.hlog", "story.toml"]);
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.starts_with("#[clearance "), "{text}");
    assert!(text.contains("\nTag=queue_wait,"), "{text}");
}

#[test]
fn the_recording_of_a_killed_run_tells_all_but_its_last_second() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (story, url) = (desk.write("story.toml", &STORY.replace("3s", "5m")), table.url());
    let (recording, again) = (desk.file("run.clr"), desk.file("again.json"));
    let arguments = ["run", &story, "--headless", "--database-url", &url, "--record", &recording];
    let mut running = Running::start(clearance(arguments));
    running.await_measuring();
    // A run that goes on says so every few seconds.
    running.await_stderr("it went on", |line| line.starts_with("measuring").then_some(()));
    running.signal(Signal::KILL);
    assert_eq!(running.end().code, None);
    let in_table = table.count("SELECT count(*) FROM clearance.provisioner_jobs");
    let said = report(&recording, &[&again]);
    said.expect_code(0);
    assert!(said.stderr.contains("clearance: the recording was cut off "), "{said}");
    let json = Json::read(&again);
    assert_eq!(json.get("/run/interrupted"), true);
    assert_eq!(json.get("/run/valid"), false);
    assert!(json.text("/run/invalid_reasons/0").contains("the recording was cut off "));
    let recorded = json.count("/jobs/posted");
    // 60 jobs a second; as much again for chance.
    assert!(recorded <= in_table && in_table - recorded <= 120, "{recorded} of {in_table}");
    assert!(recorded >= 120, "{recorded}");
}

#[test]
fn what_cannot_be_recorded_to_or_read_is_refused_before_anything_begins() {
    let desk = Desk::new();
    let story = desk.write("story.toml", STORY);
    let run = |more: [&str; 2]| {
        let said = outcome(clearance(["run", &story, "--headless"].into_iter().chain(more)));
        said.expect_code(2);
        said.stderr
    };
    let ends = |said: &str, end: &str| assert!(said.ends_with(end), "{said}");
    ends(&run(["--record", "run.json"]), "a recording's name ends in .clr\n");
    ends(&run(["--hdr", "run.txt"]), "a histogram log's name ends in .hlog\n");
    let nowhere = desk.file("nowhere/run.clr");
    ends(&run(["--record", &nowhere]), "nowhere; create it first\n");
    let out = desk.file("out.json");
    let gone = report(&desk.file("gone.clr"), &[&out]);
    gone.expect_code(2);
    assert!(gone.stderr.contains("cannot read recording "), "{gone}");
    let strange = report(&story, &[&out]);
    strange.expect_code(2);
    ends(&strange.stderr, "is no recording; make one with \"clearance run --record FILE.clr\"\n");
    assert!(!Path::new(&out).exists());
    let again = outcome(clearance(["replay", &story]));
    again.expect_code(2);
    assert_eq!(again.stderr, strange.stderr);
    let part = outcome(clearance(["report", &story, "--to", &out, "--from", "1s"]));
    part.expect_code(2);
    ends(&part.stderr, "--from and --for choose a part of a trace.json\n");
    let unknown = report(&story, &[&desk.file("out.txt")]);
    unknown.expect_code(2);
    assert!(unknown.stderr.contains("its name says nothing of what it is to be"), "{unknown}");
}
