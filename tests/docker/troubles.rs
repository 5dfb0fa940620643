//! Each trouble has one message, and the message the remedy; nothing half made is left.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::project::{Project, Said, docker};
use crate::stand_in::{self, Impostor};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("an_engine_that_is_not_there", an_engine_that_is_not_there),
    ("a_socket_that_is_for_others", a_socket_that_is_for_others),
    ("an_image_that_cannot_be_pulled", an_image_that_cannot_be_pulled),
    ("a_port_that_is_taken", a_port_that_is_taken),
    ("a_health_check_that_never_passes", a_health_check_that_never_passes),
    ("a_server_that_ends_at_once", a_server_that_ends_at_once),
    ("a_volume_of_an_older_major", a_volume_of_an_older_major),
    ("a_password_that_was_lost", a_password_that_was_lost),
    ("a_database_that_is_not_up", a_database_that_is_not_up),
    ("variables_that_say_what_cannot_be", variables_that_say_what_cannot_be),
];

/// The command fails with this one message, which begins and ends so.
#[track_caller]
fn assert_fails(command: Command, begins: &str, ends: &str) {
    let said = Said::of(command);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{said:?}");
    let message = said.stderr.trim_end().lines().last().unwrap();
    println!("{message}");
    assert!(message.starts_with(&format!("clearance: {begins}")), "{said:?}");
    assert!(message.ends_with(ends), "{said:?}");
    let is_failure = |line: &&str| line.starts_with(&format!("clearance: {begins}"));
    assert_eq!(said.stderr.lines().filter(is_failure).count(), 1, "{said:?}");
}

fn an_engine_that_is_not_there() {
    let project = Project::new();
    for arguments in [&["db", "up"][..], &["db", "status"], &["run", "--db", "docker", "--headless"]] {
        let mut command = project.clearance(arguments.iter().copied());
        command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
        assert_fails(
            command,
            "docker's engine doesn't answer: ",
            "; start it (systemctl start docker, or Docker Desktop)",
        );
    }
}

fn a_socket_that_is_for_others() {
    let project = Project::new();
    let socket = project.desk.path().join("docker.sock");
    let _engine = UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, Permissions::from_mode(0o000)).unwrap();
    let mut command = project.clearance(["db", "up"]);
    if rustix::process::getuid().is_root() {
        // To root nothing is forbidden: the same as nobody, who needs a way to the program and to the socket.
        fs::set_permissions(project.desk.path(), Permissions::from_mode(0o755)).unwrap();
        let copy = project.desk.path().join("clearance");
        fs::copy(env!("CARGO_BIN_EXE_clearance"), &copy).unwrap();
        let environment: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        command = Command::new(copy);
        command.args(["db", "up"]).uid(65_534).gid(65_534).env("HOME", "/nowhere");
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
    }
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    assert_fails(
        command,
        "this user may not use docker's socket",
        "; join the group docker (then log in again), or run with sudo",
    );
}

fn an_image_that_cannot_be_pulled() {
    let project = Project::new();
    let mut command = project.clearance(["db", "up"]);
    // At a registry that nobody runs.
    command.env("POSTGRES_IMAGE", "127.0.0.1:1/postgres:none");
    assert_fails(
        command,
        "cannot get image 127.0.0.1:1/postgres:none: ",
        "; load one with \"docker load\", name one that is here in POSTGRES_IMAGE, or use --db local",
    );
    assert_eq!(project.leftovers(), [""; 0]);
}

fn a_port_that_is_taken() {
    let project = Project::new();
    let _taken = TcpListener::bind(("127.0.0.1", project.port)).unwrap();
    assert_fails(
        project.clearance(["db", "up"]),
        &format!("port {} of 127.0.0.1 is in use", project.port),
        "; choose another in CLEARANCE_DB_PORT, or end what listens there",
    );
    assert_eq!(project.leftovers(), [""; 0]);
}

fn a_health_check_that_never_passes() {
    let project = Project::new();
    let deaf = Impostor::new("deaf", "sleep 600");
    let mut command = project.clearance(["db", "up"]);
    command.env("POSTGRES_IMAGE", deaf.name()).env("CLEARANCE_DB_PATIENCE", "2");
    assert_fails(
        command,
        "postgres in docker didn't get healthy within ",
        " s: 127.0.0.1:5432 - no response; give it longer with CLEARANCE_DB_PATIENCE=180, or name another image in \
         POSTGRES_IMAGE",
    );
    assert_eq!(project.leftovers(), [""; 0]);
}

fn a_server_that_ends_at_once() {
    let project = Project::new();
    let ill = Impostor::new("ill", "echo no space is left; exit 3");
    let mut command = project.clearance(["db", "up"]);
    command.env("POSTGRES_IMAGE", ill.name());
    assert_fails(
        command,
        "postgres in docker ended as soon as it had started: no space is left",
        "; mend that, or name another image in POSTGRES_IMAGE",
    );
    assert_eq!(project.leftovers(), [""; 0]);
}

fn a_volume_of_an_older_major() {
    let project = Project::new();
    project.up();
    let major = project.held(["db", "psql", "-At", "-c", "SHOW server_version_num"]).stdout;
    let major = major.trim().parse::<u32>().unwrap() / 10_000;
    project.held(["db", "down"]);
    let mount = format!("{}:/data", project.volume());
    let older = "echo 12 > /data/clearance/PG_VERSION";
    docker(["run", "--rm", "--volume", &mount, stand_in::image(), "bash", "-c", older]).unwrap();
    assert_fails(
        project.clearance(["db", "up"]),
        &format!(
            "the data in volume {} is of postgres 12, and {} is postgres {major}; name an image of postgres 12 in \
             POSTGRES_IMAGE, ",
            project.volume(),
            stand_in::image()
        ),
        "or begin anew with \"clearance db down --volumes\"",
    );
    // The data is its owner's to throw away.
    assert_eq!(project.leftovers(), [format!("volume {}", project.volume())]);
    project.down();
    project.up();
    project.down();
}

fn a_password_that_was_lost() {
    let project = Project::new();
    project.up();
    fs::remove_dir_all(project.desk.path().join("clearance")).unwrap();
    assert_fails(
        project.clearance(["db", "up"]),
        "postgres in docker has another password than is kept here; begin anew with \"clearance db down --volumes\"",
        ", or give the old one in CLEARANCE_DB_PASSWORD",
    );
    project.down();
}

fn a_database_that_is_not_up() {
    let project = Project::new();
    assert_fails(
        project.clearance(["db", "psql"]),
        "postgres in docker isn't up",
        "; start it with \"clearance db up\"",
    );
}

fn variables_that_say_what_cannot_be() {
    let project = Project::new();
    let mut command = project.clearance(["db", "up"]);
    command.env("CLEARANCE_DB_PORT", "postgres");
    assert_fails(
        command,
        "CLEARANCE_DB_PORT is \"postgres\"",
        ", which is no port; give a number from 1 to 65535",
    );
    let mut command = project.clearance(["db", "up"]);
    command.env("CLEARANCE_DB_PROJECT", "My Project");
    assert_fails(command, "CLEARANCE_DB_PROJECT is \"My Project\"", "a letter or digit first");
}
