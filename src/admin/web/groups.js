// The overview of many groups: a row each, what needs a look on top, and a search. Like the page it
// judges nothing: order and words are those of the document.

const SEARCH = 'iotex-elector-search';
const MARKS = { good: '✓', warn: '!', bad: '✕' };
const $ = (id) => document.getElementById(id);

const toneOf = (g) => (g.exit_code === 4 ? 'bad' : g.exit_code !== 0 || g.trouble ? 'warn' : 'good');
const rank = (g) => ['bad', 'warn', 'good'].indexOf(toneOf(g));

/// What the page lends: make(), text() and keyed().
export function overview({ make, text, keyed }) {
  const shown = new WeakMap(); // by row: what it shows
  let rows = [];

  function makeRow(g) {
    const link = make('a', 'name', g.group);
    link.href = `#group=${encodeURIComponent(g.group)}`;
    const mark = make('span', 'glyph');
    mark.setAttribute('aria-hidden', 'true');
    const first = make('th', '', mark, link);
    first.scope = 'row';
    return make('tr', '', first, ...['leader', 'active', 'term', 'state', 'here', 'trouble'].map((name) => make('td', name)));
  }

  function update(row, g) {
    const now = JSON.stringify(g);
    if (shown.get(row) === now) return;
    shown.set(row, now);
    const tone = toneOf(g);
    row.dataset.tone = tone;
    const put = (name, words) => text(row.querySelector(`.${name}`), words);
    put('glyph', MARKS[tone]);
    put('leader', g.leader || '–');
    put('active', g.verified_active.join(', ') || 'nobody');
    put('term', g.term ? String(g.term) : '–');
    put('state', g.state ?? 'no record');
    put('here', `${g.local.role}${g.local.resigned ? ', resigned' : ''}`);
    put('trouble', g.trouble ?? '');
  }

  function filter() {
    const wanted = $('search').value.trim().toLowerCase();
    let found = 0;
    for (const row of $('groups').children) {
      row.hidden = wanted !== '' && !row.textContent.toLowerCase().includes(wanted);
      found += row.hidden ? 0 : 1;
    }
    text($('groups-found'), wanted === '' ? '' : `${found} of ${rows.length} groups`);
  }

  $('search').value = sessionStorage.getItem(SEARCH) ?? '';
  $('search').addEventListener('input', () => {
    sessionStorage.setItem(SEARCH, $('search').value);
    filter();
  });

  return {
    verdict(status) {
      const of = (code) => status.groups.filter((g) => g.exit_code === code).length;
      const parts = [[of(0), 'with exactly one active node'], [of(1), 'with none'], [of(4), 'with more than one']];
      return `${parts.filter(([n], i) => n || i === 0).map(([n, words]) => `${n} ${words}`).join(', ')}.`;
    },
    /// Returns how many need a look.
    show(status, lost) {
      rows = [...status.groups].sort((a, b) => rank(a) - rank(b));
      $('groups').dataset.lost = lost;
      keyed($('groups'), rows, (g) => g.group, makeRow, update);
      filter();
      return rows.filter((g) => toneOf(g) !== 'good').length;
    },
  };
}
