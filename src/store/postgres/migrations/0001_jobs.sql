CREATE TYPE clearance.provisioner_type AS ENUM ('echo', 'terraform');

-- The columns are upstream's.
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
);

CREATE INDEX provisioner_jobs_available ON clearance.provisioner_jobs (created_at, id)
    WHERE started_at IS NULL AND completed_at IS NULL;
