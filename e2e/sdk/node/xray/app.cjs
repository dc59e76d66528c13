// An express app instrumented with AWS's X-Ray SDK for Node as its documentation shows.
// Where the daemon is says the environment alone.
const http = require('node:http');
const AWSXRay = require('aws-xray-sdk-core');
const xrayExpress = require('aws-xray-sdk-express');
const express = require('express');

const mode = process.argv[2];
if (mode === 'once') AWSXRay.middleware.setSamplingRules({ version: 2, default: { fixed_target: 1000, rate: 1 }, rules: [] });
AWSXRay.captureHTTPsGlobal(http, true);
const app = express();
app.use(xrayExpress.openSegment('web'));
app.get('/messages', (req, res) => {
  AWSXRay.captureAsyncFunc('read messages', (subsegment) => {
    subsegment.addAnnotation('user', 'andrew');
    subsegment.addMetadata('page', { from: 0, to: 20 });
    const sql = new AWSXRay.database.SqlData('16.1', '8.11', 'me', 'postgresql://db/cruddur', 'statement');
    sql.sanitized_query = 'SELECT 1';
    subsegment.addSqlData(sql);
    http.get(`http://127.0.0.1:${server.address().port}/failing`, (answer) => {
      answer.resume();
      answer.on('end', () => {
        subsegment.close(new TypeError('no such message'));
        res.status(429).send('later');
      });
    });
  });
});
app.get('/failing', (req, res) => res.status(500).send('no'));
app.get(['/quiet', '/loud'], (req, res) => res.send(''));
app.use(xrayExpress.closeSegment());

const plain = (path) =>
  new Promise((done, failed) => {
    const socket = require('node:net').connect(server.address().port, '127.0.0.1');
    socket.on('error', failed);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    socket.resume();
    socket.on('close', done);
  });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const server = app.listen(0, '127.0.0.1', async () => {
  if (mode === 'once') {
    await plain('/messages?page=1');
    await pause(300); // the SDK sends when it likes, and has no flush
    process.exit(0);
  }
  // Rules come in the background; the test ends the program once they are obeyed.
  for (;;) {
    await plain('/quiet');
    await plain('/loud');
    await pause(20);
  }
});
