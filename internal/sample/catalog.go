package sample

import "fmt"

// OTLP span kinds.
const (
	kindInternal = 1
	kindServer   = 2
	kindClient   = 3
	kindProducer = 4
	kindConsumer = 5
)

// Services are the names of the services, by index.
var Services = []string{
	"web", "gateway", "activities", "users", "messages", "notifications",
	"search", "auth", "media", "timeline-worker", "billing", "recommendations",
}

const (
	web = iota
	gateway
	activities
	users
	messages
	notifications
	search
	auth
	media
	worker
	billing
	recommend
)

var (
	regions = []string{"eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1"}
	builds  = []string{"3148", "3149", "3150", "3151"}
	hosts   = 4 // per service
)

// operation is a kind of request with its share of the traffic.
type operation struct {
	Name   string
	Weight int
	Root   call
}

// call is a span of an operation's script: MS is its own median time. It runs
// after its earlier siblings unless Parallel, up to Most times, with a Chance.
type call struct {
	Service  int
	Name     string
	Kind     int
	MS       float64
	Chance   float64
	Most     int
	Parallel bool
	Calls    []call
}

func query(service int, statement string, ms float64) call {
	return call{Service: service, Name: statement, Kind: kindClient, MS: ms}
}

func cache(service int, command string) call {
	return call{Service: service, Name: command, Kind: kindClient, MS: 0.4}
}

// remote is a call to another service: the client's span with the server's below it.
func remote(from, to int, route string, ms float64, calls ...call) call {
	return call{Service: from, Name: route, Kind: kindClient, MS: 0.3, Calls: []call{
		{Service: to, Name: route, Kind: kindServer, MS: ms, Calls: calls},
	}}
}

func page(name string, weight int, ms float64, calls ...call) operation {
	checked := append([]call{remote(gateway, auth, "POST /verify", 1.2, cache(auth, "GET session"))}, calls...)
	return operation{Name: name, Weight: weight, Root: call{
		Service: web, Name: name, Kind: kindServer, MS: ms, Calls: []call{remote(web, gateway, name, 1, checked...)},
	}}
}

var operations = []operation{
	page("GET /api/activities/home", 40, 3,
		remote(gateway, activities, "GET /activities/home", 4,
			cache(activities, "GET timeline"),
			query(activities, "SELECT activities", 6),
			func() call { c := query(activities, "SELECT activity_replies", 1.5); c.Most = 9; return c }(),
			remote(activities, users, "GET /users/batch", 2, cache(users, "MGET users"), query(users, "SELECT users", 3)),
			func() call {
				c := remote(activities, recommend, "GET /recommendations", 8, query(recommend, "SELECT embeddings", 12))
				c.Parallel, c.Chance = true, 0.6
				return c
			}())),
	page("GET /api/users/{handle}", 18, 2,
		remote(gateway, users, "GET /users/{handle}", 3,
			cache(users, "GET profile"), query(users, "SELECT users", 3), query(users, "SELECT follows", 4)),
		remote(gateway, activities, "GET /activities/by-user", 3, query(activities, "SELECT activities", 5))),
	page("POST /api/activities", 10, 3,
		remote(gateway, activities, "POST /activities", 3,
			query(activities, "INSERT activities", 4),
			call{Service: activities, Name: "publish activity.created", Kind: kindProducer, MS: 0.6, Calls: []call{
				{Service: worker, Name: "process activity.created", Kind: kindConsumer, MS: 20, Calls: []call{
					query(worker, "SELECT followers", 6),
					{Service: worker, Name: "fan out", Kind: kindInternal, MS: 5, Most: 1, Calls: []call{
						{Service: worker, Name: "ZADD timeline", Kind: kindClient, MS: 0.5, Most: 8},
					}},
					remote(worker, notifications, "POST /notify", 3, query(notifications, "INSERT notifications", 2)),
				}},
			}})),
	page("GET /api/messages", 12, 2,
		remote(gateway, messages, "GET /messages", 3,
			query(messages, "SELECT message_groups", 3),
			func() call { c := query(messages, "SELECT messages", 2.5); c.Most = 4; return c }(),
			remote(messages, users, "GET /users/batch", 2, cache(users, "MGET users")))),
	page("GET /api/notifications", 10, 2,
		remote(gateway, notifications, "GET /notifications", 2, query(notifications, "SELECT notifications", 4),
			remote(notifications, users, "GET /users/batch", 2, cache(users, "MGET users")))),
	page("GET /api/search", 8, 3,
		remote(gateway, search, "GET /search", 12,
			call{Service: search, Name: "parse query", Kind: kindInternal, MS: 0.4},
			query(search, "POST /activities/_search", 25),
			call{Service: search, Name: "rank", Kind: kindInternal, MS: 6},
			remote(search, users, "GET /users/batch", 2, cache(users, "MGET users")))),
	page("PUT /api/media/avatar", 3, 4,
		remote(gateway, media, "PUT /avatar", 10,
			call{Service: media, Name: "decode image", Kind: kindInternal, MS: 18},
			call{Service: media, Name: "resize", Kind: kindInternal, MS: 30, Most: 3},
			call{Service: media, Name: "S3.PutObject", Kind: kindClient, MS: 40, Most: 3})),
	page("POST /api/billing/checkout", 2, 4,
		remote(gateway, billing, "POST /checkout", 8,
			query(billing, "SELECT plans", 2),
			call{Service: billing, Name: "POST payments.example/charge", Kind: kindClient, MS: 180},
			query(billing, "INSERT invoices", 4))),
}

