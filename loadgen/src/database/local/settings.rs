//! The settings of a private server: a bench's, not a production server's.

use std::path::Path;

use super::super::Durability;

/// Connections that a private server takes: fleets of queriers, listeners, posters and observers, with room.
pub(super) const CONNECTIONS_MAX: u32 = 300;

/// What is appended to the configuration that `initdb` wrote.
pub(super) fn render(socket_directory: &Path, durability: Durability, statement_statistics: bool) -> String {
    let directory = socket_directory.display().to_string().replace('\'', "''");
    let durable = match durability {
        Durability::Safe => "on",
        Durability::Fast => "off",
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
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durability_decides_all_three_switches() {
        let directory = Path::new("/tmp/it's");
        let safe = render(directory, Durability::Safe, true);
        let fast = render(directory, Durability::Fast, false);
        for switch in ["fsync", "full_page_writes", "synchronous_commit"] {
            assert!(safe.contains(&format!("\n{switch} = on\n")), "{safe}");
            assert!(fast.contains(&format!("\n{switch} = off\n")), "{fast}");
        }
        assert!(safe.contains("shared_preload_libraries = 'pg_stat_statements'"));
        assert!(fast.contains("shared_preload_libraries = ''"));
        assert!(safe.contains("unix_socket_directories = '/tmp/it''s'"));
    }
}
