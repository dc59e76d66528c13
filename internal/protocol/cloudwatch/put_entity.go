package cloudwatch

import (
	"slices"

	"github.com/oriel-dev/oriel/internal/event"
	"github.com/oriel-dev/oriel/internal/protocol/jsonscan"
)

// Bounds of an entity.
const (
	minKeyAttributes = 2
	maxKeyAttributes = 4
	maxAttributes    = 10
	maxEntityName    = 256
	maxEntityValue   = 512
	maxEntityBytes   = 16 << 10
)

// sentEntity is what lines are of: keys that tell it from others, and more.
type sentEntity struct {
	given            bool
	keys, attributes [][2]string
	bytes            int
}

// read reads {"keyAttributes": {…}, "attributes": {…}}. False if it is not made so:
// what it says may still be wrong, which costs the sender the entity and not the
// lines.
func (e *sentEntity) read(r *jsonscan.Scanner) bool {
	if r.Peek() == 'n' {
		return r.Literal("null")
	}
	e.given = true
	if r.Peek() != '{' || !r.Enter('{') {
		return false
	}
	for more := r.First('}'); more; more = r.More('}') {
		name, ok := r.Name()
		if !ok {
			return false
		}
		switch string(name) {
		case "keyAttributes":
			e.keys, ok = e.dictionary(r, e.keys[:0])
		case "attributes":
			e.attributes, ok = e.dictionary(r, e.attributes[:0])
		default:
			ok = r.Skip()
		}
		if !ok {
			return false
		}
	}
	return r.Err == nil
}

// dictionary reads texts by name; it keeps no more of them than show that there
// are too many.
func (e *sentEntity) dictionary(r *jsonscan.Scanner, out [][2]string) ([][2]string, bool) {
	if r.Peek() == 'n' {
		return out, r.Literal("null")
	}
	if r.Peek() != '{' || !r.Enter('{') {
		return out, false
	}
	for more := r.First('}'); more; more = r.More('}') {
		raw, ok := r.Name()
		if !ok {
			return out, false
		}
		name := string(raw)
		if r.Peek() == 'n' {
			if !r.Literal("null") {
				return out, false
			}
			continue
		}
		if r.Peek() != '"' {
			return out, false
		}
		value, ok := r.Text()
		if !ok {
			return out, false
		}
		e.bytes += len(name) + len(value)
		if len(out) <= maxAttributes && e.bytes <= maxEntityBytes {
			out = append(out, [2]string{name, string(value)})
		}
	}
	return out, r.Err == nil
}

func (e *sentEntity) key(name string) string {
	for _, k := range e.keys {
		if k[0] == name {
			return k[1]
		}
	}
	return ""
}

// problem says why the entity is not taken, in the service's words, "" if it is.
func (e *sentEntity) problem() string {
	switch {
	case !e.given:
		return ""
	case len(e.keys) == 0 && len(e.attributes) == 0:
		return "InvalidEntity"
	case e.bytes > maxEntityBytes:
		return "EntitySizeTooLarge"
	case e.key("Type") == "" || e.key("Name") == "" && e.key("Identifier") == "":
		return "MissingRequiredFields"
	case len(e.keys) < minKeyAttributes || len(e.keys) > maxKeyAttributes+1 || !bounded(e.keys): // the account may be said, too
		return "InvalidKeyAttributes"
	case len(e.attributes) > maxAttributes || !bounded(e.attributes):
		return "InvalidAttributes"
	}
	for _, k := range e.keys {
		switch k[0] {
		case "Type", "ResourceType", "Identifier", "Name", "Environment", "AwsAccountId":
		default:
			return "InvalidKeyAttributes"
		}
	}
	if !slices.Contains([]string{"Service", "RemoteService", "Resource", "AWS::Service", "AWS::Resource"}, e.key("Type")) {
		return "InvalidTypeValue"
	}
	return ""
}

func bounded(list [][2]string) bool {
	for _, a := range list {
		if a[0] == "" || len(a[0]) > maxEntityName || a[1] == "" || len(a[1]) > maxEntityValue {
			return false
		}
	}
	return true
}

// set gives all rows of a batch what the entity says: under the names that Insights
// asks for, and a service's name also where all other signals have it.
func (e *sentEntity) set(b *event.Batch, zeros []uint32) {
	for _, k := range e.keys {
		constant(b, "@entity.KeyAttributes."+k[0], k[1], zeros)
	}
	for _, a := range e.attributes {
		constant(b, "@entity.Attributes."+a[0], a[1], zeros)
	}
	if name := e.key("Name"); e.key("Type") == "Service" && name != "" {
		constant(b, event.FieldService, name, zeros)
	}
}
