//! A private cluster for one measurement, and what the measurement needs to know of it.

use loadgen::database::{self, Database, DatabaseRequest, Durability, How};

use super::options::Options;

/// Starts one. Safe by default: every commit that was answered is on the disk.
pub(crate) async fn open(options: &Options) -> anyhow::Result<Database> {
    let durability = if options.fast { Durability::Fast } else { Durability::Safe };
    let request = DatabaseRequest { how: How::Local, durability, ..DatabaseRequest::default() };
    Ok(database::open(request, &|doing| eprintln!("{doing}")).await?)
}

/// One line on where the figures come from.
pub(crate) fn describe(database: &Database) -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{}, durability {} ({}); {cpus} CPUs, load before the start {load}",
        database.label(),
        database.durability(),
        database.durability_settings()
    )
}
