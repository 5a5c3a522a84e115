package httpapi

import (
	"net/http"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/ports"
)

// InternalChatPorts is what the chat service answers other services with.
type InternalChatPorts struct {
	Sequences  ports.SequenceAllocator
	Settler    ports.Settler
	Unfinished ports.UnfinishedLeases
	Members    ports.MembershipReader
}

// InternalChatRoutes serves p to services that show one of the credentials, under /internal/chats; allocating also under the path
// that the first outline of the system named. None of it is in the document.
func InternalChatRoutes(credentials []string, p InternalChatPorts) Routes {
	return func(m *mount) {
		r, s := m.internalRouter(credentials), m.site
		allocate := internalCall(s, p.allocate)
		r.Post(serviceapi.Allocate, allocate)
		r.Post(serviceapi.AllocateAlias, allocate)
		r.Post(serviceapi.Void, internalCall(s, p.void))
		r.Post(serviceapi.Settle, internalCall(s, p.settle))
		r.Post(serviceapi.Lease, internalCall(s, p.lease))
		r.Post(serviceapi.Members, internalCall(s, p.members))
	}
}

func (p InternalChatPorts) allocate(r *http.Request, in serviceapi.AllocateRequest) (int, any, error) {
	conversation, err := conversationOf(r)
	if err != nil {
		return 0, nil, err
	}
	request, err := in.Domain(conversation)
	if err != nil {
		return 0, nil, err
	}
	a, created, err := p.Sequences.Allocate(r.Context(), request)
	if err != nil {
		return 0, nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return status, serviceapi.AllocationOf(a), nil
}

func (p InternalChatPorts) void(r *http.Request, in serviceapi.VoidRequest) (int, any, error) {
	conversation, err := conversationOf(r)
	if err != nil {
		return 0, nil, err
	}
	seq, why, err := in.Domain()
	if err != nil {
		return 0, nil, err
	}
	return 0, nil, p.Sequences.Void(r.Context(), conversation, seq, why)
}

func (p InternalChatPorts) settle(r *http.Request, in serviceapi.SettleRequest) (int, any, error) {
	settlements, err := in.Domain()
	if err != nil {
		return 0, nil, err
	}
	return 0, nil, p.Settler.Settle(r.Context(), settlements)
}

func (p InternalChatPorts) lease(r *http.Request, in serviceapi.LeaseRequest) (int, any, error) {
	age, lease, limit, err := in.Domain()
	if err != nil {
		return 0, nil, err
	}
	leased, err := p.Unfinished.LeaseUnfinished(r.Context(), age, lease, limit)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, serviceapi.LeaseAnswer{Allocations: encodeAll(leased, serviceapi.AllocationOf)}, nil
}

func (p InternalChatPorts) members(r *http.Request, in serviceapi.MembersRequest) (int, any, error) {
	ids, err := in.Domain()
	if err != nil {
		return 0, nil, err
	}
	sets, err := p.Members.Members(r.Context(), ids)
	if err != nil {
		return 0, nil, err
	}
	answer := serviceapi.MembersAnswer{Conversations: make([]serviceapi.MemberSet, 0, len(sets))}
	for id, set := range sets {
		answer.Conversations = append(answer.Conversations, serviceapi.MemberSet{ConversationID: id, Version: set.Version, UserIDs: set.Users})
	}
	return http.StatusOK, answer, nil
}
