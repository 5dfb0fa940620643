//! A server that stands still: every process of it stopped, every connection open.

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{LocalCluster, LocalError};

impl LocalCluster {
    /// Stops every process of the server where it stands (SIGSTOP). Connections stay open and hear nothing,
    /// and new ones aren't answered, until [`resume`](Self::resume).
    pub async fn pause(&self) -> Result<(), LocalError> {
        let refused = |cause| LocalError::Pause(Box::new(cause));
        let options = self.connect_options().disable_statement_logging();
        let mut connection = PgConnection::connect_with(&options).await.map_err(refused)?;
        // The postmaster first: from here on no process is added to the list.
        self.server.signal(Signal::STOP);
        let listed = sqlx::query_scalar::<_, i32>("SELECT pid FROM pg_stat_activity");
        let listed = listed.fetch_all(&mut connection).await;
        let processes: Vec<Pid> = match listed {
            Ok(pids) => pids.into_iter().filter_map(Pid::from_raw).collect(),
            Err(cause) => {
                self.server.signal(Signal::CONT);
                return Err(refused(cause));
            }
        };
        for &process in &processes {
            // One that has ended meanwhile needs no stopping.
            let _ = kill_process(process, Signal::STOP);
        }
        self.server.paused().extend(processes);
        Ok(())
    }

    /// Lets a paused server go on; does nothing when it isn't paused.
    pub fn resume(&self) {
        self.server.resume();
    }
}
