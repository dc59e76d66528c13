package rollbar

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/outbound"
	"github.com/oriel-dev/oriel/internal/sourcemap"
	"github.com/oriel-dev/oriel/internal/symbol"
)

// Bounds of fetching a minified file and its map.
const (
	fetchTimeout  = 30 * time.Second
	maxMinified   = 50 << 20
	maxFetchHops  = 5
	maxFetched    = sourcemap.MaxBytes
	mapCommentLen = 2_000 // of the end of the file, where it names its map
)

// downloadSourceMap fetches a minified file and the map that it names.
func (f *Front) downloadSourceMap(c *call) (reply, error) {
	environment, version, address := c.token.Environment, c.field("version"), c.field("minified_url")
	fail := func(code, format string, args ...any) (reply, error) {
		return reply{}, f.failMap(c.Context(), environment, version, address, code, fmt.Sprintf(format, args...))
	}
	at, err := url.Parse(strings.TrimSpace(address))
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return fail(symbol.CodeInvalidURL, "minified_url is %.200q; it must be a whole URL that begins with http or https", address)
	}
	ctx, cancel := context.WithTimeout(c.Context(), fetchTimeout)
	defer cancel()
	client := newFetcher(f.PrivateDestinations)
	script, header, err := fetchFile(ctx, client, at, maxMinified)
	if err != nil {
		return fail(symbol.CodeDownloadFailed, "%s could not be fetched: %s", at.Redacted(), plainly(err))
	}
	named := mapName(script, header)
	if named == "" {
		return fail(symbol.CodeNoMapURL, "%s names no source map: it has no comment //# sourceMappingURL=… and no header SourceMap", at.Redacted())
	}
	raw, code, err := f.fetchMap(ctx, client, at, named)
	if err != nil {
		return fail(code, "the source map %.200q of %s could not be read: %s", named, at.Redacted(), plainly(err))
	}
	m, err := f.Symbols.Put(c.Context(), symbol.Upload{Environment: environment, Version: version, URL: address, Map: raw})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) {
		return fail(symbol.CodeMapLoad, "%s", fault.MessageOf(err))
	}
	if err != nil {
		return reply{}, err
	}
	return reply{result: shownMap(m)}, nil
}

// fetchMap reads the map that a file names: within the name itself, or at a URL.
func (f *Front) fetchMap(ctx context.Context, client *http.Client, file *url.URL, named string) (raw []byte, code string, err error) {
	if rest, ok := strings.CutPrefix(named, "data:"); ok {
		kind, content, found := strings.Cut(rest, ",")
		if !found {
			return nil, symbol.CodeInvalidMapURL, errors.New("it is no data URL")
		}
		if strings.HasSuffix(kind, ";base64") {
			raw, err = base64.StdEncoding.DecodeString(content)
		} else {
			content, err = url.PathUnescape(content)
			raw = []byte(content)
		}
		return raw, symbol.CodeInvalidMapURL, err
	}
	at, err := file.Parse(named)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return nil, symbol.CodeInvalidMapURL, errors.New("it is no URL of http or https")
	}
	raw, _, err = fetchFile(ctx, client, at, maxFetched)
	return raw, symbol.CodeMapDownload, err
}

// mapComment is how a file names its map, on a line of its own.
var mapComment = regexp.MustCompile(`(?m)^[ \t]*(?://|/\*)[#@][ \t]*sourceMappingURL=([^\s'"*]+)`)

// mapName is the map that a minified file names, "" if it names none.
func mapName(script []byte, header http.Header) string {
	for _, name := range []string{"SourceMap", "X-SourceMap"} {
		if v := strings.TrimSpace(header.Get(name)); v != "" {
			return v
		}
	}
	all := mapComment.FindAllSubmatch(script, -1)
	if len(all) == 0 { // right behind code
		tail := script[max(len(script)-mapCommentLen, 0):]
		if _, rest, ok := strings.Cut(string(tail), "//# sourceMappingURL="); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
			return strings.TrimSpace(name)
		}
		return ""
	}
	return string(all[len(all)-1][1])
}

// newFetcher is a client that reaches no private address unless that is allowed:
// the address is looked at once the name is resolved, so that no name and no
// redirect leads past it.
func newFetcher(private bool) *http.Client {
	return &http.Client{
		Timeout: fetchTimeout,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= maxFetchHops || r.URL.Scheme != "http" && r.URL.Scheme != "https" {
				return errors.New("it leads on too often, or to no web address")
			}
			return nil
		},
		Transport: &http.Transport{DialContext: outbound.Dialer(private, fetchTimeout).DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: fetchTimeout, ResponseHeaderTimeout: fetchTimeout},
	}
}

func fetchFile(ctx context.Context, client *http.Client, at *url.URL, most int64) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("User-Agent", "oriel")
	answer, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("the server answered %s", answer.Status)
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return content, answer.Header, err
}

// plainly leaves the method and URL out, which the caller knows.
func plainly(err error) string {
	if of, ok := errors.AsType[*url.Error](err); ok {
		err = of.Err
	}
	return err.Error()
}
