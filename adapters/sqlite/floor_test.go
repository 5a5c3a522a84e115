package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

const (
	floorSenders = 64
	floorRooms   = 64
	floorLasting = 3 * time.Second
)

// addFloorRooms makes n groups of one person each.
func addFloorRooms(b *testing.B, core portstest.Core, n int) (users []domain.User, ids []domain.ConversationID) {
	users = core.AddUsers(b, "sender", n)
	for _, u := range users {
		ids = append(ids, core.AddGroup(b, time.Now(), u))
	}
	return users, ids
}

// sendFrom has 64 senders send to rooms, announces what they sent, and returns how many messages a second were kept.
func sendFrom(b *testing.B, core portstest.Core, users []domain.User, rooms []domain.ConversationID) float64 {
	return portstest.Rate(b, floorSenders, floorLasting, func(client int) error {
		n := client % len(rooms)
		m, _, err := core.Log.Append(b.Context(), domain.Draft{
			Conversation: rooms[n], Sender: users[n].ID, ClientMsgID: portstest.NewUUID(), Body: "Hello, how are you today?",
		})
		if err != nil {
			return err
		}
		return core.Settler.Settle(b.Context(), []domain.Settlement{{Conversation: m.Conversation, Seq: m.Seq, State: domain.Published}})
	})
}

// BenchmarkFloorSends is acknowledged messages beside bare inserts of the same rows: as many to a commit as senders who wait for
// their answers can give it, and more than they ever could.
func BenchmarkFloorSends(b *testing.B) {
	for _, together := range []int{floorSenders, 1024} {
		b.Run(fmt.Sprint(together), func(b *testing.B) {
			core := open(b, time.Now)
			users, rooms := addFloorRooms(b, core, floorRooms)
			bare := newBareInserts(b)
			portstest.Floor{
				Row:  fmt.Sprintf("durable sends in one process, 64 senders, many conversations, beside inserts of %d to a commit", together),
				Unit: "/s", Target: 0.5,
				Floor: func() float64 {
					return float64(together) * portstest.Rate(b, 1, floorLasting, func(int) error { return bare.commit(b.Context(), together) })
				},
				Ours: func() float64 { return sendFrom(b, core, users, rooms) },
			}.Run(b)
		})
	}
}

// BenchmarkFloorOneConversation is the sends of as many into one conversation.
func BenchmarkFloorOneConversation(b *testing.B) {
	core := open(b, time.Now)
	users, rooms := addFloorRooms(b, core, floorRooms)
	portstest.Floor{
		Row: "sends into one conversation beside many, 64 senders", Unit: "/s", Target: 0.7,
		Floor: func() float64 { return sendFrom(b, core, users, rooms) },
		Ours:  func() float64 { return sendFrom(b, core, users, rooms[:1]) },
	}.Run(b)
}

// bareInserts writes the rows of messages that nobody waits for, on a file of its own.
type bareInserts struct {
	file  *sql.DB
	users []domain.User
	rooms []domain.ConversationID
	seqs  []int
}

func newBareInserts(b *testing.B) *bareInserts {
	path := filepath.Join(b.TempDir(), "bare.db")
	db := openFile(b, path, time.Now)
	users, rooms := addFloorRooms(b, coreOf(db), floorRooms)
	require.NoError(b, db.Close())
	file, err := sql.Open("sqlite", "file:"+path+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(8000)&_txlock=immediate")
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, file.Close()) })
	file.SetMaxOpenConns(1)
	return &bareInserts{file, users, rooms, make([]int, len(rooms))}
}

func (w *bareInserts) commit(ctx context.Context, together int) error {
	tx, err := w.file.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	var statements []*sql.Stmt
	for _, query := range []string{
		`INSERT INTO messages (conversation_id, seq, message_id, sender_id, client_msg_id, body_hash, created_at, preview, has_more,
			members_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 1)`,
		`UPDATE conversations SET last_seq = ?, last_message_id = ?, last_sender_id = ?, last_message_at = ?, last_preview = ?,
			last_has_more = 0 WHERE conversation_id = ?`,
		`UPDATE reads SET last_read_seq = ?, updated_at = ? WHERE conversation_id = ? AND user_id = ?`,
	} {
		s, err := tx.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		defer s.Close() //nolint:errcheck // it ends with its transaction
		statements = append(statements, s)
	}
	const text = "Hello, how are you today?"
	hash := make([]byte, 32)
	for i := range together {
		n := i % len(w.rooms)
		w.seqs[n]++
		seq, now := w.seqs[n], time.Now().UnixMilli()
		room, user, id := string(w.rooms[n]), string(w.users[n].ID), "01HN8X00000000000000000000"
		for s, args := range [][]any{
			{room, seq, id, user, portstest.NewUUID(), hash, now, text},
			{seq, id, user, now, text, room},
			{seq, now, room, user},
		} {
			if _, err := statements[s].ExecContext(ctx, args...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

// BenchmarkFloorHistory reads the largest page there is, of messages of which it shows a fraction.
func BenchmarkFloorHistory(b *testing.B) {
	core := open(b, time.Now)
	users, rooms := addFloorRooms(b, core, 2)
	for i, length := range []int{domain.PreviewChars, domain.MaxBodyChars} {
		for range domain.MaxPageLimit {
			core.Post(b, users[i], rooms[i], strings.Repeat("x", length))
		}
	}
	read := func(room domain.ConversationID) func() float64 {
		return func() float64 {
			return 1e6 / portstest.Rate(b, 1, time.Second, func(int) error {
				page, err := core.Messages.EntriesFrom(b.Context(), room, 1, domain.MaxPageLimit)
				if err == nil && len(page) != domain.MaxPageLimit {
					err = fmt.Errorf("a page of %d", len(page))
				}
				return err
			})
		}
	}
	portstest.Floor{
		Row: "history page, 200 previews, texts of 100,000 characters beside 200, one process", Unit: "µs", Target: 1.2, AtMost: true,
		Floor: read(rooms[0]), Ours: read(rooms[1]),
	}.Run(b)
}
