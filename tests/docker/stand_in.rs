//! The image that stands in for the official one. It stays on the engine, named by what it is made of, so that it
//! is made again only when that changes.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::project::docker;

/// The server that images are made of: the newest that Debian's packages have put here.
pub(crate) fn postgres() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let majors = installed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let server = |major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin/postgres"));
    majors.filter(|major| server(*major).exists()).max().map(server)
}

/// The image's name. Makes the image where it isn't there yet.
pub(crate) fn image() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let recipe = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/docker/stand-in"));
        let mut hasher = DefaultHasher::new();
        for file in ["build", "docker-entrypoint.sh"] {
            fs::read(recipe.join(file)).unwrap().hash(&mut hasher);
        }
        Command::new(postgres().unwrap()).arg("--version").output().unwrap().stdout.hash(&mut hasher);
        let name = format!("clearance-stand-in/postgres:{:016x}", hasher.finish());
        if docker(["image", "inspect", &name]).is_err() {
            let built = Command::new(recipe.join("build")).arg(&name).output().unwrap();
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        }
        name
    })
}

/// The stand-in with another entrypoint; gone when this is dropped.
pub(crate) struct Impostor {
    name: String,
}

impl Impostor {
    /// One that runs this shell script instead of Postgres.
    pub(crate) fn new(name: &str, script: &str) -> Self {
        let name = format!("clearance-stand-in/{name}:{}", std::process::id());
        let container = docker(["create", image()]).unwrap();
        let entrypoint = format!("ENTRYPOINT [\"bash\", \"-c\", {script:?}]");
        let committed = docker(["commit", "--change", &entrypoint, &container, &name]);
        docker(["rm", "--volumes", &container]).unwrap();
        committed.unwrap();
        Self { name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        // Named only by this test: whether it went is seen by whoever lists images.
        let _ = docker(["image", "rm", &self.name]);
    }
}
