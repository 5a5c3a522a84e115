package chats

import (
	"context"
	"errors"
	"fmt"

	"chatsystem/domain"
)

// LeaveConversations takes a user out of many groups at once.
type LeaveConversations struct{ remove *RemoveMember }

// NewLeaveConversations returns the use case.
func NewLeaveConversations(remove *RemoveMember) *LeaveConversations {
	return &LeaveConversations{remove}
}

// Departure is the outcome of leaving one conversation: neither field is set if the user has left it now.
type Departure struct {
	Conversation domain.ConversationID
	NotMember    bool          // the user was no member before
	Fault        *domain.Fault // why the user still is one
}

// Execute leaves each conversation exactly as RemoveMember does, one after another, and returns the outcomes in the
// order asked, duplicates removed. Asking again changes nothing. If a store is unavailable, the rest is not tried; it
// is an error only if nothing was left before. validation_failed names an id that is none, and too many.
func (uc *LeaveConversations) Execute(ctx context.Context, user domain.UserID, ids []string) ([]Departure, error) {
	departures, err := departuresOf(ids)
	if err != nil {
		return nil, err
	}
	for i := range departures {
		err := uc.remove.Execute(ctx, user, string(departures[i].Conversation), string(user))
		var fault *domain.Fault
		switch {
		case err == nil:
		case errors.Is(err, domain.ErrConversationNotFound):
			departures[i].NotMember = true
		case errors.As(err, &fault) && fault.Kind == domain.KindConflict:
			departures[i].Fault = fault
		case i == 0:
			return nil, fmt.Errorf("leave conversations: %w", err)
		default: // clients ask again for the rest
			for j := i; j < len(departures); j++ {
				departures[j].Fault = domain.ErrUnavailable
			}
			return departures, nil
		}
	}
	return departures, nil
}

func departuresOf(ids []string) ([]Departure, error) {
	const field = "conversation_ids"
	if len(ids) < 1 || len(ids) > domain.MaxLeaveAtOnce {
		return nil, domain.Invalid(field, "range", "%s must be 1 to %d ids.", field, domain.MaxLeaveAtOnce)
	}
	seen := make(map[string]bool, len(ids))
	departures := make([]Departure, 0, len(ids))
	for i, id := range ids {
		if !domain.IsUUID(id) {
			return nil, domain.Invalid(fmt.Sprintf("%s[%d]", field, i), "not_an_id", "%s must be ids of conversations (lower-case UUIDs).", field)
		}
		if !seen[id] {
			seen[id] = true
			departures = append(departures, Departure{Conversation: domain.ConversationID(id)})
		}
	}
	return departures, nil
}
