//! The tool as a container: its Dockerfile, and the profile `load` that runs it beside the Postgres.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::project::{Project, QUEUED, Said, docker};
use crate::stand_in;
use crate::until::until;
use crate::works;

pub(crate) const TESTS: &[(&str, fn())] =
    &[("the_tool_runs_in_a_container_beside_the_database", the_tool_runs_in_a_container_beside_the_database)];

/// Stands in for the compiler: the binary of these tests is what it has built, where it is asked for that and has what
/// a build needs, and nothing that was built elsewhere.
const CARGO: &str = "#!/bin/bash -e
[ \"$*\" = 'build --release --locked -p clearance' ]
for file in Cargo.lock src/lib.rs loadgen/Cargo.toml tui/src/main.rs docker-compose.yml; do [ -f $file ]; done
for path in target .git; do [ ! -e $path ]; done
mkdir -p target/release
cp /usr/local/bin/built target/release/clearance
";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Images that go when this is dropped.
struct Images(Vec<String>);

impl Drop for Images {
    fn drop(&mut self) {
        for image in self.0.iter().rev() {
            // Named by this test alone.
            let _ = docker(["image", "rm", image]);
        }
    }
}

/// Makes an image with a compiler that builds this binary, and no other.
fn make_compiler(project: &Project, name: &str) {
    let shim = project.desk.path().join("cargo");
    fs::write(&shim, CARGO).unwrap();
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
    let container = docker(["create", stand_in::image()]).unwrap();
    let made = [
        docker(["cp", shim.to_str().unwrap(), &format!("{container}:/usr/local/bin/cargo")]),
        docker(["cp", env!("CARGO_BIN_EXE_clearance"), &format!("{container}:/usr/local/bin/built")]),
        docker(["commit", "--change", "ENTRYPOINT []", &container, name]),
    ];
    docker(["rm", "--volumes", &container]).unwrap();
    made.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
}

fn the_tool_runs_in_a_container_beside_the_database() {
    // Declared first, to go last: an image can't go before its containers.
    let mut images = Images(Vec::new());
    let project = Project::new();
    // The first stage has a name as well: what has none stays behind.
    images.0 = ["compiler", "built", "tool"].map(|what| format!("{}-{what}", project.name)).into();
    let [compiler, first_stage, tool] = &images.0[..] else { unreachable!("there are three") };
    make_compiler(&project, compiler);
    let root = root();
    let arguments = [format!("BUILD_IMAGE={compiler}"), format!("RUN_IMAGE={}", stand_in::image())];
    let [build_image, run_image] = &arguments;
    let build = ["build", "--build-arg", build_image, "--build-arg", run_image, "--tag"];
    for stage in [&["--target", "build"][..], &[]] {
        let name = if stage.is_empty() { tool } else { first_stage };
        let rest = [name.as_str()].into_iter().chain(stage.iter().copied()).chain([root.to_str().unwrap()]);
        docker(build.into_iter().chain(rest)).unwrap();
    }
    assert_eq!(docker(["inspect", "--format", "{{.Config.User}}", tool]).unwrap(), "10001:10001");
    let version = docker(["run", "--rm", "--volume", "/var/lib/postgresql/data", tool, "--version"]).unwrap();
    assert!(version.starts_with("clearance "), "{version}");

    let out = project.desk.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o777)).unwrap();
    fs::rename(project.story("20s", QUEUED, ""), out.join("story.toml")).unwrap();
    let mut compose = if works("docker", &["compose", "version"]) {
        let mut command = Command::new("docker");
        command.arg("compose");
        command
    } else {
        Command::new("docker-compose")
    };
    compose.current_dir(&root).args([
        "-p",
        &project.name,
        "--profile",
        "load",
        "up",
        "--no-build",
        "--exit-code-from",
        "load",
    ]);
    // The tool's own variables, as a person sets them who calls Compose by hand.
    for (name, value) in project.clearance([]).get_envs() {
        if let Some(value) = value {
            compose.env(name, value);
        }
    }
    compose
        .env("CLEARANCE_DB_PASSWORD", "a:word/with@signs")
        .env("CLEARANCE_DB_DURABLE", "off")
        .env("CLEARANCE_IMAGE", tool)
        .env("CLEARANCE_SCENARIO", "/out/story.toml")
        .env("CLEARANCE_OUT", &out)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = compose.spawn().unwrap();

    let network = format!("{}_default", project.name);
    let ask = "exec 3<>/dev/tcp/load/9187; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    let beside = ["run", "--rm", "--network", &network, stand_in::image(), "bash", "-c", ask];
    let metrics = until("the metrics, asked for by another container", || {
        docker(beside).ok().filter(|page| page.contains("clearance_jobs_acquired_total"))
    });
    assert!(metrics.contains("database=\"url\""), "{metrics}");
    let label = format!("label=com.docker.compose.project={}", project.name);
    let service = "label=com.docker.compose.service=load";
    let ports = docker(["ps", "--filter", &label, "--filter", service, "--format", "{{.Ports}}"]).unwrap();
    assert!(ports.contains("9187/tcp") && !ports.contains("->"), "exposed and not published: {ports}");

    let said = Said::from(running.wait_with_output().unwrap());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(!format!("{said:?}").contains("a:word/with@signs"), "{said:?}");
    let report: Value = serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["audit"]["ok"], true, "{}", report["audit"]);
    assert!(out.join("report.html").exists() && out.join("run.clr").exists());
    project.down();
}
