//! Screens that are kept: a picture and a text of one name, in a directory. What is there is never overwritten.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local};

/// So many screens of one second are kept.
const SAME_SECOND_MAX: u32 = 99;

/// Why a screen wasn't saved.
#[derive(Debug, thiserror::Error)]
#[error("cannot save {}: {source}", path.display())]
pub struct SaveError {
    path: PathBuf,
    source: io::Error,
}

/// Writes both files below `directory`, named after the run and the time, and answers the picture's path.
pub fn save(
    directory: &Path,
    run: &str,
    at: DateTime<Local>,
    svg: &str,
    text: &str,
) -> Result<PathBuf, SaveError> {
    // A scenario's name may hold anything; a file's had better not.
    let run: String = run.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let run = if run.is_empty() { "run" } else { &run };
    let name = format!("clearance-{run}-{}", at.format("%Y%m%d-%H%M%S"));
    let mut last =
        Err(SaveError { path: directory.join(&name), source: io::ErrorKind::AlreadyExists.into() });
    for number in 1..=SAME_SECOND_MAX {
        let name = if number == 1 { name.clone() } else { format!("{name}-{number}") };
        // A plain name rather than ./name: it is told to people.
        let stem = if directory == Path::new(".") { PathBuf::from(name) } else { directory.join(name) };
        let [picture, words] = ["svg", "txt"].map(|ending| stem.with_added_extension(ending));
        if !words.exists() {
            last = write_new(&picture, svg).and_then(|()| write_new(&words, text)).map(|()| picture);
            if !last.as_ref().is_err_and(|error| error.source.kind() == io::ErrorKind::AlreadyExists) {
                break;
            }
        }
    }
    last
}

fn write_new(path: &Path, text: &str) -> Result<(), SaveError> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| SaveError { path: path.to_owned(), source })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn screens_of_one_second_have_names_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let at = Local.with_ymd_and_hms(2024, 2, 29, 15, 4, 5).unwrap();
        let saved = |text| save(directory.path(), "back/up poll", at, "<svg/>", text).unwrap();
        let paths = ["one", "two", "three"].map(saved);
        let names = paths.each_ref().map(|path| path.file_name().unwrap().to_str().unwrap());
        let name = "clearance-back-up-poll-20240229-150405";
        assert_eq!(names, [format!("{name}.svg"), format!("{name}-2.svg"), format!("{name}-3.svg")]);
        for (path, text) in paths.iter().zip(["one", "two", "three"]) {
            assert_eq!(fs::read_to_string(path).unwrap(), "<svg/>");
            assert_eq!(fs::read_to_string(path.with_extension("txt")).unwrap(), text);
        }
    }

    #[test]
    fn a_text_that_is_there_is_not_overwritten_by_that_of_a_new_picture() {
        let directory = tempfile::tempdir().unwrap();
        let at = Local.with_ymd_and_hms(2024, 2, 29, 15, 4, 5).unwrap();
        let mine = directory.path().join("clearance-run-20240229-150405.txt");
        fs::write(&mine, "mine").unwrap();
        let path = save(directory.path(), "", at, "<svg/>", "text").unwrap();
        assert!(path.ends_with("clearance-run-20240229-150405-2.svg"), "{}", path.display());
        assert_eq!(fs::read_to_string(mine).unwrap(), "mine");
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = save(&directory.path().join("gone"), "a", Local::now(), "", "").unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("cannot save ") && said.contains("gone/clearance-a-"), "{said}");
    }
}
