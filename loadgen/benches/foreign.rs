//! What an acquire costs beside 100,000 waiting jobs that its worker doesn't take.
//!
//! `cargo bench -p loadgen --bench foreign [-- --rounds N --fast]`
//!
//! A worker of one type with no tags to seven asks an empty table, then one with 100,000 jobs of another type, of
//! four foreign tags, and each of a tag of its own. In turns, on one cluster, through the store: a round trip with an
//! answer of no rows. Seven tags are too many for the statement by shape (`acquire::SHAPES_MAX`): it walks past
//! all that waits.

#[expect(dead_code, reason = "each bench uses its part")]
mod support;

use std::time::Instant;

use acquirer::job::{ProvisionerType, Tags};
use acquirer::store::postgres::acquire;
use acquirer::store::{AcquireRequest, JobStore as _, PostgresStore};
use anyhow::ensure;
use loadgen::database::schema::SchemaLease;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};
use uuid::Uuid;

use support::cluster;
use support::figures::{median, print_table, verdict};
use support::options::Options;

const TAGS: [usize; 6] = [0, 1, 2, 4, 6, 7];
/// What waits: a name, and each job's type and tags.
const BACKLOGS: [(&str, &str); 4] = [
    ("nothing", ""),
    ("another type", "'terraform', '{}'"),
    ("four shapes", "'echo', jsonb_build_object('domain', 'd' || n % 4)"),
    ("100,000 shapes", "'echo', jsonb_build_object('domain', 'd' || n)"),
];
/// Times the empty table.
const GOAL: f64 = 3.0;
/// Of each turn.
const ACQUIRES: usize = 300;

fn main() -> anyhow::Result<()> {
    let Some(options) = Options::read(3) else { return Ok(()) };
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = cluster::open(&options).await?;
        let lease = SchemaLease::take(&database).await?;
        println!(
            "an acquire that finds nothing, {} rounds of {ACQUIRES} each\n{}",
            options.rounds,
            cluster::describe(&database)
        );
        let store = PostgresStore::connect(database.connect_options(), 1).await?;
        let mut admin = database.connect_options().connect().await?;
        let mut waits = [const { [const { Vec::new() }; TAGS.len()] }; BACKLOGS.len()];
        for _ in 0..options.rounds {
            for ((_, backlog), waits) in BACKLOGS.iter().zip(&mut waits) {
                fill(&mut admin, backlog).await?;
                for (tags, waits) in TAGS.iter().zip(waits) {
                    waits.push(acquires(&store, *tags).await?);
                }
            }
        }
        let heading = ["", "shapes"].into_iter().chain(BACKLOGS.iter().map(|(name, _)| *name));
        let mut table = vec![heading.map(str::to_owned).collect::<Vec<_>>()];
        let mut worst: f64 = 0.0;
        for (column, tags) in TAGS.iter().enumerate() {
            let shapes =
                acquire::shapes(&[ProvisionerType::Echo], &carried(*tags)?).map(|shapes| shapes.len());
            let medians: Vec<f64> = waits.iter().map(|backlog| median(&backlog[column])).collect();
            if shapes.is_some() {
                worst = medians.iter().fold(worst, |worst, median| worst.max(median / medians[0]));
            }
            let mut line = vec![format!("{tags} tags")];
            line.push(shapes.map_or_else(|| "walks".to_owned(), |shapes| shapes.to_string()));
            line.extend(medians.iter().map(|median| format!("{median:.0} µs")));
            table.push(line);
        }
        print_table(&table);
        println!("goal, by shape: at most {GOAL} × an empty table: {worst:.2}, {}", verdict(worst <= GOAL));
        lease.release(false).await?;
        database.close().await?;
        Ok(())
    })
}

async fn fill(connection: &mut PgConnection, backlog: &str) -> anyhow::Result<()> {
    connection.execute("TRUNCATE clearance.provisioner_jobs").await?;
    if !backlog.is_empty() {
        let insert = format!(
            "INSERT INTO clearance.provisioner_jobs
                (id, created_at, updated_at, organization_id, initiator_id, type, input, provisioner, tags)
            SELECT gen_random_uuid(), now() + n * interval '1 us', now(), gen_random_uuid(), gen_random_uuid(),
                'workspace_build', '{{}}', {backlog}
            FROM generate_series(1, 100000) AS n"
        );
        connection.execute(AssertSqlSafe(insert)).await?;
    }
    connection.execute("CHECKPOINT").await?;
    Ok(())
}

fn carried(tags: usize) -> anyhow::Result<Tags> {
    Ok(Tags::from_pairs((0..tags).map(|n| (format!("key{n}"), format!("value{n}"))))?)
}

/// The median of a turn, in microseconds.
async fn acquires(store: &PostgresStore, tags: usize) -> anyhow::Result<f64> {
    let (workers, tags) = ([Uuid::new_v4()], carried(tags)?);
    let request = AcquireRequest { workers: &workers, types: &[ProvisionerType::Echo], tags: &tags };
    let walks = acquire::shapes(request.types, request.tags).is_none();
    let mut waits = Vec::new();
    for _ in 0..if walks { ACQUIRES / 10 } else { ACQUIRES } {
        let began = Instant::now();
        let jobs = store.acquire(request).await?;
        waits.push(began.elapsed().as_secs_f64() * 1e6);
        ensure!(jobs.is_empty(), "a job is taken that doesn't fit");
    }
    Ok(median(&waits))
}
