-- Accounts and sign-ins.
--
-- In every table of this schema: ids come from the services, UUIDs of version 7; times are kept to the millisecond;
-- what is compared letter by letter has the collation "C".

-- +goose Up

CREATE TABLE users (
    user_id       UUID PRIMARY KEY,
    email         VARCHAR(255) NOT NULL, -- as typed
    email_key     TEXT COLLATE "C" NOT NULL CONSTRAINT users_email_taken UNIQUE, -- what makes it unique: lower case
    username      VARCHAR(100) NOT NULL,
    username_key  TEXT COLLATE "C" NOT NULL CONSTRAINT users_username_taken UNIQUE,
    password_hash VARCHAR(255) NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE sessions (
    session_id     UUID PRIMARY KEY,
    user_id        UUID NOT NULL REFERENCES users ON DELETE CASCADE,
    user_agent     VARCHAR(255) NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    last_active_at TIMESTAMPTZ NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL, -- of the latest refresh token
    revoked        BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE INDEX sessions_by_user ON sessions (user_id, expires_at);

CREATE TABLE refresh_tokens (
    token_hash        BYTEA PRIMARY KEY, -- SHA-256; the token itself is not kept
    session_id        UUID NOT NULL REFERENCES sessions,
    parent_hash       BYTEA,             -- NULL for the first of a session
    issued_at         TIMESTAMPTZ NOT NULL,
    expires_at        TIMESTAMPTZ NOT NULL,
    exchanged_at      TIMESTAMPTZ,       -- when it was first exchanged
    successor_used_at TIMESTAMPTZ,       -- when one of its successors was
    stale             BOOLEAN NOT NULL DEFAULT FALSE -- a sibling was used first
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);
CREATE INDEX refresh_tokens_by_parent ON refresh_tokens (parent_hash) WHERE parent_hash IS NOT NULL;
