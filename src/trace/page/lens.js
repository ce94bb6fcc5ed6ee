// The lens: what one step does to numbers, as tables whose cells light up together where the operation ties them: a winner
// with its windows, a row with its column, an element with its slope. createLens(root, trace, {curve}) returns {show(step)};
// curve(line, operand, element) is asked for the graph of an elementwise operation, where there is somebody to ask.
function createLens(root, trace, { curve: ask } = {}) {
  const lines = trace.lines;
  const CELLS = 16, PLANES = 4;
  const make = (tag, text, cls) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  };
  // Four digits, and all of those before the point.
  const digits = v => Math.abs(v) >= 1e3 && Math.abs(v) < 1e15 ? Math.floor(Math.log10(Math.abs(v))) + 2 : 4;
  const number = v => (typeof v === 'string' ? v : Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(digits(v))))).replace('-', '−');
  const range = n => Array.from({ length: n }, (_, k) => k);
  const place = (k, dims) => {
    const at = [];
    for (let a = dims.length - 1; a >= 0; a--) { at.unshift(k % dims[a]); k = Math.floor(k / dims[a]); }
    return at;
  };
  const called = l => l.known_as ?? (l.name && !l.result ? l.name : `${l.op} %${l.id}`);
  // Axes of size 1 in front are not worth an index.
  const seen = dims => { const d = dims.slice(); while (d.length > 2 && d[0] === 1) d.shift(); return d; };
  const spot = (name, k, dims) => { const at = place(k, seen(dims)); return at.length ? `${name}[${at.join(', ')}]` : name; };

  const root0 = called(lines[trace.root]);
  let panels = {}, tie = null, curve = null, drawn = 0, asking = null;
  const told = make('p', '', 'told');
  told.setAttribute('aria-live', 'polite');

  function table(key, title, value, tied) {
    const dims = seen(value.dims), part = value.data ? null : value.plane;
    const box = make('div', undefined, `panel panel-${key}`);
    box.append(make('h3', title), make('p', `[${seen(value.dims).join(', ')}]`, 'dims'));
    const [rows, columns] = part ? part.size : [dims.length > 1 ? dims[dims.length - 2] : 1, dims.length ? dims[dims.length - 1] : 1];
    const data = part ? part.data : value.data;
    const planes = rows * columns ? Math.round(data.length / (rows * columns)) : 0;
    const cells = new Map();
    for (const p of range(Math.min(planes, PLANES))) {
      const t = make('table'), body = make('tbody');
      t.setAttribute('aria-label', `${title}${planes > 1 ? `, plane ${place(p, dims.slice(0, -2)).join(', ')}` : ''}`);
      const wide = Math.min(columns, CELLS), tall = Math.min(rows, CELLS);
      // A thinned-out plane tells which rows and columns are left.
      const index = (k, axis) => String(part ? Math.floor(k * part.of[axis] / part.size[axis]) : k);
      if (dims.length) {
        const head = make('tr');
        if (dims.length > 1) head.append(make('td', planes > 1 ? `${place(p, dims.slice(0, -2)).join(',')}` : '', 'corner'));
        for (const j of range(wide)) { const th = make('th', index(j, 1)); th.scope = 'col'; head.append(th); }
        const top = make('thead');
        top.append(head);
        t.append(top);
      }
      for (const i of range(tall)) {
        const tr = make('tr');
        if (dims.length > 1) { const th = make('th', index(i, 0)); th.scope = 'row'; tr.append(th); }
        for (const j of range(wide)) {
          const k = (p * rows + i) * columns + j;
          const td = make('td', number(data[k]));
          const v = data[k];
          if (typeof v === 'number' && v !== 0) td.classList.add(v > 0 ? 'plus' : 'minus');
          if (!part) {
            cells.set(k, td);
            td.dataset.k = k;
            td.tabIndex = -1;
          }
          tr.append(td);
        }
        body.append(tr);
      }
      t.append(body);
      const first = body.querySelector('td[data-k]');
      if (first && tied) {
        first.tabIndex = 0;
        live(t, key);
      }
      box.append(t);
      if (columns > wide || rows > tall) box.append(make('p', `the first ${tall} by ${wide} of ${rows} by ${columns}`, 'dims'));
    }
    if (part && part.of.join() !== part.size.join()) box.append(make('p', 'a thinned-out plane', 'dims'));
    if (planes > PLANES) box.append(make('p', `and ${planes - PLANES} planes more`, 'dims'));
    panels[key] = { value, cells };
    return box;
  }

  // Pointer and keys light up what belongs to a cell.
  function live(t, key) {
    const cell = e => e.target.closest('td[data-k]');
    t.addEventListener('pointerover', e => { const c = cell(e); if (c) light(key, Number(c.dataset.k)); });
    t.addEventListener('pointerleave', () => light(null));
    t.addEventListener('focusin', e => { const c = cell(e); if (c) light(key, Number(c.dataset.k)); });
    t.addEventListener('focusout', () => light(null));
    t.addEventListener('keydown', e => {
      const c = cell(e);
      if (!c) return;
      const row = c.parentElement, at = [...row.children].indexOf(c);
      const to = { ArrowRight: c.nextElementSibling, ArrowLeft: c.previousElementSibling,
        ArrowDown: row.nextElementSibling?.children[at], ArrowUp: row.previousElementSibling?.children[at] }[e.key];
      if (!e.key.startsWith('Arrow')) return;
      e.preventDefault();
      e.stopPropagation();
      if (!to || to.dataset.k === undefined) return;
      c.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
  }
  function light(key, k) {
    for (const p of Object.values(panels)) for (const td of p.cells.values()) td.classList.remove('lit', 'near', 'win');
    const found = key !== null && tie ? tie(key, k) : null;
    if (!found) { told.textContent = ''; return; }
    for (const [panel, marks] of Object.entries(found.marks)) {
      for (const [cls, ks] of Object.entries(marks)) for (const c of ks) panels[panel]?.cells.get(c)?.classList.add(cls);
    }
    told.textContent = found.text ?? '';
    if (curve) graph(curve, k);
  }

  // The graph of an elementwise operation around one element, with the point and the tangent whose slope is the local derivative.
  async function graph({ line, operand, slope, box }, k) {
    const mine = ++drawn;
    // A pointer passes many cells; the last one is asked for.
    await asking;
    if (mine !== drawn) return;
    const r = await (asking = ask(line, operand, k));
    if (mine !== drawn || r.error) return;
    const ok = r.y.map((y, i) => [r.x[i], y]).filter(([, y]) => typeof y === 'number');
    if (ok.length < 2) return;
    const ys = ok.map(p => p[1]).concat(typeof r.at[1] === 'number' ? r.at[1] : []), [low, high] = [Math.min(...ys), Math.max(...ys)], tall = high - low || 1;
    const [x0, x1] = [r.x[0], r.x[r.x.length - 1]];
    const X = x => (4 + 172 * (x - x0) / (x1 - x0)).toFixed(1), Y = y => (106 - 96 * (y - low) / tall).toFixed(1);
    const d = slope.data[k], [px, py] = r.at, there = typeof py === 'number', tangent = there && typeof d === 'number' && [x0, x1].map(x => `${X(x)} ${Y(py + d * (x - px))}`);
    const axis = (x0 < 0 && x1 > 0 ? `<line x1="${X(0)}" x2="${X(0)}" y1="4" y2="110"/>` : '') + (low < 0 && high > 0 ? `<line x1="4" x2="176" y1="${Y(0)}" y2="${Y(0)}"/>` : '');
    box.innerHTML = `<svg viewBox="0 0 180 126" width="200" role="img" aria-label="Graph of ${lines[line].op}: slope ${number(d)} at ${number(px)}">${axis}` +
      `<path d="M${ok.map(([x, y]) => `${X(x)} ${Y(y)}`).join('L')}"/>${tangent ? `<path class="tangent" d="M${tangent.join('L')}"/>` : ''}${there ? `<circle cx="${X(px)}" cy="${Y(py)}" r="4"/>` : ''}` +
      `<text x="4" y="122">${number(x0)}</text><text x="176" y="122" text-anchor="end">${number(x1)}</text><text x="90" y="122" text-anchor="middle">slope ${number(d)}</text></svg>`;
  }


  // Terms of a sum, shortened where they are many.
  const terms = ts => ts.length > 8 ? `${ts.slice(0, 7).join(' + ')} + … (${ts.length} terms)` : ts.join(' + ');
  const get = (key, k) => number(panels[key]?.value.data?.[k] ?? NaN);
  const all = (list, test) => list.map((v, k) => [v, k]).filter(([v]) => test(v)).map(([, k]) => k);

  // Where a result's own element is not in its window, as in a sort, there are no windows to speak of.
  const windowsOf = local => local.windows.every((w, k) => local.to[k] < 0 || w.includes(local.to[k])) ? local.windows : [];

  const ties = {
    elementwise: ({ x, out }) => (key, k) => ({
      marks: Object.fromEntries(Object.keys(panels).map(p => [p, { lit: [k] }])),
      text: panels.d ? `${spot(x.name, k, x.dims)}: ${get('g', k)} × ${get('d', k)} = ${get('out', k)}` : `${spot(out.name, k, out.dims)} = ${get('out', k)}`,
    }),
    add: ({ out }) => (key, k) => ({
      marks: { before: { lit: [k] }, this: { lit: [k] }, out: { win: [k] } },
      text: `${spot(out.name, k, out.dims)}: ${get('before', k)} + ${get('this', k)} = ${get('out', k)}`,
    }),
    route: ({ local, x, y }) => (key, k) => {
      const windows = windowsOf(local);
      if (key === 'x' || key === 'out') {
        const won = all(local.to, v => v === k), seen = all(windows, w => w.includes(k));
        const text = won.length
          ? `${spot(x.name, k, x.dims)} was chosen for ${won.map(w => spot('', w, y.dims) || 'the result').join(', ')}: ${terms(won.map(w => get('g', w)))}${won.length > 1 ? ` = ${get('out', k)}` : ''}`
          : `${spot(x.name, k, x.dims)} was not chosen${seen.length > 1 ? ` in any of its ${seen.length} windows` : ''}: it gets 0`;
        return { marks: { x: { win: [k] }, out: { win: [k] }, g: { lit: won, near: seen }, y: { lit: won, near: seen } }, text };
      }
      const from = local.to[k], window = windows[k] ?? [];
      const tied = local.ties.includes(k) ? ' It ties with another; the first in order wins.' : '';
      const text = from < 0 ? 'no element was chosen' : `${window.length > 1 ? `the window of ${window.length} has its winner at` : 'it comes from'} ${spot(x.name, from, x.dims)}: ${get('x', from)}; the cotangent ${get('g', k)} goes there.${tied}`;
      return { marks: { g: { lit: [k] }, y: { lit: [k] }, x: { near: window, win: [from] }, out: { win: [from] } }, text };
    },
    expand: ({ local, x }) => local.of.length && ((key, k) => {
      const from = key === 'x' || key === 'out' ? k : local.of[k], copies = all(local.of, v => v === from);
      if (from < 0) return null;
      return { marks: { x: { win: [from] }, out: { win: [from] }, y: { lit: copies }, g: { lit: copies } },
        text: copies.length === 1 ? `${spot(x.name, from, x.dims)} was copied once: it gets ${get('out', from)}`
          : `${spot(x.name, from, x.dims)} was copied ${copies.length} times; their cotangents are added: ${terms(copies.map(c => get('g', c))) || '0'} = ${get('out', from)}` };
    }),
    reduce: ({ local, x, y }) => local.into.length && ((key, k) => {
      const into = key === 'x' || key === 'out' ? local.into[k] : k, parts = all(local.into, v => v === into);
      if (into < 0) return null;
      return { marks: { y: { win: [into] }, g: { win: [into] }, x: { lit: parts }, out: { lit: parts } },
        text: key === 'x' || key === 'out' ? `${spot(x.name, k, x.dims)} went into ${spot('the result', into, y.dims)}: it gets ${get('out', k)}` : `${parts.length === 1 ? 'one element' : `${parts.length} elements`} went in` };
    }),
    permute: ({ local, x }) => local.of.length && ((key, k) => {
      const from = key === 'x' || key === 'out' ? k : local.of[k], to = local.of.indexOf(from);
      if (from < 0) return null;
      return { marks: { x: { lit: [from] }, out: { lit: [from] }, y: { lit: [to] }, g: { lit: [to] } }, text: `${spot(x.name, from, x.dims)}: ${get('out', from)}` };
    }),
    // y = a @ b: what a gets is g @ bᵀ, what b gets is aᵀ @ g.
    product: ({ op, a, b, y, operand }) => {
      if (op !== 'matmul' || a.dims.length !== 2 || b.dims.length !== 2 || y.dims.length !== 2) return null;
      const [m, n] = a.dims, p = b.dims[1];
      const row = (r, w) => range(w).map(c => r * w + c), column = (c, h, w) => range(h).map(r => r * w + c);
      return (key, k) => {
        const into = operand === 0 ? 'a' : 'b';
        if (key === 'g' || key === 'y') {
          const [i, j] = [Math.floor(k / p), k % p];
          return { marks: { a: { near: row(i, n) }, b: { near: column(j, n, p) }, g: { lit: [k] }, y: { lit: [k] } },
            text: `forward: ${terms(range(n).map(q => `${get('a', i * n + q)}·${get('b', q * p + j)}`))} = ${get('y', k)}` };
        }
        if (key !== 'out' && key !== into) return null;
        const [i, j] = operand === 0 ? [Math.floor(k / n), k % n] : [Math.floor(k / p), k % p];
        const left = operand === 0 ? row(i, p) : column(i, m, n), right = operand === 0 ? row(j, p) : column(j, m, p);
        const [l, r] = operand === 0 ? ['g', 'b'] : ['a', 'g'];
        return { marks: { [l]: { near: left }, [r]: { near: right }, out: { win: [k] }, [into]: { win: [k] } },
          text: `${terms(left.map((c, q) => `${get(l, c)}·${get(r, right[q])}`))} = ${get('out', k)}` };
      };
    },
    dense: ({ local, x }) => {
      if (!local.rows.length) return null;
      const wide = local.rows[0].length;
      return (key, k) => {
        if (key === 'g' || key === 'y') return { marks: { g: { lit: [k] }, y: { lit: [k] }, j: { near: range(wide).map(c => k * wide + c) } }, text: `row ${k} of the Jacobian: how this result changes with each element` };
        if (key === 'j') return { marks: { j: { win: [k] }, g: { lit: [Math.floor(k / wide)] }, x: { lit: [k % wide] }, out: { lit: [k % wide] } }, text: `∂y[${Math.floor(k / wide)}]/∂x[${k % wide}] = ${get('j', k)}` };
        return { marks: { x: { win: [k] }, out: { win: [k] }, j: { near: range(local.rows.length).map(r => r * wide + k) } },
          text: `${spot(x.name, k, x.dims)}: ${terms(local.rows.map((r, q) => `${get('g', q)}·${number(r[k])}`))} = ${get('out', k)}` };
      };
    },
  };
  const KINDS = { elementwise: 'each element by itself', product: 'a product of matrices', route: 'elements are chosen', expand: 'one becomes many',
    reduce: 'many become one', permute: 'the same elements, moved', dense: 'every result depends on every element' };
  // These do the same for all kinds.
  const ROLES = { seed: 'the sweep starts', add: 'what arrives is added', part: 'a part of a rule', again: 'what was not kept' };

  // A result has a cotangent panel for each of its results; all but max pooling's winners have one.
  function show(s) {
    panels = {};
    tie = curve = null;
    drawn++;
    root.replaceChildren();
    const primal = lines[s.of], role = s.role;
    const head = make('div', undefined, 'lens-head');
    const title = make('h2', called(primal).includes('%') ? called(primal) : `${primal.op} (${called(primal)})`);
    head.append(title, make('p', ROLES[role] ? `${role}: ${ROLES[role]}` : `${s.kind}: ${KINDS[s.kind] ?? ''}`, 'kind'));
    const what = make('p', s.formula, 'formula');
    if (s.line !== null) what.title = `line %${s.line}`;
    const row = make('div', undefined, 'panels');
    root.append(head, what, row, told);
    told.textContent = '';
    const info = id => ({ name: called(lines[id]), dims: lines[id].value.dims });
    const g = s.cotangents.find(c => c !== null);
    if (role === 'seed') {
      row.append(table('out', `∂${root0}/∂${called(primal)}`, lines[s.line].value, false));
    } else if (role === 'add') {
      // A sum with a constant, or of constants, is folded into one line.
      const [before, now] = lines[s.line].operands, both = now !== undefined;
      if (both) row.append(table('before', 'what came before', lines[before].value, true), table('this', 'what arrives now', lines[now].value, true));
      row.append(table('out', `∂${root0}/∂${called(lines[s.to])}`, lines[s.line].value, both));
      if (both) tie = ties.add({ out: info(s.to) });
    } else if (role === 'part' || role === 'again') {
      lines[s.line].operands.forEach((o, k) => row.append(table(`in${k}`, `${lines[o].op} %${o}`, lines[o].value, false)));
      row.append(table('out', `%${s.line}`, lines[s.line].value, false));
    } else {
      const local = s.local, operand = primal.operands[s.operand];
      const x = info(operand), y = info(s.of);
      const has = local !== undefined && s.line !== null;
      const args = { op: primal.op, local, x, y, out: x, operand: s.operand };
      if (has && local.kind === 'product' && primal.operands.length > 1) {
        Object.assign(args, { a: info(primal.operands[0]), b: info(primal.operands[1]) });
        tie = ties.product(args);
        row.append(table('a', `a = ${args.a.name}`, lines[primal.operands[0]].value, !!tie), table('b', `b = ${args.b.name}`, lines[primal.operands[1]].value, !!tie));
        row.append(table('y', `y = ${y.name}`, primal.value, !!tie));
      } else {
        tie = (has && ties[local.kind]?.(args)) || null;
        row.append(table('x', x.name, lines[operand].value, !!tie));
        if (s.kind === 'route' || s.kind === 'dense') row.append(table('y', called(primal), primal.value, !!tie));
      }
      if (g !== undefined) row.append(table('g', 'g, the cotangent in', lines[g].value, !!tie));
      if (has && local.slope) row.append(table('d', 'local derivative', local.slope, !!tie));
      if (has && local.rows?.length && local.rows.length * local.rows[0].length <= 1024) {
        const value = { dims: [local.rows.length, local.rows[0].length], data: local.rows.flat() };
        row.append(table('j', 'Jacobian', value, !!tie));
      }
      if (has && local.slope?.data?.length && ask) {
        const box = make('div', undefined, 'graph');
        row.append(box);
        curve = { line: s.of, operand: s.operand, slope: local.slope, box };
        const sizes = local.slope.data.map(v => typeof v === 'number' ? Math.abs(v) : 0);
        graph(curve, sizes.indexOf(Math.max(...sizes)));
      }
      if (s.line !== null) row.append(table('out', `→ to ${x.name}`, lines[s.line].value, !!tie));
      // What a route does is told without a pointer: winners are marked at once.
      if (has && local.kind === 'route') {
        for (const c of new Set(local.to)) for (const p of ['x', 'out']) panels[p]?.cells.get(c)?.classList.add('hit');
        for (const t of local.ties) for (const c of windowsOf(local)[t] ?? []) {
          const v = panels.x?.value.data;
          if (v && v[c] === v[local.to[t]]) panels.x.cells.get(c)?.classList.add('tied');
        }
      }
    }
  }
  return { show, called };
}
