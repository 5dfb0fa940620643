//! A worker that takes jobs from the Postgres of `DATABASE_URL` (or of its argument) until Ctrl-C.

use acquirer::job::{ProvisionerType, Tags, WorkerId};
use acquirer::pubsub::PostgresPubSub;
use acquirer::store::{JobTable as _, PostgresStore, postgres::schema};
use acquirer::{Acquirer, AcquirerOptions};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).or_else(|| std::env::var("DATABASE_URL").ok());
    let database = url.ok_or("give a url, or set DATABASE_URL")?.parse()?;
    work(database, std::pin::pin!(tokio::signal::ctrl_c())).await
}

/// Works until `stop`; a job that was begun is finished.
pub(crate) async fn work(
    database: PgConnectOptions,
    mut stop: impl Future + Unpin,
) -> Result<(), Box<dyn std::error::Error>> {
    schema::install(&mut database.connect().await?).await?;
    let store = PostgresStore::connect(database.clone(), 4).await?;
    let pubsub = PostgresPubSub::new(database);
    let acquirer = Acquirer::connect(store.clone(), pubsub, AcquirerOptions::default()).await?;
    let (worker, types, tags) = (WorkerId::new_v4(), ProvisionerType::ALL, Tags::new());
    loop {
        tokio::select! {
            job = acquirer.acquire_job(worker, &types, &tags) => match job {
                Ok(job) => {
                    println!("working on {}: {} {}", job.id, job.kind, job.input);
                    store.complete(job.id, worker).await?;
                }
                Err(error) => eprintln!("trying again: {error}"),
            },
            _ = &mut stop => break, // Dropping the call gives back what was on its way to it.
        }
    }
    acquirer.close().await;
    Ok(())
}
