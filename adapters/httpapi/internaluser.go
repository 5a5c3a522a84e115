package httpapi

import (
	"net/http"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/ports"
)

// InternalUserRoutes serves revocations to services that show one of the credentials, under /internal/users. It is not in the
// document.
func InternalUserRoutes(credentials []string, revocations ports.RevocationReader) Routes {
	return func(m *mount) {
		revoked := func(r *http.Request, in serviceapi.RevokedRequest) (int, any, error) {
			ids, err := in.Domain()
			if err != nil {
				return 0, nil, err
			}
			ended, err := revocations.Revoked(r.Context(), ids)
			if err != nil {
				return 0, nil, err
			}
			return http.StatusOK, serviceapi.RevokedAnswer{SessionIDs: ended}, nil
		}
		m.internalRouter(credentials).Post(serviceapi.Revoked, internalCall(m.site, revoked))
	}
}
