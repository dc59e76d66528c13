package sampling

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// Interval is how long clients wait before they report again.
	Interval = 10 * time.Second

	// quotaLife is how long a share holds when the client hears nothing more.
	quotaLife = 5 * time.Minute

	activeFor   = 30 * time.Second // a client that was silent for longer has no share
	oldestStats = 10 * time.Minute // reports about earlier times are refused
)

// Report is what one client says of one rule since its last report.
type Report struct {
	Rule, Client                string
	At                          time.Time
	Requests, Sampled, Borrowed int // requests that matched; recorded; of these, by borrowing from the reservoir
}

// Target is what a client is told to do for a rule.
type Target struct {
	Rule      string
	FixedRate float64
	Quota     int // requests a second it may record before FixedRate applies
	QuotaTTL  time.Time
	Boost     *BoostTarget // nil: none
}

// Refusal says why a report has no target. Code begins with 4 when the client
// should fetch the rules anew.
type Refusal struct{ Rule, Code, Message string }

// client is one that reported about a rule.
type client struct {
	id     string
	heard  time.Time
	demand int // requests a second, rounded up, over its last report; at least 1
}

// Targets takes reports and answers each with its target, in order, or refuses it.
// Reports are counted in windows of ten seconds (see [Sampler.Windows]).
//
// A rule's reservoir is shared among the clients heard of in the last 30 seconds: a
// client that needs little has that, the others share the rest equally, and what
// nobody needs is handed out as well, for bursts. The shares add up to the
// reservoir; what does not divide goes to the lowest ids.
func (s *Sampler) Targets(environment string, reports []Report, boosts []BoostReport) ([]Target, []Refusal, []Refusal) {
	now := s.now()
	targets, refused := []Target{}, []Refusal{}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.environment(environment)
	for i := range reports {
		r := &reports[i]
		rule, ok := e.rule(r.Rule)
		if why, bad := refusal(r.Rule, ok, r.At, now); bad {
			refused = append(refused, why)
			continue
		}
		e.count(r, now)
		e.hear(r, now, s.cfg.MaxClients)
		targets = append(targets, Target{
			Rule: r.Rule, FixedRate: rule.FixedRate,
			Quota: e.share(r.Rule, r.Client, rule.ReservoirSize, now), QuotaTTL: now.Add(quotaLife),
		})
	}
	refusedBoosts := e.boost(boosts, targets, now)
	return targets, refused, refusedBoosts
}

func (e *environment) rule(name string) (Rule, bool) {
	if r, ok := e.rules[name]; ok {
		return r, true
	}
	return defaultRule(), name == Default
}

func refusal(rule string, known bool, at, now time.Time) (Refusal, bool) {
	switch {
	case !known:
		return Refusal{Rule: rule, Code: "400", Message: fmt.Sprintf("there is no sampling rule named %.100q; fetch the rules again", rule)}, true
	case now.Sub(at) > oldestStats:
		return Refusal{Rule: rule, Code: "400", Message: fmt.Sprintf("the statistics are of %s, more than %.0f minutes ago", at.UTC().Format(time.RFC3339), oldestStats.Minutes())}, true
	case at.Sub(now) > oldestStats:
		return Refusal{Rule: rule, Code: "400", Message: fmt.Sprintf("the statistics are of %s, more than %.0f minutes ahead", at.UTC().Format(time.RFC3339), oldestStats.Minutes())}, true
	}
	return Refusal{}, false
}

// hear notes that a client is there, and how much it needs.
func (e *environment) hear(r *Report, now time.Time, most int) {
	clients := e.clients[r.Rule]
	if clients == nil {
		clients = map[string]*client{}
		e.clients[r.Rule] = clients
	}
	c := clients[r.Client]
	since := Interval
	if c == nil {
		if len(clients) >= most {
			forgetOldest(clients)
		}
		c = &client{id: r.Client}
		clients[r.Client] = c
	} else if d := now.Sub(c.heard); d > Interval {
		since = d
	}
	c.heard = now
	c.demand = max(1, int(math.Ceil(float64(r.Requests)/since.Seconds())))
}

func forgetOldest(clients map[string]*client) {
	var oldest *client
	for _, c := range clients {
		if oldest == nil || c.heard.Before(oldest.heard) || c.heard.Equal(oldest.heard) && c.id < oldest.id {
			oldest = c
		}
	}
	delete(clients, oldest.id)
}

// share returns a client's part of a rule's reservoir, and forgets clients that are
// silent.
func (e *environment) share(rule, id string, reservoir int, now time.Time) int {
	clients := e.clients[rule]
	active := make([]*client, 0, len(clients))
	for _, c := range clients {
		if now.Sub(c.heard) > activeFor {
			delete(clients, c.id)
			continue
		}
		active = append(active, c)
	}
	return shares(active, reservoir)[id]
}

// shares divides a reservoir; see [Sampler.Targets] for how.
func shares(clients []*client, reservoir int) map[string]int {
	slices.SortFunc(clients, func(a, b *client) int {
		return cmp.Or(cmp.Compare(a.demand, b.demand), cmp.Compare(a.id, b.id))
	})
	out := make(map[string]int, len(clients))
	left, i := reservoir, 0
	for ; i < len(clients); i++ { // those who need less than an equal part have what they need
		c := clients[i]
		if c.demand > left/(len(clients)-i) {
			break
		}
		out[c.id] = c.demand
		left -= c.demand
	}
	rest := clients[i:]
	if len(rest) == 0 {
		rest = clients // all have what they need: the surplus is for bursts
	}
	if len(rest) == 0 {
		return out
	}
	slices.SortFunc(rest, func(a, b *client) int { return cmp.Compare(a.id, b.id) })
	each, more := left/len(rest), left%len(rest)
	for k, c := range rest {
		out[c.id] += each
		if k < more {
			out[c.id]++
		}
	}
	return out
}
