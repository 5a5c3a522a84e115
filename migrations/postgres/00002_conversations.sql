-- Conversations, who belongs to them, and how far each member has read. Whatever changes a conversation, its members, its
-- invites or its log locks its row here first.

-- +goose Up

CREATE TABLE conversations (
    conversation_id   UUID PRIMARY KEY,
    type              VARCHAR(10) NOT NULL CHECK (type IN ('DM', 'GROUP')),
    title             VARCHAR(255) NOT NULL, -- empty for a DM
    dm_key            TEXT COLLATE "C" UNIQUE, -- one DM per pair of users; NULL for a group
    created_by        UUID NOT NULL REFERENCES users (user_id),
    created_at        TIMESTAMPTZ NOT NULL,
    members_version   BIGINT NOT NULL,       -- grows with every change of the members
    last_seq          BIGINT NOT NULL DEFAULT 0, -- the highest seq given out
    last_allocated_at TIMESTAMPTZ,           -- created_at of the message it was given to; NULL before the first
    -- What lists show of the latest message that is stored: it may be below last_seq. NULL before the first.
    last_message_seq  BIGINT NOT NULL DEFAULT 0,
    last_message_id   VARCHAR(50),
    last_sender_id    UUID,
    last_message_at   TIMESTAMPTZ,
    last_preview      VARCHAR(200),
    last_has_more     BOOLEAN
) WITH (fillfactor = 70); -- every message updates its row twice, no index: room for that on the same page

CREATE TABLE memberships (
    conversation_id UUID NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id         UUID NOT NULL REFERENCES users ON DELETE CASCADE,
    role            VARCHAR(20) NOT NULL CHECK (role IN ('ADMIN', 'MEMBER')),
    joined_at       TIMESTAMPTZ NOT NULL,
    joined_seq      BIGINT NOT NULL,
    left_at         TIMESTAMPTZ, -- NULL while active; the row stays for those who ask for the names of senders who left
    PRIMARY KEY (conversation_id, user_id)
);

CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE reads (
    conversation_id UUID NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id         UUID NOT NULL REFERENCES users ON DELETE CASCADE,
    last_read_seq   BIGINT NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 80);

CREATE INDEX reads_by_user ON reads (user_id);

CREATE TABLE invites (
    invite_id       UUID PRIMARY KEY,
    conversation_id UUID NOT NULL REFERENCES conversations ON DELETE CASCADE,
    invited_user_id UUID NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    invited_by      UUID NOT NULL REFERENCES users (user_id),
    status          VARCHAR(20) NOT NULL CHECK (status IN ('PENDING', 'ACCEPTED', 'DECLINED', 'EXPIRED')),
    created_at      TIMESTAMPTZ NOT NULL,
    expires_at      TIMESTAMPTZ NOT NULL
);

CREATE UNIQUE INDEX invites_pending ON invites (invited_user_id, conversation_id) WHERE status = 'PENDING';
CREATE INDEX invites_by_conversation ON invites (conversation_id);
