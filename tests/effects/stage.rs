//! A database with a schema, and runs on it.

use std::sync::atomic::{AtomicU32, Ordering};

use loadgen::database::schema::SchemaLease;
use loadgen::database::{Database, DatabaseRequest, How, open};
use loadgen::record::RecordOptions;
use loadgen::report::{Report, TimelineSecond};
use loadgen::run::{RunHandle, RunRequest};
use loadgen::scenario::{Overrides, Scenario, Source};
use loadgen::snapshot::{DatabaseFacts, RunPhase};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tokio::sync::OnceCell;

use crate::until::until;

/// Four seconds of 40 jobs a second for 20 workers, and time for what is left. The poll is too far away to help.
pub(crate) const CALM: &str = r#"
duration = "4s"
drain = "20s"
backup_poll = "1h"
[[fleet]]
workers = 20
provisioners = ["echo"]
service_time = { constant = "2ms" }
crash = { share = 0, lease = "200ms" }
[[poster]]
stages = [{ for = "4s", rate = 40 }]
arrival = "uniform"
[[poster.mix]]
provisioner = "echo"
"#;

/// Where runs happen.
pub(crate) struct Stage {
    pub(crate) database: Database,
    lease: SchemaLease,
}

impl Stage {
    /// A database on the server that these tests share, which is somebody else's to the run.
    pub(crate) async fn shared() -> Self {
        // Never dropped: its watchdog takes it down when the process is gone.
        static SERVER: OnceCell<Database> = OnceCell::const_new();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = SERVER.get_or_init(async || open(own(), &|_| ()).await.unwrap()).await.connect_options();
        let name = format!("stage_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut admin = server.connect().await.unwrap();
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let url =
            format!("postgres://postgres@localhost/{name}?host={}", server.get_socket().unwrap().display());
        Self::on(DatabaseRequest { url: Some(url), ..DatabaseRequest::default() }).await
    }

    /// A server of its own, to be stopped and started.
    pub(crate) async fn own() -> Self {
        Self::on(own()).await
    }

    async fn on(request: DatabaseRequest) -> Self {
        let database = open(request, &|_| ()).await.unwrap();
        let lease = SchemaLease::take(&database).await.unwrap();
        Self { database, lease }
    }

    /// Begins a run of this scenario.
    pub(crate) fn begin(&self, scenario: &str) -> RunHandle {
        self.begin_recorded(scenario, RecordOptions::default())
    }

    /// The same, where this is kept of what happens.
    pub(crate) fn begin_recorded(&self, scenario: &str, record: RecordOptions) -> RunHandle {
        let source = Source { name: "story.toml".to_owned(), text: scenario.to_owned() };
        loadgen::run::start(RunRequest {
            name: "story".to_owned(),
            scenario: Scenario::resolve(&source, &Overrides::default()).unwrap(),
            database: self.database.connect_options(),
            server: self.database.control(),
            facts: DatabaseFacts::default(),
            connections_max: 40,
            record,
        })
    }

    /// A whole run of this scenario, after which all is as it was before.
    pub(crate) async fn play(&self, scenario: &str) -> Report {
        let handle = self.begin(scenario);
        self.end(handle).await
    }

    /// Waits for a run's end, after which all is as it was before.
    pub(crate) async fn end(&self, handle: RunHandle) -> Report {
        let snapshots = handle.snapshots();
        let report = handle.finish().await.unwrap();
        assert!(report.audit.ok, "{:?}", report.audit);
        assert_eq!(report.jobs.completed, report.jobs.posted, "{:?}", report.jobs);
        assert_eq!((report.jobs.queued_at_end, report.jobs.running_at_end), (0, 0));
        let last = snapshots.borrow();
        assert_eq!((last.phase, last.faults.as_slice()), (RunPhase::Finished, &[][..]));
        let mut connection = self.connect().await;
        until("no session of a fault is left", async || {
            let sessions = "SELECT count(*) FROM pg_stat_activity
                            WHERE application_name = 'clearance fault' AND datname = current_database()";
            (count(&mut connection, sessions).await == 0).then_some(())
        })
        .await;
        report
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> PgConnection {
        self.database.connect_options().application_name("test").connect().await.unwrap()
    }

    /// Waits until a fault is at work in a run.
    pub(crate) async fn fault(handle: &RunHandle, name: &str) {
        let is_at_work = |fault: &loadgen::snapshot::ActiveFault| fault.name == name;
        let mut snapshots = handle.snapshots();
        snapshots.wait_for(|snapshot| snapshot.faults.iter().any(is_at_work)).await.unwrap();
    }

    /// Takes the database down.
    pub(crate) async fn close(self) {
        self.lease.release(false).await.unwrap();
        self.database.close().await.unwrap();
    }
}

/// A private server.
fn own() -> DatabaseRequest {
    DatabaseRequest { how: How::Local, ..DatabaseRequest::default() }
}

/// What a query counts.
pub(crate) async fn count(connection: &mut PgConnection, query: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(connection).await.unwrap()
}

/// [`CALM`], with a backup poll of this period and this fault.
pub(crate) fn story(backup_poll: &str, fault: &str) -> String {
    let calm = CALM.replace("backup_poll = \"1h\"", &format!("backup_poll = {backup_poll:?}"));
    format!("{calm}\n[[fault]]\n{fault}\n")
}

/// The whole seconds of a run in which a fault was at work from beginning to end.
pub(crate) fn seconds_of<'r>(report: &'r Report, fault: &str) -> Vec<&'r TimelineSecond> {
    let is_in = |second: &&TimelineSecond| second.faults.iter().any(|name| name == fault);
    let mut seconds: Vec<_> = report.timeline.iter().filter(is_in).collect();
    assert!(seconds.len() > 2, "{fault} is announced in {} seconds", seconds.len());
    assert!(seconds.windows(2).all(|two| two[0].second + 1 == two[1].second), "{seconds:?}");
    // The first and the last it had only in part.
    seconds.pop();
    seconds.remove(0);
    seconds
}
