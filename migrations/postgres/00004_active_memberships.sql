-- What counts a user's conversations, whenever somebody adds them to one: of a group of 100, each.

-- +goose NO TRANSACTION
-- +goose Up

CREATE INDEX CONCURRENTLY IF NOT EXISTS memberships_active ON memberships (user_id) WHERE left_at IS NULL;
