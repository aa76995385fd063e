// Package terrace is a client of the Terrace API. Every operation is a method of Client; every refusal an error that errors.As
// finds as a *Refusal.
package terrace

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"
)

const (
	// Operations on sessions are called by who has no token, and with the session's cookies.
	sessions       = "/v1/sessions"
	credentialPath = "/v1/me/credentials"
	// A longer wait is the caller's to decide on.
	longestWait = 20 * time.Second
	firstWait   = 200 * time.Millisecond
	// The client makes one for each attempt; the API answers by it.
	requestID = "X-Request-Id"
	agent     = "terrace-sdk-go/{{version}}"
)

// Config says how a client is made; URL is needed.
type Config struct {
	// URL is where the API is.
	URL string
	// Signing signs requests with temporary credentials instead of sending the access token.
	Signing bool
	// Credentials are where these come from; unless told from the API, by the access token.
	Credentials func(context.Context) (*Credentials, error)
	// Region of signatures: "local" unless told, or that of AWS.
	Region string
	// Timeout of an attempt: 30 s unless told.
	Timeout time.Duration
	// Retries is how often a request is repeated: 3 times unless told, never where it is negative.
	Retries int
	// HTTP has settings of proxies and certificates.
	HTTP *http.Client
	// Now is the machine's clock.
	Now func() time.Time
}

// Client is the shop's API. Goroutines may share it.
type Client struct {
	config  Config
	session *session
}

// New makes a client; nothing is sent yet.
func New(config Config) *Client {
	config.URL = strings.TrimRight(config.URL, "/")
	if config.Region == "" {
		config.Region = "local"
	}
	if config.Timeout == 0 {
		config.Timeout = 30 * time.Second
	}
	if config.Retries == 0 {
		config.Retries = 3
	}
	if config.HTTP == nil {
		config.HTTP = &http.Client{}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	c := &Client{config: config}
	c.session = &session{
		machine: config.Now, refresh: c.refresh, issue: config.Credentials,
		renewing: make(chan struct{}, 1), issuing: make(chan struct{}, 1), cookies: map[string]string{},
	}
	if c.session.issue == nil {
		c.session.issue = c.issue
	}
	return c
}

// Option is what may be said of one call.
type Option func(*call)

// IdempotencyKey names the intent; the client makes a name for those operations that take one.
func IdempotencyKey(key string) Option {
	return func(c *call) { c.header.Set("Idempotency-Key", key) }
}

// OnHeader is shown the answer's headers, such as ETag.
func OnHeader(show func(http.Header)) Option {
	return func(c *call) { c.show = show }
}

// Ptr is for parameters that may be left out.
func Ptr[T any](value T) *T { return &value }

// Each yields every item of a list, page by page; an error ends it.
func Each[T any](list func(cursor *string) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		for {
			page, err := list(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if cursor = page.NextCursor; cursor == nil {
				return
			}
		}
	}
}

// call is one operation with what it is given.
type call struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
	isKeyed      bool
	isStream     bool
	show         func(http.Header)
	fault        error
}

func newCall(method, path string, isKeyed bool) *call {
	return &call{method: method, path: path, query: url.Values{}, header: http.Header{}, isKeyed: isKeyed}
}

func (c *call) json(body any) {
	c.body, c.fault = json.Marshal(body)
	c.header.Set("Content-Type", "application/json")
}

func (c *call) bytes(body []byte) {
	c.body = body
	c.header.Set("Content-Type", "application/octet-stream")
}

func set[T any](values interface{ Set(name, value string) }, name string, value *T) {
	if value != nil {
		values.Set(name, fmt.Sprint(*value))
	}
}

// segment is one of a path; "." and ".." would lead elsewhere, and send refuses them.
func segment(value string) string {
	if value == "." || value == ".." || value == "" {
		return "\x00"
	}
	return escape(value)
}

// Of a change of one version, the second would be refused because of the first.
func (c *call) isRepeatable() bool {
	isIdempotent := c.method == "GET" || c.method == "PUT" || c.method == "DELETE"
	return c.isKeyed || isIdempotent && c.header.Get("If-Match") == ""
}

func answer[T any](body []byte, err error) (T, error) {
	var answer T
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	return answer, err
}

func (c *Client) send(ctx context.Context, call *call, options []Option) ([]byte, error) {
	for _, option := range options {
		option(call)
	}
	if call.isKeyed && call.header.Get("Idempotency-Key") == "" {
		call.header.Set("Idempotency-Key", randomName())
	}
	response, body, err := c.exchange(ctx, call)
	if err != nil {
		return nil, err
	}
	if call.show != nil {
		call.show(response.Header)
	}
	if strings.HasPrefix(call.path, sessions) {
		var tokens Tokens
		if json.Unmarshal(body, &tokens) == nil && tokens.AccessToken != "" {
			c.session.take(tokens.AccessToken, time.Duration(tokens.ExpiresIn)*time.Second)
		}
		if call.method == "DELETE" && call.path == sessions+"/current" {
			c.session.end()
		}
	}
	return body, nil
}

