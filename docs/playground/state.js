// The state of the page in the fragment of its address: the program, deflated, the step, and what is being looked at. A link
// reopens all of it, and no server sees it.
const packing = (text, stream) => new Response(new Blob([text]).stream().pipeThrough(stream));

async function packed(text) {
  const bytes = new Uint8Array(await packing(text, new CompressionStream('deflate-raw')).arrayBuffer());
  return btoa(Array.from(bytes, b => String.fromCharCode(b)).join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts = [];
  // A short link must not become a text without end.
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > 65536) throw new Error('too long');
    parts.push(value);
  }
  return new Blob(parts).text();
}
async function fragment(program, step, element) {
  const e = element ? `&e=${encodeURIComponent(`${element.name}.${element.k}`)}` : '';
  return `#v=1&p=${await packed(program)}&s=${step}${e}`;
}
// What a fragment says, or null where it says nothing; throws where it is damaged.
async function fromFragment(hash) {
  const state = new URLSearchParams(hash.slice(1));
  if (!state.has('p')) return null;
  if (state.get('v') !== '1') throw new Error('another version');
  const [, name, k] = (state.get('e') ?? '').match(/^(.+)\.(\d+)$/) ?? [];
  return { program: await unpacked(state.get('p')), step: Math.max(0, parseInt(state.get('s') ?? '0', 10) || 0), element: name ? { name, k: Number(k) } : null };
}
