//! The plans of the acquire statement over a backlog of 100,000 jobs: walks of the indexes of available jobs.

use std::time::Instant;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::store::AcquireRequest;
use acquirer::store::postgres::acquire::{shapes, statement};
use acquirer::store::postgres::statements::SETTINGS;
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

/// Who asks: by what tags, and whether that is few enough shapes for the statement to be one by shape.
fn carried() -> [(Tags, bool); 4] {
    let many = |count: usize| Tags::from_pairs((0..count).map(|n| (format!("k{n}"), "v"))).unwrap();
    let some = tags([("environment", "e5"), ("datacenter", "d3")]);
    [(Tags::new(), true), (some, true), (many(6), true), (many(7), false)]
}

struct Explained {
    name: String,
    by_shape: bool,
    plan: String,
}

/// Explains every form of the statement as the store prepares it.
async fn explain(connection: &mut PgConnection, how: &str) -> Vec<Explained> {
    let mut plans = Vec::new();
    for (tags, by_shape) in carried() {
        for jobs in [1, 16] {
            let workers: Vec<Uuid> = (0..jobs).map(Uuid::from_u128).collect();
            let types = [ProvisionerType::Echo];
            let request = AcquireRequest { workers: &workers, types: &types, tags: &tags };
            let prepare = format!("PREPARE acquire AS {}", statement(request));
            connection.execute(AssertSqlSafe(prepare)).await.unwrap();
            let explain = format!("EXPLAIN ({how}) EXECUTE acquire ({})", arguments(request));
            let plan = if how.contains("JSON") {
                let plan: Value =
                    sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.unwrap();
                plan.to_string()
            } else {
                let lines: Vec<String> =
                    sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
                lines.join("\n")
            };
            connection.execute("DEALLOCATE acquire").await.unwrap();
            plans.push(Explained { name: format!("{jobs} jobs, {} tags", tags.len()), by_shape, plan });
        }
    }
    plans
}

/// The statement's arguments as literals.
fn arguments(request: AcquireRequest<'_>) -> String {
    let workers: Vec<String> = request.workers.iter().map(Uuid::to_string).collect();
    let workers = match &workers[..] {
        [one] => format!("'{one}'"),
        many => format!("'{{{}}}'", many.join(",")),
    };
    let json = |tags: &Tags| format!("'{}'::jsonb", serde_json::to_string(tags).unwrap());
    let Some(shapes) = shapes(request.types, request.tags) else {
        return format!("now(), {workers}, '{{echo}}', {}", json(request.tags));
    };
    let types: Vec<&str> = shapes.iter().map(|(kind, _)| kind.as_str()).collect();
    let tags: Vec<String> = shapes.iter().map(|(_, tags)| json(tags)).collect();
    format!("now(), {workers}, '{{{}}}', ARRAY[{}]", types.join(","), tags.join(","))
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

/// Why a plan isn't the one wanted. A sort would lock rows that aren't taken; anything kept for a second look
/// says that the rows to lock are looked for by something else than their place.
fn faults(explained: &Explained) -> Vec<String> {
    let plan: Value = serde_json::from_str(&explained.plan).unwrap();
    let mut found = Vec::new();
    nodes(&plan, &mut found);
    let unwanted = |kind: &str| {
        kind == "Seq Scan"
            || ["Sort", "Bitmap", "Materialize", "Memoize"].iter().any(|word| kind.contains(word))
    };
    let mut faults: Vec<String> =
        found.iter().filter(|(kind, _)| unwanted(kind)).map(|(kind, _)| kind.clone()).collect();
    let walks = |index: &str| found.iter().any(|(_, walked)| walked.as_deref() == Some(index));
    let (index, other) = if explained.by_shape { (SHAPE, AVAILABLE) } else { (AVAILABLE, SHAPE) };
    if !walks(index) {
        faults.push(format!("no walk of {index}"));
    }
    if walks(other) {
        faults.push(format!("a walk of {other}"));
    }
    if explained.by_shape && !found.iter().any(|(kind, _)| kind == "Tid Scan") {
        faults.push("rows not locked by their place".to_owned());
    }
    if plan[0].get("JIT").is_some() {
        faults.push("compiled".to_owned());
    }
    faults
}

const SHAPE: &str = "provisioner_jobs_shape";
const AVAILABLE: &str = "provisioner_jobs_available";

#[tokio::test]
async fn an_acquire_walks_the_index_whatever_the_statistics_say() {
    let table = Postgres::new().await;
    let mut admin = table.connection().await;
    let mut connection = table.options.clone().options(SETTINGS).connect().await.unwrap();
    let mut check = async |when: &str| {
        for explained in explain(&mut connection, "FORMAT JSON").await {
            let Explained { name, plan, .. } = &explained;
            assert_eq!(faults(&explained), [""; 0], "{name}, {when}: {plan}");
        }
    };
    check("empty").await;
    admin.execute(FILL).await.unwrap();
    check("100,000 queued and as many completed, no statistics").await;
    admin.execute("VACUUM ANALYZE clearance.provisioner_jobs").await.unwrap();
    check("100,000 queued and as many completed, with statistics").await;
    // A check that accepted anything would accept this.
    admin
        .execute("DROP INDEX clearance.provisioner_jobs_available, clearance.provisioner_jobs_shape")
        .await
        .unwrap();
    for explained in explain(&mut connection, "FORMAT JSON").await {
        let faults = faults(&explained);
        assert!(faults.contains(&"Sort".to_owned()) && faults.len() > 1, "{}: {faults:?}", explained.name);
    }
}

/// Prints what `INDEXES.md` shows.
#[tokio::test]
#[ignore = "prints evidence, asserts nothing"]
async fn evidence() {
    let table = Postgres::with_connections(16).await;
    let mut admin = table.connection().await;
    admin.execute(FILL).await.unwrap();
    for statistics in ["no statistics yet", "analyzed", "analyzed, without the indexes"] {
        match statistics {
            "analyzed" => admin.execute("VACUUM ANALYZE clearance.provisioner_jobs").await.map(drop).unwrap(),
            "analyzed, without the indexes" => {
                admin
                    .execute(
                        "DROP INDEX clearance.provisioner_jobs_available, clearance.provisioner_jobs_shape",
                    )
                    .await
                    .map(drop)
                    .unwrap();
            }
            _ => {}
        }
        for settings in [false, true] {
            let options = table.options.clone();
            let options = if settings { options.options(SETTINGS) } else { options };
            let mut connection = options.connect().await.unwrap();
            connection.execute("BEGIN").await.unwrap();
            for Explained { name, plan, .. } in explain(&mut connection, "ANALYZE").await {
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
