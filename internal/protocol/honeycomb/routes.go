package honeycomb

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/oriel-dev/oriel/internal/auth"
	"github.com/oriel-dev/oriel/internal/dataset"
	"github.com/oriel-dev/oriel/internal/fault"
)

// How a resource is added: its file (datasets.go, say) holds a function that
// returns handlers by the names of operations.go, and handlers below names that
// function. Everything around a handler is done here: the caller is known and
// has the operation's permission, the rate is within bounds, a slash at the end of
// the path is ignored. A handler reads its request with [call.decode] and
// [http.Request.PathValue], and returns what to answer; an error becomes problem
// details (errors of JSON:API under /2/) in failAPI, by the kind of its fault or
// as the [problem] that it is. What has no handler answers 501 and names itself.
type handler func(f *Front, c *call) (reply, error)

// call is a request to an operation whose caller has been let in.
type call struct {
	*http.Request
	who *auth.Principal
}

// reply is what a call is answered: a status and what becomes JSON, nil for no
// body. A zero status is 200.
type reply struct {
	status   int
	body     any         // what writes itself (io.WriterTo) is not encoded
	location string      // the path of what was made, "" for none
	header   http.Header // more headers, nil for none
}

// handlers are those of all resources.
func handlers() []map[string]handler {
	return []map[string]handler{
		authHandlers(),
		datasetHandlers(), columnHandlers(), definitionHandlers(), calculatedFieldHandlers(),
		queryHandlers(), queryResultHandlers(), queryAnnotationHandlers(),
		markerHandlers(), markerSettingHandlers(),
	}
}

type rawHandler func(f *Front, w http.ResponseWriter, r *http.Request)

// rawHandlers are those of operations that know their caller in another way and
// have errors of their own form.
func rawHandlers() map[string]rawHandler {
	return map[string]rawHandler{
		"createEvent": (*Front).createEvent, "createEvents": (*Front).createEvents, "createKinesisEvents": (*Front).createKinesisEvents,
	}
}

// route is an operation with who serves it; neither: nobody does.
type route struct {
	operation
	segments []string
	serve    handler
	raw      rawHandler
}

// routes are all routes by the first two segments of their paths.
type routes map[string][]route

func newRoutes() routes {
	served := map[string]handler{}
	for _, resource := range handlers() {
		maps.Copy(served, resource)
	}
	all, raw := routes{}, rawHandlers()
	for _, o := range operations() {
		r := route{operation: o, segments: segments(o.path), serve: served[o.name], raw: raw[o.name]}
		family := r.segments[0] + "/" + r.segments[1]
		all[family] = append(all[family], r)
	}
	return all
}

// segments splits an escaped path; a slash at its end is ignored.
func segments(path string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
}

// find returns the routes that a path matches: one for each of its methods.
func (all routes) find(path []string) []*route {
	if len(path) < 2 {
		return nil
	}
	family := all[path[0]+"/"+path[1]]
	var found []*route
	for i := range family {
		if family[i].matches(path) {
			found = append(found, &family[i])
		}
	}
	return found
}

func (r *route) matches(path []string) bool {
	return slices.EqualFunc(r.segments, path, func(want, got string) bool {
		return want == got || want[0] == '{' && got != ""
	})
}

