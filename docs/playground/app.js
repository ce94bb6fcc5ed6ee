// The page: program in, tape out. All numbers come from the module; this file shows them and moves between steps.
const $ = id => document.getElementById(id);
const WORKER = `
let module, exports;
async function start() { exports = (await WebAssembly.instantiate(module, {})).exports; }
function text(len) {
  const at = exports.wengert_answer_at();
  return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at, len));
}
onmessage = async e => {
  if (e.data.bytes) { module = await WebAssembly.compile(e.data.bytes); await start(); postMessage({ ready: true }); return; }
  const { id, command, source } = e.data;
  let answer;
  try {
    const bytes = new TextEncoder().encode(command + '\\n' + source);
    // Memory may grow in a call, which makes views of it void: they are made after it.
    const at = exports.wengert_request(bytes.length);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    answer = text(exports.wengert_call());
  } catch (trap) {
    // An operation refused its operands, which ends the module: it says why, and is started anew.
    try { answer = text(exports.wengert_last_error()); } catch (e) { answer = JSON.stringify({ error: { message: String(trap), rule: '', fix: '', span: [0, 0] } }); }
    await start();
  }
  postMessage({ id, answer });
};`;

let worker, waiting = new Map(), next = 0, ready;
const LONGEST = 4000;

async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
function startWorker() {
  const url = URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' }));
  worker = new Worker(url);
  ready = new Promise(done => {
    worker.onmessage = e => {
      if (e.data.ready) return done();
      const w = waiting.get(e.data.id);
      if (w) { waiting.delete(e.data.id); clearTimeout(w.timer); w.done(e.data.answer); }
    };
  });
  inflate(MODULE).then(bytes => worker.postMessage({ bytes }, [bytes]));
}
async function ask(command, source) {
  await ready;
  return new Promise(done => {
    const id = next++;
    // A program that takes too long is stopped; the page stays alive.
    const timer = setTimeout(() => {
      waiting.delete(id);
      worker.terminate();
      startWorker();
      done(JSON.stringify({ error: { message: 'it takes too long and was stopped', rule: '', fix: 'make it smaller', span: [0, 0] } }));
    }, LONGEST);
    waiting.set(id, { done, timer });
    worker.postMessage({ id, command, source });
  });
}

let viewer = null, trace = null, run = 0;
const program = $('program');
$('view').addEventListener('step', remember);

async function update(step) {
  const mine = ++run, source = program.value;
  const [json, svg] = [await ask('run', source), await ask('svg', source)];
  if (mine !== run) return;
  const answer = JSON.parse(json);
  showError(answer.error, source);
  if (answer.error) return;
  trace = answer;
  const view = $('view');
  const keep = step ?? (viewer ? viewer.step() : 0);
  if (viewer) viewer.stop();
  view.replaceChildren();
  const picture = document.createElement('div');
  picture.className = 'picture';
  picture.tabIndex = 0;
  picture.setAttribute('role', 'region');
  picture.setAttribute('aria-label', 'Drawing of the tape');
  picture.innerHTML = svg;
  view.append(picture);
  viewer = createViewer(view, trace);
  viewer.go(Math.min(keep, trace.steps.length - 1));
  quiz();
  remember();
  check(mine, source);
}

function showError(error, source) {
  const box = $('error');
  box.hidden = !error;
  if (!error) return;
  const before = source.slice(0, error.span[0]);
  const line = before.split('\n').length, column = before.length - before.lastIndexOf('\n');
  const text = source.split('\n')[line - 1] ?? '';
  const carets = '^'.repeat(Math.max(1, Math.min(error.span[1] - error.span[0], text.length - column + 1)));
  box.textContent = `${line}:${column}: ${error.message}\n${text}\n${' '.repeat(column - 1)}${carets}` +
    (error.rule ? `\nrule: ${error.rule}` : '') + (error.fix ? `\nfix: ${error.fix}` : '');
}

async function check(mine, source) {
  const r = JSON.parse(await ask('check', source));
  if (mine !== run) return;
  if (r.error) { $('check').textContent = r.error.message; return; }
  const counts = r.counts.map(c => `${c.count} ${c.verdict}`).join(', ');
  const f = r.findings[0];
  const why = !f ? '' : f.left !== undefined
    ? ` ${f.place}: autodiff ${short(f.analytic)}, slopes ${short(f.left)} on the left and ${short(f.right)} on the right; ${f.op} decides the ${f.decides}.`
    : ` ${f.place}: autodiff ${short(f.analytic)}, differences ${short(f.numeric)}; ${f.reason}.`;
  $('check').textContent = `${r.verdict}: ${counts}.${why}`;
}
const short = v => typeof v === 'string' ? v : String(Number(v.toPrecision(6)));

// Quiz: one element of one gradient, and what arrives there on each path.
let asked = null;
function quiz() {
  const g = trace.gradients.filter(g => g.gradient !== null && trace.lines[g.gradient].value.data);
  if (!g.length) { asked = null; $('question').textContent = 'No gradient to ask for.'; return; }
  const pick = g[Math.floor(Math.random() * g.length)], data = trace.lines[pick.gradient].value.data;
  const element = Math.floor(Math.random() * data.length), dims = trace.lines[pick.leaf].value.dims;
  const index = [];
  for (let k = dims.length - 1, rest = element; k >= 0; k--) { index.unshift(rest % dims[k]); rest = Math.floor(rest / dims[k]); }
  const parts = trace.steps.filter(s => s.to === pick.leaf && s.line !== null && s.role !== 'add').map(s => trace.lines[s.line].value.data?.[element]);
  asked = { value: data[element], parts };
  $('question').textContent = `How much does the loss change when ${trace.lines[pick.leaf].name}${index.length ? `[${index}]` : ''} grows by a little?`;
  $('answer').value = '';
  $('verdict').textContent = '';
}
$('judge').onclick = () => {
  const v = Number($('answer').value);
  if (!asked || !$('answer').value.trim() || Number.isNaN(v)) { $('verdict').textContent = 'Write a number.'; return; }
  const near = (a, b) => Math.abs(a - b) <= 0.02 * Math.max(1e-9, Math.abs(b));
  $('verdict').textContent = v === asked.value ? 'Exact.' : near(v, asked.value) ? `Close: ${short(asked.value)}.`
    : asked.parts.length > 1 && asked.parts.some(p => near(v, p)) ? 'That is one path; there is another one to add.'
    : v === -asked.value ? 'The size is right, the sign is not.' : `Not yet: look at the steps.`;
};

