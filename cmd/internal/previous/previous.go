// Package previous has the release before this one, for tests: its programs, built from the history of the repository, and
// its files.
package previous

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Release is the release before this one: a commit of the history, whoever releases sets it.
const Release = "3fca53f8b0da6ff21bbc9ae8fe1bd9d89505914d"

// Build builds programs of the release, by their folders under cmd, into a folder. It needs the repository,
// not a copy of the files.
func Build(ctx context.Context, into string, programs ...string) error {
	source, err := os.MkdirTemp("", "previous")
	if err != nil {
		return fmt.Errorf("previous release: %w", err)
	}
	defer func() { _ = os.RemoveAll(source) }()
	files, err := archived(ctx, Release, ":(exclude)docs", ":(exclude)testdata")
	if err != nil {
		return err
	}
	if err := unpack(bytes.NewReader(files), source); err != nil {
		return fmt.Errorf("previous release: %w", err)
	}
	args := []string{"build", "-trimpath", "-o", into + string(filepath.Separator)}
	for _, p := range programs {
		args = append(args, "./cmd/"+p)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the previous release: %w\n%s", err, out)
	}
	return nil
}

// Files returns the files of a folder of the release, by name.
func Files(ctx context.Context, folder string) (map[string]string, error) {
	archive, err := archived(ctx, Release+":"+folder)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	err = each(bytes.NewReader(archive), func(name string, content io.Reader) error {
		text, err := io.ReadAll(content)
		files[name] = string(text)
		return err
	})
	return files, err
}

// archived returns files of the release. A shallow clone gets its commit from where it was cloned from.
func archived(ctx context.Context, what ...string) ([]byte, error) {
	if _, err := git(ctx, "cat-file", "-e", Release+"^{commit}"); err != nil {
		if _, err := git(ctx, "fetch", "--quiet", "--depth=1", "origin", Release); err != nil {
			return nil, err
		}
	}
	return git(ctx, append([]string{"archive", "--format=tar"}, what...)...)
}

// git returns what a command prints that is run at the repository's root, whoever owns the files.
func git(ctx context.Context, args ...string) ([]byte, error) {
	root, err := exec.CommandContext(ctx, "git", "-c", "safe.directory=*", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return nil, explain(err)
	}
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "safe.directory=*"}, args...)...)
	cmd.Dir = strings.TrimSpace(string(root))
	out, err := cmd.Output()
	if err != nil {
		return nil, explain(err)
	}
	return out, nil
}

func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return fmt.Errorf("release %s is not in the history (git fetch --unshallow brings all of it): %w", Release, err)
}

func unpack(archive io.Reader, into string) error {
	return each(archive, func(name string, content io.Reader) error {
		path := filepath.Join(into, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, content)
		return errors.Join(err, file.Close())
	})
}

// each calls f with every plain file of an archive that git made.
func each(archive io.Reader, f func(name string, content io.Reader) error) error {
	for files := tar.NewReader(archive); ; {
		header, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read archive: %w", err)
		case header.Typeflag != tar.TypeReg:
			continue
		}
		if err := f(header.Name, files); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}
