// Makes traces and sends them as OTLP/JSON, as any SDK would.

const hex = (n, width) => n.toString(16).padStart(width, '0');
const attribute = (key, v) => ({
  key,
  value: typeof v === 'number' ? (Number.isInteger(v) ? { intValue: String(v) } : { doubleValue: v }) : typeof v === 'boolean' ? { boolValue: v } : { stringValue: v },
});
const attributes = (o = {}) => Object.entries(o).map(([k, v]) => attribute(k, v));

/** Collects spans of one trace; start and length in milliseconds after the trace's own. */
export class TraceMaker {
  constructor(id, startMs) {
    this.id = id;
    this.start = BigInt(Math.round(startMs)) * 1_000_000n;
    this.spans = [];
    this.next = 1;
  }

  span(service, name, at, length, { parent, kind = 1, fields, error, events = [], links = [] } = {}) {
    const id = this.id.slice(0, 8) + hex(this.next++, 8);
    const ns = (ms) => String(this.start + BigInt(Math.round(ms * 1e6)));
    this.spans.push({
      service,
      span: {
        traceId: this.id, spanId: id, parentSpanId: parent ?? '', name, kind,
        startTimeUnixNano: ns(at), endTimeUnixNano: ns(at + length), attributes: attributes(fields),
        status: error ? { code: 2, message: error } : {},
        events: events.map((e) => ({ timeUnixNano: ns(e.at), name: e.name, attributes: attributes(e.fields) })),
        links: links.map((l) => ({ traceId: l.trace, spanId: l.span, attributes: attributes(l.fields) })),
      },
    });
    return id;
  }

  body() {
    const services = new Map();
    for (const s of this.spans) services.set(s.service, [...(services.get(s.service) ?? []), s.span]);
    return {
      resourceSpans: [...services].map(([name, spans]) => ({
        resource: { attributes: attributes({ 'service.name': name, 'service.version': '1.4.2', 'host.name': `${name}-1` }) },
        scopeSpans: [{ scope: { name: 'seed', version: '1.0.0' }, spans }],
      })),
    };
  }
}

export async function send(server, ...traces) {
  for (const t of traces) {
    const r = await fetch(`${server}/v1/traces`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'x-honeycomb-team': 'any-key-works' }, body: JSON.stringify(t.body()),
    });
    if (!r.ok) throw new Error(`the server answered ${r.status}: ${await r.text()}`);
  }
}

/** Sends events as libhoney does: { time, data }. */
export async function sendEvents(server, dataset, events) {
  for (let i = 0; i < events.length; i += 5_000) {
    const r = await fetch(`${server}/1/batch/${encodeURIComponent(dataset)}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Honeycomb-Team': 'any-key-works' }, body: JSON.stringify(events.slice(i, i + 5_000)),
    });
    if (!r.ok) throw new Error(`the server answered ${r.status}: ${await r.text()}`);
  }
}

/** Sends log lines as OTLP/JSON: { at (ms), text, level, trace, span, fields }. */
export async function sendLogs(server, service, lines) {
  const body = {
    resourceLogs: [{
      resource: { attributes: attributes({ 'service.name': service }) },
      scopeLogs: [{
        scope: { name: 'seed' },
        logRecords: lines.map((l) => ({
          timeUnixNano: String(BigInt(Math.round(l.at * 1e3)) * 1000n), severityText: l.level ?? 'INFO', body: { stringValue: l.text },
          traceId: l.trace ?? '', spanId: l.span ?? '', attributes: attributes(l.fields),
        })),
      }],
    }],
  };
  const r = await fetch(`${server}/v1/logs`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'x-honeycomb-team': 'any-key-works' }, body: JSON.stringify(body) });
  if (!r.ok) throw new Error(`the server answered ${r.status}: ${await r.text()}`);
}

/** A shop's request with an N+1 query, an error with a stack, a link and a span whose parent never came. */
export function shopTrace(id, startMs, { slow = 1, fail = false } = {}) {
  const t = new TraceMaker(id, startMs);
  const route = { 'http.route': '/api/cart', 'http.request.method': 'GET', 'url.path': '/api/cart', 'http.response.status_code': fail ? 500 : 200, 'user.id': 'u-42' };
  const root = t.span('frontend', 'GET /api/cart', 0, 420 * slow, { kind: 2, fields: route, error: fail ? 'cart failed' : undefined });
  const cart = t.span('cart', 'Cart.Get', 12 * slow, 380 * slow, { parent: root, kind: 2, error: fail ? 'cart failed' : undefined, events: [{ at: 14 * slow, name: 'cache miss', fields: { 'cache.key': 'cart:42' } }] });
  for (let i = 0; i < 24; i++) {
    t.span('database', 'SELECT products', (20 + i * 9) * slow, 7 * slow, { parent: cart, kind: 3, fields: { 'db.system': 'postgresql', 'db.statement': 'SELECT * FROM products WHERE id = $1', 'db.rows': 1, row: i } });
  }
  const price = t.span('pricing', 'Pricing.Quote', 245 * slow, 130 * slow, { parent: cart, kind: 2, links: [{ trace: 'f'.repeat(32), span: 'e'.repeat(16) }] });
  t.span('pricing', 'exchange rates', 250 * slow, 60 * slow, {
    parent: price, kind: 3,
    ...(fail && {
      error: 'connection refused',
      events: [{ at: 300 * slow, name: 'exception', fields: { 'exception.type': 'ConnectionError', 'exception.message': 'connection refused', 'exception.stacktrace': 'at rates.get (rates.py:14)\nat quote (quote.py:81)' } }],
    }),
  });
  t.span('pricing', 'round', 320 * slow, 8 * slow, { parent: price });
  if (fail) t.span('audit', 'write audit log', 390 * slow, 20 * slow, { parent: 'dead00000000beef' });
  return t;
}

/** A trace with very many spans, as a batch job makes. */
export function wideTrace(id, startMs, spans) {
  const t = new TraceMaker(id, startMs);
  const root = t.span('batch', 'nightly import', 0, 60_000, { kind: 2 });
  let parent = root;
  const kinds = ['read chunk', 'parse', 'validate', 'store', 'index'];
  for (let i = 1; i < spans; i++) {
    const at = (i / spans) * 58_000;
    if (i % 40 === 1) parent = t.span(['batch', 'worker', 'store', 'search'][Math.floor(i / 40) % 4], `chunk ${Math.floor(i / 40) % 97}`, at, 1400, { parent: root });
    else t.span(['worker', 'store', 'search'][i % 3], kinds[i % 5], at, 2 + ((i * 7919) % 997) / 3, { parent, error: i % 487 === 0 ? 'bad row' : undefined });
  }
  return t;
}

export const traceId = (n) => hex(n, 8).repeat(4);

/** What the tests and a first look need: one hour with a hundred requests. */
export async function seedHour(server, now = Date.now()) {
  const traces = [];
  for (let i = 0; i < 100; i++) {
    const slow = 0.3 + ((i * 37) % 23) / 9 + (i % 20 === 0 ? 6 : 0);
    traces.push(shopTrace(traceId(0x1000 + i), now - 3_300_000 + i * 32_000, { slow, fail: i % 9 === 4 }));
  }
  await send(server, ...traces);
}
