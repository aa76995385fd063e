package terrace

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Credentials are temporary credentials.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	// SessionToken is needed: without it the API refuses what is signed.
	SessionToken string
	// ExpiresAt ends them; zero for a time that is not known.
	ExpiresAt time.Time
}

// sign adds the headers that prove who sends the request, at this moment (AWS Signature Version 4). All its headers are signed.
func sign(request *http.Request, body []byte, credentials *Credentials, region string, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	payload := hash(body)
	request.Header.Set("X-Amz-Content-Sha256", payload)
	request.Header.Set("X-Amz-Date", stamp)
	if credentials.SessionToken != "" {
		request.Header.Set("X-Amz-Security-Token", credentials.SessionToken)
	}
	signed := map[string]string{"host": request.URL.Host}
	for name, values := range request.Header {
		signed[strings.ToLower(name)] = strings.Join(strings.Fields(values[0]), " ")
	}
	var names []string
	for name := range signed {
		names = append(names, name)
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		fmt.Fprintf(&headers, "%s:%s\n", name, signed[name])
	}
	var pairs []string
	for name, values := range request.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	// Escapes are escaped once more, as everywhere but in S3.
	path := strings.Split(request.URL.EscapedPath(), "/")
	for at := range path {
		path[at] = escape(path[at])
	}
	list := strings.Join(names, ";")
	canonical := strings.Join([]string{
		request.Method, strings.Join(path, "/"), strings.Join(pairs, "&"), headers.String(), list, payload,
	}, "\n")
	scope := stamp[:8] + "/" + region + "/execute-api/aws4_request"
	key := []byte("AWS4" + credentials.SecretAccessKey)
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hash([]byte(canonical))
	for _, part := range append(strings.Split(scope, "/"), text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		credentials.AccessKeyID, scope, list, key))
}

func hash(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:])
}

// escape follows RFC 3986: everything but letters, digits and "-._~".
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
