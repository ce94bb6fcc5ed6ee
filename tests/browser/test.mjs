// The playground in a real Chromium: it loads from a file, steps, checks, tells errors at their place, and reopens links.
// usage: node test.mjs [PAGE]; screenshots go beside the page.
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

async function open(at = url, options = {}) {
  const p = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
  p.on('pageerror', e => failures.push(`page error: ${e}`));
  await p.goto(at);
  await p.waitForSelector('.sentence', { timeout: 60000 });
  await p.waitForFunction(() => !document.getElementById('check').textContent.startsWith('…'), null, { timeout: 60000 });
  return p;
}
const sentence = p => p.textContent('.sentence');
const counter = p => p.textContent('.bar span');
async function lesson(p, k, verdict) {
  await p.selectOption('#lessons', String(k));
  await p.waitForFunction(v => document.getElementById('check').textContent.startsWith(v), verdict, { timeout: 30000 });
}
async function test(name, body) {
  try { await body(); console.log(`ok    ${name}`); } catch (e) { failures.push(`${name}: ${e.message}`); console.log(`FAIL  ${name}\n${e.stack}`); }
}

const p = await open();
await test('it loads offline and shows the first lesson at its last step', async () => {
  assert.match(await counter(p), /step 5 of 5/);
  assert.equal(await p.textContent('#check'), 'pass: 9 pass.');
});
await test('keys step to the pool, where the 9 gets 4', async () => {
  await p.focus('.picture');
  await p.keyboard.press('Home');
  for (let k = 0; k < 3; k++) await p.keyboard.press('ArrowRight');
  assert.match(await sentence(p), /won 4 windows and gets 1 \+ 1 \+ 1 \+ 1 = 4\./);
  assert.equal(await p.locator('.lens td.hit').textContent(), '4');
});
await test('a link reopens the same step', async () => {
  const again = await open(await p.evaluate(() => location.href));
  assert.match(await counter(again), /step 4 of 5/);
  assert.equal(await again.inputValue('#program'), await p.inputValue('#program'));
  await again.close();
});
await test('a damaged link falls back to the first lesson', async () => {
  const broken = await open(`${url}#v=1&p=%00garbage&s=9`);
  assert.match(await broken.textContent('#told'), /damaged/);
  await broken.close();
});
await test('an edit changes the winner, and the slider does', async () => {
  await p.fill('#program', 'x = [[1, 2, 0], [3, 9, 4], [5, 6, 70]]\nloss = sum(max_pool2d(x, 2, stride=1))');
  await p.waitForFunction(() => document.querySelector('[aria-label^="loss"]')?.getAttribute('aria-label').includes('97'), null, { timeout: 30000 });
  await p.evaluate(() => { const t = document.getElementById('program'); t.focus(); t.setSelectionRange(18, 18); });
  await p.keyboard.press('Alt+ArrowUp');
  await p.waitForFunction(() => document.getElementById('program').value.includes('4, 4]') || document.getElementById('program').value.includes('[4, 9'), null, { timeout: 5000 });
});
await test('digits of names are no numbers to change', async () => {
  await lesson(p, 0, 'pass');
  const before = await p.inputValue('#program');
  await p.evaluate(() => { const t = document.getElementById('program'); t.focus(); const k = t.value.indexOf('pool2d') + 5; t.setSelectionRange(k, k); });
  await p.keyboard.press('Alt+ArrowUp');
  assert.equal(await p.inputValue('#program'), before);
});
await test('an error of an operation points at its characters, and the page goes on', async () => {
  await p.fill('#program', 'x = [1, 2]\ny = x @ [[1, 2, 3]]');
  await p.waitForSelector('#error:not([hidden])', { timeout: 30000 });
  const text = await p.textContent('#error');
  assert.ok(text.startsWith('2:5: matmul: cannot multiply [1, 2] by [1, 3]\ny = x @ [[1, 2, 3]]\n    ^^^^^^^^^^^^^^^'), text);
  await lesson(p, 0, 'pass');
  assert.ok(await p.isHidden('#error'));
});
await test('a tie is a kink, with both slopes and what decides', async () => {
  await lesson(p, 2, 'kink');
  assert.match(await p.textContent('#check'), /kink: 7 pass, 2 kink\..*on the left and 2 on the right; max_pool2d decides the cell that wins the window/);
});
await test('training goes down', async () => {
  await lesson(p, 14, 'pass');
  await p.click('#train');
  await p.waitForFunction(() => document.getElementById('trained').textContent.startsWith('loss from 41 to 0.0'), null, { timeout: 30000 });
});
await test('every lesson runs without an error', async () => {
  const count = await p.evaluate(() => LESSONS.length);
  assert.ok(count >= 12);
  for (let k = 0; k < count; k++) {
    await p.selectOption('#lessons', String(k));
    await p.waitForTimeout(400);
    assert.ok(await p.isHidden('#error'), `lesson ${k}: ${await p.textContent('#error')}`);
  }
});
await test('nothing serious for axe, and no sideways scrolling at 320 pixels', async () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, width] of [['desktop', 1280], ['phone', 320]]) {
      const q = await open(url, { viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
      await q.evaluate(axe);
      const found = (await q.evaluate(() => axe.run())).violations.filter(v => ['serious', 'critical'].includes(v.impact));
      assert.deepEqual(found.map(v => `${v.id}: ${v.nodes[0].html}`), [], `${name}, ${colorScheme}`);
      assert.ok((await q.evaluate(() => document.documentElement.scrollWidth)) <= width, name);
      await q.screenshot({ path: path.join(path.dirname(page), `${name}-${colorScheme}.png`), fullPage: true });
      await q.close();
    }
  }
});
await browser.close();
if (failures.length) { console.error(failures.join('\n')); process.exit(1); }
