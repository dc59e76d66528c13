// Cruddur in the browser: four pages of one document. All text of others is set as
// text, never as HTML.
import { act, ask, person, start } from './telemetry.js';

const longest = 280;
const at = (id) => document.getElementById(id);
let me = '';
let card; // of the person last looked at

/** makes an element; strings among its children are text. */
function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children);
  return e;
}

/** does something by name, and shows which trace it was. */
async function doing(name, work) {
  const span = await act(name, work, (e) => {
    console.error(e);
    at('what').textContent = `“${name}” went wrong: ${e.message}`;
  });
  if (span.error === undefined) at('what').textContent = name;
  at('what').className = span.error === undefined ? '' : 'wrong';
  at('trace').textContent = span.trace;
  at('copy').hidden = false;
}

const get = (span, path) => ask(span, 'GET', path, me);
const post = (span, path, body) => ask(span, 'POST', path, me, body ?? {});

function face(handle) {
  const e = el('span', { class: 'face', 'aria-hidden': 'true' }, handle[0].toUpperCase());
  let hash = 0;
  for (const c of handle) hash = (hash * 31 + c.charCodeAt(0)) % 360;
  e.style.setProperty('--face', `hsl(${hash} 55% 38%)`);
  return e;
}

function ago(seconds) {
  const s = Math.max(0, Date.now() / 1000 - seconds);
  for (const [unit, size] of [['d', 86_400], ['h', 3600], ['min', 60]]) {
    if (s >= size) return `${Math.floor(s / size)} ${unit} ago`;
  }
  return 'just now';
}

function showPost(p) {
  const note = el('span', { class: 'quiet', role: 'status' });
  const answer = el('form', { class: 'row', hidden: true, onsubmit: (e) => {
    e.preventDefault();
    void doing('Reply', async (span) => {
      const made = await post(span, `/api/activities/${p.uuid}/reply`, { message: answer.elements.text.value });
      note.textContent = made.error ?? 'replied';
      answer.hidden = made.error === undefined;
    });
  } }, el('input', { name: 'text', 'aria-label': `Reply to ${p.handle}`, placeholder: `Reply to ${p.handle}`, required: true, maxlength: longest }), el('button', { class: 'main' }, 'Send'));
  const liked = el('button', { class: 'plain', type: 'button', onclick: () => doing('Like', async (span) => {
    const made = await post(span, `/api/activities/${p.uuid}/like`);
    if (made.liked) liked.textContent = `♥ ${p.likes + 1}`;
    else note.textContent = made.error;
  }) }, `♡ ${p.likes}`);
  liked.setAttribute('aria-label', `Like the post of ${p.handle}, ${p.likes} so far`);
  return el('article', { class: 'post' }, face(p.handle),
    el('div', {}, el('button', { class: 'plain name', type: 'button', onclick: () => look(p.handle) }, p.display_name || p.handle), el('span', { class: 'quiet' }, ` @${p.handle} · ${ago(p.created_at)}`)),
    el('p', {}, p.message),
    el('div', { class: 'row' }, liked, el('button', { class: 'plain', type: 'button', onclick: () => { answer.hidden = !answer.hidden; answer.elements.text.focus(); } }, `Reply${p.replies ? ` (${p.replies})` : ''}`), note),
    answer);
}

/** shows a person beside the page. It takes for granted that the backend knows them. */
function look(handle) {
  return doing('Look at a person', async (span) => {
    const someone = await get(span, `/api/users/${handle}/short`);
    const [first] = someone.display_name.split(' ');
    card = el('div', {}, el('h2', {}, someone.display_name), el('p', { class: 'quiet' }, `@${someone.handle}`), el('a', { href: `#messages/${handle}` }, `Write to ${first}`));
    at('card').replaceChildren(card);
    at('card').hidden = false;
  });
}

function compose() {
  const left = el('span', { class: 'quiet' }, String(longest));
  const note = el('span', { class: 'wrong', role: 'status' });
  const text = el('textarea', { 'aria-label': 'What happens?', placeholder: 'What happens?', maxlength: longest, oninput: () => { left.textContent = String(longest - text.value.length); } });
  return el('form', { class: 'card', onsubmit: (e) => {
    e.preventDefault();
    void doing('Post', async (span) => {
      const made = await post(span, '/api/activities', { message: text.value });
      note.textContent = made.error ?? '';
      if (made.error) return;
      text.value = '';
      left.textContent = String(longest);
      at('feed').prepend(showPost({ ...made, likes: 0 }));
    });
  } }, text, el('div', { class: 'row' }, left, note, el('button', { class: 'main' }, 'Post')));
}