// exchange sends until there is an answer; its error is the refusal that stays.
func (c *Client) exchange(ctx context.Context, call *call) (*http.Response, []byte, error) {
	if call.fault == nil && strings.Contains(call.path, "\x00") {
		call.fault = errors.New("terrace: a value of a path is empty or leads elsewhere")
	}
	if call.fault != nil {
		return nil, nil, call.fault
	}
	mended := map[string]bool{}
	for attempt := 1; ; attempt++ {
		before := c.session.correction()
		request, token, err := c.prepare(ctx, call)
		if err != nil {
			return nil, nil, err
		}
		response, body, err := c.attempt(request, call.isStream)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			if attempt > c.config.Retries || !call.isRepeatable() {
				return nil, nil, unreachable(err, request)
			}
			if err := pause(ctx, backoff(attempt)); err != nil {
				return nil, nil, err
			}
			continue
		}
		c.session.correct(response.Header.Get("Date"))
		// Whoever's answer it was corrected by.
		wasWrong := c.session.correction() != before
		if strings.HasPrefix(call.path, sessions) {
			c.session.keepCookies(response)
		}
		if response.StatusCode < 400 {
			return response, body, nil
		}
		refusal := refusalOf(request, response, body)
		if !mended[refusal.Slug] {
			isMended, err := c.mend(ctx, refusal, token, wasWrong)
			if err != nil {
				return nil, nil, err
			}
			if isMended {
				mended[refusal.Slug] = true
				continue
			}
		}
		// Whether a request was carried out is not known after 502, 503 and 504.
		isUncertain := refusal.Status >= 502 && refusal.Status <= 504 && call.isRepeatable()
		mayRepeat := refusal.Status == http.StatusTooManyRequests || isUncertain
		if attempt > c.config.Retries || !mayRepeat || refusal.RetryAfter > longestWait {
			return nil, nil, refusal
		}
		if err := pause(ctx, max(refusal.RetryAfter, backoff(attempt))); err != nil {
			return nil, nil, err
		}
	}
}

// prepare makes the request of one attempt, and tells the access token that goes with it.
func (c *Client) prepare(ctx context.Context, call *call) (*http.Request, string, error) {
	address := c.config.URL + call.path
	if len(call.query) > 0 {
		address += "?" + strings.ReplaceAll(call.query.Encode(), "+", "%20")
	}
	request, err := http.NewRequestWithContext(ctx, call.method, address, bytes.NewReader(call.body))
	if err != nil {
		return nil, "", err
	}
	request.Header = call.header.Clone()
	// Each attempt has a name of its own, and with it its own signature: one counts once.
	request.Header.Set(requestID, randomName())
	ofSession := strings.HasPrefix(call.path, sessions)
	var token string
	switch {
	case c.config.Signing && !ofSession && call.path != credentialPath:
		credentials, err := c.session.temporary(ctx)
		if err != nil {
			return nil, "", err
		}
		if credentials != nil {
			sign(request, call.body, credentials, c.config.Region, c.session.now())
		}
	case call.path != sessions+"/refresh":
		if token, err = c.session.accessToken(ctx); err != nil {
			return nil, "", err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
	}
	if cookie := c.session.cookie(); ofSession && cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	request.Header.Set("User-Agent", agent+" ("+runtime.Version()+")")
	return request, token, nil
}

// attempt sends once; its error is the lack of an answer.
func (c *Client) attempt(request *http.Request, isStream bool) (*http.Response, []byte, error) {
	limited, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(c.config.Timeout, func() { cancel(context.DeadlineExceeded) })
	response, err := c.config.HTTP.Do(request.WithContext(limited))
	if err == nil && isStream && response.StatusCode < 400 {
		// From here on each silence has a limit.
		response.Body = &watched{response.Body, timer, cancel}
		return response, nil, nil
	}
	defer timer.Stop()
	defer cancel(nil)
	var body []byte
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
	}
	if late := context.Cause(limited); err != nil && late != nil {
		err = late
	}
	return response, body, err
}

// mend says whether the cause of a refusal is out of the way, so that the same request may come again.
func (c *Client) mend(ctx context.Context, refusal *Refusal, token string, clockWasWrong bool) (bool, error) {
	switch refusal.Slug {
	case "invalid-token":
		return true, c.session.renew(ctx, token)
	case "expired-token", "unrecognized-client":
		c.session.keep(nil)
		return true, nil
	case "invalid-signature":
		return clockWasWrong, nil
	}
	return false, nil
}

func (c *Client) refresh(ctx context.Context) error {
	_, err := c.RefreshSession(ctx)
	var refusal *Refusal
	// A session that has ended leaves nobody signed in; another refusal is the caller's.
	if errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized {
		c.session.end()
		return nil
	}
	return err
}

func (c *Client) issue(ctx context.Context) (*Credentials, error) {
	if token, err := c.session.accessToken(ctx); token == "" {
		return nil, err
	}
	issued, err := c.CreateCredentials(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &Credentials{issued.AccessKeyID, issued.SecretAccessKey, issued.SessionToken, issued.ExpiresAt}, nil
}

// backoff is longer each time, and for no two clients the same.
func backoff(attempt int) time.Duration {
	return time.Duration(float64(firstWait<<min(attempt, 6)) * (0.5 + mathrand.Float64()/2))
}

func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func randomName() string {
	var name [16]byte
	rand.Read(name[:])
	name[6], name[8] = name[6]&0x0f|0x40, name[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", name[:4], name[4:6], name[6:8], name[8:10], name[10:])
}
