//go:build integration

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/postgres"
	"chatsystem/domain"
)

// sharedStores are a database and a table of the test's own, as the five services share them, and ways past the adapters.
type sharedStores struct {
	t     *testing.T
	env   map[string]string
	db    *postgres.DB
	store *dynamo.MessageStore
	sql   *sql.DB
	items *dynamodb.Client
	ada   domain.UserID
	ben   domain.UserID
}

// setting says where a test server is.
func setting(name, usual string) string {
	return cmp.Or(os.Getenv(name), usual) //nolint:forbidigo // the environment of the tests
}

func newSharedStores(t *testing.T) *sharedStores {
	t.Helper()
	server := setting("POSTGRES_DSN", "postgres://chat:chat@127.0.0.1:15432/chat?sslmode=disable")
	engine := setting("DYNAMODB_ENDPOINT", "http://127.0.0.1:18000")
	name := "verify_" + strings.ToLower(rand.Text()[:12])
	connect := func(dsn string) *sql.DB {
		pool, err := sql.Open("pgx", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { _ = pool.Close() })
		return pool
	}
	admin := connect(server)
	_, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err, "scripts/infra up starts the database")
	t.Cleanup(func() {
		_, err := admin.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		assert.NoError(t, err)
	})
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = "/" + name
	cfg := postgres.Config{DSN: u.String()}
	require.NoError(t, postgres.Migrate(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	s := &sharedStores{t: t, sql: connect(u.String()), env: map[string]string{
		"POSTGRES_DSN": u.String(), "DYNAMODB_ENDPOINT": engine, "DYNAMODB_TABLE": name,
	}}
	s.db, err = postgres.Open(cfg, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.db.Close() })
	s.store, err = dynamo.Open(t.Context(), dynamo.Config{Endpoint: engine, Region: "us-east-1", Table: name})
	require.NoError(t, err)
	t.Cleanup(s.store.Close)
	require.NoError(t, s.store.EnsureTable(t.Context()))
	s.items = dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &engine, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	t.Cleanup(func() {
		_, _ = s.items.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &name})
	})
	s.ada, s.ben = s.user("ada"), s.user("ben")
	return s
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (s *sharedStores) user(name string) domain.UserID {
	s.t.Helper()
	id := newID()
	s.exec(`INSERT INTO users VALUES ($1, $2::text, $2::text, $2::text, $2::text, 'x', now(), now())`, id, name)
	return domain.UserID(id)
}

func (s *sharedStores) exec(statement string, args ...any) {
	s.t.Helper()
	_, err := s.sql.ExecContext(s.t.Context(), statement, args...)
	require.NoError(s.t, err, statement)
}

func entropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:])
	return e
}

// conversation makes a group of Ada and Ben with five seqs: messages of Ada's, the third a void, the fourth long.
func (s *sharedStores) conversation() domain.ConversationID {
	s.t.Helper()
	c := domain.ConversationID(newID())
	group, err := domain.NewGroup(c, "Garden", s.ada, []domain.UserID{s.ben}, time.Now())
	require.NoError(s.t, err)
	require.NoError(s.t, s.db.CreateGroup(s.t.Context(), group))
	for i, body := range []string{"one", "two", "", strings.Repeat("four ", 100), "five"} {
		s.send(c, fmt.Sprintf("id-%d", i+1), body)
	}
	return c
}

// send takes a message through all steps; without a body its seq becomes a void.
func (s *sharedStores) send(c domain.ConversationID, clientMsgID, body string) domain.Allocation {
	s.t.Helper()
	ctx := s.t.Context()
	a, _, err := s.db.Allocate(ctx, domain.AllocationRequest{
		Conversation: c, Sender: s.ada, ClientMsgID: clientMsgID, BodyHash: sha256.Sum256([]byte(body)), Entropy: entropy(),
	})
	require.NoError(s.t, err)
	if body == "" {
		_, err := s.store.Bury(ctx, c, a.Seq)
		require.NoError(s.t, err)
		require.NoError(s.t, s.db.Void(ctx, c, a.Seq, domain.VoidTombstone))
		return a
	}
	m := domain.PostMessage(domain.Draft{Conversation: c, Sender: s.ada, ClientMsgID: clientMsgID, Body: body}, a)
	_, err = s.store.Put(ctx, m)
	require.NoError(s.t, err)
	require.NoError(s.t, s.db.Settle(ctx, []domain.Settlement{{Conversation: c, Seq: a.Seq, State: domain.Published, Last: m.Pointer}}))
	return a
}

