package sdk

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"chatsystem/sdk/internal/journal"
)

// PositionFile is a [PositionStore] in a file. It is safe for concurrent use; make it with [OpenPositionFile].
type PositionFile struct {
	journal *journal.Journal[savedPosition]

	mu        sync.Mutex
	positions Positions // nil: never saved
}

type savedPosition struct {
	ConversationID string `json:"conversation_id,omitempty"`
	Position
}

// OpenPositionFile opens a file of positions, and makes it if absent, with mode 0600; [ErrForeignFile] if it is another
// kind of file, and then nothing of it is changed. It belongs to one user; one process at a time may have it open.
// Saving appends about 150 bytes and waits for the disk; the file stays below 1 MB, or twice what it must hold.
func OpenPositionFile(path string) (*PositionFile, error) {
	j, records, err := journal.Open[savedPosition](path, journal.Header{Kind: "positions", Version: 1})
	if err != nil {
		return nil, fmt.Errorf("position file: %w", err)
	}
	f := &PositionFile{journal: j}
	for _, r := range records {
		f.take(Positions{r.ConversationID: r.Position})
	}
	return f, nil
}

// take notes positions. The empty conversation id says only that something was saved.
func (f *PositionFile) take(changed Positions) {
	if f.positions == nil {
		f.positions = Positions{}
	}
	maps.Copy(f.positions, changed)
	delete(f.positions, "")
}

// Load implements [PositionStore].
func (f *PositionFile) Load(context.Context) (Positions, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.positions), nil
}

// journalLimit is the size from which on a file is looked through for what is of no use any more.
const journalLimit = 1 << 20

// Save implements [PositionStore].
func (f *PositionFile) Save(_ context.Context, changed Positions) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	records := positionRecords(changed)
	if f.positions == nil {
		records = append(records, savedPosition{})
	}
	if err := f.journal.Append(true, records...); err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	f.take(changed)
	const recordSize = 150
	if f.journal.Size() > max(journalLimit, int64(2*recordSize*len(f.positions))) {
		if err := f.journal.Replace(append(positionRecords(f.positions), savedPosition{})...); err != nil {
			return fmt.Errorf("save positions: %w", err)
		}
	}
	return nil
}

func positionRecords(p Positions) []savedPosition {
	records := make([]savedPosition, 0, len(p))
	for id, position := range p {
		records = append(records, savedPosition{id, position})
	}
	return records
}

// Close lets others open the file. Everything saved is on the disk before.
func (f *PositionFile) Close() error { return f.journal.Close() }
