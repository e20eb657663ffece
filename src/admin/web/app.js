// The dashboard: asks this member for /status and /history, follows /events, and shows them.
// It never judges: every sentence and every figure comes from the member; what is older than
// STALE_MS is said to be stale. No innerHTML: names and reasons are texts of strangers.

import { overview } from './groups.js';

const POLL_MS = 2000; // also without events, which only tell of this member
const BUSY_MS = 500; // while nobody is verified active, or an order is on its way
const STALE_MS = 6000;
const ALL_MS = 5000; // for many groups, whose document is long
const ALL_SOON_MS = 1000; // the same after an event, of which a thousand groups can have many
const ALL_STALE_MS = 15000;
const TIMEOUT_MS = 4000;
const HISTORY_MS = 15000;
const ORDER_MS = 60000; // after this a switchover is no longer waited for
const PRODUCERS = 24; // of a round; the delegate proposes once in it
const TOKEN = 'iotex-elector-token';

const $ = (id) => document.getElementById(id);
const chosen = () => new URLSearchParams(location.hash.slice(1)).get('group');
const group = chosen(); // null: the only one, or all of them
const about = (path) => (group === null ? path : `${path}?group=${encodeURIComponent(group)}`);
const page = {
  status: null, // the last document
  at: 0, // when it came, by performance.now()
  heard: null, // the same as a Date
  streaming: false,
  lost: false,
  order: null, // {to, at}: a switchover that was accepted
  changes: [], // the history, newest first
  history: '', // what the shown history belongs to
  historyAt: -Infinity,
  askedAt: -Infinity,
};
const many = () => Boolean(page.status && page.status.groups);

// ---------------------------------------------------------------- small things

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const announce = (words) => text($('announce'), words);
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, '\u202f');

function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/// An element with texts and elements in it.
function make(tag, className, ...content) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...content);
  return node;
}

function span(ms) {
  if (ms === null || ms === undefined) return 'not known';
  const s = Math.floor(ms / 1000);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

function clock(date) {
  const today = new Date().toDateString() === date.toDateString();
  const time = date.toLocaleTimeString([], { hour12: false });
  return today ? time : `${date.toLocaleDateString()} ${time}`;
}

/// Keeps one child for each item, so that focus and a reader's place are not lost.
function keyed(list, items, keyOf, create, update) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const key = keyOf(item);
    const node = old.get(key) ?? create(item);
    node.dataset.key = key;
    update(node, item);
    return node;
  });
  if (!same(nodes.map((n) => n.dataset.key), [...list.children].map((n) => n.dataset.key))) {
    const focused = document.activeElement;
    list.replaceChildren(...nodes);
    if (focused && list.contains(focused)) focused.focus();
  }
}

// ---------------------------------------------------------------- who signs

function toneOf(status) {
  if (page.lost) return 'unknown';
  if (status.exit_code === 0) return status.pause ? 'warn' : 'good';
  return status.exit_code === 4 ? 'bad' : 'warn';
}

const MARKS = { good: '✓', warn: '!', bad: '✕', unknown: '?' };

function showVerdict(status) {
  const tone = toneOf(status);
  document.body.dataset.tone = tone;
  text($('mark'), MARKS[tone]);
  text($('verdict'), page.lost ? `Last known: ${status.verdict}` : status.verdict);
  const active = status.verified_active;
  document.title = `${MARKS[tone]} ${active.length ? active.join(' and ') : 'nobody active'} · iotex-elector`;
  text($('key'), group === null ? status.key : `${group} (${status.key})`);
  text($('by'), status.local ? status.local.member : 'this host');
}

function showSince(status, waited) {
  const parts = [];
  for (const m of status.members) {
    if (!status.verified_active.includes(m.name) || m.node.age_ms === null) continue;
    parts.push(`verified ${span(m.node.age_ms + waited)} ago`);
  }
  const h = status.holder;
  const last = page.changes[0];
  const since = h && (h.since ?? (last && last.to === h.member ? last.at : null));
  if (since) parts.push(`${h.member} ${h.state === 'active' ? 'holds' : h.state} since ${clock(new Date(since))}, term ${h.term}`);
  text($('since'), parts.join(' · '));
}

function showHolding(status) {
  const left = status.local ? status.local.holding_remaining_ms : null;
  const whole = status.budget ? status.budget.hold_ms : null;
  const fill = $('holding-fill');
  const known = left !== null && left !== undefined && whole;
  fill.style.transition = 'none';
  fill.style.transform = `scaleX(${known ? Math.min(1, left / whole) : 0})`;
  $('holding').hidden = !known;
  if (!known) return;
  $('holding').setAttribute('aria-valuemax', String(whole / 1000));
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  fill.getBoundingClientRect(); // the browser takes the start before it is told of the end
  fill.style.transition = `transform ${left}ms linear`;
  fill.style.transform = 'scaleX(0)';
}

