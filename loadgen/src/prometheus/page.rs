//! A page of figures, made of the latest snapshot and of counts that are copied under the recorder's short lock.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use acquirer::wakeup::Cause;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::families::{self, Family, PREFIX};
use crate::measure::{BOUNDS_US, Buckets, DomainTally, Stage, Tallies};
use crate::snapshot::{DatabaseSample, RunPhase, Snapshot};

/// What domains past those with a name of their own are called together.
const OTHERS: &str = "others";

/// How the page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The text format 0.0.4, which everybody reads.
    Text,
    /// `OpenMetrics` 1.0, for who asks for it.
    OpenMetrics,
}

/// What a page is made of.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) tallies: Tallies,
}

/// The page.
pub(super) fn render(figures: Figures, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(figures));
    let mut page = String::new();
    match format {
        Format::Text => prometheus_text::encode(&mut page, &registry)?,
        Format::OpenMetrics => text::encode(&mut page, &registry)?,
    }
    Ok(page)
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        self.run(&mut sheet)?;
        self.jobs(&mut sheet)?;
        self.wakeups(&mut sheet)?;
        self.latencies(&mut sheet)?;
        self.domains(&mut sheet)?;
        self.database(&mut sheet)
    }
}

impl Figures {
    fn run(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let Snapshot { database, phase, faults, .. } = &*self.snapshot;
        sheet.info(
            &families::RUN,
            [
                &self.snapshot.scenario,
                &self.snapshot.policy,
                &database.kind,
                &database.version,
                &database.durability,
                env!("CARGO_PKG_VERSION"),
            ],
        )?;
        let phases = [
            ("starting", RunPhase::Starting),
            ("warmup", RunPhase::Warmup),
            ("measuring", RunPhase::Measuring),
            ("draining", RunPhase::Draining),
            ("auditing", RunPhase::Auditing),
            ("finished", RunPhase::Finished),
        ];
        sheet.each(&families::RUN_PHASE, phases.map(|(name, other)| ([name], u64::from(other == *phase))))?;
        sheet.one(&families::RUN_ELAPSED, self.snapshot.elapsed.as_secs_f64())?;
        let cpu = cpu_time::ProcessTime::try_now();
        sheet.maybe(&families::CPU, cpu.ok().map(|time| time.as_duration().as_secs_f64()))?;
        sheet.one(&families::EVENTS_DROPPED, self.snapshot.events_dropped)?;
        sheet.each(&families::FAULT_ACTIVE, faults.iter().map(|fault| ([fault.name.as_str()], 1_u64)))
    }

    fn jobs(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let totals = &self.snapshot.totals;
        sheet.one(&families::WORKERS, self.snapshot.workers as u64)?;
        sheet.one(&families::TARGET_POSTS, self.snapshot.target_rate)?;
        sheet.one(&families::JOBS_POSTED, totals.posted)?;
        sheet.one(&families::JOBS_ACQUIRED, totals.acquired)?;
        sheet.each(
            &families::JOBS_FINISHED,
            [(["completed"], totals.completed), (["failed"], totals.failed)],
        )?;
        let found = self.snapshot.found.iter().map(|(root, jobs)| ([root.direct().as_str()], *jobs));
        sheet.each(&families::JOBS_FOUND, found)?;
        sheet.one(&families::JOBS_RESCUED, totals.rescued)?;
        sheet.one(&families::JOBS_STRANDED, totals.stranded)?;
        sheet.one(&families::JOBS_QUEUED, totals.backlog)?;
        sheet.one(&families::JOBS_RUNNING, totals.in_flight)
    }

    fn wakeups(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let (totals, wakeups) = (&self.snapshot.totals, &self.tallies.wakeups);
        sheet.each(
            &families::CLEARANCES,
            wakeups.iter().map(|(cause, counts)| ([cause.as_str()], counts.clearances)),
        )?;
        let outcomes = wakeups.iter().flat_map(|(cause, counts)| {
            let outcomes = [("found", counts.found), ("empty", counts.empty), ("failed", counts.failed)];
            outcomes.map(|(outcome, queries)| ([cause.as_str(), outcome], queries))
        });
        sheet.each(&families::ACQUIRE_QUERIES, outcomes)?;
        sheet.one(&families::NOTICES_SENT, self.tallies.notifications_sent)?;
        sheet.one(&families::NOTICES_RECEIVED, totals.notifications_received)?;
        sheet.one(&families::NOTICES_SUPPRESSED, totals.notifications_suppressed)?;
        sheet.one(&families::NOTICES_MALFORMED, self.tallies.notifications_malformed)?;
        sheet.one(&families::LOSSES_SIGNALLED, totals.losses_signalled)
    }

