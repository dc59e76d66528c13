// Sends three events with the vendor's client and prints what it was answered.
const Libhoney = require("libhoney");

const answers = [];
const client = new Libhoney({
  writeKey: process.env.HONEYCOMB_API_KEY,
  dataset: "libhoney node",
  apiHost: process.env.HONEYCOMB_API_ENDPOINT,
  batchTimeTrigger: 20,
  responseCallback: (responses) => answers.push(...responses.map((r) => [r.metadata, r.status_code])),
});
client.addField("service", "node");
client.addDynamicField("pid_known", () => process.pid > 0);

const send = (id, fields, change) => {
  const event = client.newEvent();
  event.add({ id, ...fields });
  event.metadata = id;
  change?.(event);
  event.sendPresampled();
};
send("first", { text: "héllo 日本 🚀", int: 42, float: 2.5, yes: true, list: [1, "a"], map: { deep: { er: 1 } } }, (e) => {
  e.timestamp = new Date(Number(process.env.AT_MS));
});
send("second", { int: -7 }, (e) => {
  e.sampleRate = 9;
});
send("third", Object.fromEntries(Array.from({ length: 2100 }, (_, i) => ["field." + i, i])));
client.flush().then(() => console.log(JSON.stringify(answers)));
