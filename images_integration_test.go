//go:build integration

package chatsystem_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const imageUser = 65532

// image is what one of the Dockerfile's last stages makes.
type image struct {
	t          *testing.T
	root       string
	entrypoint []string
	env        []string
}

func (b *builder) image(target, service string) image {
	b.t.Helper()
	s := b.stages[target]
	require.Equal(b.t, "65532:65532", s.last("USER"))
	i := image{t: b.t, root: filepath.Join(b.dir, "images", target+service), env: strings.Fields(s.last("ENV"))}
	require.NoError(b.t, json.Unmarshal([]byte(s.last("ENTRYPOINT")), &i.entrypoint))
	b.args["SERVICE"] = service
	b.build(s, i.root)
	return i
}

// files returns the files of an image, all of them.
func (i image) files() (names []string) {
	i.t.Helper()
	require.NoError(i.t, filepath.WalkDir(i.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, i.root))
		}
		return err
	}))
	return names
}

// run prepares the program as an engine would run it: in the image's file system, where nothing else is, and as its user. What
// an engine adds are a few files under /etc, which it does without.
func (i image) run(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, i.entrypoint[0], append(i.entrypoint[1:], args...)...)
	cmd.Dir, cmd.Env = "/", append(i.env[:len(i.env):len(i.env)], env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: imageUser, Gid: imageUser}
	} else { // in a namespace, in which we are that user
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: imageUser, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: imageUser, HostID: os.Getegid(), Size: 1}}
	}
	return cmd
}

// output runs the program to its end.
func (i image) output(env []string, args ...string) (string, int) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), time.Minute)
	defer cancel()
	cmd := i.run(ctx, env, args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		require.NoError(i.t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// serve runs the program until it is ready, by its own health check. It is ended, and must end well, with the test.
func (i image) serve(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := i.run(context.Background(), env, args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, cmd.Wait())
		if t.Failed() {
			t.Logf("%s", &log)
		}
	})
	require.Eventually(t, func() bool {
		_, code := i.output(env, "healthcheck")
		return code == 0
	}, time.Minute, 100*time.Millisecond)
}

// TestImages builds what the Dockerfile says and runs it, without a container engine.
func TestImages(t *testing.T) {
	const version = "v1.2.3-4-gabcdef"
	b := newBuilder(t, map[string]string{"VERSION": version})
	images := map[string]image{}
	all := compose(t, []string{"*"})
	for name, s := range all.Services {
		if s.Build != nil && s.Build.Target == "service" {
			images[name] = b.image("service", name)
		}
	}
	require.Len(t, images, 7)
	images["chat"] = b.image("chat", "")
	for name, i := range images {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, i.entrypoint, i.files(), "the program, and nothing else")
			requireStatic(t, filepath.Join(i.root, i.entrypoint[0]))
			out, code := i.output(nil, "--version")
			assert.Equal(t, name+" version "+version+"\n", out)
			assert.Zero(t, code)
			out, code = i.output(nil, "--help")
			assert.Contains(t, out, "Usage:")
			assert.Zero(t, code)
		})
	}

	t.Run("the one process keeps its data in the volume and shows the web app", func(t *testing.T) {
		chat := images["chat"]
		address := "127.0.0.1:" + freePort(t)
		env := []string{"HTTP_ADDR=" + address}
		out, code := chat.output(env, "healthcheck")
		require.Equal(t, 1, code, out)
		require.Contains(t, out, "not reachable")
		chat.serve(t, env, "serve")
		require.FileExists(t, filepath.Join(chat.root, "data/chat.db"))
		for _, file := range chat.files() {
			assert.True(t, file == "/chat" || strings.HasPrefix(file, "/data/"), "%s: nothing is written elsewhere", file)
		}
		page := fetch(t, "http://"+address+"/")
		assert.Contains(t, page, "/assets/", "the app itself, not the page that says how to build it")
	})

	// As the service `secrets` of docker-compose.yml and the volumes do.
	t.Run("migrate, then user-service, with secrets made by the script", func(t *testing.T) {
		dsn := newDatabase(t)
		out, code := images["migrate"].output([]string{"POSTGRES_DSN=" + dsn}, "up")
		require.Zero(t, code, out)
		service := images["user-service"]
		volume := filepath.Join(service.root, "run/secrets/service")
		require.NoError(t, os.MkdirAll(volume, 0o755)) // as an engine makes it
		b.command("sh", "scripts/secrets", filepath.Dir(volume))
		secret, err := os.ReadFile(filepath.Join(volume, "secret"))
		require.NoError(t, err)
		b.command("sh", "scripts/secrets", filepath.Dir(volume))
		again, err := os.ReadFile(filepath.Join(volume, "secret"))
		require.NoError(t, err)
		require.Equal(t, string(secret), string(again), "what is there stays")
		address := "127.0.0.1:" + freePort(t)
		service.serve(t, []string{
			"HTTP_ADDR=" + address, "POSTGRES_DSN=" + dsn, "REDIS_ADDR=127.0.0.1:1", "SERVICE_SECRET_FILE=/run/secrets/service/secret",
			"JWT_PRIVATE_KEY_FILE=/var/lib/chat/keys/jwt.pem",
		})
		require.Contains(t, fetch(t, "http://"+address+"/.well-known/jwks.json"), "Ed25519")
		key, err := os.Stat(filepath.Join(service.root, "var/lib/chat/keys/jwt.pem"))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), key.Mode())
	})
}

// requireStatic fails on a program that needs a loader or a library, which an empty image has not.
func requireStatic(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	for _, p := range file.Progs {
		assert.NotEqual(t, elf.PT_INTERP, p.Type)
	}
	libraries, err := file.ImportedLibraries()
	require.NoError(t, err)
	assert.Empty(t, libraries)
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := client.Do(r)
	require.NoError(t, err)
	return readAnswer(t, res).text
}
