"""Sends events with Honeycomb's client and prints what it was answered."""

import datetime
import json
import os

import libhoney

client = libhoney.Client(
    writekey=os.environ["HONEYCOMB_API_KEY"], dataset="libhoney python", api_host=os.environ["HONEYCOMB_API_ENDPOINT"],
    send_frequency=0.05, block_on_send=True, block_on_response=True,
)
client.add_field("service", "python")


def pid_known():
    return os.getpid() > 0


client.add_dynamic_field(pid_known)


def send(name, fields, at=None, rate=1):
    event = client.new_event()
    event.add({"id": name, **fields})
    event.metadata = name
    event.created_at = at or event.created_at
    event.sample_rate = rate
    event.send_presampled()


at = datetime.datetime.fromtimestamp(int(os.environ["AT_US"]) / 1e6, datetime.timezone.utc)
send("first", {
    "text": "héllo 日本 🚀", "int": 42, "big": 2**53 + 1, "float": 2.5, "yes": True, "nothing": None, "list": [1, "a"], "map": {"deep": {"er": 1}}, "at": at,
}, at=at)
send("naive", {"int": -7}, at=at.replace(tzinfo=None), rate=9)
send("zoned", {"int": 0, "ratio": float("nan"), "list": [1, float("-inf")]}, at=at.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30))))
send("third", {f"field.{i}": i for i in range(2100)})
client.close()

answers = {}
responses = client.responses()
while (r := responses.get()) is not None:
    answers[r["metadata"]] = [r["status_code"], r["error"]]
print(json.dumps(answers, default=str))
