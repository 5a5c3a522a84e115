package wiring_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// actors are the columns of the tables.
var actors = []string{"anonymous", "stranger", "invited", "removed", "member", "admin"}

// rule is a row of a table: what each actor gets, and for what request.
type rule struct {
	name    string            // of the operation or the event
	outcome map[string]string // by actor
	request string            // with the names of a scene in braces
}

// rules reads a table.
func rules(t *testing.T, file string) []rule {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	var table []rule
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Fields(line)
		require.Greater(t, len(fields), len(actors)+1, line)
		r := rule{name: fields[0], outcome: map[string]string{}, request: strings.Join(fields[len(actors)+1:], " ")}
		for i, actor := range actors {
			r.outcome[actor] = fields[i+1]
		}
		table = append(table, r)
	}
	return table
}

// TestAuthorisation asks for every operation as every actor.
func TestAuthorisation(t *testing.T) {
	s := newSystem(t)
	for _, r := range rules(t, "authorisation.txt") {
		t.Run(r.name+" "+r.request, func(t *testing.T) {
			cast := s.cast(t)
			for _, actor := range actors {
				p := cast.play()
				a := p.do(actor, r.request)
				got := fmt.Sprint(a.status)
				if strings.TrimSpace(a.body) == "[]" {
					got += "[]"
				}
				assert.Equal(t, r.outcome[actor], got, "%s: %s", actor, a.body)
				if actor != "member" && actor != "admin" {
					assert.NotContains(t, a.body, saidInGroup, actor)
					assert.NotContains(t, a.body, saidInDM, actor)
				}
			}
		})
	}
}

// TestEveryOperationHasItsRule fails for an operation of the document that the table forgets, and for a row that nobody
// gets anything but refusals from: it may ask for a wrong path.
func TestEveryOperationHasItsRule(t *testing.T) {
	granted := map[string]bool{}
	for _, r := range rules(t, "authorisation.txt") {
		for _, outcome := range r.outcome {
			granted[r.name] = granted[r.name] || outcome < "3"
		}
	}
	a := newSystem(t).do("GET /openapi.json", "")
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &document))
	operations := 0
	for path, item := range document.Paths {
		for method, described := range item {
			if method == "parameters" {
				continue
			}
			var op struct{ OperationID string }
			require.NoError(t, json.Unmarshal(described, &op))
			operations++
			assert.True(t, granted[op.OperationID], "%s %s (%s)", method, path, op.OperationID)
		}
	}
	assert.Greater(t, operations, 30)
}

// TestATokenOpensNothingItWasNotMadeFor shows every operation that needs an access token what is none.
func TestATokenOpensNothingItWasNotMadeFor(t *testing.T) {
	s := newSystem(t)
	p := s.cast(t).play()
	header, payload, signature := cutToken(p.cast.people["admin"].access)
	for name, token := range map[string]string{
		"a refresh token":             p.cast.people["admin"].refresh,
		"an access token's two parts": header + "." + payload,
		"one without its signature":   header + "." + payload + ".",
		"one that another part signs": header + "." + payload + "." + strings.Repeat("A", len(signature)),
		"one that says alg none":      "eyJhbGciOiJub25lIn0." + payload + ".",
	} {
		for _, r := range rules(t, "authorisation.txt") {
			if r.outcome["anonymous"] != fmt.Sprint(http.StatusUnauthorized) || r.name == "refreshSession" {
				continue
			}
			a := s.do(p.named("admin", r.request), token)
			assert.Equal(t, http.StatusUnauthorized, a.status, "%s with %s", r.name, name)
		}
	}
}

func cutToken(token string) (header, payload, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}
