//! Docker, as far as this machine has it: where it can't be used, one message says why and nothing is left.

use std::process::Command;

use loadgen::database::docker::{DockerError, Engine, down, status};
use loadgen::database::probe::Findings;
use loadgen::database::{DatabaseError, DatabaseRequest, How, open};

fn project(kind: &[&str]) -> String {
    let filter = "label=com.docker.compose.project=clearance";
    let output = Command::new("docker").args(kind).args(["--filter", filter, "-q"]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn docker_that_cannot_be_used_says_why_and_leaves_nothing() {
    let findings = Findings::gather(None).await;
    if findings.docker_is_ready() && findings.image_here {
        println!("skipped: docker can be used here");
        return;
    }
    let request = DatabaseRequest { how: How::Docker, ..DatabaseRequest::default() };
    let Err(DatabaseError::Docker(error)) = open(request, &|said| println!("{said}")).await else {
        println!("skipped: the image could be fetched");
        return;
    };
    let message = error.to_string();
    println!("{message}");
    assert!(!message.contains('\n'), "{message}");
    match findings.engine {
        Engine::Absent => assert!(matches!(error, DockerError::Absent)),
        Engine::Down { .. } => assert!(matches!(error, DockerError::Down { .. })),
        Engine::PermissionDenied => assert!(matches!(error, DockerError::PermissionDenied)),
        Engine::Present { .. } if findings.compose.is_none() => {
            assert!(matches!(error, DockerError::ComposeMissing));
        }
        Engine::Present { .. } => {
            assert!(matches!(error, DockerError::Image { .. }), "{message}");
            assert!(message.contains("cannot get image") && message.contains("POSTGRES_IMAGE"), "{message}");
            for kind in [&["container", "ls", "-a"][..], &["network", "ls"], &["volume", "ls"]] {
                assert_eq!(project(kind), "", "{kind:?}");
            }
            let status = status().await.unwrap();
            assert_eq!((status.container, status.ports, status.volume), (None, None, false));
            // What isn't there can be taken down.
            down(true).await.unwrap();
        }
    }
}
