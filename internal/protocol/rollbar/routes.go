package rollbar

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// How an endpoint is added: its file holds a function that returns handlers by
// the names of the table, and handlers below names that function. Around a
// handler all is done: the caller is known and has one of the scopes, the body is
// read (see call), a slash at the end of the path is ignored, HEAD is GET. A
// handler returns what to answer; an error is answered in Rollbar's form.
type handler func(f *Front, c *call) (reply, error)

// handlers are those of all endpoints.
func handlers() []map[string]handler {
	return []map[string]handler{
		replayHandlers(), symbolHandlers(), rqlHandlers(), itemHandlers(), instanceHandlers(), deployHandlers(), versionHandlers(), reportHandlers(), metricHandlers(), projectHandlers(),
		tokenHandlers(), teamHandlers(), peopleHandlers(), notificationHandlers(), linkHandlers(),
	}
}

// rawHandler serves a request whose caller is not known yet.
type rawHandler func(f *Front, w http.ResponseWriter, r *http.Request)

func rawHandlers() map[string]rawHandler {
	return map[string]rawHandler{
		"ping": (*Front).ping, "postItem": (*Front).postItem, "postBatch": (*Front).postBatch, "postCSP": (*Front).postCSP, "postSession": (*Front).postSession,
	}
}

// route is a row of the table: one method of one path.
type route struct {
	method string
	path   string // below /api/1; {name} is any one segment
	name   string
	needs  scopes // any of them; 0 asks for no token
	body   int    // most bytes of a body, 0 for the usual

	segments []string
	serve    handler
	raw      rawHandler
}

// sends reports whether a route brings data in, as pages of any site may.
func (r *route) sends() bool { return r.needs == 0 || r.needs&^posts == 0 }