function tickHolding(status, waited) {
  const local = status.local;
  if (page.lost) {
    text($('holding-text'), 'not known');
  } else if (local && local.holding_remaining_ms !== null && status.budget) {
    const left = Math.max(0, local.holding_remaining_ms - waited);
    $('holding').setAttribute('aria-valuenow', (left / 1000).toFixed(1));
    $('holding').setAttribute('aria-valuetext', `at least ${span(left)} left`);
    text($('holding-text'), `at least ${span(left)} of ${span(status.budget.hold_ms)}; confirmed anew every ${span(status.budget.renew_ms)}`);
  } else if (status.holder && status.holder.state === 'active') {
    text($('holding-text'), `known to ${status.holder.member} alone; open its own dashboard to watch it`);
  } else {
    text($('holding-text'), 'nobody holds the lead');
  }
}

// ---------------------------------------------------------------- what needs attention

function alarmsOf(status) {
  const all = [];
  const add = (tone, words) => all.push({ tone, words });
  if (status.exit_code === 4) add('bad', status.verdict);
  if (!status.read) add('bad', 'This member cannot read etcd: what is shown of the others is old.');
  for (const name of status.local ? status.local.alarms : []) add('bad', `${name}: docs/operations.md says what to do.`);
  if (status.local && status.local.would) add('warn', `${status.local.member} only observes, and touches nothing. In mode control it would ${status.local.would}.`);
  const h = status.holder;
  if (h && h.state === 'unfenced') add('bad', `The node of ${h.member} could not be confirmed standby: nobody takes over until it is.`);
  for (const f of h && h.foreign ? h.foreign : []) add('bad', `An older elector or etcdctl has led: ${f.name} (${f.key}).`);
  for (const q of status.queue) if (q.foreign) add('warn', `A foreign key is in the queue: ${q.name} (${q.key}).`);
  const p = status.pause;
  if (p) add('warn', `Paused by ${p.who || 'somebody'}: ${p.why}. ${p.expires_in_ms === null ? 'It lasts until Resume.' : `It ends by itself within ${Math.ceil(p.expires_in_ms / 60000)} min.`}`);
  const o = status.switchover;
  if (o && o.current) add('warn', `A switchover to ${o.to || 'whoever is next'} is ordered by ${o.who}.`);
  for (const m of status.members) if (m.node.stale) add('warn', `${m.name}: its node's status is stale (${m.node.stale_because}).`);
  return all;
}

function showAlarms(status) {
  const alarms = alarmsOf(status);
  $('alarms-part').hidden = alarms.length === 0;
  keyed($('alarms'), alarms, (a) => a.words, () => make('li', ''), (node, a) => {
    node.className = `strip ${a.tone}`;
    text(node, a.words);
  });
}

// ---------------------------------------------------------------- members

const NODE_MARKS = { active: '●', standby: '○', unknown: '?' };

function makeMember(m) {
  const node = make('p', 'node', make('span', 'glyph'), make('span', 'word'), make('span', 'age quiet'));
  node.firstChild.setAttribute('aria-hidden', 'true');
  const figures = ['Tip', 'Lag', 'Queue', 'Priority', 'Version']
    .map((name) => make('div', '', make('dt', '', name), make('dd', name.toLowerCase())));
  const button = make('button', '', 'Hand over to ', make('span', 'unseen', m.name), make('span', 'it', 'it'), ' …');
  button.type = 'button';
  button.lastElementChild.setAttribute('aria-hidden', 'true');
  button.addEventListener('click', () => askSwitchover(m.name));
  return make('li', 'panel member', make('div', 'head', make('h3', '', m.name), make('span', 'role')), node,
    make('dl', 'figures', ...figures), make('ul', 'blocked'), button);
}

