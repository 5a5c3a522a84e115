//go:build integration

package chatsystem_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/adapters/memory"
	"chatsystem/adapters/postgres"
	"chatsystem/application/messages"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// TestABackupOfBothStores restores copies of Postgres and DynamoDB that were taken one after the other while people sent.
func TestABackupOfBothStores(t *testing.T) {
	t.Run("DynamoDB's copy is the later one: whatever was acknowledged before is there, without holes", func(t *testing.T) {
		t.Parallel()
		c := startCrowd(t)
		c.send(100)
		acknowledged := c.acknowledged()
		database := copyDatabase(t, c.stores.dsn)
		c.send(100)
		later := c.acknowledged()
		table := copyTable(t, c.stores.table)
		c.stop()

		restored := openStores(t, database, table)
		restored.reconcile(t, c)
		require.Subset(t, restored.history(t, c), acknowledged)

		// Seqs of the time between the two copies are taken. Who sends is refused until they are past.
		draft := domain.Draft{Conversation: c.group, Sender: c.members[0].ID, ClientMsgID: "after the restore", Body: "Hello"}
		var last domain.Message
		require.Eventually(t, func() bool {
			var err error
			last, _, err = restored.log.Append(t.Context(), draft)
			return err == nil
		}, time.Minute, time.Millisecond)
		restored.reconcile(t, c)
		history := restored.history(t, c)
		require.Subset(t, history, later, "and so is what was sent between the two copies")
		require.Contains(t, history, last.ID)
		restored.verify(t)
	})
	t.Run("DynamoDB's copy is the earlier one: history ends where messages are missing", func(t *testing.T) {
		t.Parallel()
		c := startCrowd(t)
		c.send(100)
		table := copyTable(t, c.stores.table)
		c.send(100)
		acknowledged := c.acknowledged()
		database := copyDatabase(t, c.stores.dsn)
		c.stop()

		restored := openStores(t, database, table)
		restored.reconcile(t, c)
		before := restored.history(t, c)
		require.NotSubset(t, before, acknowledged)

		restored.verify(t, "--repair", "--apply")
		_, _, err := restored.log.Append(t.Context(), domain.Draft{Conversation: c.group, Sender: c.members[0].ID, ClientMsgID: "after the repair", Body: "Hello"})
		require.NoError(t, err)
		restored.reconcile(t, c)
		require.Greater(t, len(restored.history(t, c)), len(before), "what was lost is passed over")
		restored.verify(t)
	})
}

// stores are the message log on a database and a table.
type stores struct {
	dsn, table string
	db         *postgres.DB
	entries    *dynamo.MessageStore
	log        *messages.SequencedLog
	quiet      *slog.Logger
}

func openStores(t *testing.T, dsn, table string) stores {
	t.Helper()
	s := stores{dsn: dsn, table: table, quiet: slog.New(slog.DiscardHandler)}
	var err error
	s.db, err = postgres.Open(postgres.Config{DSN: dsn}, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.db.Close()) })
	s.entries, err = dynamo.Open(t.Context(), dynamo.Config{Endpoint: dynamoEndpoint(), Region: "us-east-1", Table: table})
	require.NoError(t, err)
	t.Cleanup(s.entries.Close)
	require.NoError(t, s.entries.EnsureTable(t.Context()))
	idle := messages.NewAnnouncer(memory.NewEventBus(), s.db, s.quiet) // never run: senders settle
	s.log = messages.NewSequencedLog(s.db, s.entries, newEntropy, idle, s.quiet)
	return s
}

func newEntropy() (e domain.MessageIDEntropy) {
	_, _ = rand.Read(e[:]) // never fails
	return e
}

// reconcile finishes what the copies have unfinished.
func (s stores) reconcile(t *testing.T, c *crowd) {
	t.Helper()
	r := messages.NewReconcile(s.db, s.entries, s.log, memory.NewEventBus(), s.db, s.quiet)
	require.Eventually(t, func() bool {
		_, err := r.Execute(t.Context())
		head, errHead := s.db.Head(t.Context(), c.members[0].ID, c.group)
		return err == nil && errHead == nil && head.Settled() == head.LastSeq
	}, time.Minute, 200*time.Millisecond)
}

// history returns the messages of the group's log, of which every seq is something.
func (s stores) history(t *testing.T, c *crowd) []domain.MessageID {
	t.Helper()
	show := messages.NewHistory(s.db, s.entries)
	var ids []domain.MessageID
	for after := int64(0); ; {
		page, err := show.Execute(t.Context(), messages.HistoryInput{Viewer: c.members[0].ID, Conversation: string(c.group), AfterSeq: &after})
		require.NoError(t, err)
		for _, m := range page.Messages {
			ids = append(ids, m.ID)
		}
		after = int64(page.Next) - 1
		if !page.HasMore {
			return ids
		}
	}
}

