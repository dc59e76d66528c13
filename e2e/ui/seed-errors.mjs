// Reports errors as Rollbar's SDK for Python does.

/** The data of a payload: an exception in a function of the app, called by a library, with all that an SDK sends. */
export function report({ class: name = 'KeyError', message = "'user'", at = 'home', person = 1, environment = 'production', version = '1.4.2', trace = '', ...more } = {}) {
  const now = Date.now();
  return {
    environment, level: 'error', language: 'python 3.11.7', framework: 'flask', platform: 'linux', code_version: version, timestamp: Math.floor(now / 1000), context: at,
    uuid: crypto.randomUUID(),
    server: { host: `web-${person % 2}`, root: '/srv/app' },
    person: { id: String(person), username: `ada${person}`, email: `ada${person}@example.com` },
    request: {
      url: 'https://shop.example/cart?page=2', method: 'POST', user_ip: '10.0.0.7', POST: { item: '3', password: 'secret' },
      headers: { Accept: 'application/json', ...(trace && { traceparent: `00-${trace}-${trace.slice(0, 16)}-01` }) },
    },
    custom: { feature: 'feed' },
    notifier: { name: 'pyrollbar', version: '1.3.0' },
    body: {
      telemetry: [
        { level: 'info', type: 'log', source: 'server', timestamp_ms: now - 9000, body: { message: 'cart opened' } },
        { level: 'error', type: 'network', source: 'server', timestamp_ms: now - 2000, body: { method: 'GET', url: 'http://stock/items', status_code: 503 } },
      ],
      trace: {
        exception: { class: name, message },
        frames: [
          { filename: '/usr/lib/python3/site-packages/flask/app.py', lineno: 10, method: 'wsgi_app' },
          { filename: '/usr/lib/python3/site-packages/flask/app.py', lineno: 11, method: 'dispatch_request' },
          {
            filename: `/srv/app/${at}.py`, lineno: 24, method: at, code: '    return load(session["user"], limit)', argspec: ['limit'],
            context: { pre: ['def home(limit):', '    # expired sessions have no user'], post: [''] },
            locals: { limit: 20, session: { cart: { items: [1, 2, 3] } }, html: '<img src=x onerror=window.hacked=1>' },
          },
        ],
      },
    },
    ...more,
  };
}

export async function sendErrors(server, list) {
  for (const data of list) {
    const r = await fetch(`${server}/api/1/item/`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Rollbar-Access-Token': 'any-key-works' }, body: JSON.stringify({ data }),
    });
    if (r.status !== 200) throw new Error(`the server answered ${r.status}: ${await r.text()}`);
  }
}

/** Three items in production and one in staging; the first of them three times, for two people. */
export async function seedErrors(server) {
  await sendErrors(server, [
    report(), report({ person: 2, version: '1.4.3' }), report({ person: 2 }),
    report({ class: 'TimeoutError', message: 'the stock did not answer', at: 'stock' }),
    report({ class: '<script>alert(1)</script>', message: 'a title from outside', at: 'evil' }),
    report({ class: 'ValueError', message: 'bad number', at: 'price', environment: 'staging' }),
  ]);
}
