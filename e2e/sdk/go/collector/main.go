// Collector sends what OpenTelemetry sends to X-Ray: the collector's exporter with
// translated documents over the signed API, and the spans of AWS's exporter in the
// daemon's datagrams, with X-Ray's ids and header.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/aws-observability/aws-otel-go/exporters/xrayudp"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/awsxrayexporter"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/contrib/propagators/aws/xray"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	modes := map[string]func(context.Context, string) error{"exporter": exporter, "udp": udp}
	if err := modes[os.Args[1]](context.Background(), os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// exporter hands a request through two services to the collector's exporter.
func exporter(ctx context.Context, endpoint string) (err error) {
	factory := awsxrayexporter.NewFactory()
	config := factory.CreateDefaultConfig().(*awsxrayexporter.Config)
	config.Endpoint, config.Region, config.LocalMode = endpoint, os.Getenv("AWS_REGION"), true
	config.IndexedAttributes = []string{"cart.id"}
	e, err := factory.CreateTraces(ctx, exportertest.NewNopSettings(), config)
	if err != nil {
		return err
	}
	if err := e.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Shutdown(ctx)) }()
	r := newRequest(ctx)
	fmt.Println(pcommon.TraceID(r.trace))
	return e.ConsumeTraces(ctx, r.spans())
}

// request are the ids of a request's spans, as X-Ray's generator makes them.
type request struct {
	trace                                        trace.TraceID
	cart, stockCall, stock, table, sql, producer trace.SpanID
}

func newRequest(ctx context.Context) *request {
	ids, r := xray.NewIDGenerator(), &request{}
	r.trace, r.cart = ids.NewIDs(ctx)
	for _, id := range []*trace.SpanID{&r.stockCall, &r.stock, &r.table, &r.sql, &r.producer} {
		*id = ids.NewSpanID(ctx, r.trace)
	}
	return r
}

func (r *request) spans() ptrace.Traces {
	out := ptrace.NewTraces()
	shop, stock := scope(out, "checkout"), scope(out, "stock")
	cart := r.span(shop, r.cart, trace.SpanID{}, ptrace.SpanKindServer, "GET /cart", map[string]any{
		"http.method": "GET", "http.scheme": "http", "http.host": "shop.example", "http.target": "/cart?id=9", "http.status_code": 500,
		"enduser.id": "andrew", "cart.id": 9, "tenant": "acme",
	})
	cart.Status().SetCode(ptrace.StatusCodeError)
	exception := cart.Events().AppendEmpty()
	exception.SetName("exception")
	exception.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	must(exception.Attributes().FromRaw(map[string]any{"exception.type": "OutOfStock", "exception.message": "no tea left"}))
	link := cart.Links().AppendEmpty()
	link.SetTraceID([16]byte{0x57, 0x59, 0xe9, 0x88, 15: 1})
	link.SetSpanID([8]byte{7: 1})
	r.span(shop, r.stockCall, r.cart, ptrace.SpanKindClient, "GET /stock", map[string]any{
		"http.method": "GET", "http.url": "http://stock.example/stock", "http.status_code": 429,
	})
	r.span(stock, r.stock, r.stockCall, ptrace.SpanKindServer, "GET /stock", map[string]any{
		"http.method": "GET", "http.scheme": "http", "http.host": "stock.example", "http.target": "/stock", "http.status_code": 429,
	})
	r.span(shop, r.table, r.cart, ptrace.SpanKindClient, "DynamoDB.GetItem", map[string]any{
		"rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem", "aws.service": "DynamoDB", "aws.table_name": "carts", "aws.region": "eu-central-1",
	})
	r.span(shop, r.sql, r.cart, ptrace.SpanKindClient, "SELECT orders", map[string]any{
		"db.system": "postgresql", "db.name": "orders", "db.connection_string": "postgres://db.example:5432", "db.statement": "SELECT * FROM orders WHERE id = $1",
	})
	r.span(shop, r.producer, r.cart, ptrace.SpanKindProducer, "orders publish", map[string]any{
		"messaging.system": "kafka", "messaging.destination.name": "orders", "peer.service": "kafka",
	})
	return out
}

func scope(out ptrace.Traces, service string) ptrace.ScopeSpans {
	of := out.ResourceSpans().AppendEmpty()
	of.Resource().Attributes().PutStr("service.name", service)
	return of.ScopeSpans().AppendEmpty()
}

func (r *request) span(in ptrace.ScopeSpans, id, parent trace.SpanID, kind ptrace.SpanKind, name string, attributes map[string]any) ptrace.Span {
	s := in.Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID(r.trace))
	s.SetSpanID(pcommon.SpanID(id))
	s.SetParentSpanID(pcommon.SpanID(parent))
	s.SetKind(kind)
	s.SetName(name)
	end := time.Now()
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(end.Add(-250 * time.Millisecond)))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	must(s.Attributes().FromRaw(attributes))
	return s
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// udp traces a request that came with X-Ray's header and sends another on.
func udp(ctx context.Context, endpoint string) (err error) {
	e, err := xrayudp.NewSpanExporter(ctx, xrayudp.WithEndpoint(endpoint))
	if err != nil {
		return err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(e), sdktrace.WithIDGenerator(xray.NewIDGenerator()),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "lambda-ish"))),
	)
	defer func() { err = errors.Join(err, provider.Shutdown(ctx)) }()
	tracer, header := provider.Tracer("collector"), xray.Propagator{}
	came := propagation.HeaderCarrier(http.Header{})
	came.Set("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	for _, from := range []context.Context{header.Extract(ctx, came), ctx} {
		in, server := tracer.Start(from, "handle", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("handle", "andrew")))
		out, client := tracer.Start(in, "GET", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.String("server.address", "media.example")))
		sent := propagation.HeaderCarrier(http.Header{})
		header.Inject(out, sent)
		fmt.Println(sent.Get("X-Amzn-Trace-Id"))
		client.End()
		server.End()
	}
	return nil
}
