package httpapi_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// document is the contract that every answer of these tests is held against.
var document = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		panic(err)
	}
	return doc
})

// checkDocumented fails unless the document lists the answer: its status, its code, and every member by its schema.
func checkDocumented(t *testing.T, r *http.Request, a answer) {
	t.Helper()
	op := operationFor(r.Method, r.URL.Path)
	if op == nil {
		return // not an operation: 404 or 405, which the document describes once for all
	}
	response := op.Responses.Value(fmt.Sprint(a.status))
	require.NotNil(t, response, "%s does not document %d: %s", op.OperationID, a.status, a.body)
	mediaType := strings.Split(a.header.Get("Content-Type"), ";")[0]
	if len(response.Value.Content) == 0 {
		require.Empty(t, a.body, op.OperationID)
		seen.note(op.OperationID, fmt.Sprint(a.status))
		return
	}
	content := response.Value.Content.Get(mediaType)
	require.NotNil(t, content, "%s %d is not %q", op.OperationID, a.status, mediaType)
	var body any
	require.NoError(t, json.Unmarshal(a.body, &body))
	require.NoError(t, content.Schema.Value.VisitJSON(body), "%s %d: %s", op.OperationID, a.status, a.body)
	if a.status < 400 || mediaType != "application/problem+json" {
		seen.note(op.OperationID, fmt.Sprint(a.status))
		return
	}
	code := body.(map[string]any)["code"].(string)
	require.Contains(t, codesOf(response.Value), code, op.OperationID)
	seen.note(op.OperationID, code)
}

// operationFor finds the operation of a path; of several templates that fit, the one with the most fixed segments.
func operationFor(method, path string) *openapi3.Operation {
	var best *openapi3.Operation
	most := -1
	for template, item := range document().Paths.Map() {
		if fixed := fixedSegments(template, path); fixed > most && item.GetOperation(method) != nil {
			best, most = item.GetOperation(method), fixed
		}
	}
	return best
}

func fixedSegments(template, path string) int {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return -1
	}
	fixed := 0
	for i := range want {
		switch {
		case want[i] == got[i]:
			fixed++
		case !strings.HasPrefix(want[i], "{"):
			return -1
		}
	}
	return fixed
}

func codesOf(r *openapi3.Response) []string {
	var codes []string
	for _, c := range r.Extensions["x-codes"].([]any) {
		codes = append(codes, c.(string))
	}
	return codes
}

// ledger remembers which documented outcomes of which operation the tests have seen.
type ledger struct {
	mu       sync.Mutex
	outcomes map[string]bool
}

var seen = ledger{outcomes: map[string]bool{}}

func (l *ledger) note(operation, outcome string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[operation+" "+outcome] = true
}

// missing returns the documented outcomes that no test has seen, but for those that need a fault of the server or a race.
func (l *ledger) missing() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing []string
	for path, item := range document().Paths.Map() {
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		for _, op := range item.Operations() {
			for _, outcome := range documentedOutcomes(op) {
				if !l.outcomes[op.OperationID+" "+outcome] {
					missing = append(missing, op.OperationID+" "+outcome)
				}
			}
		}
	}
	slices.Sort(missing)
	return missing
}

var unprovoked = []string{"internal", "unavailable", "overloaded", "storage_full", "joinConversation conversation_not_found"}

func documentedOutcomes(op *openapi3.Operation) []string {
	var outcomes []string
	for status, response := range op.Responses.Map() {
		if status < "400" {
			outcomes = append(outcomes, status)
			continue
		}
		for _, code := range codesOf(response.Value) {
			if !slices.Contains(unprovoked, code) && !slices.Contains(unprovoked, op.OperationID+" "+code) {
				outcomes = append(outcomes, code)
			}
		}
	}
	return outcomes
}

// TestMain also proves, when all tests run, that each documented outcome of each operation was seen.
func TestMain(m *testing.M) {
	code := m.Run()
	if everything := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == ""; code == 0 && everything {
		if missing := seen.missing(); len(missing) > 0 {
			fmt.Printf("documented, but seen by no test:\n\t%s\n", strings.Join(missing, "\n\t"))
			code = 1
		}
	}
	os.Exit(code)
}
