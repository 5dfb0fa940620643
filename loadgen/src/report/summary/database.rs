//! The summary's section on Postgres beside the load.

use super::Page;
use super::words::{bytes, count, decimal, latency, plural};
use crate::report::{MeasuredDatabase, Report};

/// Events shown that queries waited for.
const WAITS_MAX: usize = 4;
/// Fewer waiting than this on average aren't worth a word.
const WAITING_MIN: f64 = 0.005;

impl Page {
    pub(super) fn database(&mut self, report: &Report) {
        let measured = &report.database.measured;
        if measured.samples == 0 {
            return;
        }
        self.section("Postgres beside the load, while measured");
        self.facts_of("work", &work(measured));
        self.facts_of("clients", &clients(measured));
        self.facts_of("notify", &notify(measured));
        self.facts_of("jobs table", &table(measured));
        for (statement, counts) in &measured.statements {
            let mean = latency(counts.mean_us.round() as u64);
            let name = statement.as_str().replace('_', " ");
            self.fact("statement", &format!("{name}: {} × {mean} in the server", count(counts.calls)));
        }
        self.facts_of("waits", &waits(measured));
    }

    fn facts_of(&mut self, name: &str, facts: &[String]) {
        if !facts.is_empty() {
            self.fact(name, &facts.join(" · "));
        }
    }
}

fn work(measured: &MeasuredDatabase) -> Vec<String> {
    let facts = [
        measured.transactions_per_s.map(|rate| format!("{} transactions/s", decimal(rate))),
        measured.wal_bytes_per_s.map(|rate| format!("{}/s of WAL", bytes(rate))),
        measured.checkpoints.map(|checkpoints| plural(checkpoints, "checkpoint")),
    ];
    facts.into_iter().flatten().collect()
}

fn clients(measured: &MeasuredDatabase) -> Vec<String> {
    let facts = [
        measured.connections_max.map(|connections| format!("{} at most", plural(connections, "connection"))),
        measured
            .oldest_transaction_max_us
            .map(|oldest| format!("longest open transaction {}", latency(oldest))),
    ];
    facts.into_iter().flatten().collect()
}

fn notify(measured: &MeasuredDatabase) -> Vec<String> {
    let waiters = measured.notify_lock_waiters_max.zip(measured.notify_lock_waiters_mean);
    let facts = [
        waiters.map(|(most, mean)| format!("{mean:.2} wait for the commit lock, at most {}", count(most))),
        measured.notify_queue_usage_max.map(|usage| format!("queue {:.2}% full", usage * 100.0)),
    ];
    facts.into_iter().flatten().collect()
}

fn table(measured: &MeasuredDatabase) -> Vec<String> {
    let sizes = measured.table_bytes_max.zip(measured.index_bytes_max);
    let facts = [
        measured.dead_tuples_max.map(|dead| format!("{} at most", plural(dead, "dead row"))),
        sizes.map(|(table, indexes)| {
            format!("{} and {} of indexes", bytes(table as f64), bytes(indexes as f64))
        }),
    ];
    facts.into_iter().flatten().collect()
}

/// How many queries were under way on average, and what for.
fn waits(measured: &MeasuredDatabase) -> Vec<String> {
    let worth = measured.waits.iter().take_while(|wait| wait.queries_mean >= WAITING_MIN);
    worth.take(WAITS_MAX).map(|wait| format!("{} {:.2}", wait.event, wait.queries_mean)).collect()
}
