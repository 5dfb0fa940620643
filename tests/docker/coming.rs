//! The database comes, is used, is found again, and goes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;

use crate::project::{Project, QUEUED, docker};
use crate::until::until;

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_database_comes_up_is_used_by_runs_and_goes_down", a_database_comes_up_is_used_by_runs_and_goes_down),
    (
        "data_outlives_its_container_unless_it_is_to_go_too",
        data_outlives_its_container_unless_it_is_to_go_too,
    ),
    ("a_run_takes_down_what_it_has_brought_up", a_run_takes_down_what_it_has_brought_up),
    ("a_run_that_is_killed_leaves_nothing", a_run_that_is_killed_leaves_nothing),
    ("what_a_crash_has_left_paused_is_mended", what_a_crash_has_left_paused_is_mended),
];

fn a_database_comes_up_is_used_by_runs_and_goes_down() {
    let project = Project::new();
    let mut said = Vec::new();
    let up = project.up();
    assert_eq!(
        up.stdout,
        format!("up at 127.0.0.1:{}; use it with: clearance run --db docker\n", project.port)
    );
    assert!(up.stderr.contains(&format!(" in docker at 127.0.0.1:{}\n", project.port)), "{up:?}");
    said.push(up);
    // Only now, and by its health check, is it up.
    assert_eq!(project.inspect("{{.State.Health.Status}}").as_deref(), Some("healthy"));

    let status = project.held(["db", "status"]);
    assert!(status.stdout.contains("(healthy)"), "{status:?}");
    assert!(status.stdout.contains(&format!("127.0.0.1:{}->5432/tcp", project.port)), "{status:?}");
    assert!(status.stdout.contains(&format!("in volume {}\n", project.volume())), "{status:?}");
    said.push(status);

    let settings = "SELECT setting FROM pg_settings WHERE name IN \
                    ('fsync', 'max_connections', 'shared_preload_libraries') ORDER BY name";
    let psql = project.held(["db", "psql", "-At", "-c", settings]);
    assert_eq!(psql.stdout, "off\n300\npg_stat_statements\n");
    said.push(psql);

    let container = project.container();
    let report = project.desk.path().join("report.json");
    let scenario = project.story("3s", QUEUED, "");
    let run = ["run", scenario.to_str().unwrap(), "--db", "docker", "--headless", "--report"];
    let ran = project.held(run.into_iter().chain([report.to_str().unwrap()]));
    assert!(ran.stderr.contains("using the postgres that is up in docker"), "{ran:?}");
    said.push(ran);
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    assert_eq!(report["environment"]["database"], "docker");
    assert_eq!(report["environment"]["durability"], "fast");
    assert_eq!(report["audit"]["ok"], true, "{}", report["audit"]);
    assert_eq!(report["jobs"]["completed"], 60, "{}", report["jobs"]);

    // One that is up is used as it is, and stays.
    let again = project.held(["db", "up", "--db-durability", "safe"]);
    assert!(again.stderr.contains("using the postgres that is up"), "{again:?}");
    said.push(again);
    assert_eq!(project.container(), container);

    let kept = project.desk.path().join(format!("clearance/docker/{}.password", project.name));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let password = fs::read_to_string(kept).unwrap();
    assert_eq!(password.len(), 32);
    assert!(!format!("{said:?} {report}").contains(&password));
    project.down();
    let status = project.held(["db", "status"]);
    assert!(status.stdout.contains("not there; start it with: clearance db up"), "{status:?}");
}

fn data_outlives_its_container_unless_it_is_to_go_too() {
    let project = Project::new();
    project.up();
    project.held(["db", "psql", "-c", "CREATE TABLE kept (id int)"]);
    project.held(["db", "down"]);
    assert_eq!(project.leftovers(), [format!("volume {}", project.volume())]);
    project.up();
    let there = project.held(["db", "psql", "-At", "-c", "SELECT to_regclass('kept')"]);
    assert_eq!(there.stdout, "kept\n");
    project.down();
    // What isn't there can be taken down.
    project.down();
}

fn a_run_takes_down_what_it_has_brought_up() {
    let project = Project::new();
    let scenario = project.story("2s", QUEUED, "");
    let run = ["run", scenario.to_str().unwrap(), "--db", "docker", "--db-durability", "fast", "--headless"];
    let ran = project.held(run);
    assert!(ran.stdout.contains("audit       ok"), "{ran:?}");
    assert_eq!(project.leftovers(), [""; 0]);
}

fn a_run_that_is_killed_leaves_nothing() {
    let project = Project::new();
    let run = ["run", "--db", "docker", "--db-durability", "fast", "--headless", "--duration", "10m"];
    let mut command = project.clearance(run);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the run's sessions", || {
        let container = project.container()?;
        let asked = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'clearance%' LIMIT 1";
        let psql = ["exec", &container, "psql", "-U", "clearance", "-At", "-c", asked];
        docker(psql).ok().filter(|answer| answer == "1")
    });
    running.kill().unwrap();
    running.wait().unwrap();
    until("nothing is left", || project.leftovers().is_empty().then_some(()));
}

fn what_a_crash_has_left_paused_is_mended() {
    let project = Project::new();
    project.up();
    let container = project.container().unwrap();
    let network = format!("{}_default", project.name);
    docker(["network", "disconnect", &network, &container]).unwrap();
    docker(["pause", &container]).unwrap();
    let again = project.up();
    assert!(again.stderr.contains("mended the container"), "{again:?}");
    assert_eq!(project.held(["db", "psql", "-At", "-c", "SELECT 1"]).stdout, "1\n");
    project.down();
}
