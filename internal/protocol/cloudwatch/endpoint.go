package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/oriel-dev/oriel/internal/fault"
	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
)

// endpoint is a path to which lines are posted, without an operation's name. Group
// and stream are in headers, or, where the body is not OTLP, in the query.
type endpoint struct {
	read func(s *sentLines, c *call, now int64) error
	otlp bool
}

// Bounds of a posted body, unpacked.
const maxPosted = 20 << 20

const (
	groupHeader  = "X-Aws-Log-Group"
	streamHeader = "X-Aws-Log-Stream"
)

// endpointOf returns the endpoint that a request is for, nil if for none. OTLP is
// taken only from who says that it is for a log group: all else is a dataset's.
func endpointOf(r *http.Request) *endpoint {
	switch r.URL.Path {
	case "/services/collector/event":
		return &endpoint{read: readCollector}
	case "/ingest/bulk":
		return &endpoint{read: readBulk}
	case "/ingest/json":
		return &endpoint{read: readObjects}
	case "/v1/logs":
		if r.Header.Get(groupHeader) != "" || r.Header.Get(streamHeader) != "" || strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-") {
			return &endpoint{read: readOTLP, otlp: true}
		}
	}
	return nil
}

// serveEndpoint answers a request that posts lines.
func (f *Front) serveEndpoint(c *call, w http.ResponseWriter) {
	e := endpointOf(c.Request)
	partial, err := f.post(c, e)
	if err != nil {
		f.failEndpoint(c, w, e, err)
		return
	}
	if !e.otlp || isJSON(c.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(partial.json()) // the sender may have gone
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(partial.protobuf()) // likewise
}

// post lets a caller in and stores its lines. It returns how many were not taken.
func (f *Front) post(c *call, e *endpoint) (*partial, error) {
	if err := c.Admit(); err != nil {
		return nil, err
	}
	if !sends.granted(&c.Who.Permissions) {
		return nil, aws.Denied("the key " + c.Who.KeyID + " lacks the permission " + sends.String())
	}
	if len(c.Body) > maxPosted {
		return nil, fault.New(fault.TooLarge, "the request body has %d bytes, the limit is %d", len(c.Body), maxPosted)
	}
	group, stream, err := c.place(e)
	if err != nil {
		return nil, err
	}
	g, err := f.groupToPost(c, e, group, stream)
	if err != nil {
		return nil, err
	}
	p := f.takePut()
	defer f.givePut(p)
	now := c.nowMS()
	p.sent.reset(group, stream)
	if err := e.read(&p.sent, c, now); err != nil {
		return nil, err
	}
	p.sent.sort()
	if err := p.judge(now, g.oldest(now)); err != nil {
		return nil, err
	}
	if p.sent.entity = c.postedEntity(); p.sent.entity.problem() != "" {
		return nil, invalidParameter("entityName and entityEnvironment may have up to " + strconv.Itoa(maxEntityValue) + " bytes")
	}
	ledger := f.Door.Ledger()
	ledger.Drop("event_too_large", protocolName, p.sent.tooLarge, group+"/"+stream+": a line of more than a megabyte")
	ledger.Drop("malformed_event", protocolName, p.sent.malformed, group+"/"+stream+": a line that is no JSON")
	id := c.Header.Get("Amz-Sdk-Invocation-Id")
	if e.otlp { // no two of its requests are the same: records have times of nanoseconds
		id = "otlp"
	}
	return newPartial(p), f.store(c, g, p, now, id)
}

// place returns the group and stream that lines are for.
func (c *call) place(e *endpoint) (group, stream string, err error) {
	query := c.URL.Query()
	group, stream = c.Header.Get(groupHeader), c.Header.Get(streamHeader)
	if !e.otlp {
		if (group != "" || stream != "") && (query.Has("logGroup") || query.Has("logStream")) {
			return "", "", invalidParameter("The log group and stream must be given by headers or by the query, not by both.")
		}
		if group == "" && stream == "" {
			group, stream = query.Get("logGroup"), query.Get("logStream")
		}
	}
	if group == "" || stream == "" {
		where := "in the headers x-aws-log-group and x-aws-log-stream"
		if !e.otlp {
			where += ", or as logGroup and logStream in the query"
		}
		return "", "", invalidParameter("The log group and stream must be given " + where + ".")
	}
	return group, stream, nil
}

// groupToPost finds the group that lines are for, and makes it and the stream
// where the server's settings say so and the key may.
func (f *Front) groupToPost(c *call, e *endpoint, name, stream string) (*group, error) {
	names, err := json.Marshal(map[string]string{"logGroupName": name, "logStreamName": stream})
	if err != nil {
		return nil, err
	}
	if err := f.model["CreateLogStream"].Check(names); err != nil {
		return nil, err
	}
	create := f.CreateLogGroups == "all" || f.CreateLogGroups == "otlp" && e.otlp
	g, err := c.ownGroup(name, "")
	create = create && !strings.HasPrefix(strings.ToLower(name), "aws/") // those are not for people to make
	if err != nil && create && c.Who.Permissions.CreateDatasets && f.groups.find(c.Who.Environment, c.Region, name) == nil {
		err = f.groups.create(c.Context(), newGroup(c.Who.Environment, c.Region, name, "", c.nowMS()), nil)
		if err == nil || codeOf(err) == "ResourceAlreadyExistsException" {
			g, err = c.ownGroup(name, "")
		}
	}
	if err != nil {
		return nil, err
	}
	if err := c.mayPost(g); err != nil {
		return nil, err
	}
	if _, exists := g.stream(stream); exists {
		return g, nil
	}
	if !create {
		return nil, noSuchStream()
	}
	if err := f.groups.createStream(c.Context(), g, stream, c.nowMS()); err != nil && codeOf(err) != "ResourceAlreadyExistsException" {
		return nil, err
	}
	return g, nil
}

// mayPost refuses bearer tokens where the group does not take them.
func (c *call) mayPost(g *group) error {
	if !strings.HasPrefix(c.Header.Get("Authorization"), "Bearer ") {
		return nil
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if !g.bearer {
		return aws.Denied("The log group " + g.name + " does not take bearer tokens: allow them with PutBearerTokenAuthentication, or sign the request.")
	}
	return nil
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*aws.Error](err); ok {
		return e.Code
	}
	return ""
}

// postedEntity is what the query says that lines are of.
func (c *call) postedEntity() (e sentEntity) {
	query := c.URL.Query()
	name, environment := query.Get("entityName"), query.Get("entityEnvironment")
	if name == "" {
		return e
	}
	e.given, e.keys = true, [][2]string{{"Type", "Service"}, {"Name", name}}
	if environment != "" {
		e.keys = append(e.keys, [2]string{"Environment", environment})
	}
	e.bytes = len(name) + len(environment)
	return e
}

// isJSON reports whether OTLP is sent, and so answered, as JSON.
func isJSON(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}

// partial says how many lines were not taken.
type partial struct {
	rejected int
	why      string
}

func newPartial(p *put) *partial {
	old, expired, ahead, large := p.tooOld, max(p.expired-p.tooOld, 0), len(p.sent.lines)-p.to, p.sent.tooLarge
	return &partial{
		rejected: old + expired + ahead + large,
		why:      fmt.Sprintf(`{"tooOldLogEventCount":%d,"tooNewLogEventCount":%d,"expiredLogEventCount":%d,"tooLargeLogEventCount":%d}`, old, ahead, expired, large),
	}
}

func (p *partial) json() []byte {
	if p.rejected == 0 {
		return []byte("{}")
	}
	return fmt.Appendf(nil, `{"partialSuccess":{"rejectedLogRecords":%d,"errorMessage":%s}}`, p.rejected, strconv.Quote(p.why))
}

// protobuf is an ExportLogsServiceResponse.
func (p *partial) protobuf() []byte {
	if p.rejected == 0 {
		return nil
	}
	inner := protoText(protoNumber(nil, 1, uint64(p.rejected)), 2, p.why)
	return protoText(nil, 1, string(inner))
}

func protoNumber(out []byte, field int, n uint64) []byte {
	out = append(out, byte(field<<3))
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}

func protoText(out []byte, field int, text string) []byte {
	const lengthFirst = 2
	out = protoNumber(out, field, uint64(len(text)))
	out[len(out)-sizeOf(uint64(len(text)))-1] |= lengthFirst
	return append(out, text...)
}

func sizeOf(n uint64) (size int) {
	for size = 1; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

// failEndpoint answers an error: with a status that says what it is, and for OTLP
// as its specification has it.
func (f *Front) failEndpoint(c *call, w http.ResponseWriter, e *endpoint, err error) {
	known := c.Classified(answerable(err))
	status := endpointStatus(known, err)
	if status == http.StatusInternalServerError {
		f.Log.ErrorContext(c.Context(), "a request failed", slog.String("request_id", c.RequestID), slog.String("path", c.URL.Path), slog.Any("error", err))
	}
	f.Door.Ledger().Refuse(ingest.Refused{
		Protocol: protocolName, Method: c.Method, Path: c.URL.Path, Remote: c.RemoteAddr, Status: status, Reason: known.Code + ": " + known.Message,
		Remedy: known.RemedyText(), Key: c.MaskedKey(),
	})
	h := w.Header()
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(max(int((fault.RetryAfter(err)+time.Second/2)/time.Second), 1)))
	}
	h.Set("X-Amzn-Errortype", known.Code)
	var body []byte
	switch message := map[string]string{"message": known.Message}; {
	case e.otlp && !isJSON(c.Request):
		h.Set("Content-Type", "application/x-protobuf")
		body = protoText(nil, 2, known.Message) // of a google.rpc.Status
	case !e.otlp:
		message["__type"] = known.Code
		fallthrough
	default:
		h.Set("Content-Type", "application/json")
		body, _ = json.Marshal(message) // texts can always be encoded
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the sender may have gone
}

// endpointStatus is the status of an error, which says more here than where there
// are operations.
func endpointStatus(e *aws.Error, err error) int {
	switch e.Code {
	case "MissingAuthenticationTokenException":
		return http.StatusUnauthorized
	case "UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignatureException", "ExpiredTokenException", "AccessDeniedException":
		return http.StatusForbidden
	case "ResourceNotFoundException":
		return http.StatusNotFound
	case "ThrottlingException", "LimitExceededException":
		return http.StatusTooManyRequests
	case "ServiceUnavailableException":
		return http.StatusServiceUnavailable
	case "InternalServerException":
		return http.StatusInternalServerError
	}
	if fault.Is(err, fault.TooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	if e.Status > 0 {
		return e.Status
	}
	return http.StatusBadRequest
}
