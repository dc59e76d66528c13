"""Cruddur's backend as the four vendors' tutorials write it, all in one app: spans by
OpenTelemetry, lines by watchtower, exceptions by pyrollbar, segments by X-Ray's
middleware. Where each goes says the environment. Several clients ask it at once, and
what they asked and were answered is told on standard output, a line of JSON each."""

import http.client
import json
import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests
import rollbar
import rollbar.contrib.flask
import watchtower
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask, got_request_exception, request
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from werkzeug.serving import make_server

# Honeycomb
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("home.activities")
LoggingInstrumentor().instrument()
RequestsInstrumentor().instrument()

# X-Ray
xray_recorder.configure(service="backend-flask", sampling=False)
patch(["requests"])

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


@app.route("/api/activities/search/<term>")
def search(term):
    with tracer.start_as_current_span("search-activities") as span, xray_recorder.in_subsegment("scan") as subsegment:
        span.set_attribute("app.term", term)
        subsegment.put_annotation("term", term)
        time.sleep(0.3)  # it looks at every one
        LOGGER.warning("search for %s looked at every activity", term)
    return []


@app.route("/api/messages/<handle>")
def messages(handle):
    return {"andrew": "hello"}[handle]


@app.route("/api/activities", methods=["POST"])
def create():
    message = request.get_json()["message"]
    verdict = requests.post(request.host_url + "api/moderation", json={"message": message}, timeout=5)
    if verdict.status_code != 200:
        LOGGER.error("moderation answered %d", verdict.status_code)
        return {"error": "not now"}, 502
    return {"message": message}, 201


@app.route("/api/moderation", methods=["POST"])
def moderation():
    message = request.get_json()["message"]
    if not message:
        raise ValueError("there is nothing to moderate")
    LOGGER.info("moderated %d characters", len(message))
    return {"ok": True}


server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
VISITS = [
    ("GET", "/api/activities/home?page=1", None),
    ("GET", "/api/messages/andrew", None),
    ("POST", "/api/activities", {"message": "hello"}),
    ("GET", "/api/activities/search/tea", None),
    ("GET", "/api/messages/bayko", None),
    ("POST", "/api/activities", {"message": ""}),
    ("GET", "/api/nowhere", None),
    ("GET", "/api/activities/home?page=2", None),
]


def visit(number):
    method, path, message = VISITS[number % len(VISITS)]
    trace_id = f"5759e988bd862e3fe1be46a9942{number:05x}"
    headers = {
        "Content-Type": "application/json",
        "traceparent": f"00-{trace_id}-53995c3f42cd8ad8-01",
        "X-Amzn-Trace-Id": f"Root=1-{trace_id[:8]}-{trace_id[8:]};Parent=53995c3f42cd8ad8;Sampled=1",
    }
    visitor = http.client.HTTPConnection("127.0.0.1", server.server_port)
    visitor.request(method, path, body=json.dumps(message) if message else None, headers=headers)
    answer = visitor.getresponse()
    answer.read()
    visitor.close()
    return {"trace": trace_id, "method": method, "path": path, "status": answer.status}


with ThreadPoolExecutor(8) as visitors:
    for told in visitors.map(visit, range(5 * len(VISITS))):
        print(json.dumps(told))
server.shutdown()
rollbar.wait()
provider.shutdown()
handler.close()
