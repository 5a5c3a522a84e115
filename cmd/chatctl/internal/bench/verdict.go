package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"chatsystem/sdk"
)

// Verdict is what became of the messages of a load. Events are counted for every member's connection, the sender's included.
type Verdict struct {
	Sent         int `json:"sent"`
	Acknowledged int `json:"acknowledged"` // answered with 201 or 200
	Failed       int `json:"failed"`       // answered otherwise, or not at all: such a message may be stored or not

	Delivered  int `json:"delivered"`   // came as an event
	CaughtUp   int `json:"caught_up"`   // did not, but the connection was lost or told to resync, and history has them
	Silent     int `json:"silent"`      // did not, and nothing told the connection to catch up: a broken promise
	Duplicated int `json:"duplicated"`  // events that came again
	Reordered  int `json:"reordered"`   // events that came after one of a later message
	Lost       int `json:"lost"`        // acknowledged, and not in the history: a broken promise
	StoredMore int `json:"stored_more"` // in the history a second time: a broken promise
}

// Add takes the counts of another load into this verdict.
func (v *Verdict) Add(other Verdict) {
	v.Sent += other.Sent
	v.Acknowledged += other.Acknowledged
	v.Failed += other.Failed
	v.Delivered += other.Delivered
	v.CaughtUp += other.CaughtUp
	v.Silent += other.Silent
	v.Duplicated += other.Duplicated
	v.Reordered += other.Reordered
	v.Lost += other.Lost
	v.StoredMore += other.StoredMore
}

// Broken returns the promises that were broken, in words.
func (v Verdict) Broken() []string {
	var all []string
	for _, p := range []struct {
		count int
		what  string
	}{
		{v.Lost, "acknowledged messages are not in the history"},
		{v.Silent, "events never came to connections that were not told to catch up"},
		{v.StoredMore, "messages are in the history more than once"},
	} {
		if p.count > 0 {
			all = append(all, fmt.Sprintf("%d %s", p.count, p.what))
		}
	}
	return all
}

func (v Verdict) String() string {
	text := fmt.Sprintf("%d sent, %d acknowledged, %d delivered, %d lost, %d duplicated, %d reordered",
		v.Sent, v.Acknowledged, v.Delivered, v.Lost, v.Duplicated, v.Reordered)
	for _, also := range []struct {
		count int
		what  string
	}{{v.Failed, "failed"}, {v.CaughtUp, "caught up"}, {v.Silent, "never announced"}, {v.StoredMore, "stored twice"}} {
		if also.count > 0 {
			text += fmt.Sprintf(", %d %s", also.count, also.what)
		}
	}
	if broken := v.Broken(); broken != nil {
		return text + ". BROKEN: " + strings.Join(broken, "; ")
	}
	return text + ". Every promise was kept."
}

// logged is what the history has of a load in one conversation.
type logged map[int][]int64 // the seqs at which the n-th message is

// judge compares what was acknowledged with the history, and with what came over every connection. Whose connection has gaps
// reads the history from there, as a client does: what is not there either is lost.
func (r *room) judge(ctx context.Context, mark marker, out *outcome) (Verdict, error) {
	var v Verdict
	acked := make([]map[int]int64, len(r.talks)) // seq by number
	for i := range acked {
		acked[i] = map[int]int64{}
	}
	for n, s := range out.sent {
		switch t, _ := r.place(n); {
		case !s.tried:
		case s.seq == 0:
			v.Sent, v.Failed = v.Sent+1, v.Failed+1
		default:
			v.Sent, v.Acknowledged = v.Sent+1, v.Acknowledged+1
			acked[t][n] = s.seq
		}
	}
	progress := r.bench.progress("verdict", len(r.talks))
	for i, t := range r.talks {
		if err := v.talk(ctx, r.bench, mark, t, acked[i]); err != nil {
			return v, fmt.Errorf("verdict: %w", err)
		}
		progress()
	}
	return v, nil
}

// talk judges one conversation.
func (v *Verdict) talk(ctx context.Context, b *Bench, mark marker, t talk, acked map[int]int64) error {
	if len(acked) == 0 {
		return nil
	}
	first := lowest(acked)
	history, err := b.read(ctx, t.members[0].Client, t.id, mark, first-1)
	if err != nil {
		return err
	}
	for _, seqs := range history {
		v.StoredMore += len(seqs) - 1
	}
	lost := missing(acked, history)
	for _, l := range t.members {
		arrivals, told := l.result()
		gap := v.events(arrivals, acked)
		if len(gap) == 0 {
			continue
		}
		closed, err := b.read(ctx, l.Client, t.id, mark, lowest(gap)-1)
		if err != nil {
			return err
		}
		never := missing(gap, closed)
		for n := range never {
			lost[n] = true
		}
		if told {
			v.CaughtUp += len(gap) - len(never)
		} else {
			v.Silent += len(gap) - len(never)
		}
	}
	v.Lost += len(lost)
	return nil
}

// events judges what came over one connection and returns what of the acknowledged did not.
func (v *Verdict) events(arrivals []arrival, acked map[int]int64) (gap map[int]int64) {
	seen := make(map[int64]bool, len(arrivals))
	came := make(map[int]bool, len(arrivals))
	highest := int64(0)
	for _, a := range arrivals {
		switch {
		case seen[a.seq]:
			v.Duplicated++
			continue
		case a.seq < highest:
			v.Reordered++
		}
		highest = max(highest, a.seq)
		seen[a.seq], came[int(a.n)] = true, true
		v.Delivered++
	}
	gap = map[int]int64{}
	for n, seq := range acked {
		if !came[n] || !seen[seq] {
			gap[n] = seq
		}
	}
	return gap
}

// read returns what a user's history has of a load after a seq. It goes on after the last message of a page, or after what
// the page covers if that is more: it also reads servers that have no voids and understand next_seq otherwise.
func (b *Bench) read(ctx context.Context, c *sdk.Client, conversation string, mark marker, after int64) (logged, error) {
	const limit = 200
	found := logged{}
	for {
		last, n, err := b.page(ctx, c, conversation, after, limit, func(seq int64, preview []byte) {
			if n, ours := mark.number(string(preview)); ours {
				found[n] = append(found[n], seq)
			}
		})
		if err != nil {
			return nil, err
		}
		if n < limit || last == after {
			return found, nil
		}
		after = last
	}
}

// missing returns which of the acknowledged a history does not have where it must.
func missing(acked map[int]int64, history logged) map[int]bool {
	none := map[int]bool{}
	for n, seq := range acked {
		if !slices.Contains(history[n], seq) {
			none[n] = true
		}
	}
	return none
}

// lowest returns the lowest seq, -1 of none.
func lowest(acked map[int]int64) int64 {
	low := int64(-1)
	for _, seq := range acked {
		if low < 0 || seq < low {
			low = seq
		}
	}
	return low
}
