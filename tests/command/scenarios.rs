//! Built-in scenarios: listed, printed, edited and run.

use crate::clearance::{Desk, clearance, outcome};
use crate::json::Json;
use crate::server::TestDatabase;

#[test]
fn the_built_in_scenarios_are_listed() {
    let said = outcome(clearance(["scenarios"]));
    said.expect_code(0);
    assert_eq!(said.stderr, "");
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn the_language_is_printed_as_a_json_schema() {
    let said = outcome(clearance(["scenarios", "--schema"]));
    said.expect_code(0);
    assert_eq!(said.stderr, "");
    let schema: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["fleet"]["items"]["required"], serde_json::json!(["workers"]));
    outcome(clearance(["scenarios", "default", "--schema"])).expect_code(2);
}

#[test]
fn a_printed_scenario_can_be_edited_and_run() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    for name in ["default", "backup-poll", "idle-fleet"] {
        let printed = outcome(clearance(["scenarios", name]));
        printed.expect_code(0);
        assert_eq!(printed.stderr, "");
        assert!(printed.stdout.starts_with("title = "), "{printed}");
        let edited = printed.stdout.replacen("title = \"", "title = \"Mine: ", 1);
        let (file, report) = (desk.write(&format!("{name}.toml"), &edited), desk.file("out.json"));
        let url = table.url();
        let arguments = [
            "run",
            &file,
            "--headless",
            "--database-url",
            &url,
            "--report",
            &report,
            "--duration",
            "2s",
            "--workers",
            "60",
            "--rate",
            "20/s",
        ];
        let said = outcome(clearance(arguments));
        said.expect_code(0);
        let json = Json::read(&report);
        assert!(json.text("/scenario/title").starts_with("Mine: "), "{said}");
        assert!(json.count("/jobs/posted") > 0, "{said}");
    }
}

#[test]
fn run_is_what_happens_without_a_subcommand() {
    let (desk, table) = (Desk::new(), TestDatabase::new());
    let (report, url) = (desk.file("out.json"), table.url());
    let arguments = [
        "--headless",
        "--database-url",
        &url,
        "--report",
        &report,
        "--duration",
        "1s",
        "--workers",
        "40",
        "--rate",
        "10/s",
    ];
    outcome(clearance(arguments)).expect_code(0);
    let default = outcome(clearance(["scenarios", "default"])).stdout;
    let title = Json::read(&report).text("/scenario/title").to_owned();
    assert!(default.starts_with(&format!("title = \"{title}\"")), "{title}");
}
