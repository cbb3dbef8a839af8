/**
 * Reads a safetensors file: the length of a JSON header in 8 bytes, the header, then the numbers, all little-endian.
 *
 * @param buffer the file, an ArrayBuffer
 * @returns `{ params, metadata }`: for each name `{ shape, data }`, the data a Float32Array; and what was saved with it
 */
export function readWeights(buffer) {
  const view = new DataView(buffer);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const params = {};
  const metadata = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry)) metadata[key] = JSON.parse(value);
    } else {
      const [from, to] = entry.data_offsets;
      params[name] = { shape: entry.shape, data: numbers(entry.dtype, buffer.slice(start + from, start + to)) };
    }
  }
  return { params, metadata };
}

function numbers(dtype, bytes) {
  if (dtype === "F32") return new Float32Array(bytes);
  if (dtype === "F16") return Float32Array.from(new Uint16Array(bytes), fromHalf);
  throw new Error(`weights are float16 or float32, and these are ${dtype}`);
}

/** The number that 16 bits stand for: a sign, 5 bits of exponent, 10 bits of fraction. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
