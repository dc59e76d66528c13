package otlp

import (
	"strconv"
	"strings"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/fault"
)

// underResource reads the resource of a ResourceSpans (or ResourceLogs, …), and
// calls f for each of its scopes with the dataset they go to.
func (d *decoder) underResource(raw []byte, f func(slug string, scope []byte) error) error {
	items, err := d.readResource(raw)
	if err != nil || items == 0 {
		return err
	}
	slug, err := d.opts.Dataset(string(d.service))
	if err != nil {
		return d.refuse(raw, err)
	}
	return submessages(raw, 2, "a scope", func(scope []byte) error { return f(slug, scope) })
}

// readResource reads what is said of a resource and counts its scopes.
func (d *decoder) readResource(raw []byte) (scopes int, err error) {
	d.resource, d.attributes, d.schemaURL, d.service, d.resourceRate = d.resource[:0], d.attributes[:0], nil, nil, sampleRate{events: 1}
	m := message{rest: raw}
	var fd field
	for m.next(&fd) {
		switch {
		case fd.number == 1 && fd.wire == wireBytes:
			if !d.listAttributes(fd.bytes, 1) {
				return 0, malformed("a resource")
			}
		case fd.number == 3 && fd.wire == wireBytes:
			d.schemaURL = fd.bytes
		case fd.number == 2 && fd.wire == wireBytes:
			scopes++
		}
	}
	if m.bad {
		return 0, malformed("a resource")
	}
	for _, a := range d.attributes {
		if !d.resourceRate.look(a, rankResource) {
			return 0, malformed("an attribute")
		}
		if string(a.key) == event.FieldService {
			v, ok := readValue(a.value)
			if !ok {
				return 0, malformed("an attribute")
			}
			if d.service = nil; v.kind == valueText { // counted where it is stored, if it is not as it was sent
				d.service = toValid(event.Cut(v.bytes, maxValue))
			}
		}
	}
	var ok bool
	if d.resource, ok = d.constants(d.resource, d.attributes); !ok {
		return 0, malformed("an attribute")
	}
	return scopes, nil
}

// listAttributes appends the attributes that a message holds under a field
// number to the scratch.
func (d *decoder) listAttributes(raw []byte, number int) bool {
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		if f.number != number || f.wire != wireBytes {
			continue
		}
		if len(d.attributes) == maxListed {
			d.out.problem(ReasonFields, false, func() string { return "more than " + strconv.Itoa(maxListed) + " attributes" })
			break
		}
		a, ok := splitAttribute(f.bytes)
		if !ok {
			return false
		}
		d.attributes = append(d.attributes, a)
	}
	return !m.bad
}

// refuse counts all items of a resource whose dataset is not to be had.
func (d *decoder) refuse(raw []byte, cause error) error {
	return submessages(raw, 2, "a scope", func(scope []byte) error {
		return submessages(scope, 2, "an item", func([]byte) error {
			d.out.Items++
			d.out.problem(ReasonDataset, true, func() string { return fault.MessageOf(cause) })
			return nil
		})
	})
}

// readScope reads the instrumentation scope of a ScopeSpans (or ScopeLogs, …).
func (d *decoder) readScope(raw []byte) error {
	d.scope, d.attributes, d.library, d.version, d.scopeURL = d.scope[:0], d.attributes[:0], nil, nil, nil
	d.scopeRate = d.resourceRate
	m := message{rest: raw}
	var f field
	for m.next(&f) {
		switch {
		case f.number == 1 && f.wire == wireBytes:
			s := message{rest: f.bytes}
			var sf field
			for s.next(&sf) {
				switch {
				case sf.number == 1 && sf.wire == wireBytes:
					d.library = sf.bytes
				case sf.number == 2 && sf.wire == wireBytes:
					d.version = sf.bytes
				}
			}
			if s.bad || !d.listAttributes(f.bytes, 3) {
				return malformed("a scope")
			}
		case f.number == 3 && f.wire == wireBytes:
			d.scopeURL = f.bytes
		}
	}
	if m.bad {
		return malformed("a scope")
	}
	d.known = isInstrumentation(string(d.library))
	for _, a := range d.attributes {
		if !d.scopeRate.look(a, rankScope) {
			return malformed("an attribute")
		}
	}
	var ok bool
	if d.scope, ok = d.constants(d.scope, d.attributes); !ok {
		return malformed("an attribute")
	}
	return nil
}

// isInstrumentation reports whether a scope is one of the libraries that
// instrument others, by the prefixes Honeycomb knows.
func isInstrumentation(library string) bool {
	for _, prefix := range []string{
		"io.opentelemetry", "opentelemetry.instrumentation", "OpenTelemetry.Instrumentation", "OpenTelemetry::Instrumentation",
		"go.opentelemetry.io/contrib/instrumentation", "@opentelemetry/instrumentation", "io.opentelemetry.contrib.php",
		"github.com/open-telemetry/opentelemetry-collector", "@honeycombio/",
	} {
		if strings.HasPrefix(library, prefix) {
			return true
		}
	}
	return false
}

// surroundings stores what is said of a row's resource and scope.
func (d *decoder) surroundings(b *event.Batch) {
	d.setConstants(b, d.resource)
	d.text2(b, "resource.schema_url", d.schemaURL)
	d.text2(b, "library.name", d.library)
	d.text2(b, "library.version", d.version)
	if d.known {
		b.SetBool(b.Column("telemetry.instrumentation_library"), true)
	}
	d.setConstants(b, d.scope)
	d.text2(b, "scope.schema_url", d.scopeURL)
}
