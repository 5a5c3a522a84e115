-- What counts a user's conversations, whenever somebody adds them to one: of a group of 100, each. left_at is in it, so that the
-- count needs nothing but the index.

-- +goose Up

CREATE INDEX memberships_active ON memberships (user_id, left_at) WHERE left_at IS NULL;
