package simulation

import (
	"chatsystem/application/messages"
	"chatsystem/ports"
)

// bug is a planted mistake: each field replaces a part by one that has it. The zero bug is the system as it is.
type bug struct {
	allocations func(*process, ports.Allocations) ports.Allocations
	store       func(*process, ports.MessageStore) ports.MessageStore
	heads       func(*process, ports.HeadReader) ports.HeadReader
	resolver    func(*process, messages.Resolver) messages.Resolver
	invites     func(*process, ports.InviteStore) ports.InviteStore
	cache       func(*process, ports.MembershipCache) ports.MembershipCache
	gateways    func(*process, ports.GatewayPublisher) ports.GatewayPublisher
	registry    func(*process, ports.PresenceRegistry) ports.PresenceRegistry
	source      func(*process, ports.EventSource) ports.EventSource
	rules       rules

	fromLast          bool // a new group of consumers begins with what comes next
	leaveBeforeClose  bool // a gateway that stops takes presence back before it closes connections
	headBeforeBody    bool // a long text is written after its head
	bodyUnconditional bool // a long text replaces what is there
}
