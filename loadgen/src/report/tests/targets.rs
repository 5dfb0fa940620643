//! Reports as files: which there can be, and what is in them.

use super::*;

#[test]
fn a_written_report_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.json");
    std::fs::write(&path, "what was there before").unwrap();
    let target = Target::new(&path).unwrap();
    target.write(&fixed()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), fixed());
    assert!(text.ends_with("}\n"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn the_ending_says_what_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.HTML");
    Target::new(&path).unwrap().write(&fixed()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), html::render(&fixed()));
}

#[test]
fn a_directory_that_is_gone_by_the_end_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let target = Target::new(inner.join("run.json")).unwrap();
    std::fs::remove_dir(&inner).unwrap();
    assert!(matches!(target.write(&fixed()), Err(ReportError::NoDirectory { .. })));
}

#[cfg(unix)]
#[test]
fn a_report_is_as_readable_as_any_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let (plain, path) = (directory.path().join("plain"), directory.path().join("run.json"));
    std::fs::write(&plain, "").unwrap();
    Target::new(&path).unwrap().write(&fixed()).unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(path), mode(plain));
}

#[test]
fn a_target_is_checked_before_the_run() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |name: &str| Target::new(directory.path().join(name)).unwrap_err().to_string();
    assert!(refused("run.txt").contains("name a .json or an .html file"));
    assert!(refused("run").contains("name a .json or an .html file"));
    assert!(refused("missing/run.json").contains("create it first"));
    assert!(Target::new("run.JSON").is_ok() && Target::new("run.html").is_ok());
}
