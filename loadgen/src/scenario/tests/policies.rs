//! `policy`: presets and tables of switches.

use super::*;

#[test]
fn a_policy_is_a_preset_or_a_table_of_its_switches() {
    use acquirer::wakeup::{AfterError, Chain, Departed, Doubtful, FirstPoll, Order, Postings, Route};

    let policy = |value: &str| resolve(&format!("policy = {value}\n{FLEET}")).policy;
    assert_eq!(policy("\"default\""), Policy::default());
    assert_eq!(policy("\"seed\""), Policy::seed());
    assert_eq!(policy("{}"), Policy::default());
    let default = Policy::default();
    for (alone, expected) in [
        ("chain = \"always\"", Policy { chain: Chain::Always, ..default }),
        ("postings = \"forgotten\"", Policy { postings: Postings::Forgotten, ..default }),
        ("route = \"any\"", Policy { route: Route::Any, ..default }),
        ("order = \"any\"", Policy { order: Order::Any, ..default }),
        ("departed = \"stranded\"", Policy { departed: Departed::Stranded, ..default }),
        ("after_error = \"at_once\"", Policy { after_error: AfterError::AtOnce, ..default }),
        ("first_poll = \"after_period\"", Policy { first_poll: FirstPoll::AfterPeriod, ..default }),
        ("doubtful = \"let_go\"", Policy { doubtful: Doubtful::LetGo, ..default }),
        ("claim_batch = 3", Policy { claim_batch: 3, ..default }),
    ] {
        assert_eq!(policy(&format!("{{ {alone} }}")), expected, "{alone}");
    }
    let mended = Policy { chain: Chain::WhileUnaccounted, ..Policy::seed() };
    assert_eq!(policy("{ chain = \"while_unaccounted\", base = \"seed\" }"), mended);
    assert_eq!(
        resolve(&format!("{FLEET}[policy]\nclaim_batch = 1")).policy,
        Policy { claim_batch: 1, ..default }
    );
}

#[test]
fn policies_are_checked() {
    let check = |value: &str, column, words: &str| {
        assert_mistake(&format!("policy = {value}\n{FLEET}"), 1, column, words);
    };
    check("\"sede\"", 10, "unknown policy \"sede\"; did you mean \"seed\"?");
    check("3", 10, "policy must be \"default\", \"seed\", or a table of switches such as");
    check("{ chian = \"always\" }", 12, "unknown key \"chian\" in policy; did you mean \"chain\"?");
    check("{ bananas = 1 }", 12, "the keys are base, chain, postings, route, order, departed, after_error");
    check("{ chain = \"allways\" }", 20, "unknown chain \"allways\"; did you mean \"always\"?");
    check("{ postings = \"kept\" }", 23, "one of \"forgotten\", \"handed_to_idle\", \"accounted\"");
    check("{ route = true }", 20, "route must be one of \"any\", \"idle_first\", not true or false");
    check("{ claim_batch = 0 }", 26, "claim_batch = 0 is out of range; it goes from 1 to 10000");
    check("{ claim_batch = \"4\" }", 26, "claim_batch must be a whole number");
    check("{ base = \"sed\" }", 19, "unknown base \"sed\"; did you mean \"seed\"?");
}

#[test]
fn a_policy_of_switches_is_written_and_read_back() {
    let scenario = resolve(&format!("policy = {{ base = \"seed\", claim_batch = 7 }}\n{FLEET}"));
    let json = serde_json::to_value(&scenario).unwrap();
    assert_eq!(json["policy"]["claim_batch"], 7);
    assert_eq!(json["policy"]["chain"], "always");
    assert_eq!(serde_json::from_value::<Scenario>(json).unwrap(), scenario);
    assert_eq!(scenario.policy.to_string(), "seed with claim_batch=7");
}