// serveAPI answers all of /1/ and /2/. It looks at the escaped path, so that a
// dataset may be called anything.
func (f *Front) serveAPI(w http.ResponseWriter, r *http.Request) {
	sends := f.Sends(r)
	if sends {
		setCORS(w)
	}
	path := segments(r.URL.EscapedPath())
	if len(path) == 2 && path[1] == "markers" {
		path = append(path, dataset.All) // one of the vendor's own clients names no dataset
	}
	found := f.routes.find(path)
	if len(found) == 0 {
		f.failAPI(w, r, notFound("There is no "+r.Method+" "+r.URL.Path+" in this API."))
		return
	}
	methods := make([]string, 0, len(found)+1)
	for _, o := range found {
		if o.method == r.Method {
			f.serveRoute(w, r, o, path)
			return
		}
		methods = append(methods, o.method)
	}
	methods = append(methods, http.MethodOptions)
	if r.Method == http.MethodOptions && sends {
		preflight(w, strings.Join(methods, ", "))
		return
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	f.failAPI(w, r, &problem{
		status: http.StatusMethodNotAllowed, kind: "method-not-allowed", title: "The resource does not have this method.",
		text: r.URL.Path + " takes " + strings.Join(methods, ", ") + ", not " + r.Method + ".",
	})
}

func (f *Front) serveRoute(w http.ResponseWriter, r *http.Request, o *route, path []string) {
	for i, name := range o.segments {
		if name[0] != '{' {
			continue
		}
		value, err := url.PathUnescape(path[i])
		if err != nil {
			f.failAPI(w, r, notFound("The path's segment "+path[i]+" is not well escaped."))
			return
		}
		r.SetPathValue(name[1:len(name)-1], value)
	}
	switch {
	case o.raw != nil:
		o.raw(f, w, r)
		return
	case o.serve == nil:
		f.failAPI(w, r, &problem{
			status: http.StatusNotImplemented, kind: "not-implemented", title: "This server does not serve this part of the API.",
			text: r.Method + " " + r.URL.Path + " (" + o.name + ") is not served by this version of Oriel.",
		})
		return
	}
	who, err := f.letIn(r, o)
	if err == nil {
		err = f.calls.take(w.Header(), who.KeyID, f.Clock())
	}
	if err != nil {
		f.failAPI(w, r, err)
		return
	}
	answer, err := o.serve(f, &call{Request: r, who: who})
	if err != nil {
		f.failAPI(w, r, err)
		return
	}
	writeReply(w, r, answer)
}

// letIn finds out who calls, by the key that the API's version has, and whether
// they may.
func (f *Front) letIn(r *http.Request, o *route) (*auth.Principal, error) {
	family, key := auth.Sending, sessionKey(r)
	if isV2(r) {
		family, key = auth.Management, bearerOf(r.Header)
	}
	who, err := f.Keys.Authenticate(r.Context(), family, key)
	if err != nil {
		return nil, err
	}
	if want := r.URL.Query().Get("env"); want != "" { // of our own pages
		there, ok := f.Keys.Elsewhere(who, want)
		if !ok {
			return nil, fault.New(fault.Denied, "environment %q is not one this key may see", want)
		}
		who = there
	}
	if !o.needs.granted(who) {
		return nil, fault.New(fault.Denied, "API key %s does not have the permission %s", who.KeyID, o.needs)
	}
	return who, nil
}

// keyCookie is where Oriel's own pages have their key: they call this API, too.
const keyCookie = "oriel_key"

// sessionKey reads the team header, else the key that our own pages have.
func sessionKey(r *http.Request) string {
	if key := keyOf(r.Header); key != "" {
		return key
	}
	if c, err := r.Cookie(keyCookie); err == nil {
		return c.Value
	}
	return ""
}

// isV2 reports whether a request is to Honeycomb's second API, which is JSON:API.
func isV2(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/2/") }

func bearerOf(h http.Header) string {
	scheme, key, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

func writeReply(w http.ResponseWriter, r *http.Request, a reply) {
	status := cmp.Or(a.status, http.StatusOK)
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if isV2(r) {
		w.Header().Set("Content-Type", jsonAPI)
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(status)
	if self, ok := a.body.(io.WriterTo); ok {
		_, _ = self.WriteTo(w) // the caller may have gone
		return
	}
	_ = json.NewEncoder(w).Encode(a.body) // the caller may have gone
}

// maxCallBody is the largest body of a call.
const maxCallBody = 100_000

// body reads a call's whole body, also a packed one.
func (c *call) body() ([]byte, error) {
	var from io.Reader = c.Body
	if strings.EqualFold(c.Header.Get("Content-Encoding"), "gzip") {
		unpacked, err := gzip.NewReader(io.LimitReader(c.Body, maxCallBody))
		if err != nil {
			return nil, unparseable("invalid gzip data")
		}
		from = unpacked
	}
	raw, err := io.ReadAll(io.LimitReader(from, maxCallBody+1))
	switch {
	case len(raw) > maxCallBody:
		return nil, payloadTooLarge(maxCallBody)
	case err != nil:
		return nil, unparseable("could not read request body")
	}
	return raw, nil
}

// decode reads a call's body into what it points at. What is no JSON, or no object,
// is unparseable; a member of a wrong type is invalid and named. Members that are
// not known are ignored.
func (c *call) decode(into any) error {
	raw, err := c.body()
	if err != nil {
		return err
	}
	if !json.Valid(raw) {
		return unparseable("could not parse request body")
	}
	if raw = bytes.TrimSpace(raw); raw[0] != '{' {
		return unparseable("could not parse request body: it must be an object")
	}
	err = json.Unmarshal(raw, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid(invalidField{wrong.Field, "incorrect_type", "must be " + kindName(wrong.Type) + ", is " + wrong.Value})
	}
	if err != nil {
		return unparseable("could not parse request body")
	}
	return nil
}

// dataset returns the dataset in the path by its slug or name.
func (f *Front) dataset(c *call) (dataset.Dataset, error) {
	d, ok := f.Datasets.Find(c.who.Environment, dataset.Slug(c.PathValue("dataset")))
	if !ok {
		return dataset.Dataset{}, notFound("Dataset not found")
	}
	return d, nil
}

// datasetOrAll returns the slug of the dataset in the path, [dataset.All] if it
// stands for the whole environment; a classic key has no environment.
func (f *Front) datasetOrAll(c *call) (string, error) {
	if c.PathValue("dataset") == dataset.All && !c.who.Classic {
		return dataset.All, nil
	}
	d, err := f.dataset(c)
	return d.Slug, err
}
