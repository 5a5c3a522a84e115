//go:build integration

package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/ports/portstest"
)

func BenchmarkFloorGrowth(b *testing.B) {
	portstest.RunGrowth(b, "Postgres", resident(b, 1), resident(b, 10))
}

// resident has thirty conversations, in a database with a thousand of others for each unit of size, a hundred messages in each.
func resident(b *testing.B, size int) portstest.Resident {
	dsn := newDatabase(b)
	r := portstest.Resident{Core: coreOf(open(b, dsn, time.Now))}
	r.User = r.AddUser(b, "anna")
	for range 30 {
		r.Conversation = r.AddGroup(b, time.Now(), r.User)
		for range 10 {
			r.Post(b, r.User, r.Conversation, "Hello, how are you today?")
		}
	}
	pool := connect(b, dsn)
	for _, statement := range []string{
		fmt.Sprintf(`CREATE TABLE crowd AS SELECT gen_random_uuid() AS user_id, gen_random_uuid() AS conversation_id FROM generate_series(1, %d)`, 1000*size),
		`INSERT INTO users (user_id, email, email_key, username, username_key, password_hash, created_at, updated_at)
			SELECT user_id, user_id::text, user_id::text, user_id::text, user_id::text, '', now(), now() FROM crowd`,
		`INSERT INTO conversations (conversation_id, type, title, created_by, created_at, members_version, last_seq)
			SELECT conversation_id, 'GROUP', '', user_id, now(), 1, 100 FROM crowd`,
		`INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq) SELECT conversation_id, user_id, 'ADMIN', now(), 0 FROM crowd`,
		`INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at) SELECT conversation_id, user_id, 0, now() FROM crowd`,
		`INSERT INTO allocations (conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, members_version, state)
			SELECT conversation_id, seq, '01HN8X00000000000000000000', user_id, seq::text, '', now(), 1, 'PUBLISHED'
			FROM crowd CROSS JOIN generate_series(1, 100) seq`,
		`VACUUM ANALYZE`,
	} {
		_, err := pool.ExecContext(b.Context(), statement)
		require.NoError(b, err, "%.60s", statement)
	}
	return r
}
