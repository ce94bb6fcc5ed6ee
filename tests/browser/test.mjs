// The playground in a real Chromium: it loads from a file, steps, checks, asks, trains, tells errors at their place, and reopens
// links. usage: node test.mjs [PAGE]; screenshots go beside the page.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const page = path.resolve(process.argv[2] ?? '../../target/playground/index.html');
const url = `file://${page}`;
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const failures = [];
const SLOW = { timeout: 60000 };

async function open(at = url, options = {}) {
  const p = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
  p.on('pageerror', e => failures.push(`page error: ${e}`));
  p.on('request', r => { if (!/^(file|blob|data):/.test(r.url())) failures.push(`it asked the network for ${r.url()}`); });
  await p.goto(at);
  await p.waitForFunction(() => document.querySelector('.sentence')?.textContent, null, SLOW);
  await settled(p);
  return p;
}
// All answers for the program at hand have been shown.
const settled = p => p.waitForFunction(() => !soon && settledRun === run, null, SLOW);
const sentence = p => p.textContent('.sentence');
const counter = p => p.textContent('.count');
const program = p => p.inputValue('#program');
async function lesson(p, title) {
  const k = await p.evaluate(t => LESSONS.findIndex(l => l.title.startsWith(t)), title);
  assert.ok(k >= 0, title);
  await p.selectOption('#lessons', String(k));
  await settled(p);
}
async function write(p, text) {
  await p.fill('#program', text);
  await settled(p);
}
async function test(name, body) {
  try { await body(); console.log(`ok    ${name}`); } catch (e) { failures.push(`${name}: ${e.message}`); console.log(`FAIL  ${name}\n${e.stack}`); }
}
const cell = (p, panel, k) => p.locator(`.panel-${panel} td[data-k="${k}"]`);
const input = (p, name, k) => p.locator(`#inputs input[data-name="${name}"][data-k="${k}"]`);

