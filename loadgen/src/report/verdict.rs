//! What a run's result means for whoever started it, as words and as an exit code.
//!
//! Of several that apply the first in the order of [`Verdict`] counts. A partial run proves nothing. A
//! lost job is a fact however badly the generator kept its schedule. Figures that the generator spoilt
//! can't fail an assertion. A run that an assertion stopped early is judged like any other.

use super::Report;
use super::summary::words::{count, plural};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It could not go on: no verdict on what was asked.
    Failed,
    /// Somebody ended it early: no verdict.
    Interrupted,
    /// A job was lost, doubled or stranded.
    AuditFailed,
    /// The generator did not keep its schedule.
    Invalid,
    /// An assertion fell short.
    FellShort,
    /// All held.
    Held,
}

impl Verdict {
    /// The process's exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Failed => 1,
            Self::FellShort => 3,
            Self::AuditFailed => 4,
            Self::Invalid => 5,
            Self::Interrupted => 130,
        }
    }
}

impl Report {
    /// How the run ended.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.run.failed.is_some() {
            Verdict::Failed
        } else if self.run.interrupted {
            Verdict::Interrupted
        } else if !self.audit.ok {
            Verdict::AuditFailed
        } else if !self.run.valid {
            Verdict::Invalid
        } else if self.assertions.iter().any(|assertion| !assertion.held) {
            Verdict::FellShort
        } else {
            Verdict::Held
        }
    }

    /// Why it failed, or why its figures are INVALID. What failed spoilt the generator's schedule as well: then that
    /// is no reason of its own.
    pub(super) fn reasons(&self) -> &[String] {
        self.run.failed.as_ref().map_or(&*self.run.invalid_reasons, std::slice::from_ref)
    }

    /// The verdict in a line, such as `HELD: every job is accounted for`.
    pub(super) fn verdict_in_words(&self) -> String {
        let held = self.assertions.iter().filter(|assertion| assertion.held).count();
        let asked = self.assertions.len();
        match self.verdict() {
            Verdict::Failed => "FAILED: what was measured until then, no verdict".to_owned(),
            Verdict::Interrupted => "INTERRUPTED: a partial summary, no verdict".to_owned(),
            Verdict::AuditFailed => {
                let [lost, doubled, stranded] = [&self.audit.lost, &self.audit.doubled, &self.audit.stranded]
                    .map(|jobs| count(jobs.len() as u64));
                format!("AUDIT FAILED: {lost} lost, {doubled} doubled, {stranded} stranded")
            }
            Verdict::Invalid => "INVALID: the generator did not keep its schedule".to_owned(),
            Verdict::FellShort => {
                format!("FELL SHORT: {} of {} did not hold", asked - held, plural(asked as u64, "assertion"))
            }
            Verdict::Held if asked > 0 => {
                format!("HELD: every job is accounted for, {} held", plural(asked as u64, "assertion"))
            }
            Verdict::Held => "HELD: every job is accounted for".to_owned(),
        }
    }

    /// The process's exit code after this run.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.verdict().exit_code()
    }
}
