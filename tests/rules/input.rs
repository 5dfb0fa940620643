//! What comes from outside, whatever it is: payloads, tags and types.

use std::collections::{BTreeMap, BTreeSet};

use acquirer::job::{JobId, Posting, ProvisionerType, Tags};
use acquirer::wakeup::DomainSpec;
use proptest::prelude::*;

/// Text that has a NUL now and then.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![8 => any::<char>(), 1 => Just('\0')], 0..6).prop_map(String::from_iter)
}

fn tags() -> impl Strategy<Value = Tags> {
    let clean = || text().prop_map(|text| text.replace('\0', "0"));
    prop::collection::btree_map(clean(), clean(), 0..4).prop_map(|pairs| Tags::from_pairs(pairs).unwrap())
}

fn types() -> impl Strategy<Value = Vec<ProvisionerType>> {
    prop::collection::vec(prop::sample::select(&ProvisionerType::ALL[..]), 0..4)
}

fn posting() -> impl Strategy<Value = Posting> {
    let job = prop::option::of(any::<u128>().prop_map(JobId::from_u128));
    (prop::sample::select(&ProvisionerType::ALL[..]), tags(), job)
        .prop_map(|(provisioner, tags, job_id)| Posting { provisioner, tags, job_id })
}

/// What a key says, read by the rule that it is written by (`S1`).
fn read(key: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let parts: Vec<&str> = key.split_terminator('\0').collect();
    let types_end = parts.iter().position(|part| part.is_empty()).unwrap_or(parts.len());
    let types = parts[..types_end].iter().map(ToString::to_string).collect();
    let pairs = parts[types_end..].get(1..).unwrap_or_default().chunks_exact(2);
    (types, pairs.map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect())
}

proptest! {
    #[test]
    fn any_bytes_are_a_posting_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(posting) = Posting::parse(&bytes) {
            prop_assert_eq!(Posting::parse(posting.payload().as_bytes()).unwrap(), posting);
        }
    }

    /// Near misses get further than noise does.
    #[test]
    fn a_payload_spoilt_anywhere_is_a_posting_or_an_error(
        posting in posting(),
        at in any::<prop::sample::Index>(),
        by in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = posting.payload().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = by;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(posting) = Posting::parse(&bytes) {
            prop_assert_eq!(Posting::parse(posting.payload().as_bytes()).unwrap(), posting);
        }
    }

    #[test]
    fn a_posting_is_read_as_it_was_written(posting in posting()) {
        prop_assert_eq!(Posting::parse(posting.payload().as_bytes()).unwrap(), posting);
    }

    #[test]
    fn tags_are_refused_exactly_when_they_hold_nul(
        pairs in prop::collection::btree_map(text(), text(), 0..4),
    ) {
        let holds_nul = pairs.iter().any(|(key, value)| key.contains('\0') || value.contains('\0'));
        prop_assert_eq!(Tags::from_pairs(pairs).is_err(), holds_nul);
    }

    #[test]
    fn a_key_says_all_of_its_domain_and_nothing_else(types in types(), tags in tags()) {
        let spec = DomainSpec::new(&types, &tags);
        let (key_types, key_tags) = read(&spec.key().to_text());
        let sorted: BTreeSet<String> = types.iter().map(ToString::to_string).collect();
        prop_assert_eq!(key_types, Vec::from_iter(sorted));
        prop_assert_eq!(key_tags, BTreeMap::from(tags.clone()));
        let reversed: Vec<ProvisionerType> = types.into_iter().rev().collect();
        let again = DomainSpec::new(&reversed, &tags);
        prop_assert_eq!(again.key(), spec.key());
    }

    #[test]
    fn keys_compare_as_their_texts_do(one in (types(), tags()), other in (types(), tags())) {
        let key = |(types, tags): &(Vec<ProvisionerType>, Tags)| DomainSpec::new(types, tags).key().clone();
        let (one, other) = (key(&one), key(&other));
        prop_assert_eq!(one.cmp(&other), one.to_text().cmp(&other.to_text()));
        prop_assert_eq!(one == other, one.to_text() == other.to_text());
    }
}

#[test]
fn deep_and_endless_payloads_are_errors() {
    for payload in ["[".repeat(100_000), format!("{{\"type\":\"echo\",\"x\":{}", "{\"a\":".repeat(100_000))] {
        assert!(Posting::parse(payload.as_bytes()).is_err());
    }
}