const p = await open();
await test('it loads offline and shows the first lesson at its last step', async () => {
  assert.match(await counter(p), /step 4 of 5/);
  assert.equal(await p.textContent('#check'), 'pass: all 9 of 9 agree.');
});
await test('keys step to the pool, where the 9 gets 4', async () => {
  await p.focus('.picture');
  await p.keyboard.press('Home');
  for (let k = 0; k < 3; k++) await p.keyboard.press('ArrowRight');
  assert.match(await sentence(p), /won 4 windows and gets 1 \+ 1 \+ 1 \+ 1 = 4\./);
  assert.equal(await p.locator('.panel-out td.hit').textContent(), '4');
});
await test('pointing at a window lights its cells and its winner, and the keys do the same', async () => {
  await cell(p, 'g', 3).hover();
  assert.match(await cell(p, 'x', 4).getAttribute('class'), /win/);
  assert.equal(await p.locator('.panel-x td.near').count(), 4);
  assert.match(await p.textContent('.told'), /winner at x\[1, 1\]: 9/);
  await cell(p, 'x', 0).focus();
  for (const key of ['ArrowRight', 'ArrowDown']) await p.keyboard.press(key);
  assert.match(await p.textContent('.told'), /x\[1, 1\] was chosen for .*: 1 \+ 1 \+ 1 \+ 1 = 4/);
  assert.match(await counter(p), /step 4 of 5/);
});
await test('a link reopens the same step and element', async () => {
  await input(p, 'x', 5).focus();
  await settled(p);
  await p.waitForFunction(() => location.hash.includes('e=x.5'));
  const again = await open(await p.evaluate(() => location.href));
  assert.match(await counter(again), /step 4 of 5/);
  assert.equal(await program(again), await program(p));
  assert.match(await again.textContent('#compared'), /^x\[1, 2\]: autodiff 0/);
  await again.context().close();
});
await test('a damaged link falls back to the first lesson', async () => {
  const broken = await open(`${url}#v=1&p=%00garbage&s=9`);
  assert.match(await broken.textContent('#told'), /damaged/);
  await broken.context().close();
});
await test('a number dragged to the right moves the winner, and the text follows', async () => {
  await lesson(p, 'Max pool: the 9');
  const box = await input(p, 'x', 7).boundingBox();
  await p.mouse.move(box.x + 20, box.y + 10);
  await p.mouse.down();
  await p.mouse.move(box.x + 70, box.y + 10, { steps: 5 });
  await p.waitForFunction(() => document.getElementById('program').value.includes('[5, 11, 7]'));
  await settled(p);
  await p.mouse.move(box.x + 110, box.y + 10, { steps: 5 });
  await p.mouse.up();
  await settled(p);
  assert.match(await program(p), /\[5, 15, 7\]/);
  assert.match(await p.getAttribute('#inputs input[data-name="x"][data-k="7"]', 'aria-label'), /x\[2, 1\], gradient 2/);
});
await test('arrow keys and typing change a number in its place', async () => {
  await write(p, '# two leaves\nx = [[1, -2.5e-1],   # a comment with 7\n     [3, 4]]\nw = 2\nloss = sum(w * x)');
  await input(p, 'x', 1).focus();
  await p.keyboard.press('ArrowDown');
  await settled(p);
  assert.match(await program(p), /^# two leaves\nx = \[\[1, -0\.35\],   # a comment with 7\n     \[3, 4\]\]\nw = 2/);
  await input(p, 'w', 0).fill('10');
  await p.keyboard.press('Tab');
  await settled(p);
  assert.match(await program(p), /w = 10\n/);
});
await test('an error of an operation points at its characters, and the page goes on', async () => {
  await write(p, 'x = [1, 2]\ny = x @ [[1, 2, 3]]');
  await p.waitForSelector('#error:not([hidden])', SLOW);
  const text = await p.textContent('#error');
  assert.ok(text.startsWith('2:5: matmul: cannot multiply [1, 2] by [1, 3]\ny = x @ [[1, 2, 3]]\n    ^^^^^^^^^^^^^^^'), text);
  // An argument is pointed at, and advice is in the words of the text.
  for (const [call, told] of [['max_pool2d(x, 2, stride=0)', /\n {19,}\^+\n/], ['max_pool2d(x, 2)', /floor=true/]]) {
    await write(p, `x = [[1, 2, 0], [3, 9, 4], [5, 6, 7]]\nloss = sum(${call})`);
    assert.match(await p.textContent('#error'), told);
  }
  await lesson(p, 'Max pool: the 9');
  assert.ok(await p.isHidden('#error'));
});
await test('a tie is a kink, with both slopes and what decides, in the whole and at its element', async () => {
  await lesson(p, 'Max pool: a tie');
  assert.match(await p.textContent('#check'), /^kink: 7 pass, 2 kink\..*on the left and 2 on the right; max_pool2d decides the cell that wins the window/);
  assert.match(await p.textContent('#compared'), /slopes .* \| .*kink$/);
});
await test('the error of a difference is a V over h', async () => {
  await lesson(p, 'How small');
  const error = async h => {
    await p.locator('#size').fill(String(h));
    return Number((await p.textContent('#compared')).match(/error ([-\de.+]+)/)[1]);
  };
  const [small, best, large] = [await error(-12), await error(-5), await error(0)];
  assert.ok(best < small / 100 && best < large / 100, `${small} ${best} ${large}`);
});
await test('the quiz hides gradients, knows one path of two, and reveals', async () => {
  await write(p, 'x = 3\nloss = 2 * x + x * 5');
  await p.keyboard.press('Escape');
  await p.keyboard.press('q');
  for (const hidden of ['.sentence', '.lens', '.of-cotangent']) assert.equal(await p.locator(hidden).first().evaluate(e => getComputedStyle(e).visibility), 'hidden', hidden);
  const say = async text => { await p.fill('#answer', text); await p.keyboard.press('Enter'); return p.textContent('#verdict'); };
  assert.match(await say('5'), /one path/);
  assert.match(await say('-7'), /sign/);
  assert.match(await say('abc'), /number/);
  assert.equal(await say('14/2'), 'Exact.');
  await p.click('#reveal');
  assert.equal(await p.textContent('#verdict'), 'It is 7.');
  assert.equal(await p.locator('.sentence').evaluate(e => getComputedStyle(e).visibility), 'visible');
  await p.click('#quizzing');
  assert.ok(await p.isHidden('#quiz'));
});
await test('training goes down, and any of its steps opens as a tape', async () => {
  await lesson(p, 'A line');
  await p.click('#train');
  await p.waitForFunction(() => document.getElementById('trained').textContent.startsWith('loss from 41 to 0.0'), null, SLOW);
  await p.locator('#moment').fill('1');
  const told = await p.textContent('#trained');
  await p.click('#open');
  await settled(p);
  assert.match(await program(p), /^w = 1\.75\nb = 0\.6/);
  assert.match(told, /w = 1\.75; b = 0\.6/);
});
await test('a matrix product shows the row and the column of a cell', async () => {
  await lesson(p, 'A matrix');
  await cell(p, 'out', 1).hover();
  assert.match(await p.textContent('.told'), /^9·2 \+ −1·0\.25 = 17\.75$/);
});
await test('exports arrive as files', async () => {
  await lesson(p, 'Max pool: the 9');
  for (const [kind, name, has] of [['rust', 'tape.rs', 'max_pool2d'], ['numpy', 'tape.py', 'import numpy as np'], ['svg', 'tape.svg', '<svg '], ['dot', 'tape.dot', 'digraph'],
    ['json', 'tape.json', 'wengert-trace/1'], ['text', 'tape.txt', 'max_pool2d'], ['html', 'tape.html', 'createViewer('], ['embed', 'tape.html', '?embed=1#v=1']]) {
    const [download] = await Promise.all([p.waitForEvent('download', SLOW), p.selectOption('#export', kind)]);
    assert.equal(download.suggestedFilename(), name);
    assert.ok(fs.readFileSync(await download.path(), 'utf8').includes(has), kind);
  }
});
await test('keys reach everything', async () => {
  await p.locator('.picture').focus();
  await p.keyboard.press('/');
  assert.equal(await p.evaluate(() => document.activeElement.id), 'program');
  await p.keyboard.press('Escape');
  await p.keyboard.press('i');
  assert.equal(await p.evaluate(() => document.activeElement.dataset.name), 'x');
  await p.keyboard.press('Escape');
  await p.keyboard.press('?');
  assert.ok(await p.evaluate(() => document.getElementById('help').open));
  await p.keyboard.press('Escape');
  await p.locator('.picture [data-line]').first().focus();
  await p.keyboard.press('ArrowDown');
  await p.keyboard.press('Enter');
  assert.match(await sentence(p), /max_pool2d|its cotangent keeps its numbers/);
  assert.ok(await p.evaluate(() => document.activeElement.classList.contains('lens')));
});
await test('every lesson runs without an error', async () => {
  const titles = await p.evaluate(() => LESSONS.map(l => l.title));
  assert.ok(titles.length >= 12 && titles.slice(0, 4).every(t => t.startsWith('Max pool')));
  for (const title of titles) {
    await lesson(p, title);
    assert.ok(await p.isHidden('#error'), `${title}: ${await p.textContent('#error')}`);
  }
});
await test('embedded it is tape and lens alone, presented it is large', async () => {
  const q = await open(`${url}?embed=1${await p.evaluate(() => location.hash)}`, { viewport: { width: 800, height: 600 } });
  assert.ok(await q.isHidden('#program') && await q.isHidden('#check') && await q.isVisible('.picture svg') && await q.isVisible('.bar'));
  await q.context().close();
  const r = await open(`${url}?present=1`);
  assert.equal(await r.evaluate(() => getComputedStyle(document.body).fontSize), '20px');
  await r.screenshot({ path: path.join(path.dirname(page), 'present.png') });
  await r.context().close();
});
await test('nothing serious for axe, and no sideways scrolling at 320 pixels', async () => {
  const examined = async (q, what) => {
    const found = (await q.evaluate(() => axe.run())).violations.filter(v => ['serious', 'critical'].includes(v.impact));
    assert.deepEqual(found.map(v => `${v.id}: ${v.nodes[0].html}`), [], what);
  };
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, width] of [['desktop', 1280], ['phone', 320]]) {
      const q = await open(url, { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
      await q.evaluate(axe);
      await q.keyboard.press('ArrowLeft');
      await examined(q, `${name}, ${colorScheme}`);
      assert.ok((await q.evaluate(() => document.documentElement.scrollWidth)) <= width, name);
      await q.screenshot({ path: path.join(path.dirname(page), `${name}-${colorScheme}.png`), fullPage: true });
      await q.click('#quizzing');
      await examined(q, `${name}, ${colorScheme}, quiz`);
      await q.click('#quizzing');
      await write(q, 'x = [1, 2]\ny = x +');
      await examined(q, `${name}, ${colorScheme}, error`);
      await q.context().close();
    }
  }
  const q = await open(url, { viewport: { width: 1280, height: 800 } });
  await q.evaluate(axe);
  for (const title of await q.evaluate(() => LESSONS.map(l => l.title))) {
    await lesson(q, title);
    await examined(q, title);
  }
  await q.context().close();
});
await browser.close();
if (failures.length) { console.error(failures.join('\n')); process.exit(1); }
