//! The plan of the acquire statements over a backlog of 100,000 jobs: a walk of the index of available jobs.

use std::time::Instant;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::store::postgres::statements::{ACQUIRE_MANY, ACQUIRE_ONE, SETTINGS};
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection};
use uuid::Uuid;

use crate::table::{Postgres, Table, tags};

/// 100,000 completed jobs and 100,000 queued ones, of both types and with zero to two tags.
const FILL: &str = "
INSERT INTO clearance.provisioner_jobs (id, created_at, updated_at, started_at, completed_at,
    organization_id, initiator_id, provisioner, type, input, tags)
SELECT gen_random_uuid(), at, at, over, over, gen_random_uuid(), gen_random_uuid(),
    (ARRAY['echo', 'terraform'])[1 + n % 2]::clearance.provisioner_type, 'workspace_build',
    jsonb_build_object('workspace_build_id', gen_random_uuid()),
    CASE n % 3 WHEN 0 THEN '{}'
        WHEN 1 THEN jsonb_build_object('environment', 'e' || n % 20)
        ELSE jsonb_build_object('environment', 'e' || n % 20, 'datacenter', 'd' || n % 7) END
FROM generate_series(1, 200000) AS n,
    LATERAL (SELECT now() + n * interval '1 ms' AS at) AS created,
    LATERAL (SELECT CASE WHEN n <= 100000 THEN at END AS over) AS finished";

/// Arguments of both statements, the second being the workers.
fn arguments(workers: &str) -> String {
    format!("now(), {workers}, '{{echo}}', '{{\"environment\": \"e5\", \"datacenter\": \"d3\"}}'")
}

/// Explains both statements as the store prepares them.
async fn explain(connection: &mut PgConnection, how: &str) -> Vec<(&'static str, String)> {
    let workers: Vec<String> = (0..16).map(|n| Uuid::from_u128(n).to_string()).collect();
    let mut plans = Vec::new();
    for (name, statement, workers) in [
        ("one", ACQUIRE_ONE, format!("'{}'", Uuid::nil())),
        ("many", ACQUIRE_MANY, format!("'{{{}}}'", workers.join(","))),
    ] {
        let kind = if name == "one" { "uuid" } else { "uuid[]" };
        let prepare = format!("PREPARE {name} (timestamptz, {kind}, text[], jsonb) AS {statement}");
        connection.execute(AssertSqlSafe(prepare)).await.unwrap();
        let explain = format!("EXPLAIN ({how}) EXECUTE {name} ({})", arguments(&workers));
        let plan = if how.contains("JSON") {
            let plan: Value =
                sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.unwrap();
            plan.to_string()
        } else {
            let lines: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
            lines.join("\n")
        };
        connection.execute(AssertSqlSafe(format!("DEALLOCATE {name}"))).await.unwrap();
        plans.push((name, plan));
    }
    plans
}

/// The nodes of a plan, each as its type and the index it uses.
fn nodes(plan: &Value, found: &mut Vec<(String, Option<String>)>) {
    match plan {
        Value::Array(items) => items.iter().for_each(|item| nodes(item, found)),
        Value::Object(node) => {
            if let Some(kind) = node.get("Node Type").and_then(Value::as_str) {
                let index = node.get("Index Name").and_then(Value::as_str).map(str::to_owned);
                found.push((kind.to_owned(), index));
            }
            node.values().for_each(|item| nodes(item, found));
        }
        _ => {}
    }
}

/// Why a plan isn't the one wanted.
fn faults(plan: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let mut found = Vec::new();
    nodes(&plan, &mut found);
    let mut faults: Vec<String> = found
        .iter()
        .filter(|(kind, _)| kind == "Seq Scan" || kind.contains("Sort") || kind.contains("Bitmap"))
        .map(|(kind, _)| kind.clone())
        .collect();
    if !found.contains(&("Index Scan".to_owned(), Some("provisioner_jobs_available".to_owned()))) {
        faults.push("no walk of the index of available jobs".to_owned());
    }
    if plan[0].get("JIT").is_some() {
        faults.push("compiled".to_owned());
    }
    faults
}

#[tokio::test]
async fn an_acquire_walks_the_index_whatever_the_statistics_say() {
    let table = Postgres::new().await;
    let mut admin = table.connection().await;
    let mut connection = table.options.clone().options(SETTINGS).connect().await.unwrap();
    let mut check = async |when: &str| {
        for (name, plan) in explain(&mut connection, "FORMAT JSON").await {
            assert_eq!(faults(&plan), [""; 0], "{name}, {when}: {plan}");
        }
    };
    check("empty").await;
    admin.execute(FILL).await.unwrap();
    check("100,000 queued and as many completed, no statistics").await;
    admin.execute("VACUUM ANALYZE clearance.provisioner_jobs").await.unwrap();
    check("100,000 queued and as many completed, with statistics").await;
    // A check that accepted anything would accept this.
    admin.execute("DROP INDEX clearance.provisioner_jobs_available").await.unwrap();
    for (name, plan) in explain(&mut connection, "FORMAT JSON").await {
        let faults = faults(&plan);
        assert!(faults.contains(&"Sort".to_owned()) && faults.len() > 1, "{name}: {faults:?}");
    }
}

/// Prints what `INDEXES.md` shows.
#[tokio::test]
#[ignore = "prints evidence, asserts nothing"]
async fn evidence() {
    let table = Postgres::with_connections(16).await;
    let mut admin = table.connection().await;
    admin.execute(FILL).await.unwrap();
    for statistics in ["no statistics yet", "analyzed", "analyzed, without the index"] {
        match statistics {
            "analyzed" => admin.execute("VACUUM ANALYZE clearance.provisioner_jobs").await.map(drop).unwrap(),
            "analyzed, without the index" => {
                admin.execute("DROP INDEX clearance.provisioner_jobs_available").await.map(drop).unwrap();
            }
            _ => {}
        }
        for settings in [false, true] {
            let options = table.options.clone();
            let options = if settings { options.options(SETTINGS) } else { options };
            let mut connection = options.connect().await.unwrap();
            connection.execute("BEGIN").await.unwrap();
            for (name, plan) in explain(&mut connection, "ANALYZE").await {
                println!("\n== acquire {name}; {statistics}; the store's settings: {settings}\n{plan}");
            }
        }
    }
    // Rates are taken where every job fits, since a walk past those of others is paid for by the row.
    let table = Postgres::with_connections(16).await;
    let mut admin = table.connection().await;
    for statement in [
        FILL,
        "UPDATE clearance.provisioner_jobs SET tags = '{}' WHERE started_at IS NULL",
        "VACUUM FULL ANALYZE clearance.provisioner_jobs",
    ] {
        admin.execute(statement).await.unwrap();
    }
    let carried = tags([("environment", "e5"), ("datacenter", "d3")]);
    for (tasks, batch) in [(1, 1), (4, 1), (16, 1), (1, 16), (4, 16)] {
        let workers = vec![Uuid::nil(); batch];
        let began = Instant::now();
        let take = |_| async { rounds(&table, &workers, &carried).await };
        let jobs: usize = futures::future::join_all((0..tasks).map(take)).await.iter().sum();
        let rate = jobs as f64 / began.elapsed().as_secs_f64();
        println!("{tasks} at once, {batch} a claim: {rate:.0} jobs/s");
    }
}

async fn rounds(table: &Postgres, workers: &[Uuid], carried: &Tags) -> usize {
    let mut jobs = 0;
    for _ in 0..200 {
        jobs += table.take(workers, &ProvisionerType::ALL, carried).await.len();
    }
    jobs
}
