mod changes;
mod language;
mod policies;

use std::time::Duration;

use acquirer::job::ProvisionerType;

use super::*;

const FLEET: &str = "[[fleet]]\nworkers = 10\n";

fn source(text: &str) -> Source {
    Source { name: "test.toml".to_owned(), text: text.to_owned() }
}

fn resolve(text: &str) -> Scenario {
    resolve_with(text, &Overrides::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn resolve_with(text: &str, overrides: &Overrides) -> Result<Scenario, ScenarioError> {
    Scenario::resolve(&source(text), overrides)
}

/// The place and the words of the mistake in a text.
fn mistake(text: &str) -> (usize, usize, String) {
    match resolve_with(text, &Overrides::default()) {
        Err(ScenarioError::Invalid(place)) => (place.line, place.column, place.message),
        other => panic!("{text}\nshould be a mistake, was {other:?}"),
    }
}

/// Fails unless `text` has its first mistake at this place, in words that hold `words`.
fn assert_mistake(text: &str, line: usize, column: usize, words: &str) {
    let (found_line, found_column, message) = mistake(text);
    assert!(message.contains(words), "{text}\nsays {message:?}, not {words:?}");
    assert_eq!((found_line, found_column), (line, column), "{text}\n{message}");
}

/// The same for a key of a fleet.
fn assert_fleet_mistake(line: &str, words: &str) {
    let column = line.find('=').map_or(1, |at| at + 3);
    assert_mistake(&format!("{FLEET}{line}"), 3, column, words);
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn everything_in_the_language_is_read() {
    let scenario = resolve(
        r#"
title = "A failover at noon"
watch = "Nothing waits."
duration = "60s"
warmup = "5s"
drain = "10s"
seed = 7
replicas = 3
backup_poll = "30s"
policy = "seed"

[[fleet]]
name = "on-prem"
workers = 200
provisioners = ["terraform", "echo", "echo"]
tags = { environment = "on-prem", datacenter = "chicago" }
service_time = { lognormal = { median = "400ms", p99 = "3s" } }
think_time = "1ms"
replica = 2
patience = "2m"
failure = 0.01
crash = 0.125
ramp = "10s"

[[poster]]
name = "builds"
stages = [ { for = "20s", rate = "60/m" }, { for = "20s", from = 50, to = 400 } ]
arrival = "uniform"
batch = 5
preload = 100
announce = "in_transaction"
[[poster.mix]]
weight = 3
provisioner = "terraform"
tags = { environment = "on-prem" }
[[poster.mix]]
provisioner = "echo"

[[fault]]
at = "30s"
for = "10s"
replica = 1
drop_notifications = 0.5

[[fault]]
at = "45s"
kill_listener = true

[[change]]
at = "50s"
rate = "150%"
poster = "builds"
workers = 40
fleet = "on-prem"
replicas = 4
backup_poll = "5s"
policy = { base = "seed", claim_batch = 8 }

[[change]]
at = "55s"
rate = "12.5 %"
workers = 10
policy = "default"

[[assert]]
that = "queue_wait.p99 < 250ms"
abort = true

[[assert]]
that = "audit.ok"
"#,
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&scenario).unwrap());
    let text = serde_json::to_string(&scenario).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
}

#[test]
fn nearly_everything_has_a_default() {
    let scenario = resolve("[[fleet]]\nworkers = 1\n[[poster]]\nstages = [{ for = \"20s\", rate = 1 }]");
    assert_eq!(scenario.title, "test");
    assert_eq!(scenario.duration, seconds(20));
    assert_eq!(scenario.warmup, Duration::ZERO);
    assert_eq!(scenario.drain, seconds(10));
    assert_eq!(scenario.backup_poll, seconds(30));
    assert_eq!((scenario.replicas, scenario.seed, scenario.policy), (1, 1, Policy::default()));
    assert_eq!(scenario.fleets[0].name, "fleet-1");
    assert_eq!(scenario.fleets[0].provisioners, [ProvisionerType::Terraform]);
    assert_eq!(scenario.posters[0].batch, 1);
    assert_eq!(scenario.posters[0].mix.len(), 1);
    assert_eq!(resolve(FLEET).duration, seconds(60));
}

#[test]
fn unknown_keys_are_named_with_their_place_and_the_nearest_right_one() {
    assert_mistake(
        "[[fleet]]\nworker = 3",
        2,
        1,
        "unknown key \"worker\" in [[fleet]]; did you mean \"workers\"?",
    );
    assert_mistake(&format!("  durations = \"3s\"\n{FLEET}"), 1, 3, "did you mean \"duration\"?");
    assert_mistake(&format!("bananas = 3\n{FLEET}"), 1, 1, "the keys are title, watch, duration, warmup");
    assert_mistake(
        &format!("{FLEET}[[fault]]\nat = \"1s\"\ndrop_notification = 1"),
        5,
        1,
        "did you mean \"drop_notifications\"?",
    );
    assert_mistake(
        &format!("{FLEET}[[poster]]\nstages = [{{ four = \"1s\", rate = 1 }}]"),
        4,
        13,
        "unknown key \"four\" in a stage; did you mean \"for\"?",
    );
    assert_mistake(
        &format!("{FLEET}[[poster]]\nstages = [{{ for = \"1s\", form = 1, to = 2 }}]"),
        4,
        25,
        "unknown key \"form\" in a stage; did you mean \"from\"?",
    );
}

#[test]
fn every_fault_is_read_with_its_parameter() {
    let parameters = FaultKind::ALL.map(|kind| match kind.parameter().strip_suffix('%') {
        Some(percent) => format!("{}", percent.parse::<f64>().unwrap() / 100.0),
        None if kind.parameter().is_empty() => "true".to_owned(),
        None => format!("{:?}", kind.parameter()),
    });
    for (kind, parameter) in FaultKind::ALL.into_iter().zip(parameters) {
        let text = format!("{FLEET}[[fault]]\nat = \"1s\"\n{} = {parameter}", kind.name());
        let faults = resolve(&text).faults;
        assert_eq!(faults, [Fault { at: seconds(1), length: None, replica: None, kind }], "{text}");
    }
}

#[test]
fn a_fault_hits_what_it_can() {
    let fault = |rest: &str| format!("{FLEET}[[fault]]\nat = \"1s\"\n{rest}");
    assert_mistake(
        &fault("replica = 0\ndatabase_pause = true"),
        5,
        11,
        "database_pause hits the whole database, not a replica; remove replica",
    );
    assert_mistake(&fault("replica = 0\npause_posters = true"), 5, 11, "pause_posters hits posters");
    assert_mistake(&fault("for = \"1s\"\ncancel_workers = 0.5"), 5, 7, "cancel_workers is over at once");
    assert_mistake(&fault("database_latency = \"11s\""), 5, 20, "up to \"10s\"");
    let replicas = fault("replica = 0\ndatabase_latency = \"1s\"");
    assert_eq!(resolve(&replicas).faults[0].replica, Some(0));
}

#[test]
fn faults_of_the_server_need_one_that_is_ours() {
    let fault = |kind: &str| resolve(&format!("{FLEET}[[fault]]\nat = \"1s\"\n{kind} = true"));
    for kind in ["database_pause", "database_restart", "database_kill"] {
        let refused = fault(kind).check_server_is_ours().unwrap_err().to_string();
        assert!(refused.starts_with(&format!("--database-url: {kind} stops the server")), "{refused}");
    }
    fault("long_transaction").check_server_is_ours().unwrap();
}

#[test]
fn quantities_are_checked_where_they_stand() {
    assert_mistake(&format!("duration = \"30 bananas\"\n{FLEET}"), 1, 12, "units are us, ms, s, m, h");
    assert_mistake(
        &format!("duration = 30\n{FLEET}"),
        1,
        12,
        "duration = 30 has no unit; write duration = \"30s\"",
    );
    assert_mistake(&format!("duration = \"25h\"\n{FLEET}"), 1, 12, "longer than a day");
    assert_mistake(&format!("duration = \"0s\"\n{FLEET}"), 1, 12, "longer than 0s");
    assert_mistake(&format!("backup_poll = \"0s\"\n{FLEET}"), 1, 15, "longer than 0s");
    assert_mistake(&format!("replicas = 65\n{FLEET}"), 1, 12, "from 1 to 64");
    assert_mistake(&format!("replicas = 0\n{FLEET}"), 1, 12, "from 1 to 64");
    assert_mistake(&format!("seed = -1\n{FLEET}"), 1, 8, "out of range");
    assert_mistake(&format!("title = 3\n{FLEET}"), 1, 9, "title must be a string, not a whole number");
    assert_mistake(
        &format!("policy = \"sead\"\n{FLEET}"),
        1,
        10,
        "unknown policy \"sead\"; did you mean \"seed\"?",
    );
    assert_mistake("[[fleet]]\nworkers = 0", 2, 11, "workers = 0 is out of range; it goes from 1 to 1000000");
    assert_mistake("[[fleet]]\nworkers = 1_000_001", 2, 11, "out of range");
    assert_mistake("[[fleet]]\nworkers = 2.5", 2, 11, "must be a whole number, not a number");
    assert_mistake("[[fleet]]\nworkers = 99999999999999999999", 2, 11, "");
    assert_mistake("[[fleet]]\nworkers = 600_000\n[[fleet]]\nworkers = 600_000", 4, 11, "1200000 workers");
    for (rate, words) in [
        ("-5", "negative"),
        ("nan", "no number"),
        ("inf", "no number"),
        ("\"5/week\"", "unknown unit \"week\""),
        ("true", "must be a rate"),
        ("2e6", "too high"),
    ] {
        assert_mistake(
            &format!("{FLEET}[[poster]]\nstages = [{{ for = \"1s\", rate = {rate} }}]"),
            4,
            32,
            words,
        );
    }
    assert_mistake(&format!("{FLEET}[[poster]]\nbatch = 10_001"), 4, 9, "from 1 to 10000");
}

#[test]
fn fleets_are_checked() {
    assert_fleet_mistake("failure = 1.5", "no share; it goes from 0 to 1");
    assert_fleet_mistake("failure = nan", "no share");
    assert_fleet_mistake("replica = 1", "no replica 1: there is one replica, number 0");
    assert_fleet_mistake("replica = \"spred\"", "did you mean \"spread\"?");
    assert_fleet_mistake("replica = 1.5", "must be \"spread\" or a number");
    assert_fleet_mistake("provisioners = []", "name at least one");
    assert_fleet_mistake("provisioners = \"echo\"", "must be an array");
    assert_fleet_mistake("tags = 3", "must be a table");
    assert_fleet_mistake("service_time = \"30ms\"", "must be a table such as { constant");
    assert_fleet_mistake("service_time = {}", "service_time is empty");
    assert_fleet_mistake("service_time = { constant = \"1ms\", exponential = \"1ms\" }", "several forms");
    for (line, column, words) in [
        ("provisioners = [\"terrafrom\"]", 17, "did you mean \"terraform\"?"),
        ("tags = { a = \"b\\u0000\" }", 14, "holds a NUL byte"),
        ("tags = { \"a\\u0000\" = \"b\" }", 10, "holds a NUL byte"),
        ("tags = { a = 1 }", 14, "must be a string"),
        ("service_time = { lognormal = { median = \"2s\", p99 = \"1s\" } }", 53, "shorter than the median"),
        ("service_time = { lognormal = { median = \"0s\", p99 = \"1s\" } }", 41, "longer than 0s"),
        ("service_time = { uniform = { min = \"2s\", max = \"1s\" } }", 48, "shorter than min"),
        ("service_time = { normal = \"1s\" }", 18, "did you mean \"lognormal\"?"),
        ("service_time = { constant = \"2h\" }", 29, "it goes up to \"1h\""),
    ] {
        assert_mistake(&format!("{FLEET}{line}"), 3, column, words);
    }
    assert_mistake("[[fleet]]\nname = \"a\"", 1, 1, "[[fleet]] needs \"workers\", such as workers = 10");
    assert_mistake("[fleet]\nworkers = 1", 1, 1, "fleet must be written [[fleet]]");
    assert_mistake(
        "[[fleet]]\nname = \"a\"\nworkers = 1\n[[fleet]]\nname = \"a\"\nworkers = 1",
        5,
        8,
        "another fleet has the name \"a\"",
    );
    assert_mistake("title = \"nobody\"", 1, 1, "at least one [[fleet]]");
    assert_mistake("", 1, 1, "at least one [[fleet]]");
}

#[test]
fn posters_are_checked() {
    let poster = |rest: &str| format!("{FLEET}[[poster]]\n{rest}");
    assert_mistake(&poster("batch = 1"), 3, 1, "[[poster]] needs \"stages\"");
    assert_mistake(&poster("stages = []"), 4, 10, "write at least one");
    assert_mistake(&poster("stages = [{ rate = 1 }]"), 4, 11, "a stage needs \"for\"");
    assert_mistake(&poster("stages = [{ for = \"0s\", rate = 1 }]"), 4, 19, "longer than 0s");
    for stage in ["from = 1", "from = 1, to = 2, rate = 3", "to = 2"] {
        let text = poster(&format!("stages = [{{ for = \"1s\", {stage} }}]"));
        assert_mistake(&text, 4, 11, "either a rate, or both from and to");
    }
    let staged = |rest: &str| poster(&format!("stages = [{{ for = \"1s\", rate = 1 }}]\n{rest}"));
    assert_mistake(&staged("mix = []"), 5, 7, "mix is empty");
    assert_mistake(&staged("[[poster.mix]]\nweight = 0"), 5, 1, "all weights of the mix are 0");
    assert_mistake(&staged("[[poster.mix]]\nweight = -1"), 6, 10, "no weight");
    assert_mistake(&staged("[[poster.mix]]\nweight = inf"), 6, 10, "no weight");
    assert_mistake(&staged("announce = \"never\""), 5, 12, "\"after_commit\", \"in_transaction\"");
    assert_mistake(&staged("arrival = \"poison\""), 5, 11, "did you mean \"poisson\"?");
}

#[test]
fn arrivals_in_bursts_are_read_and_checked() {
    let arrival = |arrival: &str| {
        format!("{FLEET}[[poster]]\nstages = [{{ for = \"1s\", rate = 1 }}]\narrival = {arrival}")
    };
    let scenario = resolve(&arrival("{ burst = { size = 20 } }"));
    assert_eq!(scenario.posters[0].arrival, ArrivalProcess::Burst { size: 20 });
    for (text, column, words) in [
        ("{ bursts = { size = 20 } }", 13, "unknown key \"bursts\" in arrival; did you mean \"burst\"?"),
        ("{ burst = { sise = 20 } }", 23, "unknown key \"sise\" in burst; did you mean \"size\"?"),
        ("{ burst = { size = 0 } }", 30, "size = 0 is out of range; it goes from 1 to 1000000"),
        ("{ burst = {} }", 21, "burst needs \"size\", such as size = 20"),
        ("{ burst = 20 }", 21, "burst must be a table"),
        ("{}", 11, "arrival needs \"burst\""),
        ("20", 11, "arrival must be \"poisson\", \"uniform\", or bursts such as { burst"),
    ] {
        assert_mistake(&arrival(text), 5, column, words);
    }
}

#[test]
fn crashes_are_a_share_or_a_table() {
    let crash = |crash: &str| resolve(&format!("{FLEET}crash = {crash}")).fleets[0].crash;
    let default = Crash::default();
    assert_eq!(resolve(FLEET).fleets[0].crash.share.to_bits(), 0.0_f64.to_bits());
    assert_eq!(crash("0.1"), Crash { share: 0.1, ..default });
    assert_eq!(crash("{ share = 0.1, lease = \"1s\" }"), Crash { share: 0.1, lease: seconds(1), ..default });
    assert_eq!(crash("{ share = 1, away = \"0s\" }"), Crash { share: 1.0, away: Duration::ZERO, ..default });
    for (text, column, words) in [
        ("1.5", 9, "crash = 1.5 is no share"),
        ("true", 9, "crash must be a share from 0 to 1, or a table such as { share = 0.01 }, not true"),
        ("{ away = \"1s\" }", 9, "crash needs \"share\""),
        ("{ share = 0.1, leas = \"1s\" }", 24, "unknown key \"leas\" in crash; did you mean \"lease\"?"),
        ("{ share = \"a\" }", 19, "share must be a share from 0 to 1"),
    ] {
        assert_mistake(&format!("{FLEET}crash = {text}"), 3, column, words);
    }
}

#[test]
fn assertions_are_checked_where_they_stand() {
    let assert = |rest: &str| format!("{FLEET}[[assert]]\n{rest}");
    assert_mistake(
        &assert("abort = true"),
        3,
        1,
        "[[assert]] needs \"that\", such as that = \"queue_wait.p99",
    );
    assert_mistake(&assert("that = \"audit.ok\"\nabort = 1"), 5, 9, "abort must be true or false");
    assert_mistake(&assert("that = \"audit.ok\"\nabrot = true"), 5, 1, "did you mean \"abort\"?");
    assert_mistake(&assert("that = \"queue_wiat.p99 < 250ms\""), 4, 9, "queue_wait.p99");
    assert_mistake(&assert("that = 'queue_wait.p99 < 250 bananas'"), 4, 26, "bananas");
    assert_mistake(&assert("that = \"queue_wait.p99 =< 250ms\""), 4, 24, "\"<=\"");
    // Where escapes move the words, the whole string is shown.
    assert_mistake(&assert("that = \"queue\\u005fwiat.p99 < 250ms\""), 4, 8, "queue_wait.p99");
}

#[test]
fn faults_are_checked_against_the_run() {
    let fault = |rest: &str| format!("duration = \"60s\"\nreplicas = 2\n{FLEET}[[fault]]\n{rest}");
    assert_mistake(
        &fault("at = \"60s\"\nkill_listener = true"),
        6,
        6,
        "begins at 60s, when the run of 60s is over",
    );
    assert_mistake(&fault("kill_listener = true"), 5, 1, "[[fault]] needs \"at\"");
    assert_mistake(&fault("at = \"1s\""), 5, 1, "says nothing of what goes wrong");
    assert_mistake(
        &fault("at = \"1s\"\nkill_listener = true\ndrop_notifications = 1"),
        5,
        1,
        "says both drop_notifications and kill_listener; keep one",
    );
    assert_mistake(&fault("at = \"1s\"\nkill_listener = false"), 7, 17, "no fault");
    assert_mistake(&fault("at = \"1s\"\nfor = \"1s\"\nkill_listener = true"), 7, 7, "over at once");
    assert_mistake(&fault("at = \"1s\"\ndrop_notifications = 100"), 7, 22, "from 0 to 1");
    assert_mistake(&fault("at = \"1s\"\nreplica = 2\nkill_listener = true"), 7, 11, "2 replicas, 0 to 1");
}

#[test]
fn times_are_checked_against_the_run() {
    assert_mistake(&format!("duration = \"5s\"\nwarmup = \"5s\"\n{FLEET}"), 2, 10, "nothing to measure");
}

#[test]
fn the_first_mistake_of_the_file_is_reported() {
    assert_mistake("[[fault]]\nat = 3\n[[fleet]]\nworkers = 0\ncrash = 1", 2, 6, "at = 3 has no unit");
    assert_mistake("[[fleet]]\nworkers = 0\nworker = 1", 2, 11, "out of range");
}

#[test]
fn a_mistake_shows_its_line() {
    let text = "title = \"ü\"\r\n[[fleet]]\r\n\tworker = 3\r\n";
    let error = resolve_with(text, &Overrides::default()).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    scenario test.toml:3:2: unknown key "worker" in [[fleet]]; did you mean "workers"?
       |
     3 | 	worker = 3
       | 	^^^^^^
    "#);
    let error = resolve_with("[[fleet]]\nworkers = \n", &Overrides::default()).unwrap_err();
    assert!(error.to_string().starts_with("scenario test.toml:2:11: "), "{error}");
    let error = resolve_with("title = \"é\" x", &Overrides::default()).unwrap_err();
    assert!(error.to_string().starts_with("scenario test.toml:1:13: "), "{error}");
}

#[test]
fn unknown_scenarios_get_the_nearest_name() {
    let error = Source::open("defualt").unwrap_err().to_string();
    assert!(error.contains("did you mean \"default\"?"), "{error}");
    assert!(error.contains("default, backup-poll, idle-fleet"), "{error}");
    let error = Source::open("no/such/place.toml").unwrap_err().to_string();
    assert!(error.starts_with("no such file \"no/such/place.toml\""), "{error}");
    assert!(Source::open(".").is_err());
}

#[test]
fn a_scenario_is_read_from_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.toml");
    std::fs::write(&path, FLEET).unwrap();
    let source = Source::open(path.to_str().unwrap()).unwrap();
    assert_eq!(Scenario::resolve(&source, &Overrides::default()).unwrap().title, "mine");
}

#[test]
fn built_in_scenarios_are_sound_and_without_notes() {
    for name in builtin::names() {
        let source = builtin::get(name).unwrap();
        let scenario = Scenario::resolve(&source, &Overrides::default()).unwrap();
        assert_eq!(scenario.notes, [] as [&str; 0], "{name}");
        assert!((seconds(20)..=seconds(60)).contains(&scenario.duration), "{name}");
        assert!(scenario.title.len() <= 60, "{name}");
        assert!((20..=240).contains(&scenario.watch.len()), "{name}: {}", scenario.watch);
        assert!(source.text.lines().all(|line| line.chars().count() <= 110), "{name}");
        for duration in [3, 10, 300] {
            let overrides = Overrides {
                duration: Some(seconds(duration)),
                workers: Some(40),
                rate: Some(20.0),
                replicas: Some(1),
                ..Overrides::default()
            };
            let scenario = Scenario::resolve(&source, &overrides).unwrap();
            assert!(scenario.warmup < scenario.duration, "{name}");
            assert_eq!(scenario.workers(), 40, "{name}");
        }
    }
    assert_eq!(builtin::list()[0].name, "default");
    assert_eq!(builtin::list()[0].title, "A working day in a minute");
    assert_eq!(builtin::get("nothing"), None);
}

#[test]
fn jobs_that_nobody_accepts_are_noted() {
    let scenario = resolve(
        "[[fleet]]\nworkers = 1\n[[poster]]\nname = \"p\"\nstages = [{ for = \"1s\", rate = 1 }]
        [[poster.mix]]\ntags = { region = \"mars\" }",
    );
    assert_eq!(
        scenario.notes,
        ["poster \"p\" posts terraform jobs {region=mars} that no fleet accepts; they stay queued"]
    );
}
