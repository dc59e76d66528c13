"""Logs through watchtower with all of its options. Where to, and as whom, comes
from the environment alone. Ends without a flush of its own: what the handlers
hold is sent when the interpreter shuts logging down."""

import datetime
import decimal
import logging
import sys

import boto3
import watchtower


def logger(name, formatter=None, **options):
    handler = watchtower.CloudWatchLogHandler(**options)
    if formatter:
        handler.setFormatter(formatter)
    log = logging.getLogger(name)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(handler)
    return log


def serialize(value):
    return f"<{type(value).__name__} {value}>"


# Nothing but defaults: a queue, a group called watchtower, a stream called after
# machine, program, logger and process.
logger("defaults").info("hello from %s", "the defaults")

# Each message a call of its own.
direct = logger("direct", log_group_name="/shop/direct", log_stream_name="direct", use_queues=False)
for i in range(3):
    direct.info("direct %d", i)

# A new group with tags and retention, and many small batches.
api = logger(
    "api", log_group_name="/shop/api", log_stream_name="{logger_name}/{strftime:%Y}", log_group_tags={"team": "shop", "env": "prod"},
    log_group_retention_days=14, send_interval=1, max_batch_count=10,
)
for i in range(95):
    api.warning("request %d took %d ms", i, i * 7)

# Dicts become JSON; what JSON has no form for goes through a function.
at = datetime.datetime(2026, 1, 15, 10, 0, tzinfo=datetime.timezone.utc)
orders = logger("orders", log_group_name="/shop/api", log_stream_name="orders")
orders.info({"event": "order", "total": 12.5, "items": [1, 2], "user": {"handle": "andrew"}, "at": at})
own = logger("own", log_group_name="/shop/api", log_stream_name="own", json_serialize_default=serialize)
own.info({"event": "order", "price": decimal.Decimal("9.99")})

# Attributes of the record beside the message.
attributes = watchtower.CloudWatchLogFormatter(add_log_record_attrs=["levelname", "name", "lineno"])
records = logger("records", attributes, log_group_name="/shop/api", log_stream_name="records")
records.error("no such item")
records.warning({"code": 7})
try:
    raise KeyError("id")
except KeyError:
    records.exception("it failed")

# Long messages: cut at watchtower's own limit, or whole where it is raised.
logger("cut", log_group_name="/shop/long", log_stream_name="cut").info("c" * 300_000)
logger("whole", log_group_name="/shop/long", log_stream_name="whole", max_message_size=1_000_000, max_batch_size=1_048_576).info("w" * 900_000)

# Text of all kinds; the empty message is left out by watchtower itself.
text = logger("text", logging.Formatter("%(levelname)s %(message)s"), log_group_name="/shop/text", log_stream_name="text")
text.info("héllo wörld 日本 🚀")
text.info("two\nlines\tand a tab, \"quotes\" and \\")
text.info("\x00\x1b[31mcontrol\x7f")
logger("empty", log_group_name="/shop/text", log_stream_name="empty").info("")

# A group and a stream that somebody else has made.
logs = boto3.client("logs")
logs.create_log_group(logGroupName="/shop/made")
logs.create_log_stream(logGroupName="/shop/made", logStreamName="made")
logger("made", log_group_name="/shop/made", log_stream_name="made", create_log_group=False, create_log_stream=False, boto3_client=logs).info("made before")

print(sys.argv[0], "done")
