CREATE TYPE clearance.provisioner_type AS ENUM ('echo', 'terraform');

-- The columns are upstream's. Why the settings and the index are these: INDEXES.md, one directory up.
CREATE TABLE clearance.provisioner_jobs (
    id              uuid PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    started_at      timestamptz,
    canceled_at     timestamptz,
    completed_at    timestamptz,
    error           text,
    organization_id uuid NOT NULL,
    initiator_id    uuid NOT NULL,
    provisioner     clearance.provisioner_type NOT NULL,
    type            text NOT NULL,
    input           jsonb NOT NULL,
    worker_id       uuid,
    tags            jsonb NOT NULL DEFAULT '{}'
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_index_cleanup = on,
    vacuum_truncate = off
);

CREATE INDEX provisioner_jobs_available ON clearance.provisioner_jobs (created_at, id)
    WHERE started_at IS NULL AND completed_at IS NULL;
