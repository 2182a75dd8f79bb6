// Why Bergamot's texts are others: its module adds pairs of 8-bit products in 16 bits, and cuts off what does not fit. This
// is the same product without that, slowly and in the same layout, to see what it makes of the text.

/** Columns of a block of packed weights, and inputs that lie side by side in it. */
const COLUMNS = 8;
const WIDTH = 16;

/** The functions that link Bergamot's products, with the one that multiplies put in place of the module's own. */
function exactly(link) {
  return function (info) {
    return { ...link.call(this, info), int8_multiply_and_add_bias: multiply };
  };
}

/**
 * `out[row][column] = a[row] · b[column] * multiplier / (scaleA * scaleB) + bias[column]`, where the activations are
 * shifted to be positive, which the bias takes back. All but the scales are addresses or counts.
 */
function multiply(a, scaleA, _zeroA, b, scaleB, _zeroB, bias, multiplier, rows, width, columns, out) {
  const { buffer } = Module.HEAP8;
  const activations = new Uint8Array(buffer, a, rows * width);
  const weights = new Int8Array(buffer, b, width * columns);
  const biases = new Float32Array(buffer, bias, columns);
  const results = new Float32Array(buffer, out, rows * columns);
  const { fround } = Math;
  const scale = fround(multiplier / fround(scaleA * scaleB));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      let weight = (column - (column % COLUMNS)) * width + (column % COLUMNS) * WIDTH;
      for (let k = row * width; k < (row + 1) * width; k += WIDTH, weight += COLUMNS * WIDTH) {
        for (let i = 0; i < WIDTH; i++) sum += activations[k + i] * weights[weight + i];
      }
      results[row * columns + column] = fround(fround(fround(sum) * scale) + biases[column]);
    }
  }
}
