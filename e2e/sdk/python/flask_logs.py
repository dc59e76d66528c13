"""A web service that logs every request once it is handled, as tutorials do it.
All that says where the lines go is in the environment."""

import logging
import sys
from time import strftime

import watchtower
from flask import Flask, request

LOGGER = logging.getLogger(__name__)
LOGGER.setLevel(logging.DEBUG)
LOGGER.addHandler(logging.StreamHandler(sys.stderr))
LOGGER.addHandler(watchtower.CloudWatchLogHandler(log_group_name="cruddur"))
LOGGER.info("starting")

app = Flask(__name__)


@app.after_request
def after_request(response):
    timestamp = strftime("[%Y-%b-%d %H:%M]")
    LOGGER.error("%s %s %s %s %s %s", timestamp, request.remote_addr, request.method, request.scheme, request.full_path, response.status)
    return response


@app.route("/api/activities/<handle>")
def activities(handle):
    LOGGER.info({"message": "home feed", "user": {"handle": handle}, "took_ms": 12})
    return {"handle": handle}


@app.route("/api/broken")
def broken():
    return "broken", 500


client = app.test_client()
client.get("/api/activities/andrew?full=1")
client.get("/api/broken")
client.post("/api/nowhere")
