// Logs through a transport of pino's, which runs in a thread of its own.
const pino = require("pino");

const log = pino({ base: { service: "shop" } }, pino.transport({
  target: "@serdnam/pino-cloudwatch-transport",
  options: { logGroupName: "/js/pino", logStreamName: "web", awsRegion: process.env.AWS_REGION, interval: 100 },
}));
log.info({ order: { id: 7, total: 12.5 } }, "ordered");
log.error(new Error("it broke"));
log.flush();
setTimeout(() => {}, 1500); // the thread sends