function updateMember(card, m) {
  const part = (name) => card.querySelector(`.${name}`);
  const stale = page.lost || m.node.stale;
  card.dataset.node = stale ? 'stale' : m.node.activity;
  text(part('role'), m.role);
  text(part('glyph'), stale ? '?' : NODE_MARKS[m.node.activity]);
  text(part('word'), stale ? `last seen ${m.node.activity}` : m.node.activity);
  text(part('tip'), m.tip === null ? 'not known' : grouped(m.tip));
  text(part('lag'), m.lag_blocks === 0 ? 'none' : `▲ ${m.lag_blocks} block${m.lag_blocks === 1 ? '' : 's'}`);
  part('lag').classList.toggle('late', m.lag_blocks > 0);
  text(part('queue'), m.queue_place ? `${m.queue_place}${m.queue_place === 1 ? ' (head)' : ''}` : 'not queued');
  text(part('priority'), String(m.priority));
  text(part('version'), m.version || 'not known');
  const leads = m.role === 'holder';
  keyed(part('blocked'), leads ? [] : m.blocked_by, (b) => b.code, () => make('li', ''), (node, b) => {
    text(node, b.sentence);
    node.title = b.what_would_change_it;
  });
  card.querySelector('button').disabled = page.lost || leads || !m.eligible || m.queue_place === 0 || Boolean(page.order);
}

function showQueue(queue) {
  $('queue-none').hidden = queue.length > 0;
  keyed($('queue'), queue, (q) => q.key, () => make('li', ''),
    (node, q) => text(node, q.foreign ? `${q.name} (foreign)` : q.name));
}

function showBudget(b) {
  const rows = b ? [
    ['Profile', b.profile],
    ['Planned hand-over', `${span(b.handover_ms)} as a rule`],
    ['… at most', span(b.handover_at_most_ms)],
    ['Node process gone', `within ${span(b.node_gone_ms)}`],
    ['Host lost', `within ${span(b.host_lost_ms)}`],
    ['etcd outage survived', span(b.etcd_outage_survived_ms)],
  ] : [];
  keyed($('budget'), rows, (r) => r[0], (r) => make('div', '', make('dt', '', r[0]), make('dd', '')),
    (row, r) => text(row.lastChild, r[1]));
}

// ---------------------------------------------------------------- time line

function makeChange(c) {
  const when = make('time', 'when', c.at ? clock(new Date(c.at)) : 'time not known');
  if (c.at) when.dateTime = c.at;
  const bar = make('div', 'phases', make('span', 'standby'), make('span', 'marker'));
  bar.setAttribute('aria-hidden', 'true');
  const p = c.phases;
  const spans = p.standby_ms + p.marker_ms > 0
    ? `standby after ${span(p.standby_ms)}, marker after ${span(p.marker_ms)} more` : 'phases not recorded';
  return make('li', '', when, make('p', 'who', `${c.from || 'nobody'} → ${c.to || 'nobody yet'}`),
    make('p', 'why', c.sentence + (c.actor ? ` Ordered by ${c.actor}.` : '')), bar,
    make('p', 'quiet', `${spans}${c.held_ms > 0 ? `; held for ${span(c.held_ms)}` : ''}`));
}

function showHistory(changes) {
  const shown = changes.slice(0, 8);
  const longest = Math.max(1, ...shown.map((c) => c.phases.standby_ms + c.phases.marker_ms));
  $('line-none').hidden = shown.length > 0;
  keyed($('line'), shown, (c) => JSON.stringify(c), makeChange, (row, c) => {
    row.querySelector('.standby').style.flexBasis = `${(100 * c.phases.standby_ms) / longest}%`;
    row.querySelector('.marker').style.flexBasis = `${(100 * c.phases.marker_ms) / longest}%`;
  });
}

// ---------------------------------------------------------------- changes, for who listens

function tellChanges(before, now) {
  if (!before) return;
  if (!same(before.verified_active, now.verified_active) || before.exit_code !== now.exit_code)
    announce(now.verdict);
  else if (Boolean(before.pause) !== Boolean(now.pause))
    announce(now.pause ? 'The election is paused.' : 'The election goes on.');
}

function followOrder(status) {
  const order = page.order;
  if (!order) return;
  const took = performance.now() - order.at;
  if (same(status.verified_active, [order.to]) && status.holder && status.holder.member === order.to) {
    text($('order'), `Done: ${order.to} is verified active, ${span(took)} after the order.`);
    page.order = null;
  } else if (took > ORDER_MS) {
    text($('order'), `The switchover to ${order.to} has not happened within ${span(ORDER_MS)}: see the last hand-overs.`);
    page.order = null;
  } else {
    text($('order'), `Handing over to ${order.to} …`);
  }
}

// ---------------------------------------------------------------- the whole page

function showAll(status) {
  showLink();
  const trouble = groups.show(status, page.lost);
  const tone = toneOf(status);
  document.body.dataset.tone = tone;
  text($('mark'), MARKS[tone]);
  const verdict = groups.verdict(status);
  text($('verdict'), page.lost ? `Last known: ${verdict}` : verdict);
  text($('since'), trouble ? `${trouble} of ${status.groups.length} groups need a look; they come first.` : '');
  text($('key'), `${status.groups.length} groups`);
  text($('by'), status.member);
  document.title = `${MARKS[tone]} ${status.groups.length} groups, ${trouble} to look at · iotex-elector`;
}

