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
    module = e.data.engine.text ? await WebAssembly.compile(await unpacked(e.data.engine)) : e.data.engine;
    await start();
    postMessage({ module });
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
const LONGEST = 4000;

// Packed as the build packed it at first, and then as the first worker compiled it.
let engine = MODULE;
let worker, ready, waiting = new Map(), next = 0;

function startWorker() {
  worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
  ready = new Promise(done => {
    worker.onmessage = e => {
      if (e.data.module) { engine = e.data.module; return done(); }
      const w = waiting.get(e.data.id);
      if (w) { waiting.delete(e.data.id); clearTimeout(w.timer); w.done(e.data.answer); }
    };
  });
  worker.postMessage({ engine });
}

async function ask(command, source) {
  await ready;
  return new Promise(done => {
    const id = next++;
    const timer = setTimeout(() => {
      // All that waits is void with the worker.
      worker.terminate();
      const told = JSON.stringify({ error: { message: 'it takes too long and was stopped', rule: '', fix: 'make it smaller', span: [0, 0] } });
      for (const w of waiting.values()) { clearTimeout(w.timer); w.done(told); }
      waiting.clear();
      startWorker();
    }, LONGEST);
    waiting.set(id, { done, timer });
    worker.postMessage({ id, command, source });
  });
}
const asked = async (command, source) => JSON.parse(await ask(command, source));
