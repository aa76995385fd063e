package terrace

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// Tokens and credentials are renewed so long before they end.
	early = time.Minute
	// A clock that is further from the API's is corrected.
	skew = time.Minute
)

// session is who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them. Renewing is done
// once for all who wait.
type session struct {
	machine func() time.Time
	refresh func(context.Context) error
	issue   func(context.Context) (*Credentials, error)

	// renewing and issuing are held while tokens and credentials are fetched, state for moments alone.
	renewing    chan struct{}
	issuing     chan struct{}
	state       sync.Mutex
	offset      time.Duration
	token       string
	endsAt      time.Time
	credentials *Credentials
	cookies     map[string]string
}

func (s *session) now() time.Time {
	s.state.Lock()
	defer s.state.Unlock()
	return s.machine().Add(s.offset)
}

// correction is what is added to the machine's clock.
func (s *session) correction() time.Duration {
	s.state.Lock()
	defer s.state.Unlock()
	return s.offset
}

// correct sets the clock by an answer's Date, if it is wrong.
func (s *session) correct(date string) {
	told, err := http.ParseTime(date)
	if err != nil || told.Sub(s.now()).Abs() <= skew {
		return
	}
	s.state.Lock()
	defer s.state.Unlock()
	s.offset = told.Sub(s.machine())
}

func (s *session) current() (token string, isFresh bool) {
	now := s.now()
	s.state.Lock()
	defer s.state.Unlock()
	return s.token, s.token == "" || s.endsAt.Sub(now) >= early
}

// accessToken has life left in it; it is empty when nobody is signed in, or the session has ended.
func (s *session) accessToken(ctx context.Context) (string, error) {
	token, isFresh := s.current()
	if isFresh {
		return token, nil
	}
	if err := s.renew(ctx, token); err != nil {
		return "", err
	}
	token, _ = s.current()
	return token, nil
}

// renew fetches new tokens by the cookie, unless somebody else has since this one.
func (s *session) renew(ctx context.Context, old string) error {
	if err := hold(ctx, s.renewing); err != nil {
		return err
	}
	defer release(s.renewing)
	if token, _ := s.current(); token != old {
		return nil
	}
	return s.refresh(ctx)
}

// temporary credentials have life left in them; there are none when nobody is signed in.
func (s *session) temporary(ctx context.Context) (*Credentials, error) {
	if err := hold(ctx, s.issuing); err != nil {
		return nil, err
	}
	defer release(s.issuing)
	now := s.now()
	s.state.Lock()
	kept := s.credentials
	s.state.Unlock()
	if kept != nil && (kept.ExpiresAt.IsZero() || kept.ExpiresAt.Sub(now) >= early) {
		return kept, nil
	}
	issued, err := s.issue(ctx)
	if err != nil {
		return nil, err
	}
	s.keep(issued)
	return issued, nil
}

// hold waits for what one alone may have, and no longer than the caller does.
func hold(ctx context.Context, one chan struct{}) error {
	select {
	case one <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func release(one chan struct{}) { <-one }

func (s *session) keep(credentials *Credentials) {
	s.state.Lock()
	defer s.state.Unlock()
	s.credentials = credentials
}

// take uses what signs in, renews or steps up answers. Credentials end with the token that they were made by.
func (s *session) take(token string, expiresIn time.Duration) {
	endsAt := s.now().Add(expiresIn)
	s.state.Lock()
	defer s.state.Unlock()
	s.token, s.endsAt, s.credentials = token, endsAt, nil
}

func (s *session) end() {
	s.take("", 0)
}

func (s *session) keepCookies(response *http.Response) {
	s.state.Lock()
	defer s.state.Unlock()
	for _, cookie := range response.Cookies() {
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(s.cookies, cookie.Name)
		} else {
			s.cookies[cookie.Name] = cookie.Value
		}
	}
}

func (s *session) cookie() string {
	s.state.Lock()
	defer s.state.Unlock()
	var pairs []string
	for name, value := range s.cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}
