// The inputs as tables of numbers to drag, to type over, or to move with the arrow keys; each with its gradient below it.
// Every change is written into the program's text, so that the text stays the only state.
const LARGEST = 144;

let known = new Map(), cells = '';

// showInputs(root, leaves, ..): leaves are [{name, dims, data, places, gradient}], with places [from, to] in the text. Cells stay
// where the shapes do, so that a drag goes on while the tape follows.
function showInputs(root, leaves, onChange, onChoose) {
  const shown = leaves.filter(l => l.places && l.data.length && l.data.length <= LARGEST);
  known = new Map(shown.map(l => [l.name, l]));
  const now = JSON.stringify(shown.map(l => [l.name, l.dims]));
  if (now !== cells) {
    root.replaceChildren(...shown.map(l => inputTable(l, onChange, onChoose)));
    cells = now;
  }
  for (const input of root.querySelectorAll('input')) {
    const { name, k } = cellOf(input), leaf = known.get(name), g = leaf.gradient?.[k];
    if (input !== document.activeElement || Number(input.value) !== leaf.data[k]) input.value = short(leaf.data[k]);
    input.nextSibling.textContent = g === undefined ? '' : `∂ ${short(g, 3).replace('-', '−')}`;
    const told = g === undefined || document.body.classList.contains('quizzing') ? '' : `, gradient ${short(g)}`;
    input.setAttribute('aria-label', `${indexed(name, k, leaf.dims)}${told}`);
  }
}
const cellOf = input => ({ name: input.dataset.name, k: Number(input.dataset.k) });

function inputTable(leaf, onChange, onChoose) {
  const box = document.createElement('div'), title = document.createElement('h3'), table = document.createElement('table');
  box.className = 'leaf';
  title.textContent = leaf.name;
  table.setAttribute('aria-label', `${leaf.name}, ${leaf.dims.join(' by ') || 'a number'}`);
  const columns = leaf.dims.length ? leaf.dims[leaf.dims.length - 1] : 1;
  for (let i = 0; i < leaf.data.length / columns; i++) {
    const tr = table.insertRow();
    for (let j = 0; j < columns; j++) tr.append(inputCell(leaf.name, i * columns + j, onChange, onChoose));
  }
  box.append(title, table);
  return box;
}

function indexed(name, k, dims) {
  const at = [];
  for (let a = dims.length - 1; a >= 0; a--) { at.unshift(k % dims[a]); k = Math.floor(k / dims[a]); }
  return at.length ? `${name}[${at.join(', ')}]` : name;
}

function inputCell(name, k, onChange, onChoose) {
  const td = document.createElement('td'), input = document.createElement('input'), slope = document.createElement('span');
  slope.className = 'slope';
  Object.assign(input, { type: 'text', inputMode: 'decimal', autocomplete: 'off' });
  Object.assign(input.dataset, { name, k });
  // A number is shown with fewer digits than it may have.
  const value = () => { const whole = known.get(name).data[k]; return input.value === short(whole) ? Number(whole) : input.value.trim() ? Number(input.value) : NaN; };
  const grain = v => Number.isInteger(v) ? 1 : 0.1;
  const put = v => {
    const rounded = Number(v.toPrecision(10)), leaf = known.get(name);
    input.value = onChange(leaf, k, rounded) ? String(rounded) : short(leaf.data[k]);
  };
  input.addEventListener('focus', () => onChoose({ name, k }));
  input.addEventListener('keydown', e => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[e.key];
    if (!by || !Number.isFinite(value())) return;
    e.preventDefault();
    put(value() + by * (e.shiftKey ? 10 : e.altKey ? 0.1 : grain(value())));
  });
  input.addEventListener('change', () => {
    if (Number.isFinite(value())) put(value()); else input.value = short(known.get(name).data[k]);
  });
  // A drag: right and up is more. Less than a few pixels is a click, which edits.
  let from = null;
  input.addEventListener('pointerdown', e => { if (e.button) return; from = { x: e.clientX, y: e.clientY, v: value(), moved: false }; input.setPointerCapture(e.pointerId); });
  input.addEventListener('pointermove', e => {
    if (!from || !Number.isFinite(from.v)) return;
    const way = e.clientX - from.x - (e.clientY - from.y);
    if (!from.moved && Math.abs(way) < 4) return;
    from.moved = true;
    e.preventDefault();
    const v = Number((from.v + Math.round(way / 10) * (e.shiftKey ? 0.1 : grain(from.v))).toPrecision(10));
    if (v !== value()) put(v);
  });
  const end = () => { from = null; };
  input.addEventListener('pointerup', end);
  input.addEventListener('pointercancel', end);
  td.append(input, slope);
  return td;
}
