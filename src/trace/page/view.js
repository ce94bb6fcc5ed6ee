// The viewer of a trace: steps through the backward pass over a drawing, with the sentence and the numbers of each step.
// createViewer(root, trace): `root` holds .picture (the SVG), and gets the bar, the sentence and the lens; `trace` is the
// JSON of docs/trace.schema.json. Returns {go(step), step(), stop()}. Keys: arrows, Home, End, space.
function createViewer(root, trace) {
  const make = (tag, text, cls) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  };
  const steps = trace.steps, lines = trace.lines;
  let now = 0, timer = null;
  const bar = make('div', undefined, 'bar');
  const button = (label, title, act) => {
    const b = make('button', label);
    b.type = 'button';
    b.title = title;
    b.setAttribute('aria-label', title);
    b.addEventListener('click', act);
    bar.append(b);
    return b;
  };
  const first = button('|◀', 'First step', () => go(0));
  const back = button('◀', 'Step back', () => go(now - 1));
  const play = button('▶▶', 'Play', toggle);
  const next = button('▶', 'Step forward', () => go(now + 1));
  const last = button('▶|', 'Last step', () => go(steps.length - 1));
  const count = make('span');
  bar.append(count);
  const sentence = make('p', '', 'sentence');
  sentence.setAttribute('aria-live', 'polite');
  const lens = make('div', undefined, 'lens');
  lens.tabIndex = 0;
  lens.setAttribute('role', 'region');
  lens.setAttribute('aria-label', 'Numbers of this step');
  root.append(sentence, lens, bar);

  const shown = v => typeof v === 'string' ? v : Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(5)));
  const called = l => l.name && !l.result ? l.name : `${l.op} %${l.id}`;
  function table(line, title, hits) {
    const t = make('table'), v = line.value;
    t.append(make('caption', `${title}: ${called(line)} [${v.dims.join(', ')}]`));
    const part = v.data ? null : v.plane;
    const columns = part ? part.size[1] : v.dims.length ? v.dims[v.dims.length - 1] : 1;
    const data = part ? part.data : v.data;
    const rows = Math.min(columns ? data.length / columns : 0, 16);
    for (let i = 0; i < rows; i++) {
      const tr = make('tr');
      for (let j = 0; j < Math.min(columns, 16); j++) {
        const td = make('td', shown(data[i * columns + j]));
        if (!part && hits && hits.has(i * columns + j)) td.className = 'hit';
        tr.append(td);
      }
      t.append(tr);
    }
    return t;
  }

  function go(k) {
    now = Math.max(0, Math.min(steps.length - 1, k ?? 0));
    const s = steps[now];
    count.textContent = `step ${now + 1} of ${steps.length}`;
    sentence.textContent = s.sentence;
    lens.replaceChildren();
    const hits = s.local && s.local.to ? new Set(s.local.to) : null;
    for (const c of s.cotangents) if (c !== null) lens.append(table(lines[c], 'cotangent in'));
    if (s.local && s.local.slope) {
      lens.append(table({ op: 'local derivative', id: s.of, result: 1, value: s.local.slope }, 'slope'));
    }
    if (s.line !== null) lens.append(table(lines[s.line], 'computed', hits));
    lens.append(make('p', s.formula, 'formula'));
    first.disabled = back.disabled = now === 0;
    last.disabled = next.disabled = now === steps.length - 1;
    // Steps of the drawing: done, now, later.
    for (const e of root.querySelectorAll('[data-step]')) {
      const at = Number(e.dataset.step);
      e.classList.toggle('now', at === now);
      e.classList.toggle('later', at > now);
    }
    const arrived = new Set(steps.slice(0, now + 1).map(x => x.line));
    for (const e of root.querySelectorAll('[data-line]')) {
      const l = lines[Number(e.dataset.line)];
      e.classList.toggle('later', l.cotangent !== null && !arrived.has(l.cotangent));
      e.classList.toggle('now', s.to === l.id || (s.role === 'seed' && s.of === l.id));
    }
    const card = root.querySelector('.card.now');
    if (card && k !== undefined) card.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    root.dispatchEvent(new CustomEvent('step', { detail: now }));
  }
  function toggle() {
    if (timer) { clearInterval(timer); timer = null; play.textContent = '▶▶'; return; }
    if (now === steps.length - 1) go(0);
    play.textContent = '||';
    timer = setInterval(() => { if (now < steps.length - 1) go(now + 1); else toggle(); }, 1500);
  }
  const keys = e => {
    if (e.target.closest('input, textarea, select, [contenteditable]')) return;
    const act = { ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(steps.length - 1) }[e.key];
    if (act) { act(); e.preventDefault(); } else if (e.key === ' ' && !e.target.closest('button')) { toggle(); e.preventDefault(); }
  };
  document.addEventListener('keydown', keys);
  go();
  const stop = () => { clearInterval(timer); document.removeEventListener('keydown', keys); };
  return { go, step: () => now, stop };
}
