package cloudwatch

import (
	"maps"
	"net/http"
	"strings"

	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// operation is who serves one of the service's operations: exactly one of
// serve, stream and unserved is set.
//
// How one is added: its file (create_log_group.go, say) holds its handler; the
// list of its area, one of those in areas, has a line that names it. Everything
// around a handler is done in serve: the caller is known and may call it, the
// body is unpacked, bounded, and checked against model.txt, so that required
// members are there and lengths, patterns and enumerations hold. What model.txt
// can't say, such as members that exclude each other, the handler checks. It
// reads its request with [aws.Call.Decode], finds its group with [call.group] or
// [call.ownGroup], and returns what becomes JSON, nil for an empty body. An error
// is one of errors.go, an [aws.Error], or a fault (answerable turns those into
// the service's).
type operation struct {
	serve  func(f *Front, c *call) (any, error)
	stream func(f *Front, c *call, w http.ResponseWriter) error // writes its answer itself; an error must come before the first byte

	unserved  string // why not
	unchecked bool   // the handler checks the body itself
	most      int    // bytes of the body, 0: maxCallBody
	needs     access // derived from the name, unless set
}

// served is an operation of the usual kind.
func served(handler func(f *Front, c *call) (any, error)) operation {
	return operation{serve: handler}
}

// unserved is an operation that answers with an error that names it and the reason.
func unserved(reason string) operation { return operation{unserved: reason} }

// areas are the lists of operations, each in the file of its area.
func areas() []map[string]operation {
	return []map[string]operation{
		groupOperations(), streamOperations(), tagOperations(),
		putOperations(), readOperations(), insightsOperations(), tailOperations(),
		metricFilterOperations(), subscriptionOperations(), definitionOperations(),
		policyOperations(), indexOperations(), transformerOperations(), lookupOperations(),
		scheduleOperations(), anomalyOperations(), exportOperations(), deliveryOperations(), nicheOperations(),
	}
}

// operations are all operations by name.
func operations() map[string]operation {
	all := map[string]operation{}
	for _, area := range areas() {
		maps.Copy(all, area)
	}
	for name, o := range all {
		if o.needs == reads {
			o.needs = accessOf(name)
		}
		all[name] = o
	}
	return all
}

func accessOf(name string) access {
	switch {
	case name == "PutLogEvents" || name == "CreateLogStream":
		return sends
	case strings.HasPrefix(name, "Get"), strings.HasPrefix(name, "Describe"), strings.HasPrefix(name, "List"),
		strings.HasPrefix(name, "Filter"), strings.HasPrefix(name, "Start"), strings.HasPrefix(name, "Stop"), strings.HasPrefix(name, "Test"):
		return reads
	}
	return manages
}

// call is a request to an operation whose caller has been let in.
type call struct {
	*aws.Call
	f *Front
}

// maxCallBody is the largest body of a call unless its operation says otherwise.
const maxCallBody = 2 << 20

// nowMS is the time in the service's unit.
func (c *call) nowMS() int64 { return c.f.Clock().UnixMilli() }

// arn returns the ARN of something of the caller's account and region:
// "log-group:/a", say.
func (c *call) arn(resource string) string {
	return "arn:aws:logs:" + c.Region + ":" + c.Account + ":" + resource
}
