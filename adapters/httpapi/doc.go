// Package httpapi serves the REST API. Drives: the use cases of application/users, chats and messages. Implements no
// port. It holds no business rule: a handler decodes, calls one use case and encodes what came out.
//
// # From the document to the handlers
//
// openapi.yaml is the single source. From it come, at generation, the router and the types of every operation, and, at
// start, which operations need a token and what their bodies must look like. Three packages are generated, one per tag,
// because three services each mount only their own operations: UserRoutes, ChatRoutes and MessageRoutes implement one
// small generated interface each, so that a missing handler does not compile and a service cannot mount another's.
//
// # A request's way
//
// Every request: request id, client address, CORS (one-process mode). Then, except for realtime transports: metrics,
// trace and access log, panic recovery, security headers. Then, for the operations of the document, in this order: deadline,
// query string, token, rate limit, body. Whatever fails on the way is answered by one writer (problem.go) as RFC 9457
// problem+json; use cases report failures as domain faults, whose kind decides the status.
//
// # Calls of other services
//
// InternalChatRoutes and InternalUserRoutes answer ports over HTTP under /internal, to whoever shows the service credential
// (adapters/internal/serviceapi says what travels). They are in no document and on no public way.
package httpapi

//go:generate go tool -modfile=../../tools.mod oapi-codegen -config openapi/users.yaml openapi.yaml
//go:generate go tool -modfile=../../tools.mod oapi-codegen -config openapi/chats.yaml openapi.yaml
//go:generate go tool -modfile=../../tools.mod oapi-codegen -config openapi/messages.yaml openapi.yaml
