//! The README's pictures and recording, taken of the real dashboard: the real binary runs on a Postgres of its own in a
//! terminal of its own, keys are pressed when the screen says what they wait for, and the screen is written as
//! SVG in the colours of a dark and of a light terminal.
//!
//! ```text
//! cargo build --release && cargo run --release -p clearance --example pictures [-- NAME…]
//! ```
//!
//! Without a name it makes all of them, in a few minutes. They lie in `tui/pictures/`; the recording is an asciicast,
//! for `asciinema play`.

mod stage;

use std::path::Path;

use anyhow::{Context as _, bail};
use clearance::picture::{PictureTheme, svg};

use stage::{Cue, Stage};

/// A real run, and what is taken of it.
struct Take {
    /// The files' name.
    name: &'static str,
    arguments: &'static [&'static str],
    columns: u16,
    rows: u16,
    /// What is waited for, and what is pressed then. The last screen is the picture.
    cues: &'static [Cue],
    is_film: bool,
}

const TAKES: &[Take] = &[
    Take {
        name: "overview",
        arguments: &["run", "backup-poll"],
        columns: 120,
        rows: 36,
        cues: &[Cue { says: "RESCUED", press: "", settle_ms: 3_000 }],
        is_film: false,
    },
    Take {
        name: "wakeups",
        arguments: &["run", "backup-poll"],
        columns: 120,
        rows: 30,
        cues: &[
            Cue { says: "RESCUED", press: "3", settle_ms: 1_000 },
            Cue { says: "Wakeups", press: "R", settle_ms: 1_000 },
        ],
        is_film: false,
    },
    Take {
        name: "backup-poll",
        arguments: &["demo", "backup-poll"],
        columns: 100,
        rows: 30,
        cues: &[Cue { says: "run finished", press: "", settle_ms: 5_000 }],
        is_film: true,
    },
];

fn main() -> anyhow::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| TAKES.iter().all(|take| take.name != **name)) {
        let names: Vec<&str> = TAKES.iter().map(|take| take.name).collect();
        bail!("there is no picture {unknown:?}; there are {}", names.join(", "));
    }
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures");
    for take in TAKES.iter().filter(|take| wanted.is_empty() || wanted.iter().any(|name| name == take.name)) {
        let mut stage = Stage::open(take.arguments, take.columns, take.rows)?;
        for cue in take.cues {
            stage.play(cue).with_context(|| format!("the picture {:?} was not taken", take.name))?;
        }
        let (screen, film) = stage.leave()?;
        if take.is_film {
            write(&pictures.join(format!("{}.cast", take.name)), &film)?;
            continue;
        }
        for (theme, suffix) in [(PictureTheme::Dark, ""), (PictureTheme::Light, "-light")] {
            write(&pictures.join(format!("{}{suffix}.svg", take.name)), &svg(&screen, theme))?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}
