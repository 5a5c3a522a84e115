//go:build integration

package dynamo_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/dynamo"
	"chatsystem/domain"
	"chatsystem/ports/portstest"
)

// newMessage returns a message of a new conversation.
func newMessage(seq domain.Seq, body string) domain.Message {
	at := time.Date(2026, 1, 7, 12, 34, 56, 789_000_000, time.UTC)
	id := portstest.NewUUID()
	var entropy domain.MessageIDEntropy
	copy(entropy[:], id[len(id)-len(entropy):])
	d := domain.Draft{
		Conversation: domain.ConversationID(id), Sender: domain.UserID(portstest.NewUUID()), ClientMsgID: "client-1", Body: body,
	}
	return domain.PostMessage(d, domain.Allocation{
		Seq: seq, MessageID: domain.NewMessageID(at, entropy, seq), CreatedAt: at, MembersVersion: 3,
	})
}

func put(t *testing.T, s *dynamo.MessageStore, m domain.Message) {
	t.Helper()
	e, err := s.Put(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, domain.MessageEntry(m.Pointer), e)
}

func seqsOf(entries []domain.Entry) []domain.Seq {
	var seqs []domain.Seq
	for _, e := range entries {
		seqs = append(seqs, e.Seq)
	}
	return seqs
}

type item = map[string]types.AttributeValue

func rawKey(pk string, seq domain.Seq) item {
	return item{
		"conversation_id": &types.AttributeValueMemberS{Value: pk},
		"seq":             &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(seq), 10)},
	}
}

func rawItem(t *testing.T, table, pk string, seq domain.Seq) item {
	t.Helper()
	out, err := rawClient().GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: rawKey(pk, seq)})
	require.NoError(t, err)
	return out.Item
}

// putRaw puts an item past the store.
func putRaw(t *testing.T, table, pk string, seq domain.Seq, attributes map[string]string) {
	t.Helper()
	i := rawKey(pk, seq)
	for name, value := range attributes {
		i[name] = &types.AttributeValueMemberS{Value: value}
	}
	_, err := rawClient().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: i})
	require.NoError(t, err)
}

func TestItems(t *testing.T) {
	s := openTable(t)
	m := newMessage(7, strings.Repeat("long ", 100))
	put(t, s, m)

	t.Run("a head says everything but the text", func(t *testing.T) {
		want := rawKey(string(m.Conversation), 7)
		for name, value := range map[string]string{
			"kind": "message", "message_id": string(m.ID), "sender_id": string(m.Sender), "client_msg_id": "client-1",
			"created_at": "2026-01-07T12:34:56.789Z", "preview": m.Preview,
		} {
			want[name] = &types.AttributeValueMemberS{Value: value}
		}
		want["has_more"] = &types.AttributeValueMemberBOOL{Value: true}
		want["members_version"] = &types.AttributeValueMemberN{Value: "3"}
		require.Equal(t, want, rawItem(t, s.Table(), string(m.Conversation), 7))
	})

	t.Run("a long text is an item of its own and names its message", func(t *testing.T) {
		want := rawKey(string(m.Conversation)+"#body", 7)
		want["message_id"] = &types.AttributeValueMemberS{Value: string(m.ID)}
		want["body"] = &types.AttributeValueMemberS{Value: m.Body}
		require.Equal(t, want, rawItem(t, s.Table(), string(m.Conversation)+"#body", 7))
	})

	t.Run("a short text is the preview", func(t *testing.T) {
		short := newMessage(7, "hello")
		put(t, s, short)
		require.Empty(t, rawItem(t, s.Table(), string(short.Conversation)+"#body", 7))
	})

	t.Run("a tombstone names no message", func(t *testing.T) {
		_, err := s.Bury(t.Context(), m.Conversation, 8)
		require.NoError(t, err)
		want := rawKey(string(m.Conversation), 8)
		want["kind"] = &types.AttributeValueMemberS{Value: "void"}
		require.Equal(t, want, rawItem(t, s.Table(), string(m.Conversation), 8))
	})
}