// table is the whole API. Paths are written without the slash at their end.
func table() []route { //nolint:funlen // it is data
	const (
		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete

		large = 128 << 20 // source maps and symbols
	)
	return []route{
		// In.
		{method: get, path: "/status/ping", name: "ping"},
		{method: post, path: "/item", name: "postItem", needs: posts},
		{method: post, path: "/item_batch", name: "postBatch", needs: posts, body: maxBatch},
		{method: post, path: "/items", name: "postBatch", needs: posts, body: maxBatch},
		{method: post, path: "/session", name: "postSession", needs: posts, body: maxBatch},
		{method: post, path: "/csp", name: "postCSP", needs: posts},

		// Items and occurrences.
		{method: get, path: "/item", name: "findItem", needs: read},
		{method: get, path: "/item/{id}", name: "getItem", needs: read},
		{method: patch, path: "/item/{id}", name: "updateItem", needs: write},
		{method: del, path: "/item/{id}", name: "deleteItem", needs: write},
		{method: get, path: "/item_by_counter/{counter}", name: "getItemByCounter", needs: read},
		{method: get, path: "/items", name: "listItems", needs: read},
		{method: get, path: "/search", name: "searchItems", needs: read},
		{method: get, path: "/instance/{id}", name: "getInstance", needs: read},
		{method: del, path: "/instance/{id}", name: "deleteInstance", needs: write},
		{method: get, path: "/instances", name: "listInstances", needs: read},
		{method: get, path: "/item/{id}/instances", name: "listItemInstances", needs: read},

		// Session replays.
		{method: get, path: "/environment/{environment}/session/{session}/replay/{replay}", name: "getReplay", needs: read},
		{method: del, path: "/environment/{environment}/session/{session}/replay/{replay}", name: "deleteReplay", needs: write},

		// Deploys, versions, environments.
		{method: post, path: "/deploy", name: "createDeploy", needs: postServer | write},
		{method: patch, path: "/deploy/{id}", name: "updateDeploy", needs: postServer | write},
		{method: get, path: "/deploy/{id}", name: "getDeploy", needs: read},
		{method: get, path: "/deploys", name: "listDeploys", needs: read},
		{method: get, path: "/versions/{version}", name: "getVersion", needs: read},
		{method: get, path: "/versions/{version}/items", name: "listVersionItems", needs: read},
		{method: get, path: "/environments", name: "listEnvironments", needs: read},

		// RQL jobs.
		{method: post, path: "/rql/jobs", name: "createRQLJob", needs: read},
		{method: get, path: "/rql/jobs", name: "listRQLJobs", needs: read},
		{method: get, path: "/rql/job/{id}", name: "getRQLJob", needs: read},
		{method: get, path: "/rql/job/{id}/result", name: "getRQLJobResult", needs: read},
		{method: post, path: "/rql/job/{id}/cancel", name: "cancelRQLJob", needs: read},

		// Reports and metrics.
		{method: get, path: "/reports/top_active_items", name: "reportTopActiveItems", needs: read},
		{method: get, path: "/reports/occurrence_counts", name: "reportOccurrenceCounts", needs: read},
		{method: get, path: "/reports/activated_counts", name: "reportActivatedCounts", needs: read},
		{method: post, path: "/metrics/items", name: "metricsItems", needs: read},
		{method: post, path: "/metrics/occurrences", name: "metricsOccurrences", needs: read},
		{method: post, path: "/metrics/ttr", name: "metricsTTR", needs: read},

		// Projects and their tokens.
		{method: get, path: "/projects", name: "listProjects", needs: account},
		{method: post, path: "/projects", name: "createProject", needs: account},
		{method: get, path: "/project/{id}", name: "getProject", needs: account},
		{method: del, path: "/project/{id}", name: "deleteProject", needs: account},
		{method: get, path: "/project/{id}/access_tokens", name: "listAccessTokens", needs: account},
		{method: post, path: "/project/{id}/access_tokens", name: "createAccessToken", needs: account},
		{method: get, path: "/project/{id}/access_token/{token}", name: "getAccessToken", needs: account},
		{method: patch, path: "/project/{id}/access_token", name: "updateAccessToken", needs: account},
		{method: patch, path: "/project/{id}/access_token/{token}", name: "updateAccessToken", needs: account},
		{method: del, path: "/project/{id}/access_token", name: "deleteAccessToken", needs: account},
		{method: del, path: "/project/{id}/access_token/{token}", name: "deleteAccessToken", needs: account},
		{method: get, path: "/project/{id}/teams", name: "listProjectTeams", needs: account},

		// Teams, users, invites.
		{method: get, path: "/teams", name: "listTeams", needs: account},
		{method: post, path: "/teams", name: "createTeam", needs: account},
		{method: get, path: "/team/{id}", name: "getTeam", needs: account},
		{method: del, path: "/team/{id}", name: "deleteTeam", needs: account},
		{method: get, path: "/team/{id}/projects", name: "listTeamProjects", needs: account},
		{method: get, path: "/team/{id}/project/{project}", name: "getTeamProject", needs: account},
		{method: put, path: "/team/{id}/project/{project}", name: "assignTeamProject", needs: account},
		{method: del, path: "/team/{id}/project/{project}", name: "removeTeamProject", needs: account},
		{method: get, path: "/team/{id}/users", name: "listTeamUsers", needs: account},
		{method: get, path: "/team/{id}/user/{user}", name: "getTeamUser", needs: account},
		{method: put, path: "/team/{id}/user/{user}", name: "assignTeamUser", needs: account},
		{method: del, path: "/team/{id}/user/{user}", name: "removeTeamUser", needs: account},
		{method: get, path: "/team/{id}/invites", name: "listTeamInvites", needs: account},
		{method: post, path: "/team/{id}/invites", name: "createInvite", needs: account},
		{method: get, path: "/users", name: "listUsers", needs: account},
		{method: get, path: "/user/{id}", name: "getUser", needs: account},
		{method: get, path: "/user/{id}/teams", name: "listUserTeams", needs: account},
		{method: get, path: "/user/{id}/projects", name: "listUserProjects", needs: account},
		{method: get, path: "/invites", name: "listInvites", needs: account},
		{method: get, path: "/invite/{id}", name: "getInvite", needs: account},
		{method: del, path: "/invite/{id}", name: "cancelInvite", needs: account},

		// People.
		{method: post, path: "/people/delete_jobs", name: "createPeopleDeleteJob", needs: account | write},
		{method: get, path: "/people/delete_jobs/{id}", name: "getPeopleDeleteJob", needs: account | read},

		// Notifications.
		{method: get, path: "/notifications/{channel}", name: "getNotifications", needs: read},
		{method: put, path: "/notifications/{channel}", name: "updateNotifications", needs: write},
		{method: post, path: "/notifications/{channel}", name: "createNotificationRules", needs: write},
		{method: get, path: "/notifications/{channel}/rules", name: "listNotificationRules", needs: read},
		{method: post, path: "/notifications/{channel}/rules", name: "createNotificationRules", needs: write},
		{method: put, path: "/notifications/{channel}/rules", name: "replaceNotificationRules", needs: write},
		{method: get, path: "/notifications/{channel}/rule/{id}", name: "getNotificationRule", needs: read},
		{method: put, path: "/notifications/{channel}/rule/{id}", name: "updateNotificationRule", needs: write},
		{method: del, path: "/notifications/{channel}/rule/{id}", name: "deleteNotificationRule", needs: write},
		{method: get, path: "/notifications/{channel}/rule/{id}/deliveries", name: "listDeliveries", needs: read}, // ours

		// Service links.
		{method: get, path: "/service_links", name: "listServiceLinks", needs: read},
		{method: post, path: "/service_links", name: "createServiceLink", needs: write},
		{method: get, path: "/service_links/{id}", name: "getServiceLink", needs: read},
		{method: put, path: "/service_links/{id}", name: "updateServiceLink", needs: write},
		{method: del, path: "/service_links/{id}", name: "deleteServiceLink", needs: write},

		// Source maps and symbols. What was signed needs no token.
		{method: post, path: "/sourcemap", name: "uploadSourceMap", needs: postServer | write, body: large},
		{method: post, path: "/sourcemap/download", name: "downloadSourceMap", needs: postServer | write},
		{method: post, path: "/signed_url/sourcemap_bundle", name: "signSourceMapBundle", needs: postServer | write},
		{method: put, path: "/sourcemap_bundle/{signature}", name: "putSourceMapBundle", body: large},
		{method: post, path: "/proguard", name: "uploadProguard", needs: postServer | write, body: large},
		{method: post, path: "/dsym", name: "uploadDSYM", needs: postServer | write, body: large},
		{method: post, path: "/fluttersymbols", name: "uploadFlutterSymbols", needs: postServer | write, body: large},
	}
}

