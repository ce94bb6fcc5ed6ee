// The engine in a worker: ask(command, source) gives its answer as text. What takes too long is stopped, and the page lives on.
const WORKER = `
${unlzma}
let module, exports;
async function unpacked({ form, text }) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  return form === 'lzma' ? unlzma(bytes) : new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}
async function start() { exports = (await WebAssembly.instantiate(module, {})).exports; }
function text(len) {
  return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, exports.wengert_answer_at(), len));
}
onmessage = async e => {
  if (e.data.engine) {
    try {
      module = e.data.engine.text ? await WebAssembly.compile(await unpacked(e.data.engine)) : e.data.engine;
      await start();
      postMessage({ module });
    } catch (e) { postMessage({ failed: String(e) }); }
    return;
  }
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
const LONGEST = 4000, LARGEST_TEXT = 65536;
const refusal = (message, fix) => JSON.stringify({ error: { message, rule: '', fix, span: [0, 0] } });

// Packed as the build packed it at first, and then as the first worker compiled it.
let engine = MODULE;
let worker, ready, turn = Promise.resolve(), waiting = null, next = 0;

function startWorker() {
  worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
  ready = new Promise(done => {
    worker.onmessage = e => {
      if (e.data.module) { engine = e.data.module; return done(); }
      if (e.data.failed) return done(e.data.failed);
      if (waiting?.id === e.data.id) waiting.done(e.data.answer);
    };
  });
  worker.postMessage({ engine });
}

// One at a time, so that nobody's time runs while others are served; what belongs to an older run is not asked any more.
function ask(command, source, mine) {
  const answer = turn.then(async () => {
    if (mine !== undefined && mine !== run) return refusal('it is out of date', '');
    if (source.length > LARGEST_TEXT) return refusal('the program is too long', 'make it shorter');
    const failed = await ready;
    if (failed) return refusal(`the engine does not start in this browser: ${failed}`, 'take a newer one');
    return new Promise(done => {
      const id = next++;
      const timer = setTimeout(() => {
        worker.terminate();
        startWorker();
        done(refusal('it takes too long and was stopped', 'make it smaller'));
      }, LONGEST);
      waiting = { id, done: text => { clearTimeout(timer); done(text); } };
      worker.postMessage({ id, command, source });
    });
  });
  turn = answer.catch(() => {});
  return answer;
}
const asked = async (command, source, mine) => JSON.parse(await ask(command, source, mine));
