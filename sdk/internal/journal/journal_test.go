package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk/internal/journal"
)

type record struct{ N int }

var header = journal.Header{Kind: "test", Version: 1}

func open(t *testing.T, path string) (*journal.Journal[record], []record) {
	t.Helper()
	j, records, err := journal.Open[record](path, header)
	require.NoError(t, err)
	t.Cleanup(func() { _ = j.Close() })
	return j, records
}

func TestRecordsAreThereAfterOpeningAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, records := open(t, path)
	require.Nil(t, records, "it did not exist")
	require.NoError(t, j.Append(true, record{1}, record{2}))
	require.NoError(t, j.Append(false, record{3}))
	require.NoError(t, j.Close())

	j, records = open(t, path)
	require.Equal(t, []record{{1}, {2}, {3}}, records)
	require.NoError(t, j.Replace(record{3}))
	require.NoError(t, j.Append(true, record{4}))
	require.NoError(t, j.Close())

	j, records = open(t, path)
	require.Equal(t, []record{{3}, {4}}, records)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Equal(t, info.Size(), j.Size())
}

func TestAnEmptyJournalIsNotANewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, _ := open(t, path)
	require.NoError(t, j.Close())
	_, records := open(t, path)
	require.NotNil(t, records)
	require.Empty(t, records)
}

func TestATornRecordIsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	require.NoError(t, os.WriteFile(path, []byte("{\"N\":1}\n{\"N\":2}\n{\"N\":"), 0o600))

	j, records := open(t, path)
	require.Equal(t, []record{{1}, {2}}, records)
	require.NoError(t, j.Append(true, record{3}))
	require.NoError(t, j.Close())

	_, records = open(t, path)
	require.Equal(t, []record{{1}, {2}, {3}}, records)
}

func TestAFileOfSomethingElseIsRefusedAndLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	require.NoError(t, os.WriteFile(path, []byte("hello\nworld"), 0o600))

	_, _, err := journal.Open[record](path, header)

	require.ErrorContains(t, err, "record 1")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "hello\nworld", string(data))
}

func TestOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, _ := open(t, path)
	_, _, err := journal.Open[record](path, header)
	require.ErrorIs(t, err, journal.ErrInUse)
	require.ErrorContains(t, err, path)
	require.NoError(t, j.Close())
	open(t, path)
}

func TestAFailedAppendLeavesTheRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j, _ := open(t, path)
	require.NoError(t, j.Append(true, record{1}))
	require.NoError(t, j.Close())
	require.Error(t, j.Append(true, record{2}))

	_, records := open(t, path)
	require.Equal(t, []record{{1}}, records)
}
