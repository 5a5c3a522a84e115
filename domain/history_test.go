package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestHistoryQueries(t *testing.T) {
	seq := func(n int64) *int64 { return &n }
	limit := func(n int) *int { return &n }
	yes, no := true, false
	good := map[string]struct {
		after, before *int64
		latest        *bool
		limit         *int
		want          domain.HistoryQuery
	}{
		"without a place it is the first page": {nil, nil, nil, nil, domain.HistoryQuery{Direction: domain.Forward, Limit: 50}},
		"after 0 is the first page, too":       {seq(0), nil, nil, limit(1), domain.HistoryQuery{Direction: domain.Forward, Limit: 1}},
		"after a seq":                          {seq(7), nil, nil, nil, domain.HistoryQuery{Direction: domain.Forward, From: 7, Limit: 50}},
		"before a seq":                         {nil, seq(1), nil, nil, domain.HistoryQuery{Direction: domain.Backward, From: 1, Limit: 50}},
		"the latest":                           {nil, nil, &yes, limit(200), domain.HistoryQuery{Direction: domain.Latest, Limit: 200}},
	}
	for name, tc := range good {
		t.Run(name, func(t *testing.T) {
			got, err := domain.NewHistoryQuery(tc.after, tc.before, tc.latest, tc.limit)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}

	bad := map[string]struct {
		after, before *int64
		latest        *bool
		limit         *int
		want          string
	}{
		"after a negative seq": {seq(-1), nil, nil, nil, "after_seq range"},
		"before seq 0":         {nil, seq(0), nil, nil, "before_seq range"},
		"latest=false":         {nil, nil, &no, nil, "latest range"},
		"two places":           {seq(1), seq(2), nil, nil, "after_seq exclusive"},
		"a place and latest":   {nil, seq(2), &yes, nil, "after_seq exclusive"},
		"a limit of 0":         {nil, nil, nil, limit(0), "limit range"},
		"a limit of 201":       {nil, nil, nil, limit(201), "limit range"},
	}
	for name, tc := range bad {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewHistoryQuery(tc.after, tc.before, tc.latest, tc.limit)
			requireFields(t, err, tc.want)
		})
	}
}
