// Command user-service serves accounts, sessions and the directory of users.
package main

import (
	"chatsystem/cmd/internal/program"
	"chatsystem/cmd/internal/wiring"
)

func main() {
	program.Service("user-service", "Accounts, sessions and the directory of users", wiring.UserService)
}
