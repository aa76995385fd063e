package terrace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Refusal is what the API refuses with (RFC 9457); errors.As finds it. With SlugUnreachable and the status 0 it is the lack
// of any answer.
type Refusal struct {
	// Slug says what kind it is, such as SlugNotFound: the last part of its type.
	Slug string
	// Status is the HTTP status; 0 when nobody answered.
	Status int
	Title  string
	// Detail is about this occurrence, for a person.
	Detail string
	// RequestID is to be quoted when asking for help.
	RequestID string
	// Errors are the fields at fault, by JSON pointers into the request's body.
	Errors []FieldError
	// RetryAfter is how long to wait, when the API said so.
	RetryAfter time.Duration
	// Document is all that was answered, for the members of one kind, such as price_change.
	Document []byte

	cause error
}

func (r *Refusal) Error() string {
	text := r.Detail
	if text == "" {
		text = r.Title
	}
	return fmt.Sprintf("%d %s: %s", r.Status, r.Slug, text)
}

func (r *Refusal) Unwrap() error { return r.cause }

func unreachable(cause error, request *http.Request) *Refusal {
	return &Refusal{
		Slug: SlugUnreachable, Title: "the API cannot be reached", RequestID: request.Header.Get(requestID), cause: cause,
	}
}

// amazon has what Amazon API Gateway calls what it refuses by itself, in X-Amzn-Errortype.
var amazon = map[string]string{
	"AccessDeniedException":               "forbidden",
	"ExpiredTokenException":               "expired-token",
	"IncompleteSignatureException":        "incomplete-signature",
	"InvalidSignatureException":           "invalid-signature",
	"MissingAuthenticationTokenException": "missing-authentication-token",
	"UnauthorizedException":               "invalid-token",
	"UnrecognizedClientException":         "unrecognized-client",
}

// refusalOf reads a refusal; what stands between us and the API may answer without a document, and API Gateway does so in words of
// its own, or says "bad-request" of what its header names.
func refusalOf(request *http.Request, response *http.Response, body []byte) *Refusal {
	var document Problem
	if json.Unmarshal(body, &document) != nil || document.Title == "" {
		document = Problem{Type: SlugUnknown, Title: http.StatusText(response.StatusCode)}
		// Of any case.
		var own struct{ Message *string }
		if json.Unmarshal(body, &own) == nil {
			document.Detail = own.Message
		}
	}
	named, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	if kind := amazon[named]; kind != "" && (document.Type == SlugUnknown || strings.HasSuffix(document.Type, "/bad-request")) {
		document.Type = kind
	}
	refusal := &Refusal{
		Slug:       document.Type[strings.LastIndex(document.Type, "/")+1:],
		Status:     response.StatusCode,
		Title:      document.Title,
		RequestID:  response.Header.Get(requestID),
		Errors:     document.Errors,
		RetryAfter: waitOf(response.Header.Get("Retry-After")),
		Document:   body,
	}
	if document.Detail != nil {
		refusal.Detail = *document.Detail
	}
	if document.Instance != nil {
		refusal.RequestID = *document.Instance
	}
	if refusal.RequestID == "" {
		refusal.RequestID = response.Header.Get("X-Amzn-Requestid")
	}
	if refusal.RequestID == "" {
		refusal.RequestID = request.Header.Get(requestID)
	}
	return refusal
}

// waitOf reads Retry-After: seconds, or a date.
func waitOf(told string) time.Duration {
	if seconds, err := strconv.Atoi(told); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(told); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