// routes are all routes by the first segment of their paths.
type routes map[string][]*route

func newRoutes() routes {
	served := map[string]handler{}
	for _, endpoint := range handlers() {
		maps.Copy(served, endpoint)
	}
	all, raw := routes{}, rawHandlers()
	for _, row := range table() {
		row.segments = strings.Split(row.path[1:], "/")
		row.serve, row.raw = served[row.name], raw[row.name]
		all[row.segments[0]] = append(all[row.segments[0]], &row)
	}
	return all
}

// find returns the route of a request, whose path values it sets. nil: there is
// none, or only for the methods that are returned.
func (all routes) find(r *http.Request) (found *route, methods []string) {
	rest := strings.TrimPrefix(r.URL.EscapedPath(), root)
	path := strings.Split(strings.Trim(rest, "/"), "/")
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, row := range all[path[0]] {
		if !row.matches(path) {
			continue
		}
		if row.method == method {
			if !row.setValues(r, path) {
				return nil, nil
			}
			return row, nil
		}
		methods = append(methods, row.method)
	}
	return nil, methods
}

func (r *route) matches(path []string) bool {
	return slices.EqualFunc(r.segments, path, func(want, got string) bool {
		return want == got || want[0] == '{' && got != ""
	})
}

// setValues reports whether all segments are well escaped.
func (r *route) setValues(req *http.Request, path []string) bool {
	for i, name := range r.segments {
		if name[0] != '{' {
			continue
		}
		value, err := url.PathUnescape(path[i])
		if err != nil {
			return false
		}
		req.SetPathValue(name[1:len(name)-1], value)
	}
	return true
}

// ping answers health checks.
func (f *Front) ping(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("pong")) // the prober may have gone
}
