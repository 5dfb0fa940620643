//! The statements but for [`acquire`](super::acquire)'s, each one round trip and one transaction.
//!
//! Enum columns travel as text, and JSON as `jsonb`: both are types that sqlx knows without asking the
//! server.

/// The notices of the oldest available jobs that fit: `$1` types, `$2` tags, `$3` how many at most.
pub(super) const AVAILABLE: &str = "
SELECT id, provisioner::text, tags FROM clearance.provisioner_jobs
WHERE started_at IS NULL AND completed_at IS NULL
    AND provisioner = ANY ((SELECT $1::text[]::clearance.provisioner_type[])::clearance.provisioner_type[])
    AND tags <@ $2
ORDER BY created_at, id
LIMIT $3";

/// `$1` job, `$2` worker, `$3` now. A job that was canceled while it ran is over instead of available.
pub(super) const RELEASE: &str = "
UPDATE clearance.provisioner_jobs
SET started_at = NULL, worker_id = NULL, updated_at = $3,
    completed_at = CASE WHEN canceled_at IS NOT NULL THEN $3 END
WHERE id = $1 AND worker_id = $2 AND started_at IS NOT NULL AND completed_at IS NULL";

/// Marks a job as done.
///
/// `$1` job, `$2` worker, `$3` now, `$4` error or null.
pub const FINISH: &str = "
UPDATE clearance.provisioner_jobs
SET completed_at = $3, updated_at = $3, error = $4
WHERE id = $1 AND worker_id = $2 AND started_at IS NOT NULL AND completed_at IS NULL";

/// `$1` job, `$2` now.
pub(super) const CANCEL: &str = "
UPDATE clearance.provisioner_jobs
SET canceled_at = $2, updated_at = $2, completed_at = CASE WHEN started_at IS NULL THEN $2 END
WHERE id = $1 AND canceled_at IS NULL AND completed_at IS NULL";

/// `$1` ids, `$2` created at, `$3` organizations, `$4` initiators, `$5` provisioners, `$6` kinds,
/// `$7` inputs, `$8` tags.
macro_rules! insert {
    () => {
        "INSERT INTO clearance.provisioner_jobs
    (id, created_at, updated_at, organization_id, initiator_id, provisioner, type, input, tags)
SELECT id, created_at, created_at, organization_id, initiator_id,
    provisioner::clearance.provisioner_type, type, input, tags
FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[])
    AS job (id, created_at, organization_id, initiator_id, provisioner, type, input, tags)
ON CONFLICT (id) DO NOTHING"
    };
}

pub(super) const INSERT: &str = insert!();

/// As [`INSERT`], and `$9` channel, `$10` payloads, which are delivered when the statement commits.
pub(super) const INSERT_AND_POST: &str = concat!(
    "WITH inserted AS (",
    insert!(),
    ") SELECT pg_notify($9, payload) FROM unnest($10::text[]) AS payload"
);

/// `$1` channel, `$2` payloads.
pub(super) const POST: &str = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";

/// Settings of every connection, which keep the acquire statement on the indexes of available jobs.
///
/// A plan made while the table is small, or from statistics that are not there yet, sorts: it would then
/// sort the whole backlog on every acquire until the next ANALYZE. The only plans wanted are index walks, for
/// any parameters and any size, so that the others are priced out and each is made once per connection. Compiling
/// one costs hundreds of times what running it does.
pub const SETTINGS: [(&str, &str); 5] = [
    ("enable_seqscan", "off"),
    ("enable_sort", "off"),
    ("enable_bitmapscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
];
