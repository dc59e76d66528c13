// A Node service's spans through the SDK, set up by OTEL_ variables alone but
// for the exporter, which the first argument names.
const { trace, SpanStatusCode, SpanKind } = require('@opentelemetry/api');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${process.argv[2]}`);
const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter() });
sdk.start();

const tracer = trace.getTracer('node-app', '1.0');
tracer.startActiveSpan('GET /messages', { kind: SpanKind.SERVER, attributes: { 'http.route': '/messages', 'app.count': 7, 'app.ratio': 1.25 } }, (parent) => {
  tracer.startActiveSpan('query', { kind: SpanKind.CLIENT }, (child) => {
    child.recordException(new TypeError('no such table'));
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'no such table' });
    child.end();
  });
  parent.end();
});
sdk.shutdown();
