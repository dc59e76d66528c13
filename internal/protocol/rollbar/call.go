package rollbar

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/fault"
)

// call is a request whose caller has been let in, and whose body is read: JSON,
// a form, or a form of several parts, whatever its content type says.
type call struct {
	*http.Request
	token *token
	// body is the body unpacked, unless it is a form of several parts. It lies in a
	// buffer that is used again: nobody may keep a part of it.
	body []byte
	form url.Values      // of a form, nil if the body is none
	file *multipart.Form // of a form of several parts, nil if the body is none
	// secret is the token's text as it was sent: for links that go on with it, never shown.
	secret string

	memory *memory
}

// serve answers a request to a route.
func (f *Front) serve(w http.ResponseWriter, r *http.Request, row *route) {
	if row.raw != nil {
		row.raw(f, w, r)
		return
	}
	c := &call{Request: r, secret: headerToken(r), memory: &memory{f.bodies.Memory()}}
	defer c.end()
	answer, err := f.answer(w, c, row)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	answer.write(w)
}

func (f *Front) answer(w http.ResponseWriter, c *call, row *route) (reply, error) {
	if err := c.letIn(f, w, row); err != nil {
		return reply{}, err
	}
	if row.serve == nil {
		return reply{}, fault.New(fault.Unsupported, "%s %s (%s) is not served by this version of Oriel", c.Method, c.URL.Path, row.name)
	}
	return row.serve(f, c)
}

func (c *call) end() {
	c.memory.Release()
	if c.file != nil {
		_ = c.file.RemoveAll() // of the folder for files that are in nobody's way
	}
}

// letIn finds out who calls and reads the body. A token in a header is looked at
// before the body is read.
func (c *call) letIn(f *Front, w http.ResponseWriter, row *route) error {
	if c.secret != "" && row.needs != 0 {
		if err := c.admit(f, row.needs); err != nil && (c.token == nil || !c.token.speaksForProjects(row.needs)) {
			return err
		}
	}
	if c.Body != nil && c.Body != http.NoBody {
		if err := c.readBody(w, cmp.Or(row.body, maxPayload)); err != nil {
			return err
		}
	}
	switch {
	case row.needs == 0:
		return nil
	case c.token == nil:
		c.secret = cmp.Or(c.bodyToken(), queryToken(c.Request))
		if err := c.admit(f, row.needs); err != nil && (c.token == nil || !c.token.speaksForProjects(row.needs)) {
			return err
		}
	}
	return c.speakFor(f, row.needs)
}

// speakFor makes a token of the account, or in open mode one that nobody knows, act
// for the project that the query or the body names, where a project's is needed.
func (c *call) speakFor(f *Front, needs scopes) error {
	must := c.token.speaksForProjects(needs)
	if !must && (!c.token.stranger() || needs&account != 0) {
		return nil
	}
	text := c.field("project_id")
	if many := c.list("project_ids"); text == "" && len(many) > 0 {
		if text = many[0]; len(many) > 1 {
			return invalid("project_ids has %d projects: this version of Oriel answers about one at a time", len(many))
		}
	}
	if text == "" {
		if !must {
			return nil
		}
		return refuse(http.StatusForbidden, "%s Or name the project in project_id.", c.token.lacks(needs))
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return invalid("Invalid format. project_id is %.40q: want a number", text)
	}
	p, err := f.projectWithID(id)
	if err != nil {
		return err
	}
	who := *c.token.Principal
	who.Environment = p.Environment
	c.token = &token{Principal: &who, scopes: c.token.scopes | read | write | postServer}
	return nil
}

func (c *call) admit(f *Front, needs scopes) (err error) {
	if c.token, err = f.admit(c.Context(), c.secret); err != nil {
		return err
	}
	switch {
	case !c.token.holds(needs):
		return c.token.lacks(needs)
	case c.token.stranger() && needs&posts == 0 && ofOtherSite(c.Request):
		return refuse(http.StatusForbidden, "this request was made by a page of another site with a token that nobody knows: make a token with oriel keys create")
	}
	return nil
}