func key(partition string, seq int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"conversation_id": &types.AttributeValueMemberS{Value: partition},
		"seq":             &types.AttributeValueMemberN{Value: fmt.Sprint(seq)},
	}
}

func (s *sharedStores) deleteItem(partition string, seq int) {
	s.t.Helper()
	_, err := s.items.DeleteItem(s.t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(s.env["DYNAMODB_TABLE"]), Key: key(partition, seq)})
	require.NoError(s.t, err)
}

func (s *sharedStores) setItem(c domain.ConversationID, seq int, attribute, value string) {
	s.t.Helper()
	_, err := s.items.UpdateItem(s.t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(s.env["DYNAMODB_TABLE"]), Key: key(string(c), seq),
		UpdateExpression:          aws.String("SET #a = :v"),
		ExpressionAttributeNames:  map[string]string{"#a": attribute},
		ExpressionAttributeValues: map[string]types.AttributeValue{":v": &types.AttributeValueMemberS{Value: value}},
	})
	require.NoError(s.t, err)
}

// restoredPostgres forgets everything above a seq, as a backup from that time does.
func (s *sharedStores) restoredPostgres(c domain.ConversationID, to int) {
	s.t.Helper()
	s.exec(`DELETE FROM allocations WHERE conversation_id = $1 AND seq > $2::bigint`, c, to)
	s.exec(`DELETE FROM voids WHERE conversation_id = $1 AND seq > $2::bigint`, c, to)
	s.exec(`UPDATE reads SET last_read_seq = least(last_read_seq, $2::bigint) WHERE conversation_id = $1`, c, to)
	s.exec(`UPDATE conversations c SET last_seq = $2::bigint, last_message_seq = $2::bigint, last_message_id = a.message_id, last_preview = 'two', last_has_more = false
		FROM allocations a WHERE c.conversation_id = $1 AND a.conversation_id = $1 AND a.seq = $2::bigint`, c, to)
}

