package faultproxy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// StartKafka returns a proxy for a broker, host:port as the broker names itself to its clients. They go where it says they
// should; so where an answer names the broker, the proxy puts itself. The host must have as many letters as 127.0.0.1.
func StartKafka(broker string) (*Proxy, error) {
	return start(broker, func(p *Proxy) (relay, error) {
		named, err := wireAddress(broker)
		if err != nil {
			return nil, err
		}
		own, err := wireAddress(p.Addr())
		if err != nil {
			return nil, err
		}
		if len(named) != len(own) {
			return nil, errors.New("the broker's name cannot be replaced by one of another length: " + broker)
		}
		return func(from net.Conn, _ []byte) ([]byte, error) {
			frame, err := readFrame(from)
			return bytes.ReplaceAll(frame, named, own), err
		}, nil
	})
}

// wireAddress is an address as Kafka's answers hold it: the host's letters, and the port in 32 bits.
func wireAddress(address string) ([]byte, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32([]byte(host), uint32(n)), nil
}

const maxFrame = 64 << 20

// readFrame reads one answer, whole: an address could come in two parts otherwise.
func readFrame(from io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes", n)
	}
	frame := append(size[:], make([]byte, n)...)
	if _, err := io.ReadFull(from, frame[len(size):]); err != nil {
		return nil, err
	}
	return frame, nil
}
