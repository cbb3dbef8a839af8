/**
 * A character LSTM with one layer, step by step: the equations of chapter 2, under the names of the book's notation.
 *
 *   i = σ(W_ii x + W_hi h + b_i)     input gate          c' = f ⊙ c + i ⊙ g      cell state
 *   f = σ(W_if x + W_hf h + b_f)     forget gate         h' = o ⊙ tanh(c')       hidden state
 *   g = tanh(W_ig x + W_hg h + b_g)  candidate           z  = W_out h' + b_out   logits
 *   o = σ(W_io x + W_ho h + b_o)     output gate
 *
 * Matrices are stored row after row, the four blocks of rows in PyTorch's order i, f, g, o.
 */

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

export class LSTM {
  /**
   * @param params what `readWeights` returns: for each name `{ shape, data }`. An `embedding` may be among them;
   *   without it, inputs are one-hot.
   */
  constructor(params) {
    const H = params.weight_hh_l0.shape[1];
    const V = params.weight_out.shape[0];
    requireShapes(params, H, V);
    this.hiddenSize = H;
    this.vocabSize = V;
    this.recurrent = params.weight_hh_l0.data; // (4H, H)
    this.weightOut = params.weight_out.data; // (V, H)
    this.biasOut = params.bias_out.data; // (V)
    this.drive = drives(params, H, V);
  }

  /** The state before any text: nothing kept, nothing shown. */
  start() {
    return { c: new Float64Array(this.hiddenSize), h: new Float64Array(this.hiddenSize) };
  }

  /**
   * Read one character.
   * @param id its place in the vocabulary
   * @param before the state `{ c, h }`: of `start`, or what an earlier step returned
   * @returns the gates `{ i, f, g, o }`, the new state `{ c, h }` and the logits `z` of the next character
   */
  step(id, before) {
    const H = this.hiddenSize;
    const W = this.recurrent;
    const drive = this.drive[id];
    const shown = before.h;
    const [i, f, g, o, c, h] = Array.from({ length: 6 }, () => new Float64Array(H));
    for (let unit = 0; unit < H; unit++) {
      let inner_i = drive[unit];
      let inner_f = drive[H + unit];
      let inner_g = drive[2 * H + unit];
      let inner_o = drive[3 * H + unit];
      const row_i = unit * H;
      const row_f = (H + unit) * H;
      const row_g = (2 * H + unit) * H;
      const row_o = (3 * H + unit) * H;
      for (let k = 0; k < H; k++) {
        inner_i += W[row_i + k] * shown[k];
        inner_f += W[row_f + k] * shown[k];
        inner_g += W[row_g + k] * shown[k];
        inner_o += W[row_o + k] * shown[k];
      }
      i[unit] = sigmoid(inner_i);
      f[unit] = sigmoid(inner_f);
      g[unit] = Math.tanh(inner_g);
      o[unit] = sigmoid(inner_o);
      c[unit] = f[unit] * before.c[unit] + i[unit] * g[unit];
      h[unit] = o[unit] * Math.tanh(c[unit]);
    }
    return { i, f, g, o, c, h, z: affine(this.weightOut, h, this.biasOut) };
  }
}

/** What each character adds to the gates, W_ih x + b: an array (4H) for each of the V characters, computed once. */
function drives({ weight_ih_l0, bias_l0, embedding }, H, V) {
  return Array.from({ length: V }, (_, id) => {
    const D = weight_ih_l0.shape[1];
    const x = new Float64Array(D);
    if (embedding) x.set(embedding.data.subarray(id * D, (id + 1) * D));
    else x[id] = 1; // one-hot
    return affine(weight_ih_l0.data, x, bias_l0.data);
  });
}

/** W x + b, with W stored row after row. */
function affine(W, x, b) {
  return Float64Array.from(b, (sum, row) => {
    for (let k = 0, at = row * x.length; k < x.length; k++) sum += W[at + k] * x[k];
    return sum;
  });
}

/** Throw at weights that are not those of such a model. */
function requireShapes(params, H, V) {
  const D = params.embedding ? params.embedding.shape[1] : V;
  const wanted = {
    weight_ih_l0: [4 * H, D],
    weight_hh_l0: [4 * H, H],
    bias_l0: [4 * H],
    weight_out: [V, H],
    bias_out: [V],
    ...(params.embedding && { embedding: [V, D] }),
  };
  const names = new Set([...Object.keys(wanted), ...Object.keys(params)]);
  for (const name of names) {
    const [expected, found] = [wanted[name], params[name]?.shape];
    if (`${expected}` !== `${found}`) throw new Error(`${name} has the shape (${found}), not (${expected})`);
  }
}
