package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
)

func TestRegistrations(t *testing.T) {
	r, err := domain.NewRegistration(" anna@example.org ", "\tAnna Ä. ", " pass word ")
	require.NoError(t, err)
	require.Equal(t, domain.Registration{Email: "anna@example.org", Username: "Anna Ä.", Password: " pass word "}, r, "passwords are taken as they are")

	longEmail := func(n int) string { return strings.Repeat("x", n-64) + "@" + strings.Repeat("example.", 7) + "example" }
	cases := map[string]struct {
		email, username, password string
		want                      string
	}{
		"no e-mail":                     {"", "anna", "password", "email format"},
		"an e-mail without @":           {"anna", "anna", "password", "email format"},
		"an e-mail with a name":         {"Anna <anna@example.org>", "anna", "password", "email format"},
		"two e-mails":                   {"a@example.org, b@example.org", "anna", "password", "email format"},
		"an e-mail with a line break":   {"a@example.org\nb", "anna", "password", "email format"},
		"an e-mail that is too long":    {longEmail(256), "anna", "password", "email format"},
		"a username of one character":   {"a@example.org", " ä ", "password", "username length"},
		"a username of 101 characters":  {"a@example.org", strings.Repeat("ä", 101), "password", "username length"},
		"a username that does not show": {"a@example.org", "an\u200bna", "password", "username printable"},
		"a password of 7 bytes":         {"a@example.org", "anna", "passwor", "password too_short"},
		"a password of 73 bytes":        {"a@example.org", "anna", strings.Repeat("ä", 36) + "x", "password too_long"},
		"a password that is no text":    {"a@example.org", "anna", "password\xff", "password encoding"},
		"a password with a NUL":         {"a@example.org", "anna", "password\x00", "password encoding"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := domain.NewRegistration(tc.email, tc.username, tc.password)
			requireFields(t, err, tc.want)
		})
	}

	t.Run("all broken rules are reported together", func(t *testing.T) {
		_, err := domain.NewRegistration("", "", "")
		requireFields(t, err, "email format", "username length", "password too_short")
	})

	t.Run("the limits themselves are allowed", func(t *testing.T) {
		for _, username := range []string{"ä!", strings.Repeat("😀", 100)} {
			_, err := domain.NewRegistration(longEmail(255), username, strings.Repeat("x", 72))
			require.NoError(t, err)
		}
	})
}

func TestChangesOfAnAccountFollowTheSameRules(t *testing.T) {
	name, err := domain.NewUsername(" Anna ")
	require.NoError(t, err)
	require.Equal(t, "Anna", name)
	_, err = domain.NewUsername("x")
	requireFields(t, err, "username length")
	require.NoError(t, domain.CheckPassword("new_password", "12345678"))
	requireFields(t, domain.CheckPassword("new_password", "1234567"), "new_password too_short")
}

func TestLetterCaseDoesNotTellAccountsApart(t *testing.T) {
	require.Equal(t, domain.EmailKey("ÄNNA@Example.org "), domain.EmailKey("änna@example.ORG"))
	require.Equal(t, domain.UsernameKey(" ÄNNA"), domain.UsernameKey("änna"))
	require.NotEqual(t, domain.UsernameKey("anna"), domain.UsernameKey("änna"))
}
