"""A web service instrumented for X-Ray as tutorials do it: the middleware, patched
clients, a decorated function. Where the daemon is says the environment alone."""

import json
import sqlite3
import sys
import time

import requests
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask

mode = sys.argv[1]
xray_recorder.configure(service="backend-flask", dynamic_naming="http://localhost:3000", sampling=mode == "rules")
patch(["requests", "sqlite3"])
app = Flask(__name__)
XRayMiddleware(app, xray_recorder)


@xray_recorder.capture("home activities")
def activities(handle):
    subsegment = xray_recorder.current_subsegment()
    subsegment.put_annotation("handle", handle)
    subsegment.put_annotation("count", 3)
    subsegment.put_annotation("cached", False)
    subsegment.put_metadata("feed", {"posts": [1, 2], "ratio": float("nan")}, "cruddur")
    with sqlite3.connect(":memory:") as db:
        db.execute("SELECT 1")
    return [handle] * 3


@app.route("/api/activities/<handle>")
def home(handle):
    return json.dumps(activities(handle))


@app.route("/api/broken")
def broken():
    with xray_recorder.in_subsegment("reading"):
        raise KeyError("no such message")


@app.route("/api/call/<path:url>")
def call(url):
    return requests.get("http://" + url).text


@app.route("/quiet")
@app.route("/loud")
def nothing():
    return ""


def post(path, **headers):
    try:
        return client.get(path, headers=headers)
    except KeyError:
        return None


client = app.test_client()
if mode == "once":
    post("/api/activities/andrew?full=1", **{"X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", "User-Agent": "curl/8"})
    post("/api/broken")
    post("/api/call/" + sys.argv[2])
    xray_recorder.begin_segment("backend-flask", traceid="1-5759e988-000000000000000000000001")
    with xray_recorder.in_subsegment("many"):
        for i in range(40):
            with xray_recorder.in_subsegment(f"step {i}"):
                pass
    xray_recorder.end_segment()
else:
    post("/quiet")  # the first request starts to ask for rules
    deadline = time.time() + 30
    while not xray_recorder.sampler._cache.rules:  # it does so in the background
        if time.time() > deadline:
            sys.exit("no rules came")
        time.sleep(0.05)
    for _ in range(30):
        post("/quiet")
        post("/loud")
    while time.time() < deadline and not any(r.reservoir.quota for r in xray_recorder.sampler._cache.rules):
        time.sleep(0.1)  # it reports every ten seconds
    print({r.name: r.reservoir.quota for r in xray_recorder.sampler._cache.rules})
