-- Accounts and sign-ins.
--
-- In every table of this schema: ids are UUIDs in canonical text form; times are integers, milliseconds since 1970 UTC;
-- tables are STRICT, and WITHOUT ROWID where rows are small and found by their key.

-- +goose Up

CREATE TABLE users (
    user_id       TEXT PRIMARY KEY,
    email         TEXT NOT NULL,        -- as typed
    email_key     TEXT NOT NULL UNIQUE, -- what makes it unique: lower case
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    session_id     TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users,
    user_agent     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    last_active_at INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    revoked        INTEGER NOT NULL DEFAULT FALSE
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_live ON sessions (user_id, expires_at) WHERE NOT revoked;

CREATE TABLE refresh_tokens (
    token_hash        BLOB PRIMARY KEY, -- SHA-256; the token itself is not kept
    session_id        TEXT NOT NULL REFERENCES sessions,
    parent_hash       BLOB,             -- NULL for the first of a session
    issued_at         INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    exchanged_at      INTEGER,
    successor_used_at INTEGER,
    stale             INTEGER NOT NULL DEFAULT FALSE
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);
CREATE INDEX refresh_tokens_by_parent ON refresh_tokens (parent_hash) WHERE parent_hash IS NOT NULL;
