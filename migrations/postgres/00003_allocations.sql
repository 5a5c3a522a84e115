-- The seqs of the conversations' logs: to which message each was given and how far that has come. The messages
-- themselves are in another store.

-- +goose Up

CREATE TABLE allocations (
    conversation_id UUID NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq             BIGINT NOT NULL,
    message_id      VARCHAR(50) NOT NULL,
    sender_id       UUID NOT NULL,        -- a member then; no foreign key, which would lock the sender's row with every message
    client_msg_id   VARCHAR(64) COLLATE "C" NOT NULL,
    body_hash       BYTEA NOT NULL,       -- SHA-256 of the text
    created_at      TIMESTAMPTZ NOT NULL, -- the message's time, by the clock of a service; never below that of seq - 1
    members_version BIGINT NOT NULL,      -- of the conversation at that moment
    state           VARCHAR(10) NOT NULL CHECK (state IN ('PENDING', 'STORED', 'PUBLISHED', 'VOID')),
    allocated_at    TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), -- by the clock of this server, as is the next
    leased_until    TIMESTAMPTZ,          -- somebody is finishing it until then
    PRIMARY KEY (conversation_id, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- A client_msg_id has one live allocation; a void frees it.
CREATE UNIQUE INDEX allocations_live ON allocations (conversation_id, sender_id, client_msg_id) WHERE state <> 'VOID';
-- The floor of a conversation is the first row of its part of this index, which is nearly empty.
CREATE INDEX allocations_pending ON allocations (conversation_id, seq) WHERE state = 'PENDING';
-- What may have been left on its way, the oldest first.
CREATE INDEX allocations_unfinished ON allocations (allocated_at, conversation_id, seq) WHERE state IN ('PENDING', 'STORED');
-- What may be forgotten, the oldest first.
CREATE INDEX allocations_finished ON allocations (allocated_at) WHERE state IN ('PUBLISHED', 'VOID');

-- The seqs that will never be a message. Unlike allocations they are kept for ever: unread counts leave them out.
CREATE TABLE voids (
    conversation_id UUID NOT NULL REFERENCES conversations ON DELETE CASCADE,
    seq             BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);
