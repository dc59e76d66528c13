// What the page tells of itself: spans over OTLP, as JSON, and errors with rollbar.js.
// Each thing a person does is one trace: it begins here, goes on in the backend by the
// header traceparent, and an error on the way carries its id.

const service = 'cruddur-web';
const waitingMost = 200; // spans that could not be sent yet
const sendAfter = 500; // ms, so that spans travel together

let config = {};
let waiting = [];
let timer = 0;
let current = null; // the action that errors outside of any are counted to
let session = '';

/** begins to report as config.json says. */
export async function start(c) {
  config = c;
  session = hex(8);
  addEventListener('pagehide', () => send(true));
  if (!c.errors) return;
  await new Promise((done, failed) => {
    const script = Object.assign(document.createElement('script'), { src: '/vendor/rollbar.js', onload: done, onerror: failed });
    document.head.append(script);
  });
  window.Rollbar = new window.rollbar({
    accessToken: c.errors.key,
    endpoint: c.errors.url,
    captureUncaught: true,
    captureUnhandledRejections: true,
    payload: { environment: c.environment, client: { javascript: { code_version: c.version } } },
    transform: (payload) => {
      payload.custom = { service, ...(current && ids(current)), ...payload.custom };
    },
  });
}

/** says whose errors these are. */
export function person(handle) {
  window.Rollbar?.configure({ payload: { person: { id: handle, username: handle } } });
}

/** does what a person asked for, as a span that begins a trace. It does not throw: an
 *  error is reported, and what() gets to show it. */
export async function act(name, work, what) {
  const span = begin(name, null, 1);
  current = span;
  try {
    await work(span);
  } catch (e) {
    span.error = e.message;
    window.Rollbar?.error(e, ids(span));
    what(e);
  }
  end(span);
  return span;
}

/** asks the backend, within an action, and returns the answer, good or bad. */
export async function ask(action, method, path, user, body) {
  const span = begin(`${method} ${path.split('?')[0]}`, action, 3);
  Object.assign(span.attributes, { 'http.request.method': method, 'url.full': location.origin + path, 'server.address': location.hostname });
  try {
    const response = await fetch(path, {
      method,
      body: body && JSON.stringify(body),
      headers: { traceparent: `00-${span.trace}-${span.id}-01`, 'X-Cruddur-User': user, ...(body && { 'Content-Type': 'application/json' }) },
    });
    span.attributes['http.response.status_code'] = response.status;
    if (!response.ok) span.error = response.statusText || String(response.status);
    const json = response.headers.get('Content-Type')?.startsWith('application/json');
    return json ? await response.json() : { error: await response.text() };
  } catch (e) {
    span.error = e.message;
    throw e;
  } finally {
    end(span);
  }
}

function begin(name, parent, kind) {
  // X-Ray wants the second in which a trace began at the front of its id.
  const trace = parent?.trace ?? Math.floor(Date.now() / 1000).toString(16).padStart(8, '0') + hex(12);
  return { name, kind, trace, id: hex(8), parent: parent?.id, began: now(), attributes: { 'session.id': session, 'url.path': location.pathname } };
}

function end(span) {
  span.ended = now();
  if (!config.spans) return;
  waiting.push(span);
  waiting = waiting.slice(-waitingMost);
  clearTimeout(timer);
  timer = setTimeout(send, sendAfter);
}

/** sends what waits; what does not arrive waits for the next time. */
async function send(leaving = false) {
  if (!config.spans || waiting.length === 0) return;
  const spans = waiting;
  waiting = [];
  const resource = { 'service.name': service, 'service.version': config.version, 'deployment.environment.name': config.environment, 'user_agent.original': navigator.userAgent };
  try {
    const response = await fetch(config.spans.url, {
      method: 'POST',
      keepalive: leaving === true,
      headers: { 'Content-Type': 'application/json', 'x-honeycomb-team': config.spans.key },
      body: JSON.stringify({ resourceSpans: [{ resource: { attributes: pairs(resource) }, scopeSpans: [{ scope: { name: 'cruddur-web' }, spans: spans.map(encode) }] }] }),
    });
    if (response.status === 429 || response.status >= 500) throw new Error(response.statusText);
  } catch {
    waiting = [...spans, ...waiting].slice(-waitingMost);
  }
}

function encode(s) {
  return {
    traceId: s.trace,
    spanId: s.id,
    parentSpanId: s.parent ?? '',
    name: s.name,
    kind: s.kind,
    startTimeUnixNano: s.began,
    endTimeUnixNano: s.ended,
    attributes: pairs(s.attributes),
    status: s.error === undefined ? {} : { code: 2, message: s.error },
  };
}

function pairs(values) {
  return Object.entries(values).map(([key, v]) => ({ key, value: typeof v === 'number' ? { intValue: v } : { stringValue: v } }));
}

const ids = (span) => ({ trace_id: span.trace, span_id: span.id });
const now = () => `${Math.round((performance.timeOrigin + performance.now()) * 1000)}000`; // ns, as text
const hex = (n) => Array.from(crypto.getRandomValues(new Uint8Array(n)), (b) => b.toString(16).padStart(2, '0')).join('');
