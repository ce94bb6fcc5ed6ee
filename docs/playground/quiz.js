// The quiz: gradients are hidden, one element of one is asked for, and the answer is compared with what the tape says. An
// answer that is one path of several, or has the wrong sign, is told so.
let question = null, score = { right: 0, asked: 0 };

// A number as people write it: 0.25, −3, 1e-3, 1/4.
function answered(text) {
  const t = text.trim().replaceAll('−', '-'), fraction = t.match(/^(-?[\d.]+)\s*\/\s*(-?[\d.]+)$/);
  const v = fraction ? Number(fraction[1]) / Number(fraction[2]) : Number(t);
  return t && Number.isFinite(v) ? v : null;
}
function noQuestion(text) {
  question = null;
  $('question').textContent = text;
  $('verdict').textContent = $('answer').value = '';
}
function newQuestion() {
  if (!trace) return noQuestion('No gradient to ask for.');
  const g = trace.gradients.filter(g => g.gradient !== null && trace.lines[g.gradient].value.data?.length);
  // Zeros are asked for now and then only: most of a pool's gradient is zero.
  const all = g.flatMap(p => trace.lines[p.gradient].value.data.map((v, k) => ({ p, k, v }))).filter(q => typeof q.v === 'number');
  const some = all.filter(q => q.v !== 0), from = some.length && Math.random() < 0.75 ? some : all;
  if (!from.length) return noQuestion('No gradient to ask for.');
  const { p, k, v } = from[Math.floor(Math.random() * from.length)], leaf = trace.lines[p.leaf];
  const parts = trace.steps.filter(s => s.to === p.leaf && s.line !== null && s.role !== 'add').map(s => trace.lines[s.line].value.data?.[k]);
  const step = trace.steps.findLastIndex(s => s.to === p.leaf);
  question = { value: v, parts, step, open: true };
  $('question').textContent = `How much does ${trace.lines[trace.root].name ?? 'the result'} change per unit of ${indexed(leaf.name ?? `%${leaf.id}`, k, leaf.value.dims)}, which is ${short(leaf.value.data[k])}?`;
  $('answer').value = '';
  $('verdict').textContent = score.asked ? `${score.right} of ${score.asked} so far.` : '';
}
function judge(text) {
  const v = answered(text);
  if (!question) return 'There is nothing to answer.';
  if (v === null) return 'Write a number.';
  const near = (a, b) => Math.abs(a - b) <= 0.02 * Math.max(1e-9, Math.abs(b));
  const right = near(v, question.value);
  if (question.open) { score.asked++; if (right) score.right++; question.open = false; }
  if (v === question.value) return 'Exact.';
  if (right) return `Close enough: ${short(question.value)}.`;
  if (question.parts.length > 1 && question.parts.some(p => typeof p === 'number' && near(v, p))) return 'That is one path; there is another one to add.';
  if (near(-v, question.value)) return 'The size is right, the sign is not.';
  if (v !== 0 && question.value === 0) return 'Does the loss feel this number at all?';
  return 'Not yet. Try again, or press Show.';
}