    fn latencies(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let stages = Stage::ALL.map(|stage| (stage.as_str(), &self.tallies.stages[stage as usize]));
        sheet.histograms(&families::STAGE_LATENCY, stages)?;
        let causes =
            Cause::ALL.map(|cause| (cause.as_str(), &self.tallies.queue_wait_by_cause[cause as usize]));
        sheet.histograms(&families::QUEUE_WAIT, causes)
    }

    fn domains(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let named = self.tallies.domains.iter();
        let named =
            named.map(|((_, replica), (spec, tally))| ([spec.to_string(), replica.to_string()], tally));
        let others = self.tallies.further_domains.iter();
        let others = others.map(|(replica, tally)| ([OTHERS.to_owned(), replica.to_string()], tally));
        // Tags may be such that two domains read alike, and a page with a figure twice is refused.
        let mut tallies: BTreeMap<[String; 2], DomainTally> = BTreeMap::new();
        for (labels, tally) in named.chain(others) {
            *tallies.entry(labels).or_default() += *tally;
        }
        let mut counts = |family: &Family, count: fn(&DomainTally) -> u64| {
            sheet.each(family, tallies.iter().map(|(labels, tally)| (labels.clone(), count(tally))))
        };
        counts(&families::DOMAIN_JOBS, |tally| tally.acquired)?;
        counts(&families::DOMAIN_RESCUED, |tally| tally.rescued)?;
        counts(&families::DOMAIN_QUERIES, |tally| tally.queries)?;
        counts(&families::DOMAIN_EMPTY, |tally| tally.empty)?;
        let levels = self.levels();
        sheet.each(&families::DOMAIN_WAITING, levels.waiting)?;
        sheet.each(&families::DOMAIN_QUEUED, levels.queued)?;
        sheet.each(&families::DOMAIN_OLDEST, levels.oldest)
    }

    /// How domains stand now; those without a name of their own together.
    fn levels(&self) -> Levels {
        let mut levels = Levels::default();
        let known = self.tallies.domains.iter();
        let names: BTreeMap<u32, String> =
            known.map(|((number, _), (spec, _))| (*number, spec.to_string())).collect();
        for row in self.snapshot.domains.iter() {
            let domain = names.get(&row.number).map_or(OTHERS, String::as_str).to_owned();
            for on in &row.replicas {
                let waiting = levels.waiting.entry([domain.clone(), on.replica.to_string()]).or_default();
                *waiting += on.waiting as u64;
            }
            *levels.queued.entry([domain.clone()]).or_default() += row.backlog;
            let oldest = levels.oldest.entry([domain]).or_default();
            *oldest = oldest.max(row.oldest.unwrap_or_default().as_secs_f64());
        }
        levels
    }

    fn database(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let silent = self.snapshot.database_silent_for.unwrap_or_default();
        sheet.one(&families::DATABASE_SILENT, silent.as_secs_f64())?;
        if let Some(sample) = self.snapshot.database_samples.last() {
            database_levels(sample, sheet)?;
        }
        let totals = &self.tallies.database;
        sheet.maybe(&families::TRANSACTIONS, totals.transactions)?;
        sheet.maybe(&families::WAL, totals.wal_bytes)?;
        sheet.maybe(&families::CHECKPOINTS, totals.checkpoints)?;
        let statements = totals.statements.iter();
        sheet.each(
            &families::STATEMENT_CALLS,
            statements.clone().map(|(name, (calls, _))| ([name.as_str()], *calls)),
        )?;
        sheet.each(
            &families::STATEMENT_TIME,
            statements.map(|(name, (_, took))| ([name.as_str()], took.as_secs_f64())),
        )?;
        sheet.one(&families::OWN_QUERIES, totals.own_queries)?;
        sheet.one(&families::OWN_TIME, totals.own_took.as_secs_f64())
    }
}

