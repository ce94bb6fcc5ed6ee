// The page: program in, tape out. All numbers come from the module; this file ties the parts together.
const $ = id => document.getElementById(id);
const short = (v, digits = 6) => typeof v === 'string' ? v : String(Number(v.toPrecision(digits)));
const program = $('program'), view = $('view'), mode = new URLSearchParams(location.search);

let viewer = null, trace = null, leaves = [], chosen = null;
// The text in which the leaves have their places.
let placed = null;
// Each change of the program is a run; answers to an older one are dropped, and a settled one has them all.
let run = 0, settledRun = 0, soon = null;
view.addEventListener('step', remember);

// The most telling step: mostly the last, when all has arrived, but no reshape.
const TELLING = 'telling';
const tellingStep = () => Math.max(0, trace.steps.findLastIndex(s => s.kind !== 'permute'));

// Shows the program's tape, at `step` or where the reader was.
async function update(step) {
  const mine = ++run, source = program.value;
  const answer = await asked('show', source, mine);
  if (mine !== run) return;
  showError(answer.error, source);
  if (answer.error) { settledRun = mine; return; }
  trace = answer.trace;
  placed = source;
  leaves = answer.leaves.map(l => ({ ...l, gradient: gradientOf(l) }));
  if (!leaves.some(l => l.name === chosen?.name && chosen.k < l.data.length)) chosen = null;
  const keep = step ?? (viewer ? viewer.step() : 0), picture = view.querySelector('.picture'), at = [picture.scrollLeft, picture.scrollTop];
  if (viewer) viewer.stop();
  picture.innerHTML = answer.svg;
  paint();
  viewer = createViewer(view, trace, { curve: (line, operand, k) => asked(`curve ${line} ${operand} ${k}`, source) });
  viewer.go(keep === TELLING ? tellingStep() : Math.min(keep, trace.steps.length - 1));
  if (step === undefined) [picture.scrollLeft, picture.scrollTop] = at;
  showInputs($('inputs'), leaves, changeNumber, choose);
  mark();
  $('hint').hidden = !$('inputs').children.length;
  if (document.body.classList.contains('quizzing')) newQuestion(); else noQuestion('Press Another for a question.');
  remember();
  const report = await asked('check', source, mine);
  if (mine !== run) return;
  showCheck(report);
  // What deserves a look is looked at: the first finding, or the first element whose gradient is not zero.
  chosen ??= telling(report);
  mark();
  await checkElement(mine, source);
}
function gradientOf(leaf) {
  const g = trace.gradients.find(g => trace.lines[g.leaf].name === leaf.name);
  return g && g.gradient !== null ? trace.lines[g.gradient].value.data : undefined;
}
function telling(report) {
  for (const l of leaves) {
    const k = l.data.findIndex((_, k) => report.findings?.some(f => f.place === indexed(l.name, k, l.dims)));
    if (k >= 0) return { name: l.name, k };
  }
  for (const l of leaves) {
    const k = l.gradient?.findIndex(v => v !== 0) ?? -1;
    if (k >= 0) return { name: l.name, k };
  }
  return leaves.length && leaves[0].data.length ? { name: leaves[0].name, k: 0 } : null;
}
async function checkElement(mine, source) {
  const leaf = leaves.find(l => l.name === chosen?.name), place = leaf ? indexed(leaf.name, chosen.k, leaf.dims) : '';
  const r = leaf ? await asked(`element ${chosen.k} ${leaf.name}`, source, mine) : { error: {} };
  if (mine !== run) return;
  settledRun = mine;
  showElement(r, place);
}
function choose(element) {
  if (chosen?.name === element.name && chosen.k === element.k) return;
  chosen = element;
  mark();
  remember();
  // Of a text that has changed since, the next run tells.
  if (program.value === placed) checkElement(run, placed);
}
function mark() {
  for (const i of $('inputs').querySelectorAll('input')) i.parentElement.classList.toggle('chosen', chosen?.name === i.dataset.name && chosen.k === Number(i.dataset.k));
}

