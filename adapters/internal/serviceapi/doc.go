// Package serviceapi is what services say to each other over HTTP: paths, headers and JSON bodies. The serving side
// (httpapi) and the calling side (chatclient, userclient) share it, so the two cannot drift apart.
//
// Every call is a POST with one JSON object. It carries the service credential in CredentialHeader and the id of the request
// it is made for in RequestIDHeader. Faults come back as problem+json with the codes of package domain. Fields are only
// ever added, and unknown ones are ignored: old and new instances talk to each other during a rollout. No text of
// a message travels here but its preview.
package serviceapi

import (
	"strings"

	"chatsystem/domain"
)

const (
	// CredentialHeader proves that a service is calling. Authorization is left to users' tokens.
	CredentialHeader = "X-Service-Credential"
	// RequestIDHeader names a request in the logs of all the services it passes.
	RequestIDHeader = "X-Request-Id"
)

// The calls. ConversationParam in a pattern stands for a conversation's id.
const (
	ConversationParam = "conversation_id"

	Allocate = "/internal/chats/conversations/{" + ConversationParam + "}/allocate-seq"
	// AllocateAlias is the name under which the first outline of the system had Allocate.
	AllocateAlias = "/api/chats/conversations/{" + ConversationParam + "}/allocate-seq"
	Void          = "/internal/chats/conversations/{" + ConversationParam + "}/void-seq"
	Settle        = "/internal/chats/allocations/settle"
	Lease         = "/internal/chats/allocations/lease"
	Members       = "/internal/chats/members"
	Revoked       = "/internal/users/sessions/revoked"
)

// MaxBatch bounds the elements of every list in a request and of a lease's answer; callers split longer lists. The longest
// body of settlements is below 1 MiB, the longest answer about members 2 MB.
const MaxBatch = 500

// Of returns the path of a pattern for one conversation.
func Of(pattern string, c domain.ConversationID) string {
	return strings.Replace(pattern, "{"+ConversationParam+"}", string(c), 1)
}
