package serviceapi

import (
	"slices"

	"chatsystem/domain"
)

// MembersRequest is the body of Members.
type MembersRequest struct {
	ConversationIDs []domain.ConversationID `json:"conversation_ids"`
}

// MembersAnswer is the answer to Members; a conversation that is absent is missing.
type MembersAnswer struct {
	Conversations []MemberSet `json:"conversations"`
}

// MemberSet is the active members of a conversation as of one version.
type MemberSet struct {
	ConversationID domain.ConversationID `json:"conversation_id"`
	Version        int64                 `json:"version"`
	UserIDs        []domain.UserID       `json:"user_ids"`
}

// Domain returns the ids of conversations that may exist; KindInvalid if there are too many.
func (r MembersRequest) Domain() ([]domain.ConversationID, error) {
	ids := slices.DeleteFunc(slices.Clone(r.ConversationIDs), func(id domain.ConversationID) bool { return !domain.IsUUID(string(id)) })
	return ids, checkBatch("conversation_ids", len(r.ConversationIDs))
}

// RevokedRequest is the body of Revoked.
type RevokedRequest struct {
	SessionIDs []domain.SessionID `json:"session_ids"`
}

// RevokedAnswer is the answer to Revoked: those of the sessions asked for that ended.
type RevokedAnswer struct {
	SessionIDs []domain.SessionID `json:"session_ids"`
}

// Domain returns the ids; KindInvalid if one cannot be.
func (r RevokedRequest) Domain() ([]domain.SessionID, error) {
	const field = "session_ids"
	for _, id := range r.SessionIDs {
		if !domain.IsUUID(string(id)) {
			return nil, notAnID(field)
		}
	}
	return r.SessionIDs, checkBatch(field, len(r.SessionIDs))
}
