// OpenTelemetry with X-Ray's ids, header and remote sampler.
import { context, propagation, trace, ROOT_CONTEXT } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { AWSXRayIdGenerator } from '@opentelemetry/id-generator-aws-xray';
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray';
import { AWSXRayRemoteSampler } from '@opentelemetry/sampler-aws-xray';

const resource = resourceFromAttributes({ 'service.name': 'otel-web' });
const sampler = new AWSXRayRemoteSampler({ endpoint: process.env.SAMPLING_ENDPOINT, pollingInterval: 10, resource });
new NodeTracerProvider({
  resource,
  sampler,
  idGenerator: new AWSXRayIdGenerator(),
  spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())],
}).register({ propagator: new AWSXRayPropagator() });
const tracer = trace.getTracer('otel-web');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const request = (path, parent = ROOT_CONTEXT) => {
  const span = tracer.startSpan(`GET ${path}`, { kind: 1, attributes: { 'http.request.method': 'GET', 'url.path': path, 'http.method': 'GET', 'http.target': path } }, parent);
  const carrier = {};
  propagation.inject(trace.setSpan(parent, span), carrier);
  span.end();
  return carrier['X-Amzn-Trace-Id'] ?? carrier['x-amzn-trace-id'];
};
// A caller's header is followed, whatever the rules say.
const parent = propagation.extract(ROOT_CONTEXT, { 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1' });
console.log(context.with(parent, () => request('/quiet', parent)));
// The test ends the program once the rules are obeyed.
for (;;) {
  request('/quiet');
  request('/loud');
  await pause(20);
}
