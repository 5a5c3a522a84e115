package httpapi

import (
	"context"

	"chatsystem/adapters/httpapi/openapi/usersapi"
	"chatsystem/application/users"
	"chatsystem/domain"
)

// UserUseCases are what the user service's endpoints drive.
type UserUseCases struct {
	Register       *users.Register
	Login          *users.Login
	Refresh        *users.Refresh
	Logout         *users.Logout
	LogoutAll      *users.LogoutAll
	GetMe          *users.GetMe
	UpdateMe       *users.UpdateMe
	ChangePassword *users.ChangePassword
	ListSessions   *users.ListSessions
	RevokeSession  *users.RevokeSession
	LookupUsers    *users.LookupUsers
	SearchUsers    *users.SearchUsers
}

// UserRoutes serves the operations tagged users.
func UserRoutes(uc UserUseCases) Routes {
	return func(m *mount) {
		handlers := usersapi.NewStrictHandlerWithOptions(userHandlers{uc}, nil, usersapi.StrictHTTPServerOptions{
			RequestErrorHandlerFunc: m.site.fail, ResponseErrorHandlerFunc: m.site.fail,
		})
		usersapi.HandlerWithOptions(handlers, usersapi.ChiServerOptions{BaseRouter: m.api, ErrorHandlerFunc: m.site.failBinding})
	}
}

type userHandlers struct{ uc UserUseCases }

var _ usersapi.StrictServerInterface = userHandlers{}

func (h userHandlers) RegisterUser(ctx context.Context, r usersapi.RegisterUserRequestObject) (usersapi.RegisterUserResponseObject, error) {
	out, err := h.uc.Register.Execute(ctx, users.RegisterInput{
		Email: r.Body.Email, Username: r.Body.Username, Password: r.Body.Password, UserAgent: orEmpty(r.Params.UserAgent),
	})
	if err != nil {
		return nil, err
	}
	return usersapi.RegisterUser201JSONResponse{
		Body: signedIn(out), Headers: usersapi.RegisterUser201ResponseHeaders{SetCookie: refreshCookie(ctx, out)},
	}, nil
}

func (h userHandlers) Login(ctx context.Context, r usersapi.LoginRequestObject) (usersapi.LoginResponseObject, error) {
	out, err := h.uc.Login.Execute(ctx, users.LoginInput{
		Email: r.Body.Email, Password: r.Body.Password, UserAgent: orEmpty(r.Params.UserAgent),
	})
	if err != nil {
		return nil, err
	}
	return usersapi.Login200JSONResponse{
		Body: signedIn(out), Headers: usersapi.Login200ResponseHeaders{SetCookie: refreshCookie(ctx, out)},
	}, nil
}

func (h userHandlers) RefreshSession(ctx context.Context, r usersapi.RefreshSessionRequestObject) (usersapi.RefreshSessionResponseObject, error) {
	out, err := h.uc.Refresh.Execute(ctx, presentedToken(r.Body, r.Params.RefreshToken))
	if err != nil {
		return nil, err
	}
	return usersapi.RefreshSession200JSONResponse{
		Body: signedIn(out), Headers: usersapi.RefreshSession200ResponseHeaders{SetCookie: refreshCookie(ctx, out)},
	}, nil
}

func (h userHandlers) Logout(ctx context.Context, r usersapi.LogoutRequestObject) (usersapi.LogoutResponseObject, error) {
	if err := h.uc.Logout.Execute(ctx, presentedToken(r.Body, r.Params.RefreshToken)); err != nil {
		return nil, err
	}
	return usersapi.Logout204Response{Headers: usersapi.Logout204ResponseHeaders{SetCookie: noRefreshCookie(ctx)}}, nil
}