func TestKindsOfTheFuture(t *testing.T) {
	s := openTable(t)
	m := newMessage(1, "hello")
	put(t, s, m)
	putRaw(t, s.Table(), string(m.Conversation), 2, map[string]string{"kind": "edit", "of": string(m.ID)})
	unknown := domain.Entry{Seq: 2, Kind: domain.EntryUnknown}

	got, err := s.EntriesFrom(t.Context(), m.Conversation, 1, 10)
	require.NoError(t, err)
	require.Equal(t, []domain.Entry{domain.MessageEntry(m.Pointer), unknown}, got, "a reader counts it")

	late := newMessage(2, "hello")
	late.Conversation = m.Conversation
	held, err := s.Put(t.Context(), late)
	require.NoError(t, err)
	require.Equal(t, unknown, held)
	held, err = s.Bury(t.Context(), m.Conversation, 2)
	require.NoError(t, err)
	require.Equal(t, unknown, held)
}

func TestDamagedItemIsAnError(t *testing.T) {
	s := openTable(t)
	m := newMessage(1, "hello")
	putRaw(t, s.Table(), string(m.Conversation), 1, map[string]string{"kind": "message", "message_id": string(m.ID)})
	_, err := s.EntriesFrom(t.Context(), m.Conversation, 1, 10)
	require.ErrorContains(t, err, "seq 1")
	_, _, err = s.EntryAt(t.Context(), m.Conversation, 1)
	require.Error(t, err)
	_, err = s.Put(t.Context(), m)
	require.Error(t, err)
}

// A counter restored to an earlier state gives out seqs again for which texts of other messages may be there.
func TestTextOfAnotherMessage(t *testing.T) {
	s := openTable(t)

	t.Run("without a head: the seq is closed to both", func(t *testing.T) {
		first, second := newMessage(1, strings.Repeat("first ", 100)), newMessage(1, strings.Repeat("second ", 100))
		second.Conversation = first.Conversation
		putRaw(t, s.Table(), string(first.Conversation)+"#body", 1, map[string]string{"message_id": string(first.ID), "body": first.Body})

		held, err := s.Put(t.Context(), second)
		require.NoError(t, err)
		require.Equal(t, domain.VoidEntry(1), held)
		held, err = s.Put(t.Context(), first) // it was still under way
		require.NoError(t, err)
		require.Equal(t, domain.VoidEntry(1), held)
		for _, id := range []domain.MessageID{first.ID, second.ID} {
			_, err := s.Body(t.Context(), first.Conversation, 1, id)
			require.ErrorIs(t, err, domain.ErrMessageNotFound)
		}
	})

	t.Run("under a short message: that message keeps its text", func(t *testing.T) {
		short, second := newMessage(1, "short"), newMessage(1, strings.Repeat("second ", 100))
		second.Conversation = short.Conversation
		put(t, s, short)
		held, err := s.Put(t.Context(), second)
		require.NoError(t, err)
		require.Equal(t, domain.MessageEntry(short.Pointer), held)
		body, err := s.Body(t.Context(), short.Conversation, 1, short.ID)
		require.NoError(t, err)
		require.Equal(t, "short", body)
		_, err = s.Body(t.Context(), short.Conversation, 1, second.ID)
		require.ErrorIs(t, err, domain.ErrMessageNotFound)
	})

	t.Run("a short message does not mind it", func(t *testing.T) {
		short := newMessage(1, "short")
		putRaw(t, s.Table(), string(short.Conversation)+"#body", 1, map[string]string{"message_id": "another", "body": "another"})
		put(t, s, short)
		body, err := s.Body(t.Context(), short.Conversation, 1, short.ID)
		require.NoError(t, err)
		require.Equal(t, "short", body)
	})
}