function show(status) {
  const before = page.status;
  page.status = status;
  page.at = performance.now();
  page.heard = new Date();
  document.body.dataset.view = many() ? 'all' : 'one';
  const skip = document.querySelector('.skip');
  skip.href = many() ? '#groups-title' : '#members-title';
  text(skip, many() ? 'Skip to the groups' : 'Skip to the members');
  if (many()) {
    showAll(status);
    if (before && groups.verdict(before) !== groups.verdict(status)) announce(groups.verdict(status));
    return;
  }
  followOrder(status);
  showLink();
  showVerdict(status);
  showHolding(status);
  showAlarms(status);
  keyed($('members'), status.members, (m) => m.name, makeMember, updateMember);
  showQueue(status.queue);
  showBudget(status.budget);
  text($('paused'), status.pause ? `Paused by ${status.pause.who || 'somebody'}: ${status.pause.why}` : 'The election is not paused.');
  tick();
  tellChanges(before, status);
}

function tick() {
  const status = page.status;
  if (!status) return;
  const waited = performance.now() - page.at;
  if (!page.lost && waited > STALE_MS) showLink();
  if (many()) return;
  showSince(status, waited);
  tickHolding(status, waited);
  for (const card of $('members').children) {
    const m = status.members.find((one) => one.name === card.dataset.key);
    if (m) text(card.querySelector('.age'), m.node.age_ms === null ? '' : `verified ${span(m.node.age_ms + waited)} ago`);
  }
}

function showLink() {
  const quiet = page.heard ? performance.now() - page.at : performance.now();
  const lost = quiet > (many() ? ALL_STALE_MS : STALE_MS);
  const state = lost ? 'lost' : !page.heard ? 'starting' : page.streaming ? 'live' : 'polling';
  document.body.dataset.link = state;
  const words = { lost: 'no connection', starting: 'connecting', live: 'live', polling: `no events; asking every ${(many() ? ALL_MS : POLL_MS) / 1000} s` };
  text($('link'), words[state]);
  if (lost !== page.lost) {
    page.lost = lost;
    $('lost').hidden = !lost;
    text($('lost'), lost ? `No connection ${page.heard ? `since ${clock(page.heard)}, values are stale` : 'to this member'}. The election goes on without this page; it tries again by itself.` : '');
    if (!lost) announce('Connected again.');
    if (many()) {
      showAll(page.status);
    } else if (page.status) {
      showVerdict(page.status);
      keyed($('members'), page.status.members, (m) => m.name, makeMember, updateMember);
    }
  }
  $('pause').disabled = lost || !page.status;
  $('resume').disabled = lost || !page.status || !page.status.pause;
}

// ---------------------------------------------------------------- asking

async function get(path) {
  const answer = await fetch(about(path), { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.status === 404 && group !== null) location.hash = ''; // it has gone from the file
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
  return answer.json();
}

async function refreshHistory(status) {
  const holder = JSON.stringify([status.holder && [status.holder.term, status.holder.state], status.verified_active]);
  if (holder === page.history && performance.now() - page.historyAt < HISTORY_MS) return;
  page.changes = (await get('history')).changes;
  showHistory(page.changes);
  page.history = holder;
  page.historyAt = performance.now();
}

let timer = 0;
let asking = false;
let again = false;

async function refresh() {
  clearTimeout(timer);
  const rest = many() ? ALL_SOON_MS - (performance.now() - page.askedAt) : 0;
  if (rest > 0 && !asking) {
    timer = setTimeout(refresh, rest);
    return;
  }
  again = asking;
  if (asking) return;
  asking = true;
  page.askedAt = performance.now();
  try {
    const status = await get('status');
    show(status);
    if (!many()) await refreshHistory(status);
  } catch {
    showLink();
  }
  asking = false;
  const busy = page.status && !page.lost && (page.status.exit_code !== 0 || page.order);
  timer = setTimeout(refresh, again ? 100 : many() ? ALL_MS : busy ? BUSY_MS : POLL_MS);
  again = false;
}

function news(tone, words) {
  const list = $('news');
  list.prepend(make('li', tone, make('time', 'when', clock(new Date())), make('span', '', words)));
  while (list.children.length > 12) list.lastChild.remove();
  $('news-none').hidden = true;
  refresh();
}

function follow() {
  const stream = new EventSource(about('events'));
  const live = (on) => {
    page.streaming = on;
    showLink();
  };
  const on = (name, tone, words) => stream.addEventListener(name, (e) => {
    const data = JSON.parse(e.data);
    news(tone, `${data.group && group === null ? `${data.group}: ` : ''}${words(data)}`);
  });
  stream.addEventListener('open', () => {
    live(true);
    refresh();
  });
  stream.addEventListener('status', () => many() || refresh());
  on('role_change', 'plain', (d) => `${d.from} → ${d.to}: ${d.why}`);
  on('node_change', 'plain', (d) => `Its node: ${d.from} → ${d.to}`);
  on('notice', 'warn', (d) => `${d.name}: ${d.why}${d.detail ? ` (${d.detail})` : ''}`);
  on('alarm', 'bad', (d) => `Alarm, ${d.name}: ${d.why}${d.detail ? ` (${d.detail})` : ''}`);
  stream.addEventListener('error', () => {
    live(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, POLL_MS); // refused: the browser gave up
    refresh();
  });
}

// ---------------------------------------------------------------- orders

async function order(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const token = $('token').value;
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(about(path), { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(2 * TIMEOUT_MS) });
  } catch {
    return 'No answer: it is not known whether the order was taken. Look before you repeat it.';
  }
  if (answer.ok) return '';
  const words = await answer.json().catch(() => ({}));
  return `${words.error ?? `It was refused with ${answer.status}`}. ${words.next ? `Next: ${words.next}.` : ''}`;
}

