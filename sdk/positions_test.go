package sdk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/sdk"
)

func TestARestoredServer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		for i := range 10 {
			s.Post(group, id, fmt.Sprint(i))
		}
		take(t, sub, 10)
		pass(time.Minute)

		s.Restore(group, 7)
		s.Post(group, id, "new 8")
		s.Cut(id)
		require.Equal(t, []string{"new 8"}, take(t, sub, 1))
		s.Post(group, id, "new 9")

		require.Equal(t, []string{"new 9"}, take(t, sub, 1))
		require.Equal(t, int64(9), sub.Positions()[group].Seq)
		quiet(t, sub)
	})
}

func TestPositionsGoOnAfterARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		first := s.subscribe(c)
		for i := range 5 {
			s.Post(group, id, fmt.Sprint(i))
		}
		require.Equal(t, []string{"0", "1"}, take(t, first, 2), "and three are waiting")
		saved, err := json.Marshal(first.Positions())
		require.NoError(t, err)
		first.Close()
		other := s.AddGroup("new since", id)
		s.Post(other, id, "hello")

		var from sdk.Positions
		require.NoError(t, json.Unmarshal(saved, &from))
		second := s.subscribe(c, sdk.WithPositions(from))
		defer second.Close()

		got := take(t, second, 4)
		slices.Sort(got)
		require.Equal(t, []string{"2", "3", "4", "hello"}, got)
		quiet(t, second)
	})
}

func TestPositionsOfARestoredServer(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		first := s.subscribe(c)
		for i := range 5 {
			s.Post(group, id, fmt.Sprint(i))
		}
		take(t, first, 5)
		from := first.Positions()
		first.Close()
		pass(time.Minute)
		s.Restore(group, 2)
		s.Post(group, id, "new 3")

		second := s.subscribe(c, sdk.WithPositions(from))
		defer second.Close()

		require.Equal(t, []string{"new 3"}, take(t, second, 1))
		quiet(t, second)
	})
}

func TestMessagesIteratesUntilTheCallerStops(t *testing.T) {
	inBubble(t, func(t *testing.T, s *chat) {
		c, id := s.user("ann")
		group := s.AddGroup("team", id)
		sub := s.subscribe(c)
		defer sub.Close()
		for range 3 {
			s.Post(group, id, "m")
		}
		n := 0
		for range sub.Messages() {
			if n++; n == 2 {
				break
			}
		}
		require.Equal(t, int64(2), sub.Positions()[group].Seq)
	})
}