const failed = (answer) => el('p', { class: 'card wrong' }, answer.error);
const list = (posts, none) => Array.isArray(posts) ? (posts.length ? posts.map(showPost) : [el('p', { class: 'card quiet' }, none)]) : [failed(posts)];

const pages = {
  async home(span) {
    const feed = el('section', { id: 'feed', 'aria-label': 'Feed' }, ...list(await get(span, '/api/activities/home'), 'Those whom you follow are silent.'));
    return [compose(), feed];
  },
  async notifications(span) {
    const told = await get(span, '/api/activities/notifications');
    if (!Array.isArray(told)) return [failed(told)];
    const words = { like: 'likes your post', reply: 'replied to you', message: 'wrote to you' };
    return told.length === 0 ? [el('p', { class: 'card quiet' }, 'Nothing yet.')] : told.map((n) => el('article', { class: 'post' }, face(n.actor),
      el('div', {}, el('b', {}, n.actor), ` ${words[n.kind] ?? n.kind} `, el('span', { class: 'quiet' }, ago(n.created_at))), el('p', {}, n.message ?? '')));
  },
  async messages(span, who) {
    const people = [...at('me').options].map((o) => o.value).filter((h) => h !== me);
    const other = who || people[0];
    const choice = el('select', { 'aria-label': 'With whom', onchange: () => { location.hash = `messages/${choice.value}`; } }, ...people.map((h) => el('option', { value: h, selected: h === other }, h)));
    const said = await get(span, `/api/messages/${other}`);
    const show = (m) => el('article', { class: m.sender === me ? 'post talk mine' : 'post talk' }, el('p', {}, m.message), el('span', { class: 'quiet' }, `${m.sender}, ${ago(m.created_at)}`));
    const talk = el('section', { 'aria-label': `Messages with ${other}` }, ...(!Array.isArray(said) ? [failed(said)] : said.length ? said.toReversed().map(show) : [el('p', { class: 'quiet' }, `You and ${other} have not talked yet.`)]));
    const form = el('form', { class: 'card row', onsubmit: (e) => {
      e.preventDefault();
      void doing('Send a message', async (s) => {
        const made = await post(s, '/api/messages', { to: other, message: form.elements.text.value });
        talk.append(made.error ? failed(made) : show(made));
        if (!made.error) form.reset();
      });
    } }, el('input', { name: 'text', 'aria-label': `Message to ${other}`, placeholder: 'Write something', required: true }), el('button', { class: 'main' }, 'Send'));
    return [el('div', { class: 'card row' }, el('b', {}, 'Messages with'), choice, el('button', { type: 'button', onclick: () => look(other) }, 'Who is that?')), talk, form];
  },
  search(_, term) {
    const found = el('section', { 'aria-label': 'Found' });
    const form = el('form', { class: 'card row', role: 'search', onsubmit: (e) => {
      e.preventDefault();
      void doing('Search', async (span) => {
        const posts = await get(span, `/api/activities/search?term=${encodeURIComponent(form.elements.term.value)}`);
        found.replaceChildren(el('p', { class: 'quiet' }, `${posts.length ?? 0} posts`), ...list(Array.isArray(posts) ? posts.slice(0, 50).map((p) => ({ ...p, display_name: '' })) : posts, 'Nobody wrote of that.'));
      });
    } }, el('input', { name: 'term', type: 'search', 'aria-label': 'Search for', placeholder: 'Coffee, owls, jazz …', value: term ?? '', required: true }), el('button', { class: 'main' }, 'Search'));
    return [form, found];
  },
};

function open() {
  const [name, rest] = location.hash.slice(1).split('/');
  const page = pages[name] ? name : 'home';
  for (const a of document.querySelectorAll('nav a')) {
    if (a.hash === `#${page}`) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
  return doing(`Open ${page}`, async (span) => { at('page').replaceChildren(...await pages[page](span, rest && decodeURIComponent(rest))); });
}

const config = await (await fetch('/config.json')).json();
await start(config).catch(() => {}); // a page without its reporter is still a page
at('off').hidden = Boolean(config.spans ?? config.errors);
at('me').append(...config.people.map((h) => el('option', { value: h }, h)));
me = sessionStorage.getItem('me') ?? config.people[0];
at('me').value = me;
person(me);
at('me').addEventListener('change', () => {
  me = at('me').value;
  sessionStorage.setItem('me', me);
  person(me);
  void open();
});
at('copy').addEventListener('click', () => navigator.clipboard?.writeText(at('trace').textContent));
addEventListener('hashchange', open);
void open();