func (h userHandlers) LogoutAll(ctx context.Context, _ usersapi.LogoutAllRequestObject) (usersapi.LogoutAllResponseObject, error) {
	if err := h.uc.LogoutAll.Execute(ctx, callerOf(ctx).User); err != nil {
		return nil, err
	}
	return usersapi.LogoutAll204Response{Headers: usersapi.LogoutAll204ResponseHeaders{SetCookie: noRefreshCookie(ctx)}}, nil
}

func (h userHandlers) GetMe(ctx context.Context, _ usersapi.GetMeRequestObject) (usersapi.GetMeResponseObject, error) {
	u, err := h.uc.GetMe.Execute(ctx, callerOf(ctx).User)
	if err != nil {
		return nil, err
	}
	return usersapi.GetMe200JSONResponse(account(u)), nil
}

func (h userHandlers) UpdateMe(ctx context.Context, r usersapi.UpdateMeRequestObject) (usersapi.UpdateMeResponseObject, error) {
	u, err := h.uc.UpdateMe.Execute(ctx, callerOf(ctx).User, r.Body.Username)
	if err != nil {
		return nil, err
	}
	return usersapi.UpdateMe200JSONResponse(account(u)), nil
}

func (h userHandlers) ChangePassword(ctx context.Context, r usersapi.ChangePasswordRequestObject) (usersapi.ChangePasswordResponseObject, error) {
	caller := callerOf(ctx)
	err := h.uc.ChangePassword.Execute(ctx, users.ChangePasswordInput{
		User: caller.User, Session: caller.Session, Old: r.Body.OldPassword, New: r.Body.NewPassword,
	})
	if err != nil {
		return nil, err
	}
	return usersapi.ChangePassword204Response{}, nil
}

func (h userHandlers) ListSessions(ctx context.Context, _ usersapi.ListSessionsRequestObject) (usersapi.ListSessionsResponseObject, error) {
	caller := callerOf(ctx)
	sessions, err := h.uc.ListSessions.Execute(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	return usersapi.ListSessions200JSONResponse(encodeAll(sessions, func(s domain.Session) usersapi.Session {
		return usersapi.Session{
			SessionID: string(s.ID), UserAgent: s.UserAgent, CreatedAt: s.CreatedAt, LastActiveAt: s.LastActiveAt,
			Current: s.ID == caller.Session,
		}
	})), nil
}

func (h userHandlers) RevokeSession(ctx context.Context, r usersapi.RevokeSessionRequestObject) (usersapi.RevokeSessionResponseObject, error) {
	if err := h.uc.RevokeSession.Execute(ctx, callerOf(ctx).User, domain.SessionID(r.SessionID)); err != nil {
		return nil, err
	}
	return usersapi.RevokeSession204Response{}, nil
}

func (h userHandlers) ListUsersByID(ctx context.Context, r usersapi.ListUsersByIDRequestObject) (usersapi.ListUsersByIDResponseObject, error) {
	found, err := h.uc.LookupUsers.Execute(ctx, callerOf(ctx).User, r.Params.Ids)
	if err != nil {
		return nil, err
	}
	return usersapi.ListUsersByID200JSONResponse(encodeAll(found, userName)), nil
}

func (h userHandlers) SearchUsers(ctx context.Context, r usersapi.SearchUsersRequestObject) (usersapi.SearchUsersResponseObject, error) {
	found, err := h.uc.SearchUsers.Execute(ctx, r.Params.Q)
	if err != nil {
		return nil, err
	}
	return usersapi.SearchUsers200JSONResponse(encodeAll(found, userName)), nil
}

func signedIn(s users.SignedIn) usersapi.SignedIn {
	return usersapi.SignedIn{AccessToken: s.AccessToken, RefreshToken: s.RefreshToken, User: account(s.User)}
}

func account(u domain.User) usersapi.User {
	return usersapi.User{UserID: string(u.ID), Email: u.Email, Username: u.Username, CreatedAt: u.CreatedAt}
}

func userName(u domain.UserName) usersapi.UserName {
	return usersapi.UserName{UserID: string(u.ID), Username: u.Username}
}
