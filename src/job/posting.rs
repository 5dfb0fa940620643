//! The notice that a job exists, and its wire format. Never the job itself.

use serde::{Deserialize, Serialize};

use super::tags::TagsInOrder;
use super::{JobId, ProvisionerType, Tags};

/// Says that a job of this type and with these tags was posted.
///
/// On the wire it is `{"type":"echo","tags":{…},"job_id":"…"}`. The seed writes no `job_id`, and tags may be
/// `null` there; both are read. Unknown fields are accepted (`S13`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Posting {
    /// The job's type.
    #[serde(rename = "type")]
    pub provisioner: ProvisionerType,
    /// The tags that the job demands.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub tags: Tags,
    /// The job, where the poster named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
}

/// A payload that is no posting (`S13`).
#[derive(Debug, thiserror::Error)]
#[error("cannot read job posting")]
pub struct PostingError(#[from] serde_json::Error);

impl Posting {
    /// Reads a payload as it came over the channel.
    pub fn parse(payload: &[u8]) -> Result<Self, PostingError> {
        match Plain::read(payload) {
            Some(posting) => Ok(posting),
            None => Ok(serde_json::from_slice(payload)?),
        }
    }

    /// The payload to publish.
    ///
    /// # Panics
    ///
    /// Never: names and strings always serialize.
    #[must_use]
    pub fn payload(&self) -> String {
        serde_json::to_string(self).expect("a posting holds only names and strings")
    }
}

/// A payload as posters write it: without blanks and escapes, and everything in its order. Nearly all are, and a reader
/// of any JSON is much code on every job's way.
struct Plain<'a>(&'a str);

impl<'a> Plain<'a> {
    /// What serde would read; `None` where the payload is anything else than plain.
    fn read(payload: &'a [u8]) -> Option<Posting> {
        if payload.iter().any(|byte| *byte < b' ' || *byte == b'\\') {
            return None;
        }
        let mut rest = Self(std::str::from_utf8(payload).ok()?);
        rest.skip("{\"type\":\"")?;
        let provisioner = rest.word()?.parse().ok()?;
        rest.skip(",\"tags\":{")?;
        let tags = rest.tags()?;
        let job_id = match rest.skip(",\"job_id\":\"") {
            Some(()) => Some(JobId::try_parse(rest.word()?).ok()?),
            None => None,
        };
        (rest.0 == "}").then_some(Posting { provisioner, tags, job_id })
    }

    /// Pairs up to the closing brace.
    fn tags(&mut self) -> Option<Tags> {
        let mut tags = TagsInOrder::new();
        if self.skip("}").is_some() {
            return Some(tags.done());
        }
        loop {
            self.skip("\"")?;
            let key = self.word()?;
            self.skip(":\"")?;
            let value = self.word()?;
            tags.push(key, value).ok()?;
            if self.skip("}").is_some() {
                return Some(tags.done());
            }
            self.skip(",")?;
        }
    }

    /// Passes what is to come next.
    fn skip(&mut self, next: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(next)?;
        Some(())
    }

    /// What comes before the next quote, and passes both.
    fn word(&mut self) -> Option<&'a str> {
        let end = self.0.bytes().position(|byte| byte == b'"')?;
        let (word, rest) = (&self.0[..end], &self.0[end + 1..]);
        self.0 = rest;
        Some(word)
    }
}

fn null_as_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Tags, D::Error> {
    Ok(Option::<Tags>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_serde(payload: &[u8]) -> Option<Posting> {
        serde_json::from_slice(payload).ok()
    }

    #[test]
    fn what_posters_write_is_plain() {
        let job = JobId::from_u128(7);
        for tags in [&[][..], &[("a", "1")], &[("a", "1"), ("b", ""), ("é", "ø")]] {
            for job_id in [None, Some(job)] {
                let tags = Tags::from_pairs(tags.iter().copied()).unwrap();
                let posting = Posting { provisioner: ProvisionerType::Echo, tags, job_id };
                assert_eq!(Plain::read(posting.payload().as_bytes()), Some(posting));
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_serde() {
        for payload in [
            r#"{"type":"echo","tags":{"b":"1","a":"1"}}"#,
            r#"{"type":"echo","tags":{"a":"1","a":"2"}}"#,
            r#"{"type":"echo","tags":{"a":"\u0031"}}"#,
            r#"{"type":"echo", "tags":{}}"#,
            r#"{"type":"echo","tags":null}"#,
            r#"{"tags":{},"type":"echo"}"#,
            r#"{"type":"echo","tags":{},"more":1}"#,
            r#"{"type":"echo"}"#,
        ] {
            assert_eq!(Plain::read(payload.as_bytes()), None, "{payload}");
            assert!(Posting::parse(payload.as_bytes()).is_ok(), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn plain_is_what_serde_reads_as_well(
            pieces in prop::collection::vec(
                prop::sample::select(&[
                    "{", "}", "\"", ",", ":", "\"type\":\"echo\"", "\"tags\":{", "\"a\":\"1\"", "\"b\":\"\"",
                    "\"job_id\":\"00000000-0000-0000-0000-000000000007\"", "{\"type\":\"terraform\",\"tags\":{",
                    "}}", "},\"job_id\":\"00000000000000000000000000000007\"}", "\\", "\u{0}", "\n", "é", " ",
                ][..]),
                0..9,
            ),
        ) {
            let payload = pieces.concat();
            if let Some(posting) = Plain::read(payload.as_bytes()) {
                prop_assert_eq!(by_serde(payload.as_bytes()), Some(posting));
            }
        }

        #[test]
        fn a_posting_spoilt_anywhere_is_read_as_serde_reads_it(place in 0..120_usize, byte: u8) {
            let tags = Tags::from_pairs([("environment", "on-prem"), ("region", "oslo")]).unwrap();
            let job_id = Some(JobId::from_u128(7));
            let posting = Posting { provisioner: ProvisionerType::Terraform, tags, job_id };
            let mut payload = posting.payload().into_bytes();
            let place = place % payload.len();
            payload[place] = byte;
            prop_assert_eq!(Posting::parse(&payload).ok(), by_serde(&payload));
        }
    }
}
