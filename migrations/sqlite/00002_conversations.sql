-- Conversations, who belongs to them, and how far each member has read.

-- +goose Up

CREATE TABLE conversations (
    conversation_id TEXT PRIMARY KEY,
    type            TEXT NOT NULL CHECK (type IN ('DM', 'GROUP')),
    title           TEXT NOT NULL,       -- empty for a DM
    dm_key          TEXT UNIQUE,         -- one DM per pair of users; NULL for a group
    created_by      TEXT NOT NULL REFERENCES users (user_id),
    created_at      INTEGER NOT NULL,
    members_version INTEGER NOT NULL,    -- grows with every change of the members
    last_seq        INTEGER NOT NULL DEFAULT 0,
    -- What lists show of the message at last_seq; NULL before the first.
    last_message_id TEXT,
    last_sender_id  TEXT,
    last_message_at INTEGER,
    last_preview    TEXT,
    last_has_more   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    conversation_id TEXT NOT NULL REFERENCES conversations,
    user_id         TEXT NOT NULL REFERENCES users,
    role            TEXT NOT NULL CHECK (role IN ('ADMIN', 'MEMBER')),
    joined_at       INTEGER NOT NULL,
    joined_seq      INTEGER NOT NULL,
    left_at         INTEGER,             -- NULL while active; the row stays for those who ask for the names of senders who left
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE reads (
    conversation_id TEXT NOT NULL REFERENCES conversations,
    user_id         TEXT NOT NULL REFERENCES users,
    last_read_seq   INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    invite_id       TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations,
    invited_user_id TEXT NOT NULL REFERENCES users (user_id),
    invited_by      TEXT NOT NULL REFERENCES users (user_id),
    status          TEXT NOT NULL CHECK (status IN ('PENDING', 'ACCEPTED', 'DECLINED', 'EXPIRED')),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX invites_pending ON invites (invited_user_id, conversation_id) WHERE status = 'PENDING';
