package sdk

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// timelineCases are what this client and the web app must do alike.
type timelineCases struct {
	Cases []struct {
		Name    string `json:"name"`
		Opening bool   `json:"opening"`
		Open    *struct {
			Last  int64 `json:"last"`
			Heard int64 `json:"heard"`
		} `json:"open"`
		Steps []timelineStep `json:"steps"`
	} `json:"cases"`
}

type timelineStep struct {
	Event  *int64          `json:"event"`
	Ask    json.RawMessage `json:"ask"`
	Answer *struct {
		Seqs     []int64 `json:"seqs"`
		FirstSeq int64   `json:"first_seq"`
		NextSeq  int64   `json:"next_seq"`
	} `json:"answer"`
	Fail     bool `json:"fail"`
	NotFound bool `json:"not_found"`
	Listing  bool `json:"listing"`
	List     *struct {
		LastSeq int64 `json:"last_seq"`
	} `json:"list"`
	Last  *int64   `json:"last"`
	Heard *int64   `json:"heard"`
	New   *[]int64 `json:"new"`
}

func TestTheCasesSharedWithTheWebApp(t *testing.T) {
	raw, err := os.ReadFile("../testdata/timeline/cases.json")
	require.NoError(t, err)
	var all timelineCases
	require.NoError(t, json.Unmarshal(raw, &all))
	require.NotEmpty(t, all.Cases)
	for _, c := range all.Cases {
		t.Run(c.Name, func(t *testing.T) {
			tl := &timeline{phase: opening}
			if c.Open != nil {
				tl = &timeline{phase: open, last: c.Open.Last, heard: c.Open.Heard}
			}
			var asked ask
			for i, step := range c.Steps {
				handed := step.apply(tl, asked)
				if step.Ask != nil {
					a, ok := tl.question(0)
					require.Equal(t, step.window(t), window(a, ok), "step %d", i)
					if ok {
						asked = a
					}
				}
				if step.Last != nil {
					require.Equal(t, *step.Last, tl.last, "last after step %d", i)
				}
				if step.Heard != nil {
					require.Equal(t, *step.Heard, tl.heard, "heard after step %d", i)
				}
				if step.New != nil {
					require.ElementsMatch(t, *step.New, handed, "new in step %d", i)
				}
			}
		})
	}
}

// apply does what the step says, and returns the seqs that are handed out.
func (s timelineStep) apply(tl *timeline, asked ask) []int64 {
	var handed []int64
	switch {
	case s.Event != nil:
		if tl.event(Message{Seq: *s.Event}, true) {
			handed = append(handed, *s.Event)
		}
	case s.Answer != nil:
		page := MessagePage{FirstSeq: s.Answer.FirstSeq, NextSeq: s.Answer.NextSeq}
		for _, seq := range s.Answer.Seqs {
			page.Messages = append(page.Messages, Message{Seq: seq})
		}
		for _, m := range tl.answer(asked, page, 0) {
			handed = append(handed, m.Seq)
		}
	case s.Fail:
		tl.failed()
	case s.NotFound:
		tl.dismissed(asked)
	case s.Listing:
		tl.listing()
	case s.List != nil:
		tl.listed(Conversation{LastSeq: s.List.LastSeq})
	}
	return handed
}

// window returns the question that the step expects; nil: none.
func (s timelineStep) window(t *testing.T) *Window {
	t.Helper()
	var after struct {
		After int64 `json:"after"`
	}
	var w Window
	switch string(s.Ask) {
	case "null":
		return nil
	case `"latest"`:
		w = Latest()
	default:
		require.NoError(t, json.Unmarshal(s.Ask, &after))
		w = After(after.After)
	}
	return &w
}

// window returns what was asked for, without the limit.
func window(a ask, ok bool) *Window {
	if !ok {
		return nil
	}
	w := a.window.Limit(0)
	return &w
}
