//! What every measurement may be told on its command line.

/// The options, after `cargo bench … --`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// `--fast`: fsync off.
    pub(crate) fast: bool,
    /// `--rounds N`: how often the contestants take turns.
    pub(crate) rounds: usize,
}

impl Options {
    /// Reads them. `None` when this isn't `cargo bench`: a test run that builds all targets also starts them.
    pub(crate) fn read(rounds: usize) -> Option<Self> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        if !words.iter().any(|word| word == "--bench") {
            println!("measures only under cargo bench");
            return None;
        }
        let value = words.iter().position(|word| word == "--rounds").and_then(|at| words.get(at + 1));
        Some(Self {
            fast: words.iter().any(|word| word == "--fast"),
            rounds: value.and_then(|value| value.parse().ok()).unwrap_or(rounds),
        })
    }
}
