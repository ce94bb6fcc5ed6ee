// A decoder for the LZMA stream that holds the module, by Igor Pavlov's LZMA specification (2015): browsers unpack gzip by
// themselves, which leaves the page a third larger. unlzma(bytes) takes the `.lzma` form, which `xz --format=lzma` writes.
function unlzma(packed) {
  const lc = packed[0] % 9, lp = Math.floor(packed[0] / 9) % 5, pb = Math.floor(packed[0] / 45);
  let out = new Uint8Array(1 << 21), size = 0, from = 18;
  const coder = new Uint32Array([0xffffffff, new DataView(packed.buffer, packed.byteOffset).getUint32(14)]);

  const model = n => new Uint16Array(n).fill(1024);
  const lengths = () => ({ choice: model(2), low: model(16 << 3), mid: model(16 << 3), high: model(256) });
  const literals = model(0x300 << (lc + lp)), isMatch = model(12 << 4), isRep = model(12), isRep0 = model(12), isRep1 = model(12), isRep2 = model(12);
  const isRep0Long = model(12 << 4), slots = [model(64), model(64), model(64), model(64)], specials = model(115), align = model(16);
  const matched = lengths(), repeated = lengths();

  // Ranges and codes are unsigned, which bit operations in this language are not.
  function normalize() {
    if (coder[0] < 0x1000000) { coder[0] <<= 8; coder[1] = (coder[1] << 8) | packed[from++]; }
  }
  function bit(probabilities, i) {
    const p = probabilities[i], bound = (coder[0] >>> 11) * p;
    let b = 0;
    if (coder[1] < bound) { coder[0] = bound; probabilities[i] = p + ((2048 - p) >> 5); } else { coder[0] -= bound; coder[1] -= bound; probabilities[i] = p - (p >> 5); b = 1; }
    normalize();
    return b;
  }
  function direct(n) {
    let v = 0;
    while (n--) {
      coder[0] >>>= 1;
      const b = coder[1] >= coder[0] ? 1 : 0;
      if (b) coder[1] -= coder[0];
      v = v * 2 + b;
      normalize();
    }
    return v;
  }
  function tree(probabilities, bits, at = 0) {
    let m = 1;
    for (let k = 0; k < bits; k++) m = m * 2 + bit(probabilities, at + m);
    return m - (1 << bits);
  }
  function reverse(probabilities, bits, at = 0) {
    let m = 1, v = 0;
    for (let k = 0; k < bits; k++) { const b = bit(probabilities, at + m); m = m * 2 + b; v |= b << k; }
    return v;
  }
  function length(l, position) {
    if (!bit(l.choice, 0)) return tree(l.low, 3, position << 3);
    if (!bit(l.choice, 1)) return 8 + tree(l.mid, 3, position << 3);
    return 16 + tree(l.high, 8);
  }
  function distance(len) {
    const slot = tree(slots[Math.min(len, 3)], 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1, base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + reverse(specials, bits, base - slot);
    return base + direct(bits - 4) * 16 + reverse(align, 4);
  }
  function put(byte) {
    if (size === out.length) { const larger = new Uint8Array(size * 2); larger.set(out); out = larger; }
    out[size++] = byte;
  }

  let state = 0, rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0;
  for (;;) {
    const position = size & ((1 << pb) - 1);
    if (!bit(isMatch, (state << 4) + position)) {
      const before = size ? out[size - 1] : 0, at = 0x300 * (((size & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
      let symbol = 1;
      // After a match, the byte that the match would have gone on with says much about the one that is there.
      if (state >= 7) {
        let other = out[size - rep0 - 1];
        do {
          const o = (other >> 7) & 1;
          other <<= 1;
          const b = bit(literals, at + ((1 + o) << 8) + symbol);
          symbol = symbol * 2 + b;
          if (o !== b) break;
        } while (symbol < 0x100);
      }
      while (symbol < 0x100) symbol = symbol * 2 + bit(literals, at + symbol);
      put(symbol & 0xff);
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let len;
    if (bit(isRep, state)) {
      if (!bit(isRep0, state)) {
        if (!bit(isRep0Long, (state << 4) + position)) { state = state < 7 ? 9 : 11; put(out[size - rep0 - 1]); continue; }
      } else {
        let d;
        if (!bit(isRep1, state)) d = rep1; else { if (!bit(isRep2, state)) d = rep2; else { d = rep3; rep3 = rep2; } rep2 = rep1; }
        rep1 = rep0;
        rep0 = d;
      }
      len = length(repeated, position);
      state = state < 7 ? 8 : 11;
    } else {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      len = length(matched, position);
      state = state < 7 ? 7 : 10;
      rep0 = distance(len);
      if (rep0 === 0xffffffff) return out.subarray(0, size);
    }
    if (rep0 >= size || from > packed.length) throw new Error('the module is damaged');
    for (let k = len + 2; k > 0; k--) put(out[size - rep0 - 1]);
  }
}
