//! A domain in few words, for logs.

use std::fmt::{self, Write as _};

use crate::wakeup::DomainSpec;

/// More characters of a domain say nothing in a log.
const CHARS_MAX: usize = 80;

/// Shows a domain in quotes, for it may hold blanks, and in [`CHARS_MAX`] characters at most, however many tags it
/// has.
pub(super) struct Brief<'a>(pub(super) &'a DomainSpec);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut cut = Cut { left: CHARS_MAX, to: f };
        match write!(cut, "{}", self.0) {
            Err(fmt::Error) if cut.left == 0 => f.write_str("…")?,
            written => written?,
        }
        f.write_char('"')
    }
}

/// Fails once nothing is left, so that the rest isn't even formatted.
struct Cut<'a, 'f> {
    left: usize,
    to: &'a mut fmt::Formatter<'f>,
}

impl fmt::Write for Cut<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.to.write_char(character)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use crate::job::{ProvisionerType, Tags};

    use super::*;

    fn brief(value: &str) -> String {
        let tags = Tags::from_pairs([("region", value)]).unwrap();
        Brief(&DomainSpec::new(&[ProvisionerType::Echo], &tags)).to_string()
    }

    #[test]
    fn a_long_domain_is_cut_between_characters() {
        assert_eq!(brief("oslo"), "\"echo region=oslo\"");
        let room = CHARS_MAX - "echo region=".len();
        assert_eq!(brief(&"é".repeat(room)).chars().count(), CHARS_MAX + 2);
        let cut = brief(&"é".repeat(room + 1));
        assert_eq!(cut.chars().count(), CHARS_MAX + 3);
        assert!(cut.ends_with("é…\""), "{cut}");
    }
}