function showError(error, source) {
  const box = $('error');
  box.hidden = !error;
  if (!error) return;
  const advice = (error.rule ? `rule: ${error.rule}\n` : '') + (error.fix ? `fix: ${error.fix}\n` : '');
  // What has no place is told without one.
  if (!error.span[1] || !source.trim()) { box.textContent = `${error.message}\n${advice}`; return; }
  const before = source.slice(0, error.span[0]);
  const line = before.split('\n').length, column = before.length - before.lastIndexOf('\n');
  const text = source.split('\n')[line - 1] ?? '';
  const carets = '^'.repeat(Math.max(1, Math.min(error.span[1] - error.span[0], text.length - column + 1)));
  // The line is scrolled, not wrapped, so that the carets stay below their characters; tabs are kept for the same reason.
  const code = document.createElement('span');
  code.className = 'code';
  code.textContent = `${text}\n${text.slice(0, column - 1).replace(/[^\t]/g, ' ')}${carets}\n`;
  box.replaceChildren(`${line}:${column}: ${error.message}\n`, code, advice);
  if (code.scrollWidth > code.clientWidth) {
    code.tabIndex = 0;
    code.scrollLeft = (column - 6) * code.scrollWidth / (text.length || 1);
  }
}

// A number of an input, changed in the text where it stands.
function changeNumber(leaf, k, value) {
  // While the text is another, nobody knows where its numbers are.
  if (program.value !== placed) return false;
  const places = leaf.places, [from, to] = places[k], text = String(value), by = text.length - (to - from);
  program.setRangeText(text, from, to);
  leaf.data[k] = value;
  // Numbers behind it have moved; the next answer of the engine says the same.
  for (const l of leaves) for (const p of l.places ?? []) if (p[0] > from) { p[0] += by; p[1] += by; }
  places[k] = [from, from + text.length];
  placed = program.value;
  chosen = { name: leaf.name, k };
  changed(0);
  return true;
}
// Answers to the text as it was are void at once: their places are those of another text.
function changed(wait) {
  run++;
  forgetTraining();
  clearTimeout(soon);
  soon = setTimeout(() => { soon = null; update(); }, wait);
}
program.addEventListener('input', () => { $('say').textContent = ''; changed(200); });

let remembered = 0;
async function remember() {
  if (!viewer) return;
  const mine = ++remembered, hash = await fragment(program.value, viewer.step(), chosen);
  if (mine !== remembered) return;
  // Some browsers refuse many changes in a row, and frames without an address refuse all.
  try { history.replaceState(null, '', `${location.search}${hash}`); } catch (e) { /* The next one will do. */ }
}
async function recall() {
  let state;
  try { state = await fromFragment(location.hash); } catch (e) {
    await lesson(0);
    $('told').textContent = 'The link is damaged; here is the first lesson.';
    return;
  }
  if (!state) return lesson(0);
  put(state.program, LESSONS.findIndex(l => l.program === state.program));
  chosen = state.element;
  await update(state.step);
}
addEventListener('hashchange', recall);
$('share').onclick = async () => {
  await remember();
  try { await navigator.clipboard.writeText(location.href); $('told').textContent = 'The link is copied.'; }
  catch (e) { $('told').textContent = 'The link is in the address bar.'; }
};
const ENDINGS = { text: 'txt', rust: 'rs', numpy: 'py', embed: 'html' };
async function exported(kind) {
  if (kind === 'json') return JSON.stringify(trace, null, 1);
  if (kind === 'embed') {
    const to = `${location.origin === 'null' || location.protocol === 'file:' ? 'playground.html' : location.origin + location.pathname}?embed=1${await fragment(program.value, viewer.step(), chosen)}`;
    return `<iframe src="${to}" title="A tape, step by step" width="100%" height="600" style="border:0" loading="lazy"></iframe>\n`;
  }
  return ask(kind, program.value);
}
$('export').onchange = async () => {
  const kind = $('export').value;
  $('export').value = '';
  if (!kind || !trace) return;
  const text = await exported(kind);
  if (text.startsWith('{"error"')) { $('told').textContent = JSON.parse(text).error.message; return; }
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([text]));
  a.download = `tape.${ENDINGS[kind] ?? kind}`;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
  $('told').textContent = `${a.download} is written.`;
};

