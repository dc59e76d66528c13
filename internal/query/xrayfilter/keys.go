package xrayfilter

import (
	"slices"
	"strings"
)

// scope says where in an expression a key stands.
type scope uint8

const (
	inTrace   scope = 1 << iota // at the top
	inService                   // service(…) { here }
	inEdge                      // edge(…) { here }
	inCauseService
	inCauseEntity
	inCauseException

	inElement = inService | inEdge
	inCause   = inCauseService | inCauseEntity | inCauseException
)

// KeyKind is the kind of value a key stands for.
type KeyKind string

// The kinds of key. What AnyKey stands for, its value tells.
const (
	TruthKey  KeyKind = "boolean"
	NumberKey KeyKind = "number"
	TextKey   KeyKind = "string"
	AnyKey    KeyKind = "any"
)

type keyword struct {
	name  string
	kind  KeyKind
	where scope
	about string
}

func keywords() []keyword {
	return []keyword{
		{"ok", TruthKey, inTrace | inElement, "neither error, fault nor throttle"},
		{"error", TruthKey, inTrace | inElement, "client error: 4xx"},
		{"throttle", TruthKey, inTrace | inElement, "throttled: 429"},
		{"fault", TruthKey, inTrace | inElement, "server fault: 5xx"},
		{"partial", TruthKey, inTrace | inElement, "still in progress, or without an answer that is expected"},
		{"inferred", TruthKey, inTrace | inElement | inCauseService, "known only from those that call it"},
		{"root", TruthKey, inElement, "where the trace came in"},
		{"first", TruthKey, inCause, "the first of its list"},
		{"last", TruthKey, inCause, "the last of its list"},
		{"remote", TruthKey, inCauseEntity, "a call to elsewhere"},
		{"responsetime", NumberKey, inTrace | inElement, "seconds until the answer"},
		{"duration", NumberKey, inTrace | inElement, "seconds until all was done"},
		{"http.status", NumberKey, inTrace | inElement, "status of the response"},
		{"index", NumberKey, inCause, "place in its list, from 0"},
		{"coverage", NumberKey, inCauseEntity, "share of the root's time, 0 to 1"},
		{"http.url", TextKey, inTrace | inElement, "URL of the request"},
		{"http.method", TextKey, inTrace | inElement, "method of the request"},
		{"http.useragent", TextKey, inTrace | inElement, "user agent of the client"},
		{"http.clientip", TextKey, inTrace | inElement, "IP address of the client"},
		{"user", TextKey, inTrace | inElement, "end user"},
		{"name", TextKey, inElement | inCause, "name of the node, entity or exception"},
		{"type", TextKey, inElement | inCauseService, "type of the node, such as AWS::EC2::Instance"},
		{"message", TextKey, inElement | inCauseException, "message of an exception"},
		{"availabilityzone", TextKey, inTrace | inElement, "availability zone it ran in"},
		{"instance.id", TextKey, inTrace | inElement, "EC2 instance it ran on"},
		{"resource.arn", TextKey, inTrace | inElement, "ARN of the resource it ran on"},
		{"account.id", TextKey, inTrace | inElement, "AWS account it ran in"},
		{"group.name", TextKey, inTrace, "traces of the group with this name"},
		{"group.arn", TextKey, inTrace, "traces of the group with this ARN"},
		{KeyAnnotation, AnyKey, inTrace | inElement, "annotation.KEY or annotation[KEY]"},
	}
}

func findKeyword(name string) (keyword, bool) {
	name = strings.ToLower(name)
	switch name {
	case "groupname":
		name = "group.name"
	case "grouparn":
		name = "group.arn"
	}
	all := keywords()
	i := slices.IndexFunc(all, func(k keyword) bool { return k.name == name })
	if i < 0 {
		return keyword{}, false
	}
	return all[i], true
}

func (s scope) String() string {
	switch s {
	case inTrace:
		return "outside of service(), edge() and rootcause"
	case inService:
		return "within service() { }"
	case inEdge:
		return "within edge() { }"
	case inCauseService:
		return "within rootcause.….service { }"
	case inCauseEntity:
		return "within rootcause.….entity { }"
	case inCauseException:
		return "within rootcause.….exception { }"
	case inElement, inCause:
	}
	return "here"
}

// names lists the keys of a scope, for errors.
func (s scope) names() string {
	var names []string
	for _, k := range keywords() {
		if k.where&s != 0 {
			names = append(names, k.name)
		}
	}
	return strings.Join(names, ", ")
}

// Keyword describes a key for whoever completes expressions.
type Keyword struct {
	Name  string   `json:"name"`
	Kind  KeyKind  `json:"kind"`
	Where []string `json:"where"` // trace, service, edge, rootcause.service, rootcause.entity, rootcause.exception
	About string   `json:"about"`
	Ops   []Op     `json:"operators"`
}

// Form describes a part of an expression that is no key.
type Form struct {
	Insert string `json:"insert"` // text to put in; "…" is where the caret goes
	About  string `json:"about"`
}

// Keywords returns all keys, in the order an editor offers them.
func Keywords() []Keyword {
	var out []Keyword
	places := []struct {
		scope scope
		name  string
	}{
		{inTrace, "trace"},
		{inService, "service"},
		{inEdge, "edge"},
		{inCauseService, "rootcause.service"},
		{inCauseEntity, "rootcause.entity"},
		{inCauseException, "rootcause.exception"},
	}
	for _, k := range keywords() {
		w := Keyword{Name: k.name, Kind: k.kind, About: k.about, Ops: k.kind.ops()}
		for _, p := range places {
			if k.where&p.scope != 0 {
				w.Where = append(w.Where, p.name)
			}
		}
		out = append(out, w)
	}
	return out
}

// Forms returns what else an expression is made of.
func Forms() []Form {
	return []Form{
		{`service("…")`, "traces that a service, table, queue or host took part in"},
		{`service() { … }`, "traces in which one segment is all of this"},
		{`service(id(name: "…", type: ""))`, "traces that a node of this name and type took part in"},
		{`edge("…", "")`, "traces in which the first called the second"},
		{`edge("…", "") { }`, "traces in which one such call is all of this"},
		{`rootcause.fault.service { … }`, "service that a fault came from or went through"},
		{`rootcause.fault.entity { … }`, "segment or subsegment that a fault came from or went through"},
		{`rootcause.fault.exception { … }`, "exception behind a fault"},
		{`rootcause.error.service { … }`, "service that an error came from or went through"},
		{`rootcause.error.entity { … }`, "segment or subsegment that an error came from or went through"},
		{`rootcause.error.exception { … }`, "exception behind an error"},
		{`rootcause.responsetime.service { … }`, "service that made a slow trace slow"},
		{`rootcause.responsetime.entity { … }`, "segment or subsegment that made a slow trace slow"},
		{`AND`, "both; nothing between two conditions means AND too"},
		{`OR`, "one or both"},
		{`!`, "not"},
	}
}

func (k KeyKind) ops() []Op {
	switch k {
	case TruthKey:
		return []Op{Equal, Unequal}
	case NumberKey:
		return []Op{Equal, Unequal, Less, AtMost, Greater, AtLeast}
	case TextKey:
		return []Op{Equal, Unequal, Contains, BeginsWith, EndsWith}
	case AnyKey:
	}
	return []Op{Equal, Unequal, Less, AtMost, Greater, AtLeast, Contains, BeginsWith, EndsWith}
}

func (o Op) ordering() bool { return o == Less || o == AtMost || o == Greater || o == AtLeast }

func (o Op) textual() bool { return o == Contains || o == BeginsWith || o == EndsWith }
