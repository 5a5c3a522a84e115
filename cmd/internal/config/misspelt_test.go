package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/cmd/internal/config"
)

func TestWhatIsAllButASettingIsNamed(t *testing.T) {
	for name, want := range map[string]string{
		"RATE_LIMIT":     "RATE_LIMITS",
		"TRUSTED_PROXY":  "", // three letters are more than a slip
		"rate_limits":    "RATE_LIMITS",
		"BCRPYT_COST":    "BCRYPT_COST",
		"DATADIR":        "DATA_DIR",
		"HTTP_ADDRESS":   "",
		"HTTP_ADDR":      "",
		"HTTP_PROXY":     "",
		"PATH":           "",
		"LOG_LEVELS":     "LOG_LEVEL",
		"ADMIN_ADR":      "ADMIN_ADDR",
		"ALLOWED_ORIGIN": "ALLOWED_ORIGINS",
	} {
		said := config.Misspelt[config.Chat](map[string]string{name: "x"})
		if want == "" {
			require.Empty(t, said, name)
			continue
		}
		require.Equal(t, []string{name + " is no setting; is " + want + " meant?"}, said)
	}
}

// TestNoSettingLooksLikeAnother, so that the variables of one program are none of another misspelt.
func TestNoSettingLooksLikeAnother(t *testing.T) {
	all := map[string]string{}
	for _, p := range programs() {
		for _, param := range p.params {
			all[param.Key] = "x"
		}
	}
	require.Empty(t, config.Misspelt[config.Chat](all))
	require.Empty(t, config.Misspelt[config.UserService](all))
	require.Empty(t, config.Misspelt[config.ChatService](all))
	require.Empty(t, config.Misspelt[config.MessageService](all))
	require.Empty(t, config.Misspelt[config.Gateway](all))
	require.Empty(t, config.Misspelt[config.FanoutWorker](all))
}
