package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/ports/portstest"
)

func BenchmarkFloorGrowth(b *testing.B) {
	portstest.RunGrowth(b, "one process", resident(b, 1), resident(b, 10))
}

// resident has thirty conversations, in a file with a thousand of others for each unit of size, a hundred messages in each.
func resident(b *testing.B, size int) portstest.Resident {
	path := filepath.Join(b.TempDir(), "chat.db")
	db := openFile(b, path, time.Now)
	r := portstest.Resident{Core: coreOf(db)}
	r.User = r.AddUser(b, "anna")
	for range 30 {
		r.Conversation = r.AddGroup(b, time.Now(), r.User)
		for range 100 {
			r.Post(b, r.User, r.Conversation, "Hello, how are you today?")
		}
	}
	require.NoError(b, db.Close())
	crowd(b, path, 1000*size)
	r.Core = coreOf(openFile(b, path, time.Now))
	return r
}

// crowd adds n users, each with a conversation of its own.
func crowd(b *testing.B, path string, n int) {
	file, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(0)")
	require.NoError(b, err)
	numbers := fmt.Sprintf("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d) ", n)
	hundred := "(WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 100) SELECT seq FROM s)"
	for _, statement := range []string{
		numbers + `INSERT INTO users (user_id, email, email_key, username, username_key, password_hash, created_at, updated_at)
			SELECT 'user-' || n, 'u' || n, 'u' || n, 'u' || n, 'u' || n, '', 1, 1 FROM numbers`,
		numbers + `INSERT INTO conversations (conversation_id, type, title, created_by, created_at, members_version, last_seq)
			SELECT 'group-' || n, 'GROUP', '', 'user-' || n, 1, 1, 100 FROM numbers`,
		numbers + `INSERT INTO memberships (conversation_id, user_id, role, joined_at, joined_seq)
			SELECT 'group-' || n, 'user-' || n, 'ADMIN', 1, 0 FROM numbers`,
		numbers + `INSERT INTO reads (conversation_id, user_id, last_read_seq, updated_at) SELECT 'group-' || n, 'user-' || n, 0, 1 FROM numbers`,
		numbers + `INSERT INTO messages (conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, preview, has_more,
				members_version, unpublished_since)
			SELECT 'group-' || n, seq, '01HN8X00000000000000000000', 'user-' || n, 'draft-' || seq, x'00', 1, 'Hello, how are you today?', 0, 1, NULL
			FROM numbers CROSS JOIN ` + hundred,
	} {
		_, err := file.ExecContext(b.Context(), statement)
		require.NoError(b, err, "%.60s", statement)
	}
	require.NoError(b, file.Close())
}
