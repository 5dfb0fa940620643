//! Where a scenario's text comes from: the binary itself, or a file.

use super::error::{ScenarioError, nearest};
use super::{Overrides, Scenario, Source};

/// The scenarios that the binary carries.
pub mod builtin {
    use super::{Overrides, Scenario, Source};

    const ALL: [(&str, &str); 12] = [
        ("default", include_str!("../../scenarios/default.toml")),
        ("backup-poll", include_str!("../../scenarios/backup-poll.toml")),
        ("idle-fleet", include_str!("../../scenarios/idle-fleet.toml")),
        ("thundering-herd", include_str!("../../scenarios/thundering-herd.toml")),
        ("lost-wakeup", include_str!("../../scenarios/lost-wakeup.toml")),
        ("listener-killed", include_str!("../../scenarios/listener-killed.toml")),
        ("deaf-listener", include_str!("../../scenarios/deaf-listener.toml")),
        ("failover", include_str!("../../scenarios/failover.toml")),
        ("burst", include_str!("../../scenarios/burst.toml")),
        ("ramp", include_str!("../../scenarios/ramp.toml")),
        ("hot-domain", include_str!("../../scenarios/hot-domain.toml")),
        ("starved-tag", include_str!("../../scenarios/starved-tag.toml")),
    ];

    /// One of them, for a list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Listed {
        /// Its name on the command line.
        pub name: &'static str,
        /// Its title.
        pub title: String,
        /// What to watch for.
        pub watch: String,
    }

    /// Their names, the default one first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.into_iter().map(|(name, _)| name)
    }

    /// Their names and titles, in the order of [`names`].
    #[must_use]
    pub fn list() -> Vec<Listed> {
        names()
            .map(|name| {
                let scenario = get(name)
                    .and_then(|source| Scenario::resolve(&source, &Overrides::default()).ok())
                    .unwrap_or_default();
                Listed { name, title: scenario.title, watch: scenario.watch }
            })
            .collect()
    }

    /// The text of one.
    #[must_use]
    pub fn get(name: &str) -> Option<Source> {
        ALL.into_iter()
            .find(|(known, _)| *known == name)
            .map(|(name, text)| Source { name: name.to_owned(), text: text.to_owned() })
    }
}

impl Source {
    /// The built-in scenario of that name, else the file at that path.
    pub fn open(name_or_path: &str) -> Result<Self, ScenarioError> {
        if let Some(source) = builtin::get(name_or_path) {
            return Ok(source);
        }
        match std::fs::read_to_string(name_or_path) {
            Ok(text) => Ok(Self { name: name_or_path.to_owned(), text }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_path(name_or_path) => {
                let hint = nearest(name_or_path, builtin::names())
                    .map(|near| format!("; did you mean {near:?}?"))
                    .unwrap_or_default();
                let known = builtin::names().collect::<Vec<_>>().join(", ");
                Err(ScenarioError::Unknown { name: name_or_path.to_owned(), hint, known })
            }
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                Err(ScenarioError::Missing { path: name_or_path.to_owned() })
            }
            Err(source) => Err(ScenarioError::Unreadable { path: name_or_path.to_owned(), source }),
        }
    }
}

/// Whether a word was meant as a path rather than a built-in's name.
fn is_path(word: &str) -> bool {
    word.contains(['/', '\\'])
        || std::path::Path::new(word).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}
