package servicecall

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/domain"
	"chatsystem/ports"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 8 << 20

// transient is a failure of the service or of the way to it.
type transient struct{ cause error }

func (t transient) Error() string { return t.cause.Error() }
func (t transient) Unwrap() error { return t.cause }

// errCredential is a refusal of this service as such. It ends when the secrets are the same again, as they are at the end of
// a replacement, so a user may repeat what met it; repeating it at once is of no use.
var errCredential = errors.New("service credential refused: SERVICE_SECRET_FILE is not the same in both services")

func isTransient(err error) bool { return errors.As(err, new(transient)) }

// exchange makes one request and reads the whole answer.
func (c *Client) exchange(ctx context.Context, path string, body []byte, out any) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(serviceapi.CredentialHeader, c.credential)
	if id := ports.RequestIDOf(ctx); id != "" {
		req.Header.Set(serviceapi.RequestIDHeader, id)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, transient{err}
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, transient{fmt.Errorf("read answer: %w", err)}
	case len(answer) > maxAnswer:
		return 0, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return 0, c.refusal(res.StatusCode, answer)
	case out == nil:
		return res.StatusCode, nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return 0, fmt.Errorf("decode answer: %w", err)
	}
	return res.StatusCode, nil
}

// refusal is the error of an answer that is none of 2xx.
func (c *Client) refusal(status int, answer []byte) error {
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(answer, &problem) // a proxy's page has no code
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return transient{fmt.Errorf("answered %d %s", status, problem.Code)}
	}
	for _, f := range c.faults {
		if f.Code == problem.Code {
			return f
		}
	}
	if problem.Code == domain.ErrForbidden.Code {
		return errCredential
	}
	return fmt.Errorf("answered %d %s", status, problem.Code)
}
