// The check: what finite differences say of the whole gradient, and of one element at a step of the reader's choice, with the
// curve of its error from rounding to truncation. All numbers and verdicts are the engine's.
const VERDICTS = { pass: 'pass', kink: 'kinks' };
const colour = (element, verdict) => { element.className = VERDICTS[verdict] ?? 'fails'; };

function showCheck(r) {
  const at = $('check');
  at.replaceChildren();
  if (r.error) { at.textContent = r.error.message; return; }
  const verdict = document.createElement('span');
  verdict.textContent = r.verdict;
  colour(verdict, r.verdict);
  const total = r.counts.reduce((sum, c) => sum + c.count, 0);
  const counts = !total ? 'there is no number to check' : r.counts.length === 1 ? `all ${total} of ${total} agree` : r.counts.map(c => `${c.count} ${c.verdict}`).join(', ');
  const f = r.findings[0];
  const told = r.counts.length === 1 && r.verdict !== 'pass' ? r.counts.map(c => `${c.count} ${c.verdict}`).join(', ') : counts;
  at.append(verdict, `: ${told}.${f ? ` ${reasoned(f)}` : r.identity ? ` ${r.identity}.` : ''}`);
}
function reasoned(f) {
  return f.left !== undefined
    ? `${f.place}: autodiff ${short(f.analytic)}, slopes ${short(f.left)} on the left and ${short(f.right)} on the right; ${f.op} decides the ${f.decides}.`
    : `${f.place}: autodiff ${short(f.analytic)}, differences ${short(f.numeric)}; ${f.reason.replace(/,?\s*recorded at \S+:\d+:\d+/g, '')}.`;
}

let curve = null;
function showElement(r, place) {
  curve = r.error ? null : r;
  $('element').hidden = $('errors').toggleAttribute('hidden', !curve);
  if (!curve) return;
  curve.place = place;
  const xs = h => 34 + 256 * (h + 12) / 12, low = -16, high = 2;
  const ys = e => 8 + 84 * (high - Math.max(low, Math.min(high, e))) / (high - low);
  const points = r.curve.filter(p => typeof p.numeric === 'number' && typeof r.analytic === 'number').map(p => [Math.log10(p.h), Math.log10(Math.abs(p.numeric - r.analytic) || 1e-16)]);
  const grid = [-12, -8, -4, 0].map(h => `<line x1="${xs(h)}" x2="${xs(h)}" y1="8" y2="92"/><text x="${xs(h) - 10}" y="104">1e${h}</text>`).join('') +
    [-16, -10, -4, 2].map(e => `<line x1="34" x2="290" y1="${ys(e)}" y2="${ys(e)}"/><text x="2" y="${ys(e) + 3}">1e${e}</text>`).join('');
  $('errors').innerHTML = `${grid}<path d="${points.map(([h, e], k) => `${k ? 'L' : 'M'}${xs(h).toFixed(1)} ${ys(e).toFixed(1)}`).join('')}"/><circle r="4"/>`;
  showSize();
}
function showSize() {
  if (!curve) return;
  const h = Number($('size').value);
  const p = curve.curve.reduce((best, q) => Math.abs(Math.log10(q.h) - h) < Math.abs(Math.log10(best.h) - h) ? q : best);
  $('h').textContent = p.h.toExponential(1);
  // Of infinity and no number there is no error to tell.
  const known = [p.numeric, curve.analytic].every(v => typeof v === 'number'), error = known ? Math.abs(p.numeric - curve.analytic) : NaN;
  const to = $('compared'), verdict = document.createElement('span');
  verdict.textContent = curve.verdict;
  colour(verdict, curve.verdict);
  const slopes = curve.left === undefined ? '' : `, slopes ${short(curve.left)} | ${short(curve.right)}`;
  to.replaceChildren(`${curve.place}: autodiff ${short(curve.analytic)}, difference ${typeof p.numeric === 'number' ? p.numeric.toPrecision(10) : p.numeric}${slopes}${known ? `, ${error === 0 ? 'no error' : `error ${error.toExponential(1)}`}` : ''} `, verdict);
  const dot = $('errors').querySelector('circle');
  dot.toggleAttribute('hidden', !known);
  const e = Math.max(-16, Math.min(2, Math.log10(error || 1e-16)));
  dot.setAttribute('cx', 34 + 256 * (Math.log10(p.h) + 12) / 12);
  dot.setAttribute('cy', 8 + 84 * (2 - e) / 18);
}
