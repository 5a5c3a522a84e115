package wiring

// WatchConsumer registers what a program shows that receives events from Kafka.
var WatchConsumer = watchConsumer
