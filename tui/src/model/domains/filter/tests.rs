use std::time::Duration;

use loadgen::snapshot::{DomainPhase, DomainReplica, Tags};

use super::*;
use crate::model::row_label;

fn row() -> DomainRow {
    let replica = DomainReplica {
        replica: 1,
        waiting: 12,
        phase: DomainPhase::Querying,
        pending: false,
        next_poll_in: Duration::from_secs(4),
        backup_poll: Duration::from_secs(30),
    };
    DomainRow {
        provisioners: vec![ProvisionerType::Terraform],
        tags: Tags::from_pairs([("env", "prod"), ("owner", ""), ("site", "New York")]).expect("no NUL"),
        replicas: vec![replica],
        workers: 75,
        backlog: 3,
        oldest: Some(Duration::from_millis(300)),
        queries_per_s: 5.5,
        empty_share: 0.6,
        rescued: 1,
        last_cause: Some(Cause::Chained),
        last_root: Some(RootCause::BackupPoll),
        ..DomainRow::default()
    }
}

fn holds_of(filter: &Filter, row: &DomainRow) -> bool {
    filter.holds(row, &row_label(row).to_lowercase())
}

fn holds(text: &str) -> bool {
    let (filter, mistake) = Filter::read(text);
    assert_eq!(mistake, None, "{text}");
    holds_of(&filter, &row())
}

fn refused(text: &str) -> (Range<usize>, String) {
    let error = Filter::read(text).1.expect(text);
    (error.place, error.what)
}

#[test]
fn every_example_of_the_language_is_read() {
    for (example, _) in SYNTAX {
        assert_eq!(Filter::read(example).1, None, "{example}");
    }
}

#[test]
fn every_term_says_what_it_means() {
    for text in [
        "",
        "  ",
        "PROD",
        "env=prod",
        "\"new york\"",
        "type:terraform",
        "tag:env",
        "tag:env=prod",
        "tag:owner=",
        "tag:\"site=New York\"",
        "waiting>10 waiting>=12 waiting=12 waiting<13 waiting<=12",
        "workers=75 cleared=1 backlog>=1 acquired=0 rescued>0 queries>5",
        "oldest>250ms oldest<1s poll<5s",
        "empty>50% empty>50 empty<=60%",
        "cause:chained root:backup_poll replica:1",
    ] {
        assert!(holds(text), "{text:?}");
    }
    for text in ["dev", "type:echo", "tag:gpu", "tag:env=pro", "tag:owner=x", "waiting>12", "oldest>300ms"] {
        assert!(!holds(text), "{text}");
        for sign in ['-', '!'] {
            assert!(holds(&format!("{sign}{text}")), "{sign}{text}");
        }
    }
}

#[test]
fn all_terms_must_hold() {
    assert!(holds("prod waiting>10"));
    assert!(!holds("prod waiting>100"));
    assert!(!holds("prod -terraform"));
}

#[test]
fn what_is_quoted_is_neither_operator_nor_sign() {
    assert!(!holds("\"waiting>10\""), "no name contains that");
    assert!(holds("-\"-prod\""));
    assert!(!holds("\"-prod\""));
}

#[test]
fn domain_without_a_job_has_none_that_is_old_and_one_without_a_poll_none_that_is_soon() {
    let idle = DomainRow::default();
    let holds = |text| holds_of(&Filter::read(text).0, &idle);
    assert!(holds("oldest<1ms") && holds("poll>1h") && !holds("poll<1h"));
}

#[test]
fn mistakes_are_told_with_their_place_and_the_nearest_right_word() {
    for (text, place, what) in [
        ("on-prem waitng>3", 8..16, "no figure \"waitng\"; did you mean waiting?"),
        ("tga:env=prod", 0..12, "no field \"tga\"; did you mean tag?"),
        ("type:terrafrom", 0..14, "no type \"terrafrom\"; did you mean terraform?"),
        ("cause:chain", 0..11, "no cause \"chain\"; did you mean chained?"),
        ("root:", 0..5, "which root cause? one of posting, first, recovered, backup_poll"),
        ("x tag:", 2..6, "which tag? as in tag:env=prod"),
        ("waiting>", 0..8, "a number is missing, as in waiting>10"),
        ("oldest>3", 0..8, "a time with its unit is missing, as in oldest>250ms"),
        ("empty>x", 0..7, "a share is missing, as in empty>50%"),
        ("replica:a", 0..9, "a replica is a number, as in replica:1"),
        ("prod -", 5..6, "nothing to look for: write a word after it"),
        ("a \"b c", 2..6, "this quote has no end: write \" once more"),
        (
            ">3",
            0..2,
            "which figure? one of workers, waiting, cleared, backlog, oldest, queries, empty, \
             acquired, rescued, poll",
        ),
    ] {
        assert_eq!(refused(text), (place, what.to_owned()), "{text}");
    }
    let mistake = Filter::read("a waitng>3").1.expect("a mistake");
    assert_eq!(mistake.to_string(), "at 3: no figure \"waitng\"; did you mean waiting?");
}

#[test]
fn what_can_be_read_counts_beside_a_mistake() {
    for text in ["prod waitng>3", "waitng>3 prod", "prod \"x"] {
        assert_eq!(Filter::read(text).0, Filter::read("prod").0, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics_and_places_lie_inside(text in "[-!\"a-z:=<>%0-9 é長]{0,30}") {
        let (filter, mistake) = Filter::read(&text);
        let _ = holds_of(&filter, &row());
        if let Some(error) = mistake {
            assert!(error.place.end <= text.chars().count() && !error.place.is_empty());
        }
    }
}

#[test]
fn last_word_is_completed_as_far_as_there_is_one_way() {
    let other = DomainRow { tags: Tags::from_pairs([("env", "preview")]).expect("no NUL"), ..row() };
    let rows = [row(), other];
    for (text, completed) in [
        ("ty", "type:"),
        ("on-prem wai", "on-prem waiting>"),
        ("-wai", "-waiting>"),
        ("!type:t", "!type:terraform"),
        ("po", "poll<"),
        ("cause:cha", "cause:chained"),
        ("root:back", "root:backup_poll"),
        ("tag:e", "tag:env=pr"),
        ("tag:env=pro", "tag:env=prod"),
        ("tag:s", "tag:site=\"New York\""),
        ("replica:", "replica:1"),
    ] {
        assert_eq!(super::completed(text, &rows).as_deref(), Some(completed), "{text}");
    }
    // Nothing begins so, several do, or it is whole already.
    for text in ["", "x", "re", "tag:env=pr", "type:terraform", "waiting>1", "tag:site=\"New Y", "what:t"] {
        assert_eq!(super::completed(text, &rows), None, "{text}");
    }
    assert!(holds("tag:site=\"New York\""), "what is completed can be read");
}
