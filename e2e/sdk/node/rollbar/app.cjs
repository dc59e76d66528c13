// Reports errors with Rollbar's SDK in Node as a service does.
const Rollbar = require("rollbar");

const rollbar = new Rollbar({
  accessToken: process.env.ROLLBAR_TOKEN,
  endpoint: process.env.ROLLBAR_ENDPOINT,
  environment: "production",
  codeVersion: "3.1.4",
  captureUncaught: false,
  payload: { person: { id: 9, username: "bo" } },
});

function checkout(cart) {
  return cart.items.length;
}

async function main() {
  rollbar.captureEvent({ message: "cart opened" }, "info");
  const done = [];
  const send = (f) => done.push(new Promise((resolve) => f((err) => resolve(err ? String(err) : "ok"))));
  try {
    checkout({});
  } catch (err) {
    const request = {
      method: "POST", url: "/checkout?token=abc", protocol: "https", headers: { host: "shop.example", "x-honeycomb-trace": "1;trace_id=4bf92f3577b34da6a3ce929d0e0e4736,parent_id=00f067aa0ba902b7" },
      body: { password: "hunter2", coupon: "x" },
    };
    send((cb) => rollbar.error(err, request, { queue: "mail" }, cb));
  }
  send((cb) => rollbar.warning("stock is low", { item: "hat" }, cb));
  const outer = new Error("checkout failed", { cause: new RangeError("too many items") });
  send((cb) => rollbar.critical(outer, cb));
  console.log(JSON.stringify(await Promise.all(done)));
}

main();
