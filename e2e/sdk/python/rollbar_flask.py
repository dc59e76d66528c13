"""A Flask app that reports its exceptions as Rollbar's documentation shows."""

import os

import rollbar
import rollbar.contrib.flask
from flask import Flask, got_request_exception, request


class CruddurRequest(Flask.request_class):
    @property
    def rollbar_person(self):
        return {"id": "42", "username": "andrew", "email": "andrew@example.com"}


app = Flask(__name__)
app.request_class = CruddurRequest

with app.app_context():
    rollbar.init(
        os.environ["ROLLBAR_TOKEN"],
        "production",
        root=os.path.dirname(os.path.realpath(__file__)),
        endpoint=os.environ["ROLLBAR_ENDPOINT"],
        allow_logging_basic_config=False,
        handler="blocking",
        code_version="1.2.3",
    )
    got_request_exception.connect(rollbar.contrib.flask.report_exception, app)


def price(cart, coupon):
    password = "hunter2"  # noqa: F841
    return cart[coupon]


@app.route("/cart/<name>")
def cart(name):
    try:
        return str(price({"shirt": 12}, name))
    except KeyError as e:
        raise ValueError("no such item: " + name) from e


client = app.test_client()
client.get("/cart/hat?color=red", headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Authorization": "Bearer abc"})
rollbar.report_message("the cache is cold", "warning", extra_data={"shard": 3})
try:
    raise TypeError("caught")
except TypeError:
    rollbar.report_exc_info(extra_data={"queue": "mail"}, payload_data={"fingerprint": "own"})
rollbar.wait()
