// Package chats holds the use cases of the chat service: conversations, their members and invites, and the seqs of their
// logs. One type per use case; handlers call them directly.
package chats
