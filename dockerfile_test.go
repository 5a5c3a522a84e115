package chatsystem_test

import (
	"encoding/json"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stage is one of the Dockerfile's.
type stage struct {
	name, base string
	steps      []step
}

// step is an instruction: RUN, and what to run.
type step struct{ instruction, args string }

// last returns the arguments of the last such instruction.
func (s stage) last(instruction string) string {
	found := ""
	for _, step := range s.steps {
		if step.instruction == instruction {
			found = step.args
		}
	}
	return found
}

var from = regexp.MustCompile(`^(?:--platform=\S+ )?(\S+) AS (\S+)$`)

// stages reads the Dockerfile, in its order.
func stages(t *testing.T) []stage {
	t.Helper()
	var all []stage
	for line := range strings.Lines(strings.ReplaceAll(dockerfile(t), "\\\n", " ")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		instruction, args, _ := strings.Cut(line, " ")
		if instruction == "FROM" {
			m := from.FindStringSubmatch(args)
			require.NotNil(t, m, args)
			all = append(all, stage{name: m[2], base: m[1]})
			continue
		}
		last := &all[len(all)-1]
		last.steps = append(last.steps, step{instruction, args})
	}
	return all
}

func TestImagesAreMadeToBeConfined(t *testing.T) {
	named := map[string]stage{}
	for _, s := range stages(t) {
		if base, ours := named[s.base]; ours {
			s.steps = slices.Concat(base.steps, s.steps)
		} else if !strings.HasPrefix(s.base, "gcr.io/distroless/") { // whose tags have no versions
			assert.Regexp(t, `^[a-z]+:\d+\.\d+\.\d+`, s.base, "is pinned by version")
		}
		named[s.name] = s
		for _, step := range s.steps {
			assert.NotEqual(t, "ADD", step.instruction, "COPY says what it does")
			if slices.Contains([]string{"ENTRYPOINT", "CMD"}, step.instruction) {
				assert.True(t, json.Valid([]byte(step.args)), "%s: %s would have a shell between it and its signals", s.name, step.instruction)
			}
		}
	}
	for name, signal := range map[string]string{"service": "SIGTERM", "chat": "SIGTERM", "edge": "SIGQUIT", "ui": "SIGQUIT"} {
		assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, named[name].last("USER"), "%s: a number, which an engine can tell from root", name)
		assert.Equal(t, signal, named[name].last("STOPSIGNAL"), name)
	}
	assert.Contains(t, named["chat"].last("HEALTHCHECK"), `["/chat", "healthcheck"]`, "of the others, docker-compose.yml says how")
}

// sent tells whether .dockerignore lets a file into the builder: the last pattern that matches it, or a folder above, decides.
func sent(t *testing.T, file string) bool {
	t.Helper()
	text, err := os.ReadFile(".dockerignore")
	require.NoError(t, err)
	in := true
	for line := range strings.Lines(string(text)) {
		pattern := strings.TrimSpace(line)
		if pattern == "" || strings.HasPrefix(pattern, "#") {
			continue
		}
		pattern, back := strings.CutPrefix(pattern, "!")
		pattern, anywhere := strings.CutPrefix(pattern, "**/")
		for part := file; part != "."; part = path.Dir(part) {
			name := part
			if anywhere {
				name = path.Base(part)
			}
			matches, err := path.Match(pattern, name)
			require.NoError(t, err)
			if matches {
				in = back
				break
			}
		}
	}
	return in
}

// Nothing but what the images are built of is sent to the builder: no data, no keys, no history.
func TestDockerignoreKeepsSecretsOut(t *testing.T) {
	for _, file := range []string{
		".env", ".git/config", "data/chat.db", "data/jwt-ed25519.pem", "bin/chat", ".infra/postgres/base/1", "tls/chat.key", "backup/postgres.dump",
		"docker-compose.override.yml", "web/node_modules/react/index.js", "web/dist/app/index.html", "web/artifacts/chat", "testdata/node/node_modules/x/y.js",
		"adapters/postgres/db_test.go", "deploy/observability/loki.yaml",
	} {
		assert.False(t, sent(t, file), file)
	}
	for _, file := range []string{"go.mod", "cmd/chat/main.go", "adapters/httpapi/openapi.yaml", "web/src/main.tsx", "web/embed.go", "web/dist/placeholder/index.html", "deploy/nginx/edge/http.conf"} {
		assert.True(t, sent(t, file), file)
	}
}
