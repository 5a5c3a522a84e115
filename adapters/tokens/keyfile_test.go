package tokens

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"chatsystem/domain"
	"chatsystem/ports"
	"chatsystem/ports/portstest"
)

func TestTheKeyIsMadeOnceAndKept(t *testing.T) {
	folder := t.TempDir()
	cfg := Config{KeyFile: filepath.Join(folder, "key.pem"), Issuer: "chat", Audience: "chat"}
	first, err := NewAuthority(cfg, time.Now)
	require.NoError(t, err)
	token, err := first.IssueAccess(ports.AccessClaims{
		User: domain.UserID(portstest.NewUUID()), Session: domain.SessionID(portstest.NewUUID()), ExpiresAt: time.Now().Add(time.Minute),
	})
	require.NoError(t, err)

	second, err := NewAuthority(cfg, time.Now)
	require.NoError(t, err)
	_, err = second.VerifyAccess(token)
	require.NoError(t, err, "tokens outlive a restart")

	info, err := os.Stat(cfg.KeyFile)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left behind")
}

func TestWhoMakeTheKeyAtOnceGetTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	ids, errs := make([]string, 20), make([]error, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			a, err := NewAuthority(Config{KeyFile: path, Issuer: "chat", Audience: "chat"}, time.Now)
			if errs[i] = err; err == nil {
				ids[i] = a.keyID
			}
		})
	}
	wg.Wait()
	for i := range ids {
		require.NoError(t, errs[i])
		require.Equal(t, ids[0], ids[i])
	}
}

func TestAFileThatHoldsNoUsableKeyIsRefusedAndLeftAlone(t *testing.T) {
	_, good, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	goodDER, err := x509.MarshalPKCS8PrivateKey(good)
	require.NoError(t, err)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	require.NoError(t, err)
	contents := map[string][]byte{
		"an empty file":       {},
		"text":                []byte("hello"),
		"another kind of PEM": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: goodDER}),
		"broken PEM":          pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der[:10]}),
		"another kind of key": pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}),
	}
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key.pem")
			require.NoError(t, os.WriteFile(path, content, 0o600))
			_, err := NewAuthority(Config{KeyFile: path, Issuer: "chat", Audience: "chat"}, time.Now)
			require.ErrorContains(t, err, "signing key")
			left, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, left)
		})
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent", "key.pem")
	_, err := NewAuthority(Config{KeyFile: path, Issuer: "chat", Audience: "chat"}, time.Now)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
