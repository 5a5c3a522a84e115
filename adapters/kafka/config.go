package kafka

import (
	"errors"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// Config says where the brokers are and what this program is called there.
type Config struct {
	// Brokers are host:port addresses to begin with; the others are learnt from them.
	Brokers []string
	// ClientID names this program in the brokers' logs.
	ClientID string
	// Prefix is put before the names of topics and of the consumer group, for a cluster that several systems share.
	Prefix string
}

// Validate reports every fault of the settings.
func (c Config) Validate() error {
	var faults []error
	if len(c.Brokers) == 0 || slices.Contains(c.Brokers, "") {
		faults = append(faults, errors.New("kafka: brokers: one address at least, none empty"))
	}
	if c.ClientID == "" {
		faults = append(faults, errors.New("kafka: client id: must not be empty"))
	}
	return errors.Join(faults...)
}

// The deadlines of single network calls.
const (
	dialTimeout    = 2 * time.Second
	requestTimeout = 2 * time.Second
	adminTimeout   = 10 * time.Second // making a topic
)

func (c Config) messageTopic() string { return c.Prefix + "message.new" }
func (c Config) fanoutTopic() string  { return c.Prefix + "message.fanout" }
func (c Config) parkedTopic() string  { return c.Prefix + "message.parked" }
func (c Config) group() string        { return c.Prefix + "fanout-workers" }

// eventTopics are what a consumer reads.
func (c Config) eventTopics() []string { return []string{c.messageTopic(), c.fanoutTopic()} }

func (c Config) topics() []string { return append(c.eventTopics(), c.parkedTopic()) }

func (c Config) dialer() *kafka.Dialer {
	return &kafka.Dialer{ClientID: c.ClientID, Timeout: dialTimeout, DualStack: true}
}

func (c Config) transport() *kafka.Transport {
	return &kafka.Transport{ClientID: c.ClientID, DialTimeout: dialTimeout, MetadataTopics: c.topics()}
}

func (c Config) client(transport *kafka.Transport) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(c.Brokers...), Timeout: adminTimeout, Transport: transport}
}
