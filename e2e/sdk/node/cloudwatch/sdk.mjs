// The JavaScript SDK: writes, reads page by page, follows, asks. Prints what it
// saw as JSON.
import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, GetQueryResultsCommand, PutLogEventsCommand,
  StartLiveTailCommand, StartQueryCommand, paginateDescribeLogGroups, paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";

const client = new CloudWatchLogsClient({ disableHostPrefix: true });
const logGroupName = "/js/sdk", logStreamName = "web", seen = {};
await client.send(new CreateLogGroupCommand({ logGroupName }));
await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
const put = (client, ...messages) =>
  client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: messages.map((message) => ({ message, timestamp: Date.now() })) }));

seen.groups = [];
for await (const page of paginateDescribeLogGroups({ client }, {})) seen.groups.push(...page.logGroups.map((g) => g.logGroupName));
const [{ logGroupArn }] = (await paginateDescribeLogGroups({ client }, { logGroupNamePrefix: logGroupName }).next()).value.logGroups;

const live = await client.send(new StartLiveTailCommand({ logGroupIdentifiers: [logGroupArn], logStreamNames: [logStreamName] }));
const events = live.responseStream[Symbol.asyncIterator]();
seen.start = (await events.next()).value.sessionStart.logStreamNames;
await put(client, "INFO one", '{"level":"error","ms":7}', "héllo 🚀");
seen.live = [];
while (seen.live.length < 3) {
  const { sessionUpdate } = (await events.next()).value;
  seen.live.push(...sessionUpdate.sessionResults.map((line) => line.message));
}
await events.return?.();

// A clock that is an hour slow: the SDK learns the time from the refusal.
const slow = new CloudWatchLogsClient({ systemClockOffset: -3600e3 });
await put(slow, "INFO from the past");

seen.found = [];
for await (const page of paginateFilterLogEvents({ client, pageSize: 2 }, { logGroupName })) seen.found.push(...page.events.map((e) => e.message));

const now = Math.floor(Date.now() / 1000);
const { queryId } = await client.send(new StartQueryCommand({
  logGroupName, startTime: now - 60, endTime: now + 60, queryString: "filter level = 'error' | stats max(ms) as worst",
}));
do {
  seen.query = await client.send(new GetQueryResultsCommand({ queryId }));
} while (seen.query.status === "Running" || seen.query.status === "Scheduled");
seen.query = [seen.query.status, seen.query.results];

try {
  await client.send(new CreateLogGroupCommand({ logGroupName }));
} catch (e) {
  seen.error = [e.name, e.message, e.$metadata.httpStatusCode, typeof e.$metadata.requestId];
}
console.log(JSON.stringify(seen));
process.exit(0);
