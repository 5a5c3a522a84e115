// Command attacks puts three loads on a server of its own that an auditor found to hurt others, and tells what an
// honest client beside them feels, and how much memory the server takes. README.md says how to run it.
package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func main() {
	program := flag.String("chat", "", "the program, such as bin/chat")
	lasts := flag.Duration("for", 5*time.Second, "how long each load lasts, 30 s at most")
	flag.Parse()
	if err := run(*program, min(*lasts, 30*time.Second)); err != nil {
		fmt.Fprintln(os.Stderr, "attacks:", err)
		os.Exit(1)
	}
}

// attack is a load: how many at a time send which request.
type attack struct {
	name    string
	at      int
	request func(url, token string) *http.Request
}

var attacks = []attack{
	{"nothing", 0, nil},
	{"2 MiB of members, 25 at a time", 25, func(url, token string) *http.Request {
		return post(http.MethodPatch, url+"/api/users/me", token, manyMembers(2<<20))
	}},
	{"logouts of 64 KiB without a token, 64 at a time", 64, func(url, _ string) *http.Request {
		return post(http.MethodPost, url+"/api/users/auth/logout", "", manyMembers(64<<10-1))
	}},
	{"tokens of invented keys, 512 at a time", 512, func(url, _ string) *http.Request {
		return post(http.MethodGet, url+"/api/users/me", forged(), nil)
	}},
}

func run(program string, lasts time.Duration) error {
	fmt.Printf("%-50s %10s %8s %8s %8s %8s\n", "load", "requests/s", "p50 ms", "p99 ms", "max ms", "peak MiB")
	for _, a := range attacks {
		if err := measure(program, a, lasts); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

// measure runs one load against a server that nothing else has used.
func measure(program string, a attack, lasts time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), lasts+20*time.Second)
	defer cancel()
	dir, err := os.MkdirTemp("", "attacks")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	server := exec.CommandContext(ctx, program, "serve")
	server.Env = append(os.Environ(), "HTTP_ADDR="+addr, "DATA_DIR="+dir, "BCRYPT_COST=4", "LOG_LEVEL=error")
	if err := server.Start(); err != nil {
		return err
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	url := "http://" + addr
	honest, eve, err := people(ctx, url)
	if err != nil {
		return err
	}

	end := time.Now().Add(lasts)
	var sent atomic.Int64
	var all sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: a.at}, Timeout: 10 * time.Second}
	for range a.at {
		all.Go(func() {
			for time.Now().Before(end) {
				if answer, err := client.Do(a.request(url, eve).WithContext(ctx)); err == nil {
					_, _ = io.Copy(io.Discard, answer.Body)
					_ = answer.Body.Close()
				}
				sent.Add(1)
			}
		})
	}
	waits, peak := watch(ctx, url, honest, server.Process.Pid, end)
	all.Wait()
	slices.Sort(waits)
	ms := func(share float64) float64 {
		return float64(waits[min(len(waits)-1, int(share*float64(len(waits))))].Microseconds()) / 1000
	}
	fmt.Printf("%-50s %10.0f %8.1f %8.1f %8.1f %8d\n", a.name, float64(sent.Load())/lasts.Seconds(), ms(.5), ms(.99), ms(1), peak>>20)
	return nil
}

// watch asks for something small 20 times a second until end, and returns how long each answer took, and the most
// memory the server had. What is refused or lost counts as 10 s.
func watch(ctx context.Context, url, token string, pid int, end time.Time) (waits []time.Duration, peak int64) {
	client := &http.Client{Timeout: 10 * time.Second}
	for time.Now().Before(end) {
		began := time.Now()
		answer, err := client.Do(post(http.MethodGet, url+"/api/users/me", token, nil).WithContext(ctx))
		took := time.Since(began)
		if err == nil {
			_ = answer.Body.Close()
		}
		if err != nil || answer.StatusCode != http.StatusOK {
			took = 10 * time.Second
		}
		waits = append(waits, took)
		peak = max(peak, memory(pid))
		time.Sleep(max(0, 50*time.Millisecond-took))
	}
	return waits, peak
}

// memory returns what a process has of the machine's memory.
func memory(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kib << 10
}

func people(ctx context.Context, url string) (honest, eve string, err error) {
	for {
		if honest, err = register(ctx, url, "honest"); err == nil {
			break
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return "", "", errors.Join(ctx.Err(), err)
		}
	}
	eve, err = register(ctx, url, "eve")
	return honest, eve, err
}

func register(ctx context.Context, url, name string) (string, error) {
	body, _ := json.Marshal(map[string]string{"email": name + "@example.org", "username": name, "password": "correct horse"})
	answer, err := http.DefaultClient.Do(post(http.MethodPost, url+"/api/users/auth/register", "", body).WithContext(ctx))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var in struct {
		Token string `json:"access_token"`
	}
	return in.Token, json.NewDecoder(answer.Body).Decode(&in)
}

func post(method, url, token string, body []byte) *http.Request {
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// manyMembers is an object of members that nobody asked for.
var manyMembers = func() func(size int) []byte {
	var made sync.Map
	return func(size int) []byte {
		if body, there := made.Load(size); there {
			return body.([]byte)
		}
		var b bytes.Buffer
		b.WriteByte('{')
		for i := 0; b.Len() < size-20; i++ {
			fmt.Fprintf(&b, `"%s":1,`, strconv.FormatInt(int64(i), 36))
		}
		b.WriteString(`"x_":1}`)
		made.Store(size, b.Bytes())
		return b.Bytes()
	}
}()

var forger = sync.OnceValue(func() ed25519.PrivateKey {
	_, key, _ := ed25519.GenerateKey(nil)
	return key
})

var serial atomic.Int64

// forged is a token of a key that nobody has.
func forged() string {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "chat", "aud": "chat", "sub": "x", "sid": "x", "use": "access", "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = fmt.Sprint("invented ", serial.Add(1))
	signed, _ := token.SignedString(forger())
	return signed
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
