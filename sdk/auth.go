package sdk

import (
	"context"
	"errors"
	"net/http"
)

// signedIn is the answer to everything that begins or renews a session.
type signedIn struct {
	Tokens
	User User `json:"user"`
}

// Registration is what a new account begins with.
type Registration struct {
	Email    string
	Username string // 2 to 100 code points; everybody sees it
	Password string // 8 to 72 bytes
}

// Register creates an account and signs in as it. It fails with CodeEmailTaken or CodeUsernameTaken if another account
// has them.
func (c *Client) Register(ctx context.Context, r Registration) (User, error) {
	return c.signIn(ctx, "register", map[string]string{"email": r.Email, "password": r.Password, "username": r.Username})
}

// Login begins a session. It fails with CodeInvalidCredentials.
func (c *Client) Login(ctx context.Context, email, password string) (User, error) {
	return c.signIn(ctx, "login", map[string]string{"email": email, "password": password})
}

func (c *Client) signIn(ctx context.Context, step string, in map[string]string) (User, error) {
	var out signedIn
	r := call{method: http.MethodPost, path: route("api", "users", "auth", step), in: in, out: &out, open: true}
	if _, err := c.do(ctx, r); err != nil {
		return User{}, stepError(step, err)
	}
	if err := c.keys.set(ctx, out.Tokens); err != nil {
		return User{}, stepError(step, err)
	}
	return out.User, nil
}

// Refresh exchanges the tokens now. There is no need to call it: tokens are exchanged before they run out and when
// the server refuses them. Concurrent exchanges become one.
func (c *Client) Refresh(ctx context.Context) error {
	stale := c.keys.current().AccessToken
	return c.repeat(ctx, c.cfg.maxAttempts, temporary, func() error { return c.keys.renew(ctx, stale) })
}

// exchange buys the next pair of tokens. It tries once; what needs the tokens is repeated, and that is safe: a spent
// refresh token buys again until one of the pairs it bought has been used.
func (c *Client) exchange(ctx context.Context, refreshToken string) (Tokens, error) {
	var out signedIn
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: route("api", "users", "auth", "refresh"),
		in: map[string]string{"refresh_token": refreshToken}, out: &out, open: true,
	})
	return out.Tokens, err
}

// Tokens returns the present tokens; zero when signed out. They change with every refresh: see [WithTokenObserver].
func (c *Client) Tokens() Tokens { return c.keys.current() }

// Logout ends the session and forgets its tokens; its subscriptions end. If the server cannot be reached, the error
// is returned and the tokens are kept, so that Logout can be repeated.
func (c *Client) Logout(ctx context.Context) error {
	t, err := c.keys.reload(ctx)
	if err == nil && t.RefreshToken != "" {
		_, err = c.do(ctx, call{
			method: http.MethodPost, path: route("api", "users", "auth", "logout"),
			in: map[string]string{"refresh_token": t.RefreshToken}, open: true, repeatable: true,
		})
	}
	if err == nil {
		err = c.keys.set(ctx, Tokens{})
	}
	return stepError("logout", err)
}

// LogoutAll ends every session of the user, this one included.
func (c *Client) LogoutAll(ctx context.Context) error {
	_, err := c.do(ctx, call{method: http.MethodPost, path: route("api", "users", "auth", "logout-all"), repeatable: true})
	if err != nil && !errors.Is(err, ErrSignedOut) {
		return stepError("logout all", err)
	}
	return stepError("logout all", c.keys.set(ctx, Tokens{}))
}

// Me returns the signed-in user's account.
func (c *Client) Me(ctx context.Context) (User, error) {
	var out User
	_, err := c.do(ctx, call{method: http.MethodGet, path: route("api", "users", "me"), out: &out, repeatable: true})
	return out, stepError("me", err)
}

// SetUsername changes the user's name. It fails with CodeUsernameTaken.
func (c *Client) SetUsername(ctx context.Context, username string) (User, error) {
	var out User
	_, err := c.do(ctx, call{
		method: http.MethodPatch, path: route("api", "users", "me"),
		in: map[string]string{"username": username}, out: &out, repeatable: true,
	})
	return out, stepError("set username", err)
}

// ChangePassword replaces the password and ends the user's other sessions. A wrong old password is
// CodeInvalidCredentials.
func (c *Client) ChangePassword(ctx context.Context, oldPassword, newPassword string) error {
	_, err := c.do(ctx, call{
		method: http.MethodPost, path: route("api", "users", "me", "password"),
		in: map[string]string{"old_password": oldPassword, "new_password": newPassword},
	})
	return stepError("change password", err)
}

// Sessions returns where the user is signed in, the most recently active first.
func (c *Client) Sessions(ctx context.Context) ([]Session, error) {
	var out []Session
	_, err := c.do(ctx, call{method: http.MethodGet, path: route("api", "users", "me", "sessions"), out: &out, repeatable: true})
	return out, stepError("sessions", err)
}

// RevokeSession signs the user out on another device.
func (c *Client) RevokeSession(ctx context.Context, sessionID string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: route("api", "users", "me", "sessions", sessionID)})
	return stepError("revoke session", err)
}
