//! The settings of a private server: a bench's, not a production server's.

use std::path::Path;

use super::super::Durability;

/// Connections that a private server takes: fleets of queriers, listeners, posters and observers, with room.
pub(super) const CONNECTIONS_MAX: u32 = 300;

/// The size of the queue of notifications, 128 MB, where it can be set. It holds half a million notices, and can be
/// filled within moments; by default it is 8 GB.
const NOTIFY_QUEUE_PAGES_MAX: u32 = 16_384;
/// The first major version that can be told so.
const NOTIFY_QUEUE_SINCE: u32 = 17;

/// What is appended to the configuration that `initdb` of this major version wrote.
pub(super) fn render(
    socket_directory: &Path,
    durability: Durability,
    major: u32,
    statement_statistics: bool,
) -> String {
    let directory = socket_directory.display().to_string().replace('\'', "''");
    let durable = match durability {
        Durability::Safe => "on",
        Durability::Fast => "off",
    };
    let notify_queue = if major >= NOTIFY_QUEUE_SINCE {
        format!("max_notify_queue_pages = {NOTIFY_QUEUE_PAGES_MAX}\n")
    } else {
        String::new()
    };
    let preload = if statement_statistics { "pg_stat_statements" } else { "" };
    format!(
        "\
listen_addresses = ''
unix_socket_directories = '{directory}'
unix_socket_permissions = 0700
max_connections = {CONNECTIONS_MAX}
shared_preload_libraries = '{preload}'
fsync = {durable}
full_page_writes = {durable}
synchronous_commit = {durable}
shared_buffers = 128MB
# A checkpoint in the middle of a short run would be measured as part of the queue.
max_wal_size = 2GB
checkpoint_timeout = 15min
# The jobs table churns: dead tuples are cleaned while the run lasts, not a minute later.
autovacuum = on
autovacuum_naptime = 5s
jit = off
log_line_prefix = '%m [%p] '
{notify_queue}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durability_decides_all_three_switches() {
        let directory = Path::new("/tmp/it's");
        let safe = render(directory, Durability::Safe, 17, true);
        let fast = render(directory, Durability::Fast, 16, false);
        for switch in ["fsync", "full_page_writes", "synchronous_commit"] {
            assert!(safe.contains(&format!("\n{switch} = on\n")), "{safe}");
            assert!(fast.contains(&format!("\n{switch} = off\n")), "{fast}");
        }
        assert!(safe.contains("shared_preload_libraries = 'pg_stat_statements'"));
        assert!(fast.contains("shared_preload_libraries = ''"));
        assert!(safe.contains("\nmax_notify_queue_pages = ") && !fast.contains("max_notify_queue_pages"));
        assert!(safe.contains("unix_socket_directories = '/tmp/it''s'"));
    }
}
