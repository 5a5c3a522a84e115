package chatsystem_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"chatsystem/adapters/httpapi"
)

// TestEveryPageOfTheWebAppIsServed holds the paths at which servers show the web app to the app's own routes.
func TestEveryPageOfTheWebAppIsServed(t *testing.T) {
	served := regexp.MustCompile(httpapi.PagePaths)
	routes := 0
	for _, file := range []string{"web/src/app/App.tsx", "web/src/app/SignedIn.tsx"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`<Route path="(/[^"]*)"`).FindAllStringSubmatch(string(text), -1) {
			routes++
			without := regexp.MustCompile(`/:[a-z]+\?`).ReplaceAllString(m[1], "")
			whole := strings.NewReplacer("?", "", ":", "").Replace(m[1])
			require.True(t, served.MatchString(without), m[1])
			require.True(t, served.MatchString(whole), m[1])
		}
	}
	require.Greater(t, routes, 4)
	nginx, err := os.ReadFile("deploy/nginx/webapp/files.conf")
	require.NoError(t, err)
	require.Contains(t, string(nginx), `location ~ "`+httpapi.PagePaths+`" {`)
}