LESSONS.forEach((l, k) => $('lessons').append(new Option(`${k + 1}. ${l.title}`, k)));
// Another program, of lesson `k` or of none (−1).
function put(text, k) {
  clearTimeout(soon);
  soon = null;
  forgetTraining();
  $('lessons').selectedIndex = k;
  $('previous').disabled = k <= 0;
  $('following').disabled = k === LESSONS.length - 1;
  program.value = text;
  program.rows = Math.max(3, Math.min(20, text.split('\n').length + 1));
  $('say').replaceChildren();
  $('told').textContent = '';
}
function lesson(k) {
  const l = LESSONS[k];
  put(l.program, k);
  $('say').replaceChildren(l.say, document.createElement('br'), Object.assign(document.createElement('em'), { textContent: `Try: ${l.tryit}` }));
  chosen = null;
  return update(TELLING);
}
const lessonNow = () => $('lessons').selectedIndex;
$('lessons').onchange = () => lesson(lessonNow());
$('previous').onclick = () => lesson(Math.max(0, lessonNow() - 1));
$('following').onclick = () => lesson(Math.min(LESSONS.length - 1, lessonNow() + 1));

// Hides the gradients, or shows them; names of inputs tell them as well.
function hide(on) {
  document.body.classList.toggle('quizzing', on);
  showInputs($('inputs'), leaves, changeNumber, choose);
}
function quizzing(on) {
  hide(on);
  $('quizzing').setAttribute('aria-pressed', String(on));
  $('quiz').hidden = !on;
  if (on) { newQuestion(); $('answer').focus(); }
}
$('quizzing').onclick = () => quizzing($('quiz').hidden);
$('quiz').onsubmit = e => { e.preventDefault(); $('verdict').textContent = judge($('answer').value); };
$('another').onclick = () => { hide(true); newQuestion(); $('answer').focus(); };
$('reveal').onclick = () => {
  if (!question) return;
  question.open = false;
  $('verdict').textContent = `It is ${short(question.value)}.`;
  hide(false);
  viewer.go(question.step);
};

$('train').onclick = async () => {
  const source = program.value, r = await asked(`train ${$('steps').value} ${$('rate').value}`, source);
  if (program.value === source) showTraining(r);
};
$('moment').oninput = showMoment;
$('open').onclick = () => {
  if (program.value !== placed) return;
  const data = training.history[Number($('moment').value)];
  // From the last number to the first, so that places before stay right.
  const all = leaves.flatMap(l => {
    const i = training.leaves.findIndex(t => t.name === l.name);
    return i < 0 || !l.places ? [] : l.places.map((p, k) => ({ p, v: data[i][k] }));
  });
  for (const { p, v } of all.sort((a, b) => b.p[0] - a.p[0])) program.setRangeText(String(v), p[0], p[1]);
  update(TELLING);
};
$('size').oninput = showSize;

const THEMES = ['auto', 'light', 'dark'];
let theme = 0;
function paint() {
  const name = THEMES[theme];
  if (name === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
  $('theme').textContent = `Theme: ${name}`;
  const svg = view.querySelector('.picture svg');
  if (svg) { svg.classList.remove(...THEMES); svg.classList.add(name); }
}
$('theme').onclick = () => { theme = (theme + 1) % THEMES.length; paint(); };
$('keys').onclick = () => $('help').showModal();

document.addEventListener('keydown', e => {
  if (e.altKey || e.ctrlKey || e.metaKey) return;
  if (e.key === 'Escape' && e.target.closest('textarea, input')) { view.querySelector('.picture').focus(); return; }
  if (e.target.closest('input, textarea, select, dialog')) return;
  const act = { '/': () => program.focus(), i: () => $('inputs').querySelector('input')?.focus(), c: () => $('size').focus(), t: () => $('train').focus(),
    q: () => $('quizzing').click(), n: () => mode.has('embed') || $('following').click(), p: () => mode.has('embed') || $('previous').click(), '?': () => $('keys').click() }[e.key];
  if (act) { e.preventDefault(); act(); }
});

document.body.classList.toggle('embed', mode.has('embed'));
document.body.classList.toggle('present', mode.has('present'));
startWorker();
recall();