fn database_levels(sample: &DatabaseSample, sheet: &mut Sheet<'_>) -> fmt::Result {
    sheet.each(&families::CONNECTIONS, sample.connections.iter().map(|(state, count)| ([state], *count)))?;
    sheet.each(&families::WAITING_QUERIES, sample.waits.iter().map(|(event, count)| ([event], *count)))?;
    sheet.maybe(&families::NOTIFY_LOCK, sample.notify_lock_waiters)?;
    sheet.maybe(&families::NOTIFY_QUEUE, sample.notify_queue_usage)?;
    let rows = [("live", sample.live_tuples), ("dead", sample.dead_tuples)];
    sheet.each(&families::JOB_ROWS, rows.into_iter().filter_map(|(state, rows)| Some(([state], rows?))))?;
    let parts = [("table", sample.table_bytes), ("indexes", sample.index_bytes)];
    sheet.each(&families::JOB_BYTES, parts.into_iter().filter_map(|(part, bytes)| Some(([part], bytes?))))?;
    let oldest = sample.oldest_transaction_us;
    sheet.maybe(&families::OLDEST_TRANSACTION, oldest.map(|us| us as f64 / 1e6))?;
    sheet.maybe(&families::XMIN_AGE, sample.xmin_age)
}

/// How domains stand, by their labels.
#[derive(Default)]
struct Levels {
    waiting: BTreeMap<[String; 2], u64>,
    queued: BTreeMap<[String; 1], u64>,
    oldest: BTreeMap<[String; 1], f64>,
}

/// Writes families.
struct Sheet<'a>(DescriptorEncoder<'a>);

impl Sheet<'_> {
    fn one(&mut self, family: &Family, value: impl EncodeCounterValue + EncodeGaugeValue) -> fmt::Result {
        self.each(family, [([""; 0], value)])
    }

    fn maybe(
        &mut self,
        family: &Family,
        value: Option<impl EncodeCounterValue + EncodeGaugeValue>,
    ) -> fmt::Result {
        self.each(family, value.map(|value| ([""; 0], value)))
    }

    /// The figures of a family, each with its labels' values. A family without any is left out.
    fn each<L: AsRef<str>, const N: usize>(
        &mut self,
        family: &Family,
        figures: impl IntoIterator<Item = ([L; N], impl EncodeCounterValue + EncodeGaugeValue)>,
    ) -> fmt::Result {
        let mut figures = figures.into_iter().peekable();
        if figures.peek().is_none() {
            return Ok(());
        }
        let mut metric = self.0.encode_descriptor(family.name, family.help, None, family.kind)?;
        for (values, value) in figures {
            let labels = labels(family, &values);
            let mut metric = metric.encode_family(&labels)?;
            match family.kind {
                MetricType::Counter => metric.encode_counter::<NoLabelSet, _, u64>(&value, None)?,
                _ => metric.encode_gauge(&value)?,
            }
        }
        Ok(())
    }

    fn info<const N: usize>(&mut self, family: &Family, values: [&str; N]) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(family.name, family.help, None, family.kind)?;
        metric.encode_info(&labels(family, &values))
    }

    fn histograms<const N: usize>(&mut self, family: &Family, kinds: [(&str, &Buckets); N]) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(family.name, family.help, None, family.kind)?;
        for (value, latencies) in kinds {
            let bounds = BOUNDS_US.iter().map(|bound| *bound as f64 / 1e6).chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(latencies.counts().iter().copied()).collect();
            let count = latencies.counts().iter().sum();
            let sum = latencies.sum().as_secs_f64();
            let values = [value];
            let labels = labels(family, &values);
            let mut metric = metric.encode_family(&labels)?;
            metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

fn labels<'a, L: AsRef<str>>(family: &Family, values: &'a [L]) -> Vec<(&'static str, &'a str)> {
    debug_assert_eq!(family.labels.len(), values.len(), "{}", family.name);
    family.labels.iter().copied().zip(values.iter().map(AsRef::as_ref)).collect()
}
