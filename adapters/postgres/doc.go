// Package postgres keeps on PostgreSQL what the services share: accounts, sign-ins, conversations and the allocations of
// their logs; the messages themselves are in another store.
//
// Drives: nothing. Implements: UserStore, UserDirectory, SessionStore, RevocationReader, ConversationStore, InviteStore,
// ConversationReader, ReadMarks, MembershipReader, HeadReader and Allocations, all on DB; their methods are grouped by
// file.
//
// Whatever changes a conversation locks its row first and reads everything else after that, in statements of their own:
// at READ COMMITTED each sees what was committed before the lock was granted. Locks are taken in one order:
// conversations by id, then what belongs to them. A transaction that Postgres gave up all the same is repeated.
//
// Requests to allocate and to settle that come while others are under way gather and share the next transaction, also of several
// conversations (see gatherer). Such a one waits for no conversation: what others hold it leaves out.
//
// What is wrong with the server or the way to it, rather than with the statement, matches domain.ErrUnavailable;
// whether a change was kept is unknown then, and it may be repeated. A context that ends ends the statement; one
// without a deadline gets defaultTimeout.
//
// The schema is made by Migrate, which a service never calls at its start: two of them must not race, and a rollout must
// be able to migrate first.
package postgres
