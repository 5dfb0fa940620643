//! One comparison of a figure with a limit, from its text to its verdict.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::AssertError;
use super::figures::{Figure, ReportTree};
use super::limit::Unit;
use crate::report::{Assertion, Report};

/// Something that a run is to hold, such as `queue_wait.p99 < 250ms` or `audit.ok`.
///
/// Reading one checks everything that can be known before the run: the figure is one that reports have, and
/// the limit's unit fits it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    text: String,
    figure: Figure,
    comparison: Comparison,
    limit: f64,
}

/// How a figure is compared with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// Longer ones first, so that `<=` isn't read as `<`.
const OPERATORS: [(&str, Comparison); 6] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];
/// What people write instead, and what is meant.
const NO_OPERATORS: [(&str, &str); 5] = [("=<", "<="), ("=>", ">="), ("=", "=="), ("≤", "<="), ("≥", ">=")];

impl Comparison {
    /// Whether a value satisfies it.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        let order = value.partial_cmp(&limit);
        match self {
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::AtMost => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::AtLeast => order.is_some_and(std::cmp::Ordering::is_ge),
            Self::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
            Self::Unequal => order.is_some_and(std::cmp::Ordering::is_ne),
        }
    }
}

impl Expression {
    /// The figure's full path in the report, such as `latency_us.queue_wait.p99`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.figure.path
    }

    /// What the figure counts.
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.figure.unit
    }

    /// How it is compared.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// What with, in the report's unit: microseconds for latencies, 1 for true.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// What the report says of the figure; `None` when nothing was observed that could say it.
    #[must_use]
    pub fn value(&self, report: &Report) -> Option<f64> {
        self.figure.read(&ReportTree::of(report))
    }

    /// The verdict on a report.
    #[must_use]
    pub fn evaluate(&self, report: &Report) -> Assertion {
        self.judge(self.value(report))
    }

    /// The verdicts on a report, in the order of the expressions.
    #[must_use]
    pub fn evaluate_all<'e>(
        expressions: impl IntoIterator<Item = &'e Self>,
        report: &Report,
    ) -> Vec<Assertion> {
        let tree = ReportTree::of(report);
        expressions.into_iter().map(|expression| expression.judge(expression.figure.read(&tree))).collect()
    }

    fn judge(&self, value: Option<f64>) -> Assertion {
        let held = value.is_some_and(|value| self.comparison.holds(value, self.limit));
        Assertion { expression: self.text.clone(), value, held }
    }

    /// Reads what stands in front of the operator.
    fn figure(text: &str, span: Range<usize>) -> Result<Figure, AssertError> {
        let path = &text[span.clone()];
        if path.is_empty() {
            let message = "names no figure; write one such as queue_wait.p99 < 250ms";
            return Err(AssertError::new(text, span, message));
        }
        Figure::find(path).map_err(|message| AssertError::new(text, span, message))
    }
}

impl FromStr for Expression {
    type Err = AssertError;

    fn from_str(text: &str) -> Result<Self, AssertError> {
        let refuse = |span: Range<usize>, message: String| Err(AssertError::new(text, span, message));
        let start = text.len() - text.trim_start().len();
        let end = text.trim_end().len().max(start);
        let is_negated = text[start..].starts_with('!') && !text[start..].starts_with("!=");
        let from = start + usize::from(is_negated);
        let from = from + (text[from..end].len() - text[from..end].trim_start().len());
        let to = text[from..end]
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
            .map_or(end, |at| from + at);
        let figure = Self::figure(text, from..to)?;
        let rest = text[to..end].trim_start();
        let at = end - rest.len();
        if rest.is_empty() {
            return if figure.unit == Unit::Truth {
                let limit = f64::from(u8::from(!is_negated));
                Ok(Self { text: text.trim().to_owned(), figure, comparison: Comparison::Equal, limit })
            } else {
                refuse(start..end, format!("compares with nothing; write {} < LIMIT", &text[from..to]))
            };
        }
        if let Some((wrong, right)) = NO_OPERATORS.iter().find(|(wrong, _)| {
            rest.starts_with(wrong) && !OPERATORS.iter().any(|(operator, _)| rest.starts_with(operator))
        }) {
            return refuse(at..at + wrong.len(), format!("there is no {wrong:?}; write {right:?}"));
        }
        let Some((operator, comparison)) = OPERATORS.iter().find(|(operator, _)| rest.starts_with(operator))
        else {
            return refuse(at..end, "no comparison; one of <, <=, >, >=, ==, !=".to_owned());
        };
        if is_negated {
            return refuse(
                start..start + 1,
                "\"!\" stands before a figure that is true or false alone".to_owned(),
            );
        }
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        if figure.unit == Unit::Truth && is_order {
            let path = &text[from..to];
            return refuse(
                at..at + operator.len(),
                format!("{path} is true or false; write {path} or !{path}"),
            );
        }
        let limit_text = rest[operator.len()..].trim_start();
        let limit_at = end - limit_text.len();
        if limit_text.is_empty() {
            return refuse(at..end, "compares with nothing; write a limit behind it".to_owned());
        }
        if limit_text.contains(['<', '>', '=', '&', '|', ',']) {
            return refuse(
                limit_at..end,
                "one comparison each; give the next an assertion of its own".to_owned(),
            );
        }
        let limit = figure
            .unit
            .read(limit_text, &text[from..to])
            .map_err(|message| AssertError::new(text, limit_at..end, message))?;
        Ok(Self { text: text.trim().to_owned(), figure, comparison: *comparison, limit })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Expression {
    type Error = AssertError;

    fn try_from(text: String) -> Result<Self, AssertError> {
        text.parse()
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.text
    }
}