/// Asks before anything is ordered; `run` gives what went wrong, or "".
function ask({ title, cost, yes, fields, run }) {
  text($('ask-title'), title);
  text($('ask-cost'), cost);
  text($('ask-yes'), yes);
  $('ask-fields').hidden = !fields;
  $('reason').required = Boolean(fields);
  $('ask-wrong').hidden = true;
  $('ask-yes').disabled = false;
  $('ask').onsubmit = async (event) => {
    event.preventDefault();
    $('ask-yes').disabled = true;
    const wrong = await run();
    $('ask-yes').disabled = false;
    text($('ask-wrong'), wrong);
    $('ask-wrong').hidden = !wrong;
    if (!wrong) $('dialog').close();
    refresh();
  };
  $('dialog').showModal();
}

function costOf(to) {
  const b = page.status.budget;
  const from = page.status.holder ? page.status.holder.member : 'the holder';
  const plan = `${from} is brought to standby; once that is confirmed, ${to} goes on.`;
  if (!b) return `${plan} How long nobody signs is not known here.`;
  const missed = (ms) => (ms / (b.block_interval_ms * PRODUCERS)).toFixed(2);
  return `${plan} Nobody signs for about ${span(b.handover_ms)}, and at most ${span(b.handover_at_most_ms)} with healthy nodes. ` +
    `On average that is ${missed(b.handover_ms)} of our own blocks, or ${missed(b.handover_at_most_ms)} when it takes longest.`;
}

function askSwitchover(to) {
  ask({
    title: `Hand over to ${to}?`, cost: costOf(to), yes: `Hand over to ${to}`, fields: false,
    run: async () => {
      const wrong = await order('switchover', { to });
      if (!wrong) {
        page.order = { to, at: performance.now() };
        followOrder(page.status);
      }
      return wrong;
    },
  });
}

function askPause() {
  ask({
    title: 'Pause the election?', yes: 'Pause', fields: true,
    cost: 'Who leads goes on. If its lead is lost, nobody takes over before the pause ends: the delegate is then silent, and its blocks are missed.',
    run: () => {
      const body = { reason: $('reason').value.trim() };
      if ($('span').value.trim()) body.for = $('span').value.trim();
      return order('pause', body);
    },
  });
}

function askResume() {
  ask({
    title: 'End the pause?', yes: 'Resume', fields: false,
    cost: 'From now on another member may take over. It costs nothing while the holder is well.',
    run: () => order('resume', {}),
  });
}

$('pause').addEventListener('click', askPause);
$('resume').addEventListener('click', askResume);
$('ask-no').addEventListener('click', () => $('dialog').close());
$('token').value = sessionStorage.getItem(TOKEN) ?? '';
$('token').addEventListener('input', () => sessionStorage.setItem(TOKEN, $('token').value));
$('token-form').addEventListener('submit', (event) => event.preventDefault());
const groups = overview({ make, text, keyed });
$('all').hidden = group === null;
addEventListener('hashchange', () => { if (chosen() !== group) location.reload(); });
showLink();
setInterval(tick, 250);
setInterval(showLink, 1000);
refresh();
follow();