// verify has chatctl, as an operator runs it, find nothing wrong, or nothing that it could not mend.
func (s stores) verify(t *testing.T, flags ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // it is built first
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", append([]string{"run", "./cmd/chatctl", "verify", "--store", "services"}, flags...)...)
	cmd.Env = append(cmd.Environ(), "POSTGRES_DSN="+s.dsn, "DYNAMODB_ENDPOINT="+dynamoEndpoint(), "DYNAMODB_TABLE="+s.table)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// crowd is a group whose members send without pause.
type crowd struct {
	t       *testing.T
	stores  stores
	group   domain.ConversationID
	members []domain.User
	stop    func()

	mu    sync.Mutex
	acked []domain.MessageID
}

func startCrowd(t *testing.T) *crowd {
	t.Helper()
	dsn := newDatabase(t)
	require.NoError(t, postgres.Migrate(t.Context(), postgres.Config{DSN: dsn}, slog.New(slog.DiscardHandler)))
	c := &crowd{t: t, stores: openStores(t, dsn, newTable(t))}
	db := c.stores.db
	core := portstest.Core{Users: db, Directory: db, Sessions: db, Conversations: db, Members: db}
	c.members = core.AddUsers(t, "backup", 4)
	c.group = core.AddGroup(t, time.Now(), c.members...)

	ctx, cancel := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for _, m := range c.members {
		senders.Go(func() { c.keepSending(ctx, m.ID) })
	}
	c.stop = func() { cancel(); senders.Wait() }
	t.Cleanup(c.stop)
	return c
}

func (c *crowd) keepSending(ctx context.Context, sender domain.UserID) {
	for n := 0; ctx.Err() == nil; n++ {
		draft := domain.Draft{Conversation: c.group, Sender: sender, ClientMsgID: fmt.Sprint(n), Body: "message"}
		m, _, err := c.stores.log.Append(ctx, draft)
		if err != nil {
			continue // the end, or a store that is slow; the next one has another id
		}
		c.mu.Lock()
		c.acked = append(c.acked, m.ID)
		c.mu.Unlock()
		settled := domain.Settlement{Conversation: m.Conversation, Seq: m.Seq, State: domain.Stored, Last: m.Pointer}
		_ = c.stores.db.Settle(ctx, []domain.Settlement{settled}) // else the reconciler does
	}
}

// send waits until that many more have been acknowledged.
func (c *crowd) send(n int) {
	c.t.Helper()
	n += len(c.acknowledged())
	require.Eventually(c.t, func() bool { return len(c.acknowledged()) >= n }, time.Minute, time.Millisecond)
}

func (c *crowd) acknowledged() []domain.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acked[:len(c.acked):len(c.acked)]
}

// ---- Postgres ----

func serverDSN() string {
	return cmp.Or(os.Getenv("POSTGRES_DSN"), "postgres://chat:chat@127.0.0.1:15432/chat?sslmode=disable") //nolint:forbidigo // where the test servers are
}

// newDatabase makes an empty database and returns its address; it is dropped when the test ends.
func newDatabase(t *testing.T) string {
	t.Helper()
	server, err := sql.Open("pgx", serverDSN())
	require.NoError(t, err)
	name := "test_" + strings.ReplaceAll(portstest.NewUUID(), "-", "")
	_, err = server.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err, "start the servers with scripts/infra up")
	t.Cleanup(func() {
		_, err := server.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)")
		assert.NoError(t, err)
		assert.NoError(t, server.Close())
	})
	u, err := url.Parse(serverDSN())
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// copyDatabase restores a dump of the database to a new one, by the programs that docs/backup.md names.
func copyDatabase(t *testing.T, dsn string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var dump, complaint bytes.Buffer
	save := exec.CommandContext(ctx, "pg_dump", "-Fc", "-d", dsn)
	save.Stdout, save.Stderr = &dump, &complaint
	require.NoError(t, save.Run(), complaint.String())
	target := newDatabase(t)
	load := exec.CommandContext(ctx, "pg_restore", "--single-transaction", "-d", target)
	load.Stdin, load.Stderr = &dump, &complaint
	require.NoError(t, load.Run(), complaint.String())
	return target
}

// ---- DynamoDB ----

func dynamoEndpoint() string {
	return cmp.Or(os.Getenv("DYNAMODB_ENDPOINT"), "http://127.0.0.1:18000") //nolint:forbidigo // where the test servers are
}

func tables() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(dynamoEndpoint()), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// newTable returns a name; the table is dropped when the test ends.
func newTable(t *testing.T) string {
	t.Helper()
	name := "test-" + portstest.NewUUID()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		_, err := tables().DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
		assert.NoError(t, err)
	})
	return name
}

// copyTable puts what a table has now into a new one.
func copyTable(t *testing.T, table string) string {
	t.Helper()
	client, target := tables(), newTable(t)
	store, err := dynamo.Open(t.Context(), dynamo.Config{Endpoint: dynamoEndpoint(), Region: "us-east-1", Table: target})
	require.NoError(t, err)
	defer store.Close()
	require.NoError(t, store.EnsureTable(t.Context()))
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, item := range page.Items {
			_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &target, Item: item})
			require.NoError(t, err)
		}
	}
	return target
}
