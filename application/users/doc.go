// Package users holds the use cases of the user service: accounts, sign-in, sessions, and finding people. One type per use
// case; handlers call them directly.
package users
