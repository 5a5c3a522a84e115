//go:build integration

package chatsystem_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// builder follows the Dockerfile on this machine, without a container engine. A base image is an empty folder, and this
// machine's programs do the work; all else is done as it is written: each stage has a root of its own, with what was
// copied there, and nothing is sent that .dockerignore keeps out.
type builder struct {
	t       *testing.T
	dir     string
	args    map[string]string
	stages  map[string]stage
	context string
	roots   map[string]string // of the stages that are built
}

// newBuilder sends this working copy: what git has, and what is new and not ignored.
func newBuilder(t *testing.T, args map[string]string) *builder {
	t.Helper()
	b := &builder{t: t, dir: t.TempDir(), args: args, stages: map[string]stage{}, roots: map[string]string{}}
	b.args["TARGETOS"], b.args["TARGETARCH"] = runtime.GOOS, runtime.GOARCH
	b.context = filepath.Join(b.dir, "context")
	for _, s := range stages(t) {
		b.stages[s.name] = s
	}
	files, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	for file := range strings.SplitSeq(strings.TrimRight(string(files), "\x00"), "\x00") {
		if info, err := os.Stat(file); err == nil && sent(t, file) { // else it was removed and git has not been told
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			to := filepath.Join(b.context, file)
			require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
			require.NoError(t, os.WriteFile(to, text, info.Mode()))
		}
	}
	return b
}

// root builds a stage unless it is there, and returns its file system.
func (b *builder) root(name string) string {
	b.t.Helper()
	if root, built := b.roots[name]; built {
		return root
	}
	root := filepath.Join(b.dir, name)
	b.build(b.stages[name], root)
	b.roots[name] = root
	return root
}

func (b *builder) build(s stage, root string) {
	b.t.Helper()
	require.NoError(b.t, os.MkdirAll(root, 0o755))
	var env []string
	workdir := "/"
	if _, ours := b.stages[s.base]; ours {
		b.copy(b.root(s.base)+"/.", root)
		workdir, env = b.stages[s.base].last("WORKDIR"), append(env, strings.Fields(b.stages[s.base].last("ENV"))...)
	}
	for _, step := range s.steps {
		switch step.instruction {
		case "WORKDIR":
			workdir = step.args
			require.NoError(b.t, os.MkdirAll(root+workdir, 0o755))
		case "ENV":
			env = append(env, strings.Fields(step.args)...)
		case "ARG":
			for arg := range strings.FieldsSeq(step.args) {
				name, value, _ := strings.Cut(arg, "=")
				if given, ok := b.args[name]; ok {
					value = given
				}
				env = append(env, name+"="+value)
			}
		case "RUN":
			b.run(root, workdir, env, step.args)
		case "COPY":
			b.copyIn(root, workdir, env, strings.Fields(step.args))
		}
	}
}

// mounts are caches, of which this machine has its own; folders of the image are named with what is before them.
var (
	mounts = regexp.MustCompile(`--mount=\S+ +`)
	folder = regexp.MustCompile(`(^| )/(out|src|data)\b`)
)

func (b *builder) run(root, workdir string, env []string, command string) {
	b.t.Helper()
	command = folder.ReplaceAllString(mounts.ReplaceAllString(command, ""), "${1}"+root+"/$2")
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = root+workdir, append(os.Environ(), env...) //nolint:forbidigo // the caches of Go and npm
	out, err := cmd.CombinedOutput()
	require.NoError(b.t, err, "%s\n%s", command, out)
}

// copyIn is COPY [--from=STAGE] [--chown=USER:GROUP] [--chmod=MODE] SOURCE... TARGET.
func (b *builder) copyIn(root, workdir string, env, args []string) {
	b.t.Helper()
	source, owner := b.context, ""
	for strings.HasPrefix(args[0], "--") {
		name, value, _ := strings.Cut(args[0], "=")
		switch name {
		case "--from":
			source = b.root(value)
		case "--chown":
			owner = value
		}
		args = args[1:]
	}
	sources, target := args[:len(args)-1], args[len(args)-1]
	into := strings.HasSuffix(target, "/")
	if !filepath.IsAbs(target) {
		target = filepath.Join(workdir, target)
	}
	for _, from := range sources {
		from = filepath.Join(source, os.Expand(from, lookup(env)))
		to := filepath.Join(root, target)
		info, err := os.Stat(from)
		require.NoError(b.t, err, "is sent to the builder")
		if info.IsDir() {
			from += "/." // what is in it, with its rights
			require.NoError(b.t, os.MkdirAll(to, 0o755))
		} else if into {
			to = filepath.Join(to, info.Name())
		}
		b.copy(from, to)
	}
	if owner != "" && os.Geteuid() == 0 {
		b.command("chown", "-R", owner, filepath.Join(root, target))
	}
}

func lookup(env []string) func(string) string {
	return func(name string) (value string) {
		for _, set := range env {
			if v, ok := strings.CutPrefix(set, name+"="); ok {
				value = v
			}
		}
		return value
	}
}

// copy copies a file, or what is in a folder if from ends in "/.".
func (b *builder) copy(from, to string) {
	b.t.Helper()
	require.NoError(b.t, os.MkdirAll(filepath.Dir(to), 0o755))
	b.command("cp", "-a", from, to)
}

func (b *builder) command(name string, args ...string) {
	b.t.Helper()
	out, err := exec.CommandContext(b.t.Context(), name, args...).CombinedOutput()
	require.NoError(b.t, err, "%s", out)
}
