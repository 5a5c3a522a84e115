// Package gateway holds the use cases of the realtime gateway: authenticating connections, keeping their presence,
// handing events to them, and letting them go.
//
// The order that loses nothing: a connection is registered, locally and in presence, before it is told that it is
// authenticated; its client fetches history only then. So whatever is sent later finds it, and whatever was sent before is in
// that history.
package gateway