// TestVerifyFindsWhatIsPlantedInTheSharedStores plants every fault in a conversation of its own.
func TestVerifyFindsWhatIsPlantedInTheSharedStores(t *testing.T) {
	t.Parallel()
	s := newSharedStores(t)
	type planted struct {
		plant     func(c domain.ConversationID)
		finds     []any // before a repair
		remains   []any // after it
		forgotten bool  // what was sent is too old for a retry to be recognized
	}
	foreign := string(domain.NewMessageID(time.Now(), entropy(), 2))
	faults := map[string]planted{
		"none": {plant: func(domain.ConversationID) {}},
		"a message on its way is none": {plant: func(c domain.ConversationID) {
			_, _, err := s.db.Allocate(t.Context(), domain.AllocationRequest{Conversation: c, Sender: s.ada, ClientMsgID: "late", Entropy: entropy()})
			require.NoError(t, err)
		}},
		"a restored table has lost a message": {
			plant: func(c domain.ConversationID) { s.deleteItem(string(c), 2) },
			finds: []any{"I1", "I3", "I6"},
		},
		"a restored table has lost a message that nobody remembers": {
			plant: func(c domain.ConversationID) {
				s.deleteItem(string(c), 2)
				s.exec(`DELETE FROM allocations WHERE conversation_id = $1`, c)
			},
			finds:     []any{"I3", "I6"},
			forgotten: true,
		},
		"a restored database is behind the table": {
			plant: func(c domain.ConversationID) { s.restoredPostgres(c, 2) },
			finds: []any{"I3"},
		},
		"both": {
			plant: func(c domain.ConversationID) {
				s.restoredPostgres(c, 2)
				s.deleteItem(string(c), 4)
			},
			finds: []any{"I3"},
		},
		"a void is not listed": {
			plant: func(c domain.ConversationID) { s.exec(`DELETE FROM voids WHERE conversation_id = $1`, c) },
			finds: []any{"I6"},
		},
		"a message is listed as a void": {
			plant:   func(c domain.ConversationID) { s.exec(`INSERT INTO voids VALUES ($1, 1)`, c) },
			finds:   []any{"I6"},
			remains: []any{"I6"},
		},
		"a client_msg_id is there twice": {
			plant:   func(c domain.ConversationID) { s.setItem(c, 5, "client_msg_id", "id-1") },
			finds:   []any{"I2"},
			remains: []any{"I2"},
		},
		"another message is at the seq": {
			plant:   func(c domain.ConversationID) { s.setItem(c, 2, "message_id", foreign) },
			finds:   []any{"I1"},
			remains: []any{"I1"},
		},
		"a long text is lost": {
			plant:   func(c domain.ConversationID) { s.deleteItem(string(c)+"#body", 4) },
			finds:   []any{"I1"},
			remains: []any{"I1"},
		},
		"a preview is another": {
			plant:   func(c domain.ConversationID) { s.setItem(c, 4, "preview", "forged") },
			finds:   []any{"I1"},
			remains: []any{"I1"},
		},
		"a list shows another preview": {
			plant: func(c domain.ConversationID) {
				s.exec(`UPDATE conversations SET last_preview = 'forged' WHERE conversation_id = $1`, c)
			},
			finds:   []any{"I1"},
			remains: []any{"I1"},
		},
		"a group has no admin": {
			plant: func(c domain.ConversationID) {
				s.exec(`UPDATE memberships SET role = 'MEMBER' WHERE conversation_id = $1`, c)
			},
			finds: []any{"I7"},
		},
		"a group has 101 members": {
			plant: func(c domain.ConversationID) {
				s.exec(`INSERT INTO users SELECT gen_random_uuid(), 'u' || i, 'u' || i, 'u' || i, 'u' || i, 'x', now(), now() FROM generate_series(1, 99) AS i`)
				s.exec(`INSERT INTO memberships SELECT $1, user_id, 'MEMBER', now(), 5 FROM users WHERE username LIKE 'u%'`, c)
				s.exec(`INSERT INTO reads SELECT $1, user_id, 5, now() FROM users WHERE username LIKE 'u%'`, c)
			},
			finds:   []any{"I7"},
			remains: []any{"I7"},
		},
	}
	names := map[string]string{} // of conversations
	for name, f := range faults {
		c := s.conversation()
		names[string(c)] = name
		f.plant(c)
	}
	operator := newPerson(t, "http://127.0.0.1:1", "operator")
	for k, v := range s.env {
		operator.env[k] = v
	}
	found := func(r result) map[string][]any {
		lines := decode(t, r.out)
		require.NotEmpty(t, lines, r.errOut)
		all := map[string][]any{}
		for _, v := range lines[len(lines)-1]["violations"].([]any) {
			violation := v.(map[string]any)
			name := names[violation["conversation_id"].(string)]
			all[name] = append(all[name], violation["promise"])
		}
		return all
	}
	check := func(r result, want func(planted) []any) {
		t.Helper()
		got := found(r)
		for name, f := range faults {
			assert.ElementsMatch(t, want(f), got[name], name)
		}
		assert.Equal(t, exitFailure, r.code)
	}
	finds, remains := func(f planted) []any { return f.finds }, func(f planted) []any { return f.remains }
	args := []string{"verify", "--store", "services", "--json"}
	check(operator.with("", args...), finds)
	check(operator.with("", append(args, "--repair")...), finds)
	check(operator.with("", args...), finds) // the repair was only proposed
	r := operator.with("", append(args, "--repair", "--apply")...)
	check(r, remains)
	assert.Equal(t, 6, strings.Count(r.out, `"applied":true`), r.out)

	t.Run("a repaired conversation goes on", func(t *testing.T) {
		for c, name := range names {
			if len(faults[name].remains) == 0 && name != "a message on its way is none" {
				a := s.send(domain.ConversationID(c), "after", "after the repair")
				assert.EqualValues(t, 6, a.Seq, name)
				if !faults[name].forgotten {
					again := s.send(domain.ConversationID(c), "id-5", "five")
					assert.EqualValues(t, 5, again.Seq, "%s: a retry finds its message", name)
				}
			}
		}
		check(operator.with("", args...), remains)
	})
}
