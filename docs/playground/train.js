// Training: steps of gradient descent on all leaves, the curve of the loss, and any step of it opened as a tape.
let training = null;

// Another program has another curve.
function forgetTraining() {
  training = null;
  for (const id of ['curve', 'pick']) $(id).setAttribute('hidden', '');
  $('trained').textContent = '';
}
function showTraining(r) {
  training = r.error ? null : r;
  $('curve').toggleAttribute('hidden', !training);
  $('pick').toggleAttribute('hidden', !training || !training.history.length);
  if (!training) { $('trained').textContent = r.error.message; return; }
  const losses = r.losses.map(l => typeof l === 'number' ? l : NaN), finite = losses.filter(Number.isFinite);
  // Losses that run away must not take the scale beyond all numbers.
  const bounded = l => Math.max(-1e300, Math.min(1e300, l)), low = bounded(Math.min(...finite, Infinity)), high = Math.max(low, bounded(Math.max(...finite, -Infinity))), span = high - low || 1;
  const x = k => 40 + 250 * k / Math.max(1, losses.length - 1), y = l => 78 - 70 * (bounded(l) - low) / span;
  training.at = k => [x(k), Number.isFinite(losses[k]) ? y(losses[k]) : 8];
  const path = losses.map((l, k) => Number.isFinite(l) ? `${x(k).toFixed(1)} ${y(l).toFixed(1)}` : null).filter(Boolean);
  $('curve').innerHTML = `<line x1="40" x2="290" y1="78" y2="78"/><text x="2" y="12">${finite.length ? short(high, 3) : ''}</text><text x="2" y="78">${finite.length ? short(low, 3) : ''}</text>` +
    `<text x="40" y="88">0</text><text x="275" y="88">${losses.length - 1}</text><path d="${path.length ? `M${path.join('L')}` : ''}"/><circle r="4"/>`;
  Object.assign($('moment'), { max: losses.length - 1, value: losses.length - 1 });
  showMoment();
}
function showMoment() {
  const k = Number($('moment').value), data = training.history[k] ?? training.leaves.map(l => l.data);
  $('at').textContent = String(k);
  $('open').disabled = data.flat().some(v => typeof v !== 'number');
  const dot = $('curve').querySelector('circle'), [cx, cy] = training.at(k);
  dot.setAttribute('cx', cx);
  dot.setAttribute('cy', cy);
  const leaves = training.leaves.map((l, i) => `${l.name} = ${data[i].length > 6 ? '…' : l.dims.length ? `[${data[i].map(v => short(v)).join(', ')}]` : short(data[i][0])}`).join('; ');
  $('trained').textContent = `loss from ${short(training.losses[0])} to ${short(training.losses[k])}; ${leaves}`;
}
