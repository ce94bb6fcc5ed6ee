// The page: program in, tape out. All numbers come from the module; this file ties the parts together.
const $ = id => document.getElementById(id);
const short = (v, digits = 6) => typeof v === 'string' ? v : String(Number(v.toPrecision(digits)));
const program = $('program'), view = $('view'), mode = new URLSearchParams(location.search);

let viewer = null, trace = null, leaves = [], chosen = null;
// Each change of the program is a run; answers to an older one are dropped, and a settled one has them all.
let run = 0, settledRun = 0, soon = null;
view.addEventListener('step', remember);

// The most telling step: mostly the last, when all has arrived, but no reshape.
const TELLING = 'telling';
const tellingStep = () => Math.max(0, trace.steps.findLastIndex(s => s.kind !== 'permute'));

// Shows the program's tape, at `step` or where the reader was.
async function update(step) {
  const mine = ++run, source = program.value;
  const answer = await asked('show', source);
  if (mine !== run) return;
  showError(answer.error, source);
  if (answer.error) { settledRun = mine; return; }
  trace = answer.trace;
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
  newQuestion(trace);
  remember();
  const report = await asked('check', source);
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
  const leaf = leaves.find(l => l.name === chosen?.name);
  const r = leaf ? await asked(`element ${chosen.k} ${leaf.name}`, source) : { error: {} };
  if (mine !== run) return;
  settledRun = mine;
  showElement(r, leaf ? indexed(leaf.name, chosen.k, leaf.dims) : '');
}
function choose(element) {
  if (chosen?.name === element.name && chosen.k === element.k) return;
  chosen = element;
  mark();
  remember();
  checkElement(run, program.value);
}
function mark() {
  for (const i of $('inputs').querySelectorAll('input')) i.parentElement.classList.toggle('chosen', chosen?.name === i.dataset.name && chosen.k === Number(i.dataset.k));
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

// A number of an input, changed in the text where it stands.
function changeNumber(leaf, k, value) {
  const places = leaf.places, [from, to] = places[k], text = String(value), by = text.length - (to - from);
  program.setRangeText(text, from, to);
  leaf.data[k] = value;
  // Numbers behind it have moved; the next answer of the engine says the same.
  for (const l of leaves) for (const p of l.places ?? []) if (p[0] > from) { p[0] += by; p[1] += by; }
  places[k] = [from, from + text.length];
  chosen = { name: leaf.name, k };
  changed(30);
}
function changed(wait) { clearTimeout(soon); soon = setTimeout(() => { soon = null; update(); }, wait); }
program.addEventListener('input', () => { $('say').textContent = ''; changed(200); });

async function remember() {
  if (!viewer) return;
  const hash = await fragment(program.value, viewer.step(), chosen);
  history.replaceState(null, '', `${location.search}${hash}`);
}
async function recall() {
  let state;
  try { state = await fromFragment(location.hash); } catch (e) {
    await lesson(0);
    $('told').textContent = 'The link is damaged; here is the first lesson.';
    return;
  }
  if (!state) return lesson(0);
  program.value = state.program;
  chosen = state.element;
  await update(state.step);
}
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
function lesson(k) {
  const l = LESSONS[k];
  $('lessons').value = k;
  $('previous').disabled = k === 0;
  $('following').disabled = k === LESSONS.length - 1;
  program.value = l.program;
  program.rows = Math.max(3, l.program.split('\n').length + 1);
  $('say').replaceChildren(l.say, document.createElement('br'), Object.assign(document.createElement('em'), { textContent: `Try: ${l.tryit}` }));
  $('told').textContent = '';
  chosen = null;
  return update(TELLING);
}
const lessonNow = () => Number($('lessons').value);
$('lessons').onchange = () => lesson(lessonNow());
$('previous').onclick = () => lesson(Math.max(0, lessonNow() - 1));
$('following').onclick = () => lesson(Math.min(LESSONS.length - 1, lessonNow() + 1));

function quizzing(on) {
  document.body.classList.toggle('quizzing', on);
  $('quizzing').setAttribute('aria-pressed', String(on));
  $('quiz').hidden = !on;
  if (on) { newQuestion(trace); $('answer').focus(); }
}
$('quizzing').onclick = () => quizzing($('quiz').hidden);
$('quiz').onsubmit = e => { e.preventDefault(); $('verdict').textContent = judge($('answer').value); };
$('another').onclick = () => { document.body.classList.add('quizzing'); newQuestion(trace); $('answer').focus(); };
$('reveal').onclick = () => {
  if (!question) return;
  question.open = false;
  $('verdict').textContent = `It is ${short(question.value)}.`;
  document.body.classList.remove('quizzing');
  viewer.go(question.step);
};

$('train').onclick = async () => showTraining(await asked(`train ${$('steps').value} ${$('rate').value}`, program.value));
$('moment').oninput = showMoment;
$('open').onclick = () => {
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
    q: () => $('quizzing').click(), n: () => $('following').click(), p: () => $('previous').click(), '?': () => $('keys').click() }[e.key];
  if (act) { e.preventDefault(); act(); }
});

document.body.classList.toggle('embed', mode.has('embed'));
document.body.classList.toggle('present', mode.has('present'));
startWorker();
recall();
