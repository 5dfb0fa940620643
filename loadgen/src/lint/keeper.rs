//! Asks all lints once a second, and keeps what they found from flickering.

use std::sync::Arc;

use super::{Finding, LINTS, PAST_MAX, Sight, Verdict, Warning, Warnings};

/// A warning opens when so many looks have found it, and none in between said that all is fine.
const OPENS_AFTER: u32 = 2;
/// It is over when so many looks have said that all is fine since one found it last.
const ENDS_AFTER: u32 = 3;

/// What is known of warnings so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keeper {
    /// The second that was looked at last.
    looked_at: Option<u64>,
    watches: [Watch; LINTS.len()],
    /// Touched only when a warning opens, goes on or ends: whoever was shown them keeps the ones of then.
    shown: Arc<Warnings>,
}

/// What one lint found so far.
#[derive(Debug, Clone, Default)]
enum Watch {
    #[default]
    Quiet,
    /// It was found in so many looks, first in this second.
    Suspected { from_second: u64, looks: u32 },
    Open {
        warning: Warning,
        /// The last second in which it was found.
        seen: u64,
        /// Looks since then that said that all is fine.
        fine: u32,
    },
}

impl Keeper {
    /// Whether this second is still to be looked at.
    pub(crate) fn wants(&self, second: u64) -> bool {
        self.looked_at != Some(second)
    }

    /// Looks at the run as it was at the end of `second`.
    pub(crate) fn look(&mut self, second: u64, sight: &Sight) {
        self.looked_at = Some(second);
        for (index, lint) in LINTS.iter().enumerate() {
            let watch = std::mem::take(&mut self.watches[index]);
            self.watches[index] = match watch.told(lint.name, second, (lint.look)(sight)) {
                (watch, None) => watch,
                (watch, Some(over)) => {
                    self.file(over);
                    watch
                }
            };
        }
        self.show();
    }

    /// The run is no longer measured: whatever lasted is over.
    pub(crate) fn end(&mut self) {
        for index in 0..self.watches.len() {
            if let Watch::Open { warning, seen, .. } = std::mem::take(&mut self.watches[index]) {
                self.file(Warning { to_second: Some(seen), ..warning });
            }
        }
        self.show();
    }

    /// What there is to show.
    pub(crate) fn shown(&self) -> Arc<Warnings> {
        Arc::clone(&self.shown)
    }

    /// Every warning that is kept, those that last at the end.
    pub(crate) fn all(&self) -> Vec<Warning> {
        self.shown.past.iter().chain(&self.shown.open).cloned().collect()
    }

    fn file(&mut self, over: Warning) {
        let shown = Arc::make_mut(&mut self.shown);
        if shown.past.len() == PAST_MAX {
            shown.past.remove(0);
            shown.forgotten += 1;
        }
        shown.past.push(over);
    }

    fn show(&mut self) {
        let open = || self.watches.iter().filter_map(Watch::warning);
        if !open().eq(&self.shown.open) {
            Arc::make_mut(&mut self.shown).open = open().cloned().collect();
        }
    }
}

impl Watch {
    /// The warning that lasts.
    fn warning(&self) -> Option<&Warning> {
        match self {
            Self::Open { warning, .. } => Some(warning),
            Self::Quiet | Self::Suspected { .. } => None,
        }
    }

    /// What becomes of it by a verdict, and the warning that is over by it.
    fn told(self, name: &'static str, second: u64, verdict: Verdict) -> (Self, Option<Warning>) {
        let next = match (self, verdict) {
            (watch, Verdict::LookAgain) => watch,
            (Self::Quiet | Self::Suspected { .. }, Verdict::Fine) => Self::Quiet,
            (Self::Quiet, Verdict::Warn(finding)) => Self::found(name, second, 1, second, finding),
            (Self::Suspected { from_second, looks }, Verdict::Warn(finding)) => {
                Self::found(name, from_second, looks + 1, second, finding)
            }
            (Self::Open { warning, .. }, Verdict::Warn(finding)) => {
                Self::found(name, warning.from_second, OPENS_AFTER, second, finding)
            }
            (Self::Open { warning, seen, fine }, Verdict::Fine) if fine + 1 >= ENDS_AFTER => {
                return (Self::Quiet, Some(Warning { to_second: Some(seen), ..warning }));
            }
            (Self::Open { warning, seen, fine }, Verdict::Fine) => {
                Self::Open { warning, seen, fine: fine + 1 }
            }
        };
        (next, None)
    }

    fn found(name: &'static str, from_second: u64, looks: u32, seen: u64, finding: Finding) -> Self {
        if looks < OPENS_AFTER {
            return Self::Suspected { from_second, looks };
        }
        let warning = Warning {
            name: name.to_owned(),
            what: finding.what,
            evidence: finding.evidence,
            advice: finding.advice.to_owned(),
            from_second,
            to_second: None,
        };
        Self::Open { warning, seen, fine: 0 }
    }
}
