// Logs through winston-cloudwatch, which makes its group and stream by itself.
const winston = require("winston");
const WinstonCloudWatch = require("winston-cloudwatch");

const transport = new WinstonCloudWatch({
  logGroupName: "/js/winston", logStreamName: "web", awsRegion: process.env.AWS_REGION, retentionInDays: 7, uploadRate: 200, jsonMessage: true,
  awsOptions: { endpoint: process.env.AWS_ENDPOINT_URL }, errorHandler: (e) => { console.error(e); process.exit(1); },
});
const log = winston.createLogger({ level: "info", transports: [transport] });
for (let i = 0; i < 20; i++) log.info("request", { n: i, user: { handle: "andrew" } });
log.error(new Error("it broke"));
setTimeout(() => transport.kthxbye((e) => { if (e) throw e; process.exit(0); }), 500);
