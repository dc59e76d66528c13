package xray

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"

	"github.com/oriel-dev/oriel/internal/ingest"
	"github.com/oriel-dev/oriel/internal/protocol/aws"
	"github.com/oriel-dev/oriel/internal/protocol/otlp"
)

// otlpPath is where the service takes spans in OTLP. What is not signed for the
// service there is Honeycomb's.
const otlpPath = "/v1/traces"

// protocolOTLP is how counts name spans that came so.
const protocolOTLP = "xray_otlp"

// serveOTLP takes an export request that is signed.
func (f *Front) serveOTLP(c *call, w http.ResponseWriter) error {
	if err := c.Admit(); err != nil {
		return err
	}
	if !c.Who.Permissions.SendEvents {
		return c.denied(operation{name: "PutSpans", needs: sends})
	}
	kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	body, asJSON := c.Body, kind == "application/json"
	switch kind {
	case "application/json":
		var err error
		if body, err = otlp.AppendProtobuf(nil, otlp.Traces, body); err != nil {
			return err
		}
		if err := c.Reserve(len(body)); err != nil {
			return err
		}
	case "application/x-protobuf":
	default:
		return &aws.Error{
			Status: http.StatusUnsupportedMediaType, Code: "InvalidRequestException",
			Message: "The content type is " + strconv.Quote(aws.Cut(kind)) + "; it must be application/x-protobuf or application/json.",
		}
	}
	result, err := f.decodeOTLP(c.Who, body, otlp.Traces, f.Door.Limits())
	if err != nil {
		return err
	}
	f.noteProblems(result, protocolOTLP)
	sum := sha256.Sum256(append([]byte(c.Who.Environment+"\x00"+c.Who.KeyID+"\x00spans\x00"), body...))
	if err := f.Door.Write(c.Context(), ingest.Request{Batches: result.Batches, Protocol: protocolOTLP, Key: c.Who.KeyID, Fingerprint: [16]byte(sum[:16])}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(exportAnswer(result, asJSON)) // the sender may have gone
	return nil
}

// exportAnswer is an ExportTraceServiceResponse, which tells of spans that were not taken.
func exportAnswer(result *otlp.Result, asJSON bool) []byte {
	if asJSON {
		answer := map[string]any{}
		if result.Rejected > 0 {
			answer["partialSuccess"] = map[string]any{"rejectedSpans": strconv.Itoa(result.Rejected), "errorMessage": result.Message()}
		}
		raw, _ := json.Marshal(answer) // texts and numbers can be
		return raw
	}
	if result.Rejected == 0 {
		return nil
	}
	const rejected, message, partial = 1 << 3, 2<<3 | 2, 1<<3 | 2
	inner := binary.AppendUvarint([]byte{rejected}, uint64(result.Rejected))
	text := result.Message()
	inner = append(binary.AppendUvarint(append(inner, message), uint64(len(text))), text...)
	return append(binary.AppendUvarint([]byte{partial}, uint64(len(inner))), inner...)
}