$('train').onclick = async () => {
  const r = JSON.parse(await ask(`train ${$('steps').value} ${$('rate').value}`, program.value));
  if (r.error) { $('trained').textContent = r.error.message; return; }
  const losses = r.losses.map(l => typeof l === 'number' ? l : NaN), finite = losses.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)], span = high - low || 1;
  const at = (l, k) => `${(5 + 290 * k / Math.max(1, losses.length - 1)).toFixed(1)} ${(85 - 80 * (l - low) / span).toFixed(1)}`;
  const path = losses.map((l, k) => Number.isFinite(l) ? at(l, k) : null).filter(Boolean);
  $('curve').innerHTML = `<path d="M${path.join('L')}"/>`;
  $('curve').removeAttribute('hidden');
  const leaves = r.leaves.map(l => `${l.name} = ${l.data.length > 6 ? '…' : l.dims.length ? `[${l.data.map(short).join(', ')}]` : short(l.data[0])}`).join('; ');
  $('trained').textContent = `loss from ${short(r.losses[0])} to ${short(r.losses[r.losses.length - 1])}; ${leaves}`;
};

// The number at the cursor: a slider, and Alt with the arrow keys.
// Not the digits of a name: the 2 of max_pool2d is none.
const NUMBER = /(?<![\w.])-?\d+(\.\d+)?(e[-+]?\d+)?(?!\w)/gi;
function numberAtCursor() {
  for (const m of program.value.matchAll(NUMBER)) {
    if (m.index <= program.selectionStart && program.selectionStart <= m.index + m[0].length) return m;
  }
  return null;
}
function setNumber(m, value) {
  const text = String(Number(value.toPrecision(8)));
  const at = m.index;
  program.setRangeText(text, at, at + m[0].length, 'start');
  program.setSelectionRange(at, at);
  changed();
}
function showNumber() {
  const m = numberAtCursor();
  $('nudge').hidden = !m;
  if (!m) return;
  const v = Number(m[0]), reach = Math.max(5, Math.abs(v) * 2);
  Object.assign($('slider'), { min: v - reach, max: v + reach, step: reach / 100, value: v });
  $('number').textContent = m[0];
}
for (const event of ['keyup', 'click', 'focus']) program.addEventListener(event, showNumber);
$('slider').oninput = () => { const m = numberAtCursor(); if (m) { setNumber(m, Number($('slider').value)); $('number').textContent = $('slider').value; } };
program.addEventListener('keydown', e => {
  const by = { ArrowUp: 1, ArrowDown: -1 }[e.key];
  const m = e.altKey && by ? numberAtCursor() : null;
  if (m) { e.preventDefault(); setNumber(m, Number(m[0]) + by * (e.shiftKey ? 10 : m[0].includes('.') ? 0.1 : 1)); showNumber(); }
});
let soon = null;
function changed() { clearTimeout(soon); soon = setTimeout(() => update(), 150); }
program.addEventListener('input', () => { $('say').textContent = ''; changed(); });

// State in the fragment: program, deflated, and step.
async function packed(text) {
  const bytes = new Uint8Array(await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer());
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
  const plain = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
  if (plain.length > 65536) throw new Error('too long');
  return plain;
}
async function remember() {
  if (!viewer) return;
  const p = await packed(program.value);
  history.replaceState(null, '', `${location.search}#v=1&p=${p}&s=${viewer.step()}`);
}
async function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  if (state.get('v') !== '1' || !state.get('p')) return false;
  try {
    program.value = await unpacked(state.get('p'));
    await update(Math.max(0, parseInt(state.get('s') ?? '0', 10) || 0));
    return true;
  } catch (e) {
    $('told').textContent = 'The link is damaged; here is the first lesson.';
    return false;
  }
}
$('share').onclick = async () => {
  await remember();
  try { await navigator.clipboard.writeText(location.href); $('told').textContent = 'The link is copied.'; }
  catch (e) { $('told').textContent = 'The link is in the address bar.'; }
};
$('export').onchange = async () => {
  const kind = $('export').value;
  $('export').value = '';
  if (!kind) return;
  const text = kind === 'json' ? JSON.stringify(trace) : await ask(kind, program.value);
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([text]));
  a.download = `tape.${kind === 'text' ? 'txt' : kind}`;
  a.click();
};
LESSONS.forEach((l, k) => $('lessons').append(new Option(l.title, k)));
function lesson(k) {
  program.value = LESSONS[k].program;
  $('say').textContent = `${LESSONS[k].say} ${LESSONS[k].tryit}`;
  // The most telling step is the last: all has arrived.
  update(1e9);
}
$('lessons').onchange = () => lesson(Number($('lessons').value));
const mode = new URLSearchParams(location.search);
document.body.classList.toggle('embed', mode.has('embed'));
document.body.classList.toggle('present', mode.has('present'));
startWorker();
recall().then(done => { if (!done) lesson(0); });
