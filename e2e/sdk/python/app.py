"""The Flask app of common tutorials: all of its settings are OTEL_ variables.

It answers two requests to itself, one of which fails, and then ends.
"""
import threading

import requests
from flask import Flask
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from werkzeug.serving import make_server

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer(__name__)

app = Flask(__name__)
FlaskInstrumentor().instrument_app(app)
RequestsInstrumentor().instrument()


@app.route("/api/activities/<handle>")
def activities(handle):
    with tracer.start_as_current_span("home-activities") as span:
        span.set_attribute("app.user", handle)
        span.set_attribute("app.count", 3)
        span.set_attribute("app.ratio", 0.5)
        span.set_attribute("app.ok", True)
        span.set_attribute("app.tags", ["a", "b"])
        span.add_event("cache miss", {"cache.key": "home"})
    return {"handle": handle}


@app.route("/api/broken")
def broken():
    raise KeyError("id")


server = make_server("127.0.0.1", 0, app)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
requests.get(f"{base}/api/activities/andrew", timeout=10)
requests.get(f"{base}/api/broken", timeout=10)
server.shutdown()
provider.shutdown()
