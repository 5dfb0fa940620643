//! The acquire statement: one walk for each shape that fits, or one walk past everything that waits.
//!
//! A job's *shape* is its type and its tags. A worker takes a job whose tags are among its own, so that the
//! shapes it takes are known beforehand: each of its types with each subset of its tags. The statement *by shape*
//! merges one ordered index scan for each of them; jobs of other shapes are never looked at, however many wait.
//!
//! The number of subsets doubles with each tag. Past [`SHAPES_MAX`] the statement *walks* all available jobs,
//! oldest first, and pays for each that doesn't fit.
//!
//! Both lock rows one by one, oldest first, and no more of them than they take: a row that was locked and not
//! taken would be skipped by another replica, which would then sleep beside it. That is why the rows are locked
//! by a sub-select that runs once for each row of the merge, and why nothing is sorted after it: a sort would
//! first lock whatever fits.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sqlx::FromRow as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::job::{Job, ProvisionerType, Tags, UnknownProvisioner};
use crate::store::AcquireRequest;

/// Up to so many shapes are looked for one by one: both types with five tags, or one type with six.
///
/// Each costs about 5 µs, found or not, and planning them costs 30 ms once for each connection.
pub const SHAPES_MAX: usize = 64;

/// The shapes that fit a worker, each once; `None` when they are more than [`SHAPES_MAX`].
#[must_use]
pub fn shapes(types: &[ProvisionerType], tags: &Tags) -> Option<Vec<(ProvisionerType, Tags)>> {
    let mut types = types.to_vec();
    types.sort_unstable();
    types.dedup();
    let subsets = u32::try_from(tags.len()).ok().and_then(|tags| 1_usize.checked_shl(tags))?;
    if types.len().saturating_mul(subsets) > SHAPES_MAX {
        return None;
    }
    let subsets: Vec<Tags> =
        (0..subsets).map(|members| tags.subset(|place| members >> place & 1 == 1)).collect();
    Some(types.iter().flat_map(|kind| subsets.iter().map(|tags| (*kind, tags.clone()))).collect())
}

/// The statement for a request.
///
/// `$1` now, `$2` the worker, or the workers when there are more than one. By shape: `$3` the shapes' types and
/// `$4` their tags, two arrays of one length. Walking: `$3` the worker's types, `$4` its tags.
#[must_use]
pub fn statement(request: AcquireRequest<'_>) -> &'static str {
    text(request.workers.len(), shapes(request.types, request.tags).map(|shapes| shapes.len()))
}

/// Reads a row of the statement. Rows come in no particular order.
pub fn read(row: &PgRow) -> Result<Job, sqlx::Error> {
    type Stamp = DateTime<Utc>;
    type Columns<'r> = (Uuid, Stamp, Stamp, Uuid, &'r str, Json<Tags>, Uuid, Uuid, String, serde_json::Value);
    let (
        id,
        created_at,
        started_at,
        worker,
        provisioner,
        Json(tags),
        organization_id,
        initiator_id,
        kind,
        input,
    ) = Columns::from_row(row)?;
    let provisioner =
        provisioner.parse().map_err(|error: UnknownProvisioner| sqlx::Error::Decode(error.into()))?;
    Ok(Job {
        id,
        created_at,
        started_at,
        worker,
        provisioner,
        tags,
        organization_id,
        initiator_id,
        kind,
        input,
    })
}

/// The statement for so many workers and shapes. It is made for the next power of two of shapes; an array has
/// NULL past its end, and a scan for NULL ends before it begins.
pub(super) fn text(workers: usize, shapes: Option<usize>) -> &'static str {
    static WALKS: LazyLock<[String; 2]> = LazyLock::new(|| [one(&walk("1")), many(&walk(WORKERS))]);
    static BY_SHAPE: LazyLock<Vec<[String; 2]>> = LazyLock::new(|| {
        let powers = 0..=SHAPES_MAX.ilog2();
        powers.map(|power| [one(&by_shape(1 << power, "1")), many(&by_shape(1 << power, WORKERS))]).collect()
    });
    let texts = match shapes {
        Some(shapes) => &BY_SHAPE[shapes.next_power_of_two().ilog2() as usize],
        None => &*WALKS,
    };
    &texts[usize::from(workers > 1)]
}

/// How many jobs are claimed at most.
const WORKERS: &str = "cardinality($2::uuid[])";

/// What [`read`] reads, by place: looking for ten columns by name takes longer than decoding them.
const RETURNING: &str = "RETURNING job.id, created_at, started_at, worker_id, provisioner::text, tags,
    organization_id, initiator_id, type, input";

