package rollbar

import (
	"errors"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// Limits of texts, in bytes, where Rollbar has one; what is longer is cut.
const (
	maxName    = 255 // environments, contexts, titles
	maxUUID    = 64
	maxVersion = 100
	maxPerson  = 255
)

// payload is an item as its sender posted it, read and checked. It is used again
// for the next one.
type payload struct {
	tree
	data   int32
	body   int32
	stacks []int32 // lists of frames, see findStacks
	form   string  // which of its forms the body has: trace, trace_chain, message, crash_report

	environment, level, uuid, version string
}

// The forms of a body.
const (
	formTrace   = "trace"
	formChain   = "trace_chain"
	formMessage = "message"
	formCrash   = "crash_report"
)

// read reads a payload: {"access_token": …, "data": {…}}. What is no JSON is a bad
// request, what is no item is refused in Rollbar's words. at is where the scanner
// stands, and stands at the payload's end after that.
func (p *payload) read(s *jsonscan.Scanner) error {
	switch err := p.tree.read(s); {
	case errors.Is(err, errDepth), errors.Is(err, errNodes):
		return invalid("Invalid format. The payload is not taken: %w.", err)
	case err != nil:
		return refuse(http.StatusBadRequest, "%s: %w", saysUndecodable, err)
	}
	return nil
}

// check finds out what the item is. Where Rollbar is strict for no one's good, we
// are not; what is refused is what its clients rely on being refused.
func (p *payload) check(lenient bool) error {
	p.data, p.body, p.form = none, none, ""
	p.environment, p.level, p.uuid, p.version = "", "", "", ""
	if p.kindOf(0) != isObject {
		return invalid("Invalid format. The payload must be an object with a 'data' key.")
	}
	p.data = p.get(0, "data")
	if p.kindOf(p.data) != isObject {
		return invalid("Invalid format. data must not be undefined. Instead, it should be an object.")
	}
	p.body = p.get(p.data, "body")
	if p.kindOf(p.body) != isObject {
		return invalid("Invalid format. data.body must not be undefined. Instead, it should be an object with a 'message', 'trace', 'trace_chain', or 'crash_report' key.")
	}
	for _, form := range [...]string{formTrace, formChain, formMessage, formCrash} {
		if !p.has(p.get(p.body, form)) {
			continue
		}
		if p.form != "" {
			return errForms()
		}
		p.form = form
	}
	if p.form == "" {
		return errForms()
	}
	if err := p.checkBody(); err != nil {
		return err
	}
	if p.environment = event.Cut(strings.TrimSpace(p.textAt(p.data, "environment")), maxName); p.environment == "" {
		if !lenient {
			return invalid("Invalid format. data.environment is missing and it is required.")
		}
		p.environment = "unknown"
	}
	p.level = p.levelOf()
	p.uuid = p.textAt(p.data, "uuid")
	if len(p.uuid) > maxUUID {
		p.uuid = ""
	}
	p.version = p.versionOf()
	return nil
}

func errForms() error {
	return invalid("Invalid format. data.body must have either a 'trace', 'trace_chain', 'message' or 'crash_report' property, (but not more than one).")
}

func (p *payload) checkBody() error {
	at := p.get(p.body, p.form)
	k := p.kindOf(at)
	switch p.form {
	case formTrace:
		if k != isObject {
			return invalid("Invalid format. data.body.trace must be an object.")
		}
	case formChain:
		if k != isList || p.length(at) == 0 {
			return invalid("Invalid format. data.body.trace_chain must be an array of at least one trace.")
		}
		var err error
		p.each(at, func(_ int32, n *node) bool {
			if n.kind != isObject {
				err = invalid("Invalid format. data.body.trace_chain must be an array of objects.")
			}
			return err == nil
		})
		return err
	case formMessage:
		if k == isObject && !p.has(p.get(at, "body")) {
			return invalid("Invalid format. data.body.message.body is missing and it is required.")
		}
	case formCrash:
		if p.textAt(at, "raw") == "" {
			return invalid("Invalid format. data.body.crash_report.raw is missing and it is required.")
		}
	}
	return nil
}

// levelOf returns the level, by its default where it is none of Rollbar's.
func (p *payload) levelOf() string {
	switch level := strings.ToLower(p.textAt(p.data, "level")); level {
	case "critical", "error", "warning", "info", "debug":
		return level
	case "fatal":
		return "critical"
	case "warn":
		return "warning"
	}
	if p.form == formMessage {
		return "info"
	}
	return "error"
}

func (p *payload) versionOf() string {
	for _, path := range [...][]string{{"code_version"}, {"client", "javascript", "code_version"}, {"server", "code_version"}, {"server", "sha"}} {
		if v := p.textAt(p.data, path...); v != "" {
			return event.Cut(v, maxVersion)
		}
	}
	return ""
}

// traces returns the traces of an exception, the outermost (last raised) first.
func (p *payload) traces() (list []int32) {
	at := p.get(p.body, p.form)
	switch p.form {
	case formTrace:
		return []int32{at}
	case formChain:
		p.each(at, func(i int32, _ *node) bool {
			list = append(list, i)
			return true
		})
	}
	return list
}

// findStacks notes where the frames of the traces are.
func (p *payload) findStacks() {
	p.stacks = p.stacks[:0]
	for _, trace := range p.traces() {
		if at := p.get(trace, "frames"); p.kindOf(at) == isList {
			p.stacks = append(p.stacks, at)
		}
	}
}

const unknownClass = "(unknown)"

// exception returns what a trace says was raised.
func (p *payload) exception(trace int32) (class, message string) {
	at := p.get(trace, "exception")
	if p.kindOf(at) == isText {
		return p.text(at), ""
	}
	if class = p.textAt(at, "class"); class == "" {
		class = unknownClass
	}
	return class, p.textOrJSON(p.get(at, "message"))
}

// textOrJSON returns a value as text, what has parts as JSON.
func (p *payload) textOrJSON(at int32) string {
	switch p.kindOf(at) {
	case isObject, isList:
		return string(p.print(nil, at, none))
	case isText, isNumber, isTrue, isFalse, isNull:
	}
	return p.text(at)
}

// fromClient reports whether an item comes from an app in its users' hands, which
// decides what its token must be for.
func (p *payload) fromClient() bool {
	switch strings.ToLower(p.textAt(p.data, "platform")) {
	case "browser", "android", "ios", "flash", "client":
		return true
	}
	return false
}
