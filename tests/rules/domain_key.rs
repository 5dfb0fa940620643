//! `S1`: the key of a domain.

use acquirer::job::{ProvisionerType, Tags};
use acquirer::wakeup::DomainSpec;

use crate::world::tagged;

use ProvisionerType::{Echo, Terraform};

#[test]
fn key_is_sorted_types_and_tags_delimited_by_nul() {
    let spec = DomainSpec::new(&[Terraform, Echo], &tagged(&[("b", "2"), ("a", "1")]));
    assert_eq!(spec.key().to_text(), "echo\0terraform\0\0a\x001\0b\x002\0");
    assert_eq!(DomainSpec::new(&[], &Tags::new()).key().to_text(), "\0");
}

#[test]
fn equal_sets_in_any_order_share_a_key() {
    let one = DomainSpec::new(&[Echo, Terraform, Echo], &tagged(&[("a", "1"), ("b", "2")]));
    let other = DomainSpec::new(&[Terraform, Echo], &tagged(&[("b", "2"), ("a", "1")]));
    assert_eq!(one.key(), other.key());
}

#[test]
fn different_sets_never_share_a_key() {
    let specs = [
        DomainSpec::new(&[Echo], &Tags::new()),
        DomainSpec::new(&[Terraform], &Tags::new()),
        DomainSpec::new(&[Echo, Terraform], &Tags::new()),
        DomainSpec::new(&[Echo], &tagged(&[("a", "b")])),
        DomainSpec::new(&[Echo], &tagged(&[("ab", "")])),
        DomainSpec::new(&[Echo], &tagged(&[("", "ab")])),
        DomainSpec::new(&[Echo], &tagged(&[("a", ""), ("b", "")])),
        DomainSpec::new(&[Echo], &tagged(&[("terraform", "")])),
    ];
    for (place, spec) in specs.iter().enumerate() {
        for other in &specs[place + 1..] {
            assert_ne!(spec.key(), other.key(), "{spec} and {other}");
        }
    }
}

#[test]
fn a_tag_with_nul_in_key_or_value_is_refused() {
    for (key, value) in [("a\0", "b"), ("a", "\0b")] {
        let refused = Tags::from_pairs([(key, value)]).unwrap_err();
        assert_eq!((refused.key.as_str(), refused.value.as_str()), (key, value));
        assert!(refused.to_string().contains("NUL"), "{refused}");
    }
    assert!(serde_json::from_str::<Tags>(r#"{"a":"b\u0000"}"#).is_err());
}

#[test]
fn tags_say_what_a_map_of_them_would() {
    let pairs = [("b", "2"), ("a", ""), ("", "1"), ("aa", "x"), ("b", "3"), ("é", "ü")];
    let map: std::collections::BTreeMap<&str, &str> = pairs.into_iter().collect();
    let tags = tagged(&pairs);
    assert!(tags.iter().eq(map.iter().map(|(key, value)| (*key, *value))));
    assert_eq!((tags.len(), tags.is_empty()), (map.len(), false));
    for key in ["", "a", "aa", "b", "c", "é", "2", "\0"] {
        assert_eq!(tags.get(key), map.get(key).copied(), "{key:?}");
    }
    assert_eq!(serde_json::to_value(&tags).unwrap(), serde_json::to_value(&map).unwrap());
}