/// Claims the oldest job of a selection for one worker, as the seed does.
fn one(selection: &str) -> String {
    format!(
        "UPDATE clearance.provisioner_jobs AS job
SET started_at = $1, updated_at = $1, worker_id = $2
WHERE id = (
{selection}
)
{RETURNING}"
    )
}

/// Claims the oldest jobs of a selection, the oldest for the first worker. They are numbered as they are claimed:
/// a sort, even of these few, would be one that the connection's settings price out.
fn many(selection: &str) -> String {
    format!(
        "WITH claimed AS MATERIALIZED (
{selection}
), numbered AS (
    SELECT id, row_number() OVER () AS nth FROM claimed
)
UPDATE clearance.provisioner_jobs AS job
SET started_at = $1, updated_at = $1, worker_id = ($2::uuid[])[numbered.nth]
FROM numbered
WHERE job.id = numbered.id
{RETURNING}"
    )
}

/// The seed's selection. The cast of the types stands in a sub-select of its own so that it is done once and not
/// for every row.
fn walk(limit: &str) -> String {
    format!(
        "    SELECT id FROM clearance.provisioner_jobs
    WHERE started_at IS NULL AND completed_at IS NULL
        AND provisioner = ANY ((SELECT $3::text[]::clearance.provisioner_type[])::clearance.provisioner_type[])
        AND tags <@ $4
    ORDER BY created_at, id
    FOR UPDATE SKIP LOCKED
    LIMIT {limit}"
    )
}

/// The same by shape.
///
/// - The tags are compared as well as their hashes, so that no row comes twice when hashes collide.
/// - `NULLS FIRST`, of columns that have none, is an order that only the index of shapes has: the other one, on
///   `(created_at, id)`, looks as good to the planner while the table is small.
/// - What makes a row available is asked again of the row that is locked: it may have been taken meanwhile.
fn by_shape(shapes: usize, limit: &str) -> String {
    let scans: Vec<String> = (1..=shapes)
        .map(|nth| {
            format!(
                "        (SELECT created_at, id, ctid AS place, provisioner, tags FROM clearance.provisioner_jobs
        WHERE started_at IS NULL AND completed_at IS NULL
            AND provisioner = ($3::text[])[{nth}]::clearance.provisioner_type
            AND jsonb_hash_extended(tags, 0) = jsonb_hash_extended(($4::jsonb[])[{nth}], 0)
            AND tags = ($4::jsonb[])[{nth}]
        ORDER BY created_at NULLS FIRST, id NULLS FIRST)"
            )
        })
        .collect();
    // One scan has its order already, and takes no second.
    let order = if shapes > 1 { "\n        ORDER BY created_at NULLS FIRST, id NULLS FIRST" } else { "" };
    format!(
        "    SELECT job.id FROM (
{}{order}
    ) AS fitting
    CROSS JOIN LATERAL (
        SELECT id FROM clearance.provisioner_jobs
        WHERE ctid = fitting.place AND started_at IS NULL AND completed_at IS NULL
            AND provisioner = fitting.provisioner AND tags = fitting.tags
        FOR UPDATE SKIP LOCKED
    ) AS job
    LIMIT {limit}",
        scans.join("\n        UNION ALL\n")
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn tags(count: usize) -> Tags {
        Tags::from_pairs((0..count).map(|tag| (format!("key {tag}"), format!("value {tag}")))).unwrap()
    }

    #[test]
    fn the_shapes_are_each_type_with_each_subset_of_the_tags_and_each_comes_once() {
        use ProvisionerType::{Echo, Terraform};
        let mut shapes = shapes(&[Terraform, Echo, Terraform], &tags(2)).unwrap();
        assert_eq!(shapes.len(), 8);
        assert!(shapes.iter().all(|(_, subset)| tags(2).satisfy(subset)));
        shapes.dedup();
        shapes.sort_unstable();
        shapes.dedup();
        assert_eq!(shapes.len(), 8);
        assert_eq!(super::shapes(&[], &tags(2)), Some(Vec::new()));
    }

    #[test]
    fn too_many_shapes_are_none() {
        let one = [ProvisionerType::Echo];
        assert_eq!(shapes(&one, &tags(6)).map(|shapes| shapes.len()), Some(SHAPES_MAX));
        assert_eq!(shapes(&one, &tags(7)), None);
        assert_eq!(shapes(&ProvisionerType::ALL, &tags(6)), None);
        assert_eq!(shapes(&one, &tags(1000)), None);
    }
}
