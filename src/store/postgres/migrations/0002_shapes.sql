-- The order of available jobs of one shape: a type and tags. Of the tags the hash, since an index entry has room
-- for 2,704 bytes. Why NULLS FIRST: acquire.rs. What it costs and saves: INDEXES.md.
CREATE INDEX provisioner_jobs_shape ON clearance.provisioner_jobs
    (provisioner, jsonb_hash_extended(tags, 0), created_at NULLS FIRST, id NULLS FIRST)
    WHERE started_at IS NULL AND completed_at IS NULL;
