package sample

// language is how a language's error SDK reports.
type language struct {
	name, framework, platform, notifier, comment string
	code, locals, newestFirst                    bool
}

const (
	python = iota
	golang
	node
	browser
	ruby
)

var languages = []language{
	python:  {name: "python 3.12.4", framework: "flask", platform: "linux", notifier: "pyrollbar", comment: "#", code: true, locals: true},
	golang:  {name: "go", framework: "go", platform: "linux", notifier: "rollbar/rollbar-go", newestFirst: true},
	node:    {name: "javascript", framework: "node-js", platform: "linux", notifier: "node_rollbar", comment: "//", code: true},
	browser: {name: "javascript", framework: "browser-js", platform: "browser", notifier: "rollbar-browser-js"},
	ruby:    {name: "ruby", framework: "Rails: 7.1.3", platform: "linux", notifier: "rollbar-gem", comment: "#", code: true},
}

var agentsOfUsers = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0",
}

// mishap is an error that a service has now and then.
type mishap struct {
	service  int
	fails    bool // a span fails with it
	language int
	level    string
	class    string // "" for a message
	cause    string // class of what was raised before, "" for none
	message  string
	calls    []place // oldest first
}

// place is a frame of a traceback.
type place struct {
	file, method string
	line         int
	code         string
}

const anyService = -1

var mishaps = []mishap{
	{anyService, true, python, "error", "TimeoutError", "", "deadline of 250 ms exceeded while waiting for {service}", []place{
		{"/usr/local/lib/python3.12/site-packages/flask/app.py", "full_dispatch_request", 917, "rv = self.dispatch_request()"},
		{"/app/handlers/base.py", "handle", 42, "return self.call(request, timeout=0.25)"},
		{"/app/lib/client.py", "call", 118, "raise TimeoutError(f\"deadline of {timeout} exceeded\")"},
	}},
	{activities, true, python, "error", "IntegrityError", "UniqueViolation", "duplicate key value violates unique constraint \"activities_uuid_key\" (uuid {n})", []place{
		{"/usr/local/lib/python3.12/site-packages/flask/app.py", "full_dispatch_request", 917, "rv = self.dispatch_request()"},
		{"/app/services/create_activity.py", "run", 31, "db.insert(activity, returning=\"uuid\")"},
		{"/usr/local/lib/python3.12/site-packages/psycopg/cursor.py", "execute", 97, "raise ex.with_traceback(None)"},
	}},
	{activities, true, python, "error", "KeyError", "", "'handle'", []place{
		{"/app/services/home_activities.py", "run", 54, "return [self.as_row(a) for a in rows]"},
		{"/app/services/home_activities.py", "as_row", 61, "return {\"handle\": row[\"handle\"], \"message\": row[\"message\"]}"},
	}},
	{users, true, golang, "error", "*net.OpError", "syscall.Errno", "dial tcp 10.0.3.17:5432: connect: connection refused", []place{
		{"/usr/local/go/src/net/http/server.go", "net/http.HandlerFunc.ServeHTTP", 2294, ""},
		{"/app/users/profile.go", "main.(*Profiles).Get", 88, ""},
		{"/app/users/store.go", "main.(*Store).connect", 41, ""},
	}},
	{messages, true, golang, "critical", "runtime.plainError", "", "invalid memory address or nil pointer dereference", []place{
		{"/usr/local/go/src/net/http/server.go", "net/http.HandlerFunc.ServeHTTP", 2294, ""},
		{"/app/messages/groups.go", "main.(*Groups).List", 132, ""},
		{"/app/messages/groups.go", "main.(*Group).lastMessage", 157, ""},
	}},
	{search, true, python, "error", "SearchBackendError", "ConnectionError", "search backend did not answer in {ms} ms", []place{
		{"/app/services/search_activities.py", "run", 27, "hits = index.query(term, limit=50)"},
		{"/app/lib/index.py", "query", 73, "raise SearchBackendError(f\"search backend did not answer in {took} ms\") from e"},
	}},
	{billing, true, ruby, "error", "Stripe::CardError", "", "Your card was declined (request req_{n})", []place{
		{"/usr/local/bundle/gems/actionpack-7.1.3/lib/action_controller/metal.rb", "dispatch", 227, "process(name)"},
		{"/app/controllers/payments_controller.rb", "create", 19, "Charge.create!(amount: amount, customer: customer)"},
		{"/app/models/charge.rb", "create!", 44, "raise Stripe::CardError.new(message, param)"},
	}},
	{media, true, node, "error", "TypeError", "", "Cannot read properties of undefined (reading 'width')", []place{
		{"/app/src/server.js", "handle", 61, "const image = await resize(req.body);"},
		{"/app/src/resize.js", "resize", 22, "return scale(image, meta.width, meta.height);"},
	}},
	{auth, true, golang, "warning", "errors.errorString", "", "token of user {user} has expired", []place{
		{"/app/auth/verify.go", "main.(*Verifier).ServeHTTP", 52, ""},
		{"/app/auth/token.go", "main.parse", 77, ""},
	}},
	{recommend, true, python, "error", "ValueError", "", "operands could not be broadcast together with shapes (128,) ({n},)", []place{
		{"/app/rank.py", "score", 40, "return model.score(user, candidates)"},
		{"/app/model.py", "score", 112, "return self.weights * features"},
	}},
	{worker, true, ruby, "error", "Redis::CannotConnectError", "Errno::ECONNREFUSED", "Error connecting to Redis on cache-2:6379", []place{
		{"/usr/local/bundle/gems/sidekiq-7.2.4/lib/sidekiq/processor.rb", "execute_job", 202, "instance.perform(*cloned_args)"},
		{"/app/jobs/fan_out_job.rb", "perform", 15, "timeline.push(activity_id)"},
		{"/usr/local/bundle/gems/redis-5.2.0/lib/redis/client.rb", "ensure_connected", 108, "raise CannotConnectError"},
	}},
	{web, false, browser, "error", "TypeError", "", "Cannot read properties of null (reading 'scrollTop')", []place{
		{"https://cruddur.example/static/main.3f2a9c1b.js", "onScroll", 1, ""},
		{"https://cruddur.example/static/main.3f2a9c1b.js", "remember", 1, ""},
	}},
	{web, false, browser, "error", "ChunkLoadError", "", "Loading chunk {n} failed.", []place{
		{"https://cruddur.example/static/main.3f2a9c1b.js", "requireEnsure", 1, ""},
	}},
	{web, false, browser, "warning", "", "", "Slow page: first paint after {n} ms", nil},
	{gateway, false, node, "warning", "", "", "upstream returned HTTP 429 for user {user}", nil},
	{auth, false, golang, "info", "", "", "user {user} signed in from a new device", nil},
	{notifications, false, python, "warning", "PushTokenExpired", "", "push token of device {n} has expired", []place{
		{"/app/push.py", "send", 66, "self.client.push(device.token, note)"},
		{"/app/push_client.py", "push", 18, "raise PushTokenExpired(token)"},
	}},
	{messages, false, golang, "debug", "", "", "message group {n} was rebuilt", nil},
}
