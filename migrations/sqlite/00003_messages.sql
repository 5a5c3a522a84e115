-- The message log. A seq is given out and its message stored in one transaction, so this log has no pending seqs and no
-- voids: its floor is always last_seq + 1, and the message row itself is the memory that makes a client_msg_id
-- idempotent for ever.

-- +goose Up

-- Clustered by (conversation_id, seq): a page of history is one run of leaf pages.
CREATE TABLE messages (
    conversation_id   TEXT NOT NULL REFERENCES conversations,
    seq               INTEGER NOT NULL,
    message_id        TEXT NOT NULL,
    sender_id         TEXT NOT NULL REFERENCES users (user_id),
    client_msg_id     TEXT NOT NULL,
    body_hash         BLOB NOT NULL,     -- SHA-256 of the whole text
    created_at        INTEGER NOT NULL,  -- never below that of seq - 1
    preview           TEXT NOT NULL,     -- the whole text unless has_more
    has_more          INTEGER NOT NULL,
    members_version   INTEGER NOT NULL,  -- of the conversation when the seq was given out
    unpublished_since INTEGER,           -- by the clock, unlike created_at; NULL once the event is on its way
    PRIMARY KEY (conversation_id, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX messages_by_client_msg_id ON messages (conversation_id, sender_id, client_msg_id);

CREATE INDEX messages_unpublished ON messages (unpublished_since) WHERE unpublished_since IS NOT NULL;

-- The full texts of messages that go on beyond their preview, apart so that history does not drag them along. Up to
-- 400 kB a row: with a rowid, so that they stay out of the tree's inner pages.
CREATE TABLE bodies (
    conversation_id TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    body            TEXT NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    FOREIGN KEY (conversation_id, seq) REFERENCES messages
) STRICT;
