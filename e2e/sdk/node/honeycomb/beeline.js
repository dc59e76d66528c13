// A server instrumented with the vendor's Beeline, called once.
const beeline = require("honeycomb-beeline")({
  writeKey: process.env.HONEYCOMB_API_KEY,
  apiHost: process.env.HONEYCOMB_API_ENDPOINT,
  serviceName: "beeline-node",
});
const http = require("http");

const server = http.createServer((req, res) => {
  const trace = beeline.startTrace({ name: "GET /messages", "request.path": req.url });
  beeline.addContext({ count: 3, ratio: 0.25, cached: false });
  beeline.addTraceContext({ user: "andrew" });
  const span = beeline.startSpan({ name: "query", "db.statement": "SELECT 1" });
  setTimeout(() => {
    beeline.finishSpan(span);
    beeline.finishTrace(trace);
    res.end("hello");
  }, 5);
});
server.listen(0, () => {
  http.get({ port: server.address().port, path: "/messages?full=1" }, (res) => {
    res.resume().on("end", () => {
      server.close();
      beeline.flush().then(() => process.exit(0));
    });
  });
});
