package chatsystem_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheAuditFailsOnAFindingAlone runs scripts/audit with tools that answer as the real ones do.
func TestTheAuditFailsOnAFindingAlone(t *testing.T) {
	const (
		clean       = `exit 0`
		vulnerable  = `echo 'Vulnerability #1: GO-2026-0001'; exit 3`
		unreachable = `echo 'govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev": no such host' >&2; exit 1`
		broken      = `echo 'govulncheck: loading packages: there are errors' >&2; exit 1`

		npmClean       = `echo '{"auditReportVersion":2,"vulnerabilities":{}}'`
		npmVulnerable  = `echo '{"auditReportVersion":2,"vulnerabilities":{"axios":{}}}'; exit 1`
		npmUnreachable = `echo '{"message":"request failed","error":{}}'; exit 1`
	)
	for name, tc := range map[string]struct {
		govulncheck, npm string
		passes           bool
		says             string
	}{
		"nothing is known":                       {clean, npmClean, true, ""},
		"a vulnerability in Go":                  {vulnerable, npmClean, false, "GO-2026-0001"},
		"code that cannot be looked at":          {broken, npmClean, false, "loading packages"},
		"one in a package of the app":            {clean, npmVulnerable, false, "axios"},
		"no database of Go's":                    {unreachable, npmClean, true, "NOT CHECKED for known vulnerabilities: Go modules"},
		"no database of npm's":                   {clean, npmUnreachable, true, "NOT CHECKED for known vulnerabilities: packages of the web app"},
		"a finding in one, no database of other": {unreachable, npmVulnerable, false, "NOT CHECKED"},
	} {
		t.Run(name, func(t *testing.T) {
			tools := t.TempDir()
			for tool, answers := range map[string]string{"go": tc.govulncheck, "npm": tc.npm} {
				require.NoError(t, os.WriteFile(filepath.Join(tools, tool), []byte("#!/bin/sh\n"+answers+"\n"), 0o700))
			}
			audit := exec.CommandContext(t.Context(), "sh", "scripts/audit")
			audit.Env = append(audit.Environ(), "PATH="+tools+":/usr/bin:/bin")
			out, err := audit.CombinedOutput()
			assert.Equal(t, tc.passes, err == nil, "%s", out)
			if tc.says == "" {
				assert.Empty(t, string(out))
			}
			assert.Contains(t, string(out), tc.says)
		})
	}
}
