// Package traffic visits Cruddur as people do: they come, read their feed, look
// around, write now and then, and leave. Some of them have a browser that reports
// what the page's own scripts would.
package traffic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Config says who visits, and how often.
type Config struct {
	URL     string // of the API
	Handles []string
	Rate    float64 // visits that begin in a second, on average
	Pace    float64 // 1: people take their time; 0.01: a hundred times as fast
	Seed    uint64
	Log     *slog.Logger
}

const (
	mostVisitors = 500
	feedShown    = 20
)

// Run sends visitors until ctx ends.
func Run(ctx context.Context, c Config) error {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	site, err := openSite(ctx, client, c.URL)
	if err != nil && ctx.Err() == nil {
		c.Log.DebugContext(ctx, "there is no page to report as", slog.Any("error", err))
	}
	var visiting sync.WaitGroup
	defer visiting.Wait()
	r := rand.New(rand.NewPCG(c.Seed, 1)) //nolint:gosec // sample traffic
	room := make(chan struct{}, mostVisitors)
	began := time.Now()
	for n := uint64(0); ; n++ {
		wait := time.Duration(r.ExpFloat64() / (c.Rate * wave(time.Since(began))) * float64(time.Second))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		select {
		case room <- struct{}{}:
		default:
			continue // the app is slow: people do not queue up for it
		}
		v := &visitor{
			config: &c, client: client, random: rand.New(rand.NewPCG(c.Seed, n+2)), //nolint:gosec // sample traffic
			// Few people make most visits.
			handle: c.Handles[int(float64(len(c.Handles))*math.Pow(r.Float64(), 2))], agent: agents[r.IntN(len(agents))],
		}
		if v.agent == reporting && site != nil {
			v.page = site.open(v)
		}
		visiting.Go(func() {
			defer func() { <-room }()
			v.visit(ctx)
		})
	}
}

// wave makes visits swell and ebb over ten minutes.
func wave(d time.Duration) float64 {
	return 1 + 0.5*math.Sin(d.Minutes()/10*2*math.Pi)
}

var agents = []string{ //nolint:gochecknoglobals // a constant table
	"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
	reporting,
	"Cruddur/4.1 (iPhone; iOS 19.0)",
}

// reporting is the browser of those who let pages report; the others block it.
const reporting = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// visitor is one visit of one person.
type visitor struct {
	config *Config
	client *http.Client
	random *rand.Rand
	handle string
	agent  string
	page   *page // nil: it reports nothing
	feed   []post
}

type post struct {
	UUID   string `json:"uuid"`
	Handle string `json:"handle"`
}

// visit is a walk: after each step, chance says what comes next.
func (v *visitor) visit(ctx context.Context) {
	if !v.home(ctx) {
		return
	}
	for ctx.Err() == nil && v.random.Float64() < 0.8 {
		v.think(ctx)
		switch n := v.random.IntN(100); {
		case n < 25:
			v.home(ctx)
		case n < 45:
			v.act(ctx, "Open notifications", func() { v.get(ctx, "/api/activities/notifications", nil) })
		case n < 57:
			v.hover(ctx)
		case n < 67:
			term := url.QueryEscape(terms[v.random.IntN(len(terms))])
			v.act(ctx, "Search", func() { v.get(ctx, "/api/activities/search?term="+term, nil) })
		case n < 77:
			v.like(ctx)
		case n < 87:
			v.write(ctx)
		case n < 95:
			v.message(ctx)
		case v.page != nil: // it has no view of that
			v.home(ctx)
		default:
			v.get(ctx, "/api/activities/user/"+v.someone(), nil)
		}
	}
}

var terms = []string{"coffee", "trains", "harbours", "an", "jazz", "o", "unpopular opinion", "kites and soup"} //nolint:gochecknoglobals // a constant table

func (v *visitor) think(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(v.random.ExpFloat64() * 3 * v.config.Pace * float64(time.Second))):
	}
}

func (v *visitor) someone() string { return v.config.Handles[v.random.IntN(len(v.config.Handles))] }

func (v *visitor) home(ctx context.Context) (ok bool) {
	v.act(ctx, "Open home", func() { ok = v.get(ctx, "/api/activities/home", &v.feed) })
	return ok
}

func (v *visitor) pick() (post, bool) {
	if len(v.feed) == 0 {
		return post{}, false
	}
	return v.feed[v.random.IntN(min(len(v.feed), feedShown))], true
}

func (v *visitor) hover(ctx context.Context) {
	if p, ok := v.pick(); ok {
		v.act(ctx, "Look at a person", func() {
			if !v.get(ctx, "/api/users/"+p.Handle+"/short", nil) && ctx.Err() == nil && v.page != nil {
				v.page.stumble(ctx, p.Handle)
			}
		})
	}
}

func (v *visitor) like(ctx context.Context) {
	if p, ok := v.pick(); ok {
		v.act(ctx, "Like", func() { v.post(ctx, "/api/activities/"+p.UUID+"/like", nil) })
	}
}

func (v *visitor) write(ctx context.Context) {
	text := "just thinking aloud, number " + fmt.Sprint(v.random.IntN(1000))
	switch n := v.random.IntN(20); {
	case n == 0:
		text = "win the lottery, no spam"
	case n == 1:
		text = "" // pressed the button too early
	case n < 12:
		if p, ok := v.pick(); ok {
			v.act(ctx, "Reply", func() {
				v.post(ctx, "/api/activities/"+p.UUID+"/reply", map[string]string{"message": "so true: " + text})
			})
			return
		}
	}
	v.act(ctx, "Post", func() { v.post(ctx, "/api/activities", map[string]string{"message": text}) })
}

func (v *visitor) message(ctx context.Context) {
	to := v.someone()
	v.act(ctx, "Open messages", func() { v.get(ctx, "/api/messages/"+to, nil) })
	v.think(ctx)
	if v.random.IntN(40) == 0 {
		to = v.handle
	}
	v.act(ctx, "Send a message", func() {
		v.post(ctx, "/api/messages", map[string]string{"to": to, "message": "have you seen this?"})
	})
}

// act does what a person asked for; a page that reports tells of it.
func (v *visitor) act(ctx context.Context, name string, do func()) {
	if v.page == nil {
		do()
		return
	}
	v.page.begin(name)
	do()
	v.page.end(ctx)
}

func (v *visitor) get(ctx context.Context, path string, into any) bool {
	return v.call(ctx, http.MethodGet, path, nil, into)
}

func (v *visitor) post(ctx context.Context, path string, body any) {
	raw, err := json.Marshal(body)
	if err == nil {
		v.call(ctx, http.MethodPost, path, raw, nil)
	}
}

// call reports whether the answer was good. A person who gets an error looks at it,
// and goes on.
func (v *visitor) call(ctx context.Context, method, path string, body []byte, into any) bool {
	request, err := http.NewRequestWithContext(ctx, method, v.config.URL+path, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("X-Cruddur-User", v.handle)
	request.Header.Set("User-Agent", v.agent)
	done := func(*http.Response, error) {}
	if v.page != nil {
		done = v.page.ask(request) //nolint:bodyclose // what is told of the response closes nothing; call does
	}
	response, err := v.client.Do(request)
	done(response, err)
	if err != nil {
		if ctx.Err() == nil {
			v.config.Log.DebugContext(ctx, "a visit failed", slog.Any("error", err))
		}
		return false
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	raw, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		return false
	}
	return into == nil || json.Unmarshal(raw, into) == nil
}
