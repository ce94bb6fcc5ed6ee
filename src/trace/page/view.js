// The stepper: moves through the backward pass over a drawing, with the sentence of each step and the lens on its numbers.
// createViewer(root, trace, hooks): `root` holds .picture (the SVG), and gets .sentence, .lens and .bar where it has none; `trace`
// is the JSON of docs/trace.schema.json; hooks are those of the lens. Returns {go(step), step(), select(line), stop()} and tells steps by the event 'step'.
function createViewer(root, trace, hooks = {}) {
  const make = (tag, text, cls) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  };
  const part = cls => root.querySelector(`.${cls}`) ?? root.appendChild(make('div', undefined, cls));
  const steps = trace.steps, lines = trace.lines, picture = part('picture');
  const sentence = part('sentence'), view = part('lens'), bar = part('bar');
  let now = 0, timer = null;
  bar.replaceChildren();
  sentence.setAttribute('aria-live', 'polite');
  view.setAttribute('role', 'region');
  view.setAttribute('aria-label', 'Numbers of this step');
  view.tabIndex = 0;
  const lens = createLens(view, trace, hooks);
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
  const track = make('input');
  Object.assign(track, { type: 'range', min: 0, max: steps.length - 1, step: 1, className: 'track' });
  track.setAttribute('aria-label', 'Step');
  track.addEventListener('input', () => go(Number(track.value)));
  const count = make('span', '', 'count');
  bar.append(track, count);

  const cards = [...picture.querySelectorAll('[data-line]')];
  const line = card => Number(card.dataset.line);
  // The step after which a line's cotangent is complete.
  const arrival = id => { for (let k = steps.length - 1; k >= 0; k--) if (steps[k].to === id || (steps[k].role === 'seed' && steps[k].of === id)) return k; return null; };
  function select(id) { const k = arrival(id); if (k !== null) go(k); }
  const chosen = e => { const card = e.target.closest?.('[data-line]'); if (card) select(line(card)); };
  picture.addEventListener('click', chosen);
  // One card can be reached by Tab; arrows up and down go on from there.
  cards.forEach((c, k) => { c.setAttribute('tabindex', k ? -1 : 0); });
  const rove = e => {
    const at = cards.indexOf(document.activeElement), to = { ArrowDown: at + 1, ArrowUp: at - 1 }[e.key];
    if (at < 0) return;
    if (e.key === 'Enter') { e.preventDefault(); chosen({ target: cards[at] }); view.focus(); }
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    const card = cards[Math.max(0, Math.min(cards.length - 1, to))];
    cards.forEach(c => c.setAttribute('tabindex', c === card ? 0 : -1));
    card.focus();
  };
  picture.addEventListener('keydown', rove);

  function go(k) {
    now = Math.max(0, Math.min(steps.length - 1, k ?? 0));
    const s = steps[now];
    count.textContent = `step ${now + 1} of ${steps.length}`;
    track.value = now;
    track.setAttribute('aria-valuetext', count.textContent);
    sentence.textContent = s.sentence;
    lens.show(s);
    first.disabled = back.disabled = now === 0;
    last.disabled = next.disabled = now === steps.length - 1;
    // Steps of the drawing: done, now, later.
    for (const e of picture.querySelectorAll('[data-step]')) {
      const at = Number(e.dataset.step);
      e.classList.toggle('now', at === now);
      e.classList.toggle('later', at > now);
    }
    const arrived = new Set(steps.slice(0, now + 1).map(x => x.line));
    // A reshape on the way to a card, or in place of one, is no step that a reader waits for.
    const here = id => arrived.has(id) || (lines[id].op === 'reshape' && here(lines[id].operands[0]));
    const shown = id => cards.some(c => line(c) === id) || lines[id].op !== 'reshape' ? id : shown(lines[id].operands[0]);
    const to = s.role === 'seed' ? s.of : s.to === null ? null : shown(s.to);
    for (const card of cards) {
      const l = lines[line(card)];
      card.classList.toggle('later', l.cotangent !== null && !here(l.cotangent));
      card.classList.toggle('now', to === l.id);
    }
    const card = picture.querySelector('.card.now');
    // Not scrollIntoView, which would move the page as well.
    if (card) {
      const [c, p] = [card.getBoundingClientRect(), picture.getBoundingClientRect()];
      const by = (from, to, low, high) => from < low ? from - low - 12 : to > high ? Math.min(from - low - 12, to - high + 12) : 0;
      picture.scrollBy({ top: by(c.top, c.bottom, p.top, p.bottom), left: by(c.left, c.right, p.left, p.right) });
    }
    root.dispatchEvent(new CustomEvent('step', { detail: now }));
  }
  function toggle() {
    const named = (text, label) => { play.textContent = text; play.title = label; play.setAttribute('aria-label', label); };
    if (timer) { clearInterval(timer); timer = null; named('▶▶', 'Play'); return; }
    if (now === steps.length - 1) go(0);
    named('❚❚', 'Pause');
    timer = setInterval(() => { if (now < steps.length - 1) go(now + 1); else toggle(); }, 1500);
  }
  const keys = e => {
    if (e.altKey || e.ctrlKey || e.metaKey || e.target.closest('input, textarea, select, dialog, [contenteditable]')) return;
    const act = { ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(steps.length - 1) }[e.key];
    if (act) { act(); e.preventDefault(); } else if (e.key === ' ' && !e.target.closest('button')) { toggle(); e.preventDefault(); }
  };
  document.addEventListener('keydown', keys);
  go();
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener('keydown', keys);
    picture.removeEventListener('click', chosen);
    picture.removeEventListener('keydown', rove);
  };
  return { go, step: () => now, select, stop, called: lens.called };
}