const formMemory = 1 << 20 // of a form of several parts; the rest goes to files

func (c *call) readBody(w http.ResponseWriter, most int) error {
	kind, params, _ := mime.ParseMediaType(c.Header.Get("Content-Type")) // what can't be parsed is sniffed
	if kind == "multipart/form-data" {
		return c.readParts(w, params["boundary"], most)
	}
	var err error
	if c.body, err = c.memory.read(c.Body, c.Header.Get("Content-Encoding"), c.ContentLength, most); err != nil {
		return err
	}
	c.body = trimmed(c.body)
	if kind == "application/x-www-form-urlencoded" && !isJSON(c.body) {
		if c.form, err = url.ParseQuery(string(c.body)); err != nil {
			return refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
		}
	}
	return nil
}

func (c *call) readParts(w http.ResponseWriter, boundary string, most int) error {
	if c.ContentLength > int64(most) {
		return tooLarge(int64(most))
	}
	if boundary == "" {
		return refuse(http.StatusBadRequest, "%s: the form has no boundary", saysUndecodable)
	}
	if err := c.memory.reserve(formMemory); err != nil {
		return err
	}
	form, err := multipart.NewReader(http.MaxBytesReader(w, c.Body, int64(most)), boundary).ReadForm(formMemory)
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return tooLarge(int64(most))
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
	}
	c.file, c.form = form, url.Values(form.Value)
	return nil
}

// trimmed returns a body without a byte order mark and white space around it.
func trimmed(body []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff")))
}

// isJSON reports whether a body looks like JSON: senders say of it that it is a form.
func isJSON(body []byte) bool { return len(body) > 0 && (body[0] == '{' || body[0] == '[') }

// bodyToken returns the token in the body, "" if there is none.
func (c *call) bodyToken() string {
	if c.form != nil {
		return strings.TrimSpace(c.form.Get("access_token"))
	}
	type top struct {
		Token any `json:"access_token"`
	}
	var one top
	switch {
	case !isJSON(c.body):
	case c.body[0] == '{':
		_ = json.Unmarshal(c.body, &one) // what is no JSON has no token
	default:
		var list []top // of a batch: the first counts for all
		if json.Unmarshal(c.body, &list) == nil && len(list) > 0 {
			one = list[0]
		}
	}
	text, _ := one.Token.(string)
	return strings.TrimSpace(text)
}

// decode reads a body of JSON into what it points at, a form as an object of texts.
// What is no JSON is a bad request; a member of a wrong type is invalid and named.
func (c *call) decode(into any) error {
	body := c.body
	if c.form != nil {
		object := map[string]any{}
		for name, values := range c.form {
			if object[name] = values[0]; len(values) > 1 || strings.HasSuffix(name, "[]") {
				object[strings.TrimSuffix(name, "[]")] = values
			}
		}
		var err error
		if body, err = json.Marshal(object); err != nil {
			return err
		}
	}
	if len(body) == 0 {
		body = []byte("{}")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	err := dec.Decode(into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid("Invalid format. %s must be %s, is %s.", cmp.Or(wrong.Field, "the body"), wrong.Type, wrong.Value)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "%s: there is more after its end", saysUndecodable)
	}
	return nil
}

// field returns a parameter of the query, or a member of the form or the body's
// object as text; "" if there is none.
func (c *call) field(name string) string {
	if c.form != nil {
		if text := c.form.Get(name); text != "" {
			return text
		}
	}
	if isJSON(c.body) && c.body[0] == '{' {
		var top map[string]json.RawMessage
		if json.Unmarshal(c.body, &top) == nil && len(top[name]) > 0 {
			var text string
			switch raw := top[name]; {
			case json.Unmarshal(raw, &text) == nil:
				return text
			case string(raw) != "null":
				return string(raw)
			}
		}
	}
	return c.URL.Query().Get(name)
}

// list returns the values of a query parameter, which clients repeat, write with
// brackets, or join by commas.
func (c *call) list(name string) []string {
	query := c.URL.Query()
	var out []string
	for _, text := range append(query[name], query[name+"[]"]...) {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
