package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Config is where the table is.
type Config struct {
	// Endpoint is the URL of a local engine, which is sent made-up credentials. Empty means AWS: its endpoint of the
	// region, and credentials from where AWS puts them (environment, files, the instance's role).
	Endpoint string
	Region   string
	Table    string
}

const (
	// callTimeout bounds one call of the port, its retries included.
	callTimeout = 3 * time.Second
	// answerTimeout bounds the wait for the answer of one attempt, so that a silent server leaves time for another.
	answerTimeout = 1200 * time.Millisecond
	dialTimeout   = time.Second
	attempts      = 4
	firstBackoff  = 25 * time.Millisecond // doubled by every attempt
	maxBackoff    = time.Second           // and at once when the table is throttled
	idlePerHost   = 64                    // connections; the default of 10 makes a busy instance dial all the time
)

// Validate reports what is wrong with the settings.
func (c Config) Validate() error {
	var faults []error
	if c.Endpoint != "" {
		if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			faults = append(faults, fmt.Errorf("dynamo: endpoint must be an http or https URL, is %q", c.Endpoint))
		}
	}
	if c.Region == "" {
		faults = append(faults, errors.New("dynamo: region is required"))
	}
	if c.Table == "" {
		faults = append(faults, errors.New("dynamo: table is required"))
	}
	return errors.Join(faults...)
}

// client returns a client of the table's service. It connects when it is first used.
func (c Config) client(ctx context.Context, transport *http.Transport, options ...func(*dynamodb.Options)) (*dynamodb.Client, error) {
	settings := aws.Config{Region: c.Region, Credentials: aws.CredentialsProviderFunc(localCredentials)}
	if c.Endpoint == "" {
		var err error
		if settings, err = config.LoadDefaultConfig(ctx, config.WithRegion(c.Region)); err != nil {
			return nil, fmt.Errorf("dynamo: credentials: %w", err)
		}
	}
	own := func(o *dynamodb.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		o.HTTPClient = &http.Client{Transport: transport, CheckRedirect: refuseRedirect}
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.Backoff = attempts, retry.BackoffDelayerFunc(backoff)
		})
	}
	return dynamodb.NewFromConfig(settings, append([]func(*dynamodb.Options){own}, options...)...), nil
}

// backoff is how long to wait after an attempt that failed, with full jitter: the SDK's own begins at a second.
func backoff(attempt int, err error) (time.Duration, error) {
	limit := min(maxBackoff, firstBackoff<<attempt)
	if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool() {
		limit = maxBackoff
	}
	return rand.N(limit), nil
}

// localCredentials are what a local engine takes from anybody; it keeps to letters and digits.
func localCredentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local", Source: "dynamo.Config"}, nil
}

func newTransport() *http.Transport {
	t := awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).GetTransport()
	t.MaxIdleConnsPerHost = idlePerHost
	t.ResponseHeaderTimeout = answerTimeout
	return t
}

// refuseRedirect keeps signed requests where they were sent.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
