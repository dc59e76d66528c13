"""Calls CloudWatch Logs through boto3: writes, reads page by page, follows.
Prints what it saw as JSON."""

import json
import time

import boto3
from botocore.config import Config

logs = boto3.client("logs", config=Config(inject_host_prefix=False))
group, stream, seen = "/py/boto3", "web", {}
logs.create_log_group(logGroupName=group, tags={"team": "shop"})
logs.create_log_stream(logGroupName=group, logStreamName=stream)
arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["logGroupArn"]

following = iter(logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="line")["responseStream"])
seen["start"] = next(following)["sessionStart"]["logEventFilterPattern"]
now = int(time.time() * 1000)
answer = logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
    {"timestamp": now - 15 * 24 * 3600 * 1000, "message": "too old"},
    *({"timestamp": now - 1000 + i, "message": f"line {i}"} for i in range(5)),
    {"timestamp": now + 3 * 3600 * 1000, "message": "too new"},
])
seen["rejected"] = answer["rejectedLogEventsInfo"]
seen["live"] = []
while len(seen["live"]) < 5:
    seen["live"] += [line["message"] for line in next(following)["sessionUpdate"]["sessionResults"]]

pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
seen["found"] = [e["message"] for page in pages for e in page["events"]]
first = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=3, startFromHead=True)
rest = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=3, startFromHead=True, nextToken=first["nextForwardToken"])
end = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, nextToken=rest["nextForwardToken"])
seen["pages"] = [[e["message"] for e in page["events"]] for page in (first, rest, end)]
seen["end"] = end["nextForwardToken"] == rest["nextForwardToken"]
try:
    logs.put_log_events(logGroupName=group, logStreamName="none", logEvents=[{"timestamp": now, "message": "x"}])
except logs.exceptions.ResourceNotFoundException as e:
    seen["error"] = e.response["Error"]["Message"]
seen["account"] = boto3.client("sts").get_caller_identity()["Account"] == arn.split(":")[4]
print(json.dumps(seen))
