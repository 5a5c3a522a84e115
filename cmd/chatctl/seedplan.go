package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// seedSize is how much a seed makes.
type seedSize struct {
	users, groups, messages int
}

// seedPlan is what a seed makes. The same seed and size always make the same plan.
type seedPlan struct {
	users         []seedUser
	conversations []seedConversation
}

type seedUser struct{ name, email string }

type seedConversation struct {
	title    string // empty: the direct conversation of the two members
	members  []int  // indices of users; the first makes the conversation
	messages []seedMessage
}

type seedMessage struct {
	sender   int // index of a user
	id, text string
}

func newSeedPlan(seed uint64, size seedSize) seedPlan {
	r := rand.New(rand.NewPCG(seed, 0))
	var plan seedPlan
	for i := range size.users {
		name := fmt.Sprintf("%s-%d-%d", seedNames[i%len(seedNames)], seed, i+1)
		plan.users = append(plan.users, seedUser{name, name + "@example.org"})
	}
	for i := range size.groups {
		members := r.Perm(size.users)[:2+r.IntN(min(size.users, 100)-1)]
		if !slices.Contains(members, 0) { // whoever signs in as the first user sees every group
			members[0] = 0
		}
		title := fmt.Sprintf("%s %d-%d", seedTopics[i%len(seedTopics)], seed, i+1)
		plan.conversations = append(plan.conversations, seedConversation{title: title, members: members})
	}
	for i := 0; i+1 < size.users; i += 2 {
		plan.conversations = append(plan.conversations, seedConversation{members: []int{i, i + 1}})
	}
	for n := range size.messages {
		c := &plan.conversations[r.IntN(len(plan.conversations))]
		c.messages = append(c.messages, seedMessage{
			sender: c.members[r.IntN(len(c.members))], id: fmt.Sprintf("seed-%d-%d", seed, n+1), text: seedText(r),
		})
	}
	return plan
}

// seedText is some sentences; one in twenty messages is longer than a preview.
func seedText(r *rand.Rand) string {
	sentences := 1 + r.IntN(3)
	if r.IntN(20) == 0 {
		sentences = 20 + r.IntN(60)
	}
	var text []string
	for range sentences {
		text = append(text, seedSentences[r.IntN(len(seedSentences))])
	}
	return strings.Join(text, " ")
}

var (
	seedNames  = []string{"ada", "ben", "cleo", "dara", "emil", "fay", "gil", "hana", "ivo", "june", "kofi", "lena", "milo", "nora", "omar", "pia"}
	seedTopics = []string{"Garden", "Release", "Kitchen", "Choir", "Climbing", "Book club", "Budget", "Summer trip"}

	seedSentences = []string{
		"Good morning!", "Has anybody seen the keys?", "I will be ten minutes late.", "That works for me.",
		"Let us talk about it tomorrow.", "The new version is up.", "Could you have a look, please?", "Thanks, that helped.",
		"I would rather wait until Friday.", "Who brings the cake? 🎂", "Déjà vu: the printer is out of paper again.",
		"Numbers look fine to me.", "Sorry, wrong group.", "See you there.", "The train is full today 🚆", "Yes.", "No idea.",
		"我们明天见。", "Das hat gut geklappt.",
	}
)
