// Package chatclient reaches the chat service from other services, over HTTP. Drives: nothing. Implements:
// ports.SequenceAllocator, ports.Settler, ports.UnfinishedLeases, ports.MembershipReader.
package chatclient

import (
	"context"
	"net/http"
	"slices"
	"time"

	"chatsystem/adapters/internal/serviceapi"
	"chatsystem/adapters/internal/servicecall"
	"chatsystem/domain"
	"chatsystem/ports"
)

var (
	_ ports.SequenceAllocator = (*Client)(nil)
	_ ports.Settler           = (*Client)(nil)
	_ ports.UnfinishedLeases  = (*Client)(nil)
	_ ports.MembershipReader  = (*Client)(nil)
)

// Config is where the chat service is and how to call it.
type Config = servicecall.Config

// NewTransport returns what a Config without a Transport uses, for one that wraps it.
func NewTransport() http.RoundTripper { return servicecall.NewTransport() }

// Client calls the chat service. It is safe for concurrent use and needs no closing.
type Client struct{ calls *servicecall.Client }

// New returns the client; it connects to nothing yet.
func New(cfg Config) (*Client, error) {
	calls, err := servicecall.New(cfg, "chat service", domain.ErrConversationNotFound, domain.ErrClientMsgIDReused)
	if err != nil {
		return nil, err
	}
	return &Client{calls}, nil
}

const (
	// allocateTimeout leaves half of the 4 s that a send has for the message store. An instance that is gone costs a
	// fraction of it; one that hangs costs the call.
	allocateTimeout = 2 * time.Second
	timeout         = 3 * time.Second
)

// Allocate implements ports.SequenceAllocator. It is retried, since a repeat finds what the first made: created is false
// then, although nobody was told of it.
func (c *Client) Allocate(ctx context.Context, r domain.AllocationRequest) (domain.Allocation, bool, error) {
	call := servicecall.Call{Path: serviceapi.Of(serviceapi.Allocate, r.Conversation), Timeout: allocateTimeout}
	var answer serviceapi.Allocation
	status, err := c.calls.Do(ctx, call, serviceapi.AllocateRequestOf(r), &answer)
	if err != nil {
		return domain.Allocation{}, false, err
	}
	return answer.Domain(), status == http.StatusCreated, nil
}

// Void implements ports.SequenceAllocator.
func (c *Client) Void(ctx context.Context, id domain.ConversationID, seq domain.Seq, why domain.VoidReason) error {
	call := servicecall.Call{Path: serviceapi.Of(serviceapi.Void, id), Timeout: timeout}
	_, err := c.calls.Do(ctx, call, serviceapi.VoidRequestOf(seq, why), nil)
	return err
}

// Settle implements ports.Settler. Many settlements are several calls; after an error some of them may be settled.
func (c *Client) Settle(ctx context.Context, settlements []domain.Settlement) error {
	for part := range slices.Chunk(settlements, serviceapi.MaxBatch) {
		var request serviceapi.SettleRequest
		for _, s := range part {
			request.Settlements = append(request.Settlements, serviceapi.SettlementOf(s))
		}
		if _, err := c.calls.Do(ctx, servicecall.Call{Path: serviceapi.Settle, Timeout: timeout}, request, nil); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// LeaseUnfinished implements ports.UnfinishedLeases, to the millisecond and for at most serviceapi.MaxBatch at once. It is not
// retried: if an answer is lost, what it leased stays leased, and each repeat could lose as much again. The next
// round of whoever asks is the retry.
func (c *Client) LeaseUnfinished(ctx context.Context, age, lease time.Duration, limit int) ([]domain.Allocation, error) {
	var answer serviceapi.LeaseAnswer
	request := serviceapi.LeaseRequest{AgeMS: age.Milliseconds(), LeaseMS: lease.Milliseconds(), Limit: limit}
	if _, err := c.calls.Do(ctx, servicecall.Call{Path: serviceapi.Lease, Timeout: timeout, Once: true}, request, &answer); err != nil {
		return nil, err
	}
	leased := make([]domain.Allocation, len(answer.Allocations))
	for i, a := range answer.Allocations {
		leased[i] = a.Domain()
	}
	return leased, nil
}

// Members implements ports.MembershipReader, in one call for up to serviceapi.MaxBatch conversations.
func (c *Client) Members(ctx context.Context, ids []domain.ConversationID) (map[domain.ConversationID]domain.MemberSet, error) {
	sets := make(map[domain.ConversationID]domain.MemberSet, len(ids))
	for part := range slices.Chunk(ids, serviceapi.MaxBatch) {
		var answer serviceapi.MembersAnswer
		call := servicecall.Call{Path: serviceapi.Members, Timeout: timeout}
		if _, err := c.calls.Do(ctx, call, serviceapi.MembersRequest{ConversationIDs: part}, &answer); err != nil {
			return nil, err
		}
		for _, set := range answer.Conversations {
			sets[set.ConversationID] = domain.MemberSet{Version: set.Version, Users: set.UserIDs}
		}
	}
	return sets, ctx.Err()
}