// What the attribute with the user is called, and what its values begin with.
const (
	userField  = "user.id"
	userPrefix = "user-"
	mostUsers  = 100_000 // whose numbers have userDigits
)

// attributes gives a span eleven attributes of its own; with the four of its
// resource that is fifteen.
func (g *Generator) attributes(r *request, s *Span) []Attribute {
	common := []Attribute{
		{userField, fmt.Sprintf("%s%0*d", userPrefix, userDigits, r.user)},
		{"app.region", r.region},
		{"app.build_id", r.build},
		{"app.request.size", int64(200 + g.rng.IntN(4000))},
		{"thread.id", int64(g.rng.IntN(32))},
		{"app.cache_hit_ratio", float64(g.rng.IntN(1000)) / 1000},
	}
	switch s.Kind {
	case kindServer:
		return append(common,
			Attribute{"http.request.method", method(r.op.Name)}, Attribute{"http.route", s.Name},
			Attribute{"http.response.status_code", int64(200)}, Attribute{"url.path", fmt.Sprintf("/api/u/%d", r.user)},
			Attribute{"client.address", fmt.Sprintf("10.0.%d.%d", r.user>>8&255, r.user&255)})
	case kindClient:
		return append(common,
			Attribute{"db.system", "postgresql"}, Attribute{"db.statement", s.Name + " WHERE owner_id = $1 ORDER BY created_at DESC LIMIT 50"},
			Attribute{"db.rows", int64(g.rng.IntN(50))}, Attribute{"server.address", Services[s.Service] + "-db.internal"},
			Attribute{"server.port", int64(5432)})
	}
	return append(common,
		Attribute{"code.function", s.Name}, Attribute{"code.namespace", Services[s.Service]},
		Attribute{"app.items", int64(g.rng.IntN(100))}, Attribute{"app.worker", int64(g.rng.IntN(8))},
		Attribute{"app.queue", "default"})
}

func method(operation string) string {
	for i := range len(operation) {
		if operation[i] == ' ' {
			return operation[:i]
		}
	}
	return "GET"
}

// ownNames is how many names a span has beside the four of its resource.
const ownNames = 16

// attributeNames spreads names over the services, each its own; where there are
// too few for that, all have the same.
func attributeNames(n int) [][]string {
	names := make([][]string, len(Services))
	for s, service := range Services {
		each := n / len(Services)
		if each < ownNames {
			each, service = ownNames, "any"
		}
		for i := range each {
			names[s] = append(names[s], fmt.Sprintf("app.%s.field_%02d", service, i))
		}
	}
	return names
}

// namedAttributes gives a span some of its service's names.
func (g *Generator) namedAttributes(service int) []Attribute {
	names := g.names[service]
	first := g.rng.IntN(len(names))
	out := make([]Attribute, 0, ownNames)
	for i := range ownNames {
		at := (first + i) % len(names)
		a := Attribute{Name: names[at]}
		switch at % 3 {
		case 0:
			a.Value = fmt.Sprintf("value-%d", g.rng.IntN(200))
		case 1:
			a.Value = int64(g.rng.IntN(10_000))
		default:
			a.Value = float64(g.rng.IntN(1_000_000)) / 1000
		}
		out = append(out, a)
	}
	return out
}
