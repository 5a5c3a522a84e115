package program

import (
	"errors"
	"fmt"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"chatsystem/adapters/sqlite"
)

func TestExitCodes(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		err  error
		code int
	}{
		"done":                         {[]string{"do"}, nil, 0},
		"help":                         {[]string{"--help"}, nil, 0},
		"something failed":             {[]string{"do"}, errors.New("broken"), 1},
		"nothing to do":                {nil, nil, 2},
		"nothing to do, further in":    {[]string{"more"}, nil, 2},
		"an unknown command":           {[]string{"dance"}, nil, 2},
		"an argument too many":         {[]string{"do", "it"}, nil, 2},
		"an unknown flag":              {[]string{"do", "--it"}, nil, 2},
		"settings that are wrong":      {[]string{"do"}, settingsError{errors.New("X is wrong")}, 2},
		"a database that is damaged":   {[]string{"do"}, fmt.Errorf("start: %w", sqlite.ErrDamaged), 3},
		"a database that cannot write": {[]string{"do"}, fmt.Errorf("start: %w", sqlite.ErrCheckpoint), 3},
	} {
		t.Run(name, func(t *testing.T) {
			root, more := &cobra.Command{Use: "program"}, &cobra.Command{Use: "more"}
			do := func(use string) *cobra.Command {
				return &cobra.Command{Use: use, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return tc.err }}
			}
			more.AddCommand(do("sub"))
			root.AddCommand(do("do"), more)
			root.SetArgs(append([]string{}, tc.args...))
			root.SetOut(t.Output())
			require.Equal(t, tc.code, run(t.Context(), root))
		})
	}
}
