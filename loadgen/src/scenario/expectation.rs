//! What a scenario asks of its run.

use serde::{Deserialize, Serialize};

use crate::assert::{AssertError, Expression, Live};

/// Something that the run is to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// What.
    pub that: Expression,
    /// The run ends as soon as it can no longer hold.
    #[serde(default)]
    pub abort: bool,
}

impl Expectation {
    /// The expectation. Refused when the run is to end by something that is known only when it is over.
    pub fn new(that: Expression, abort: bool) -> Result<Self, AssertError> {
        if abort {
            Live::new(&that)?;
        }
        Ok(Self { that, abort })
    }
}

impl From<Expression> for Expectation {
    fn from(that: Expression) -> Self {
        Self { that, abort: false }
    }
}
