"""Cruddur's backend as the four vendors' tutorials write it, all in one app: spans by
OpenTelemetry, lines by watchtower, exceptions by pyrollbar, segments by X-Ray's
middleware. Where each goes says the environment."""

import logging
import os

import rollbar
import rollbar.contrib.flask
import watchtower
from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask, got_request_exception, request
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# Honeycomb
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("home.activities")
LoggingInstrumentor().instrument()

# X-Ray
xray_recorder.configure(service="backend-flask", sampling=False)

# CloudWatch Logs
LOGGER = logging.getLogger(__name__)
LOGGER.setLevel(logging.DEBUG)
handler = watchtower.CloudWatchLogHandler(log_group_name="cruddur")
handler.setFormatter(logging.Formatter("%(levelname)s [trace_id=%(otelTraceID)s span_id=%(otelSpanID)s] %(message)s"))
LOGGER.addHandler(handler)

app = Flask(__name__)
FlaskInstrumentor().instrument_app(app)
XRayMiddleware(app, xray_recorder)

# Rollbar
with app.app_context():
    rollbar.init(
        os.environ["ROLLBAR_ACCESS_TOKEN"],
        "production",
        root=os.path.dirname(os.path.realpath(__file__)),
        endpoint=os.environ["ROLLBAR_ENDPOINT"],
        allow_logging_basic_config=False,
        handler="blocking",
    )
    got_request_exception.connect(rollbar.contrib.flask.report_exception, app)


@app.after_request
def after_request(response):
    LOGGER.info("%s %s %s %s %s", request.remote_addr, request.method, request.scheme, request.full_path, response.status)
    return response


@app.route("/api/activities/home")
def home():
    with tracer.start_as_current_span("home-activities") as span, xray_recorder.in_subsegment("mock data") as subsegment:
        span.set_attribute("app.result_length", 3)
        subsegment.put_annotation("results", 3)
        LOGGER.info("home feed of three")
    return ["one", "two", "three"]


@app.route("/api/messages/<handle>")
def messages(handle):
    return {"andrew": "hello"}[handle]


client = app.test_client()
for path, root in (("/api/activities/home?page=1", "5759e988bd862e3fe1be46a994272793"), ("/api/messages/bayko", "5759e988bd862e3fe1be46a994272794")):
    client.get(
        path,
        headers={
            "traceparent": f"00-{root}-53995c3f42cd8ad8-01",
            "X-Amzn-Trace-Id": f"Root=1-{root[:8]}-{root[8:]};Parent=53995c3f42cd8ad8;Sampled=1",
        },
    )
rollbar.wait()
provider.shutdown()
handler.close()
