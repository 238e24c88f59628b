// The network in 8 bits: 28 x 28 grey levels in, the probabilities of the ten digits out, as in `mnist-cnn predict`.
// A picture is { side, channels, values }: row by row the pixels, and of each pixel all channels.
"use strict";

const SIDE = 28;
const network = JSON.parse(document.getElementById("network").textContent);

const unpacked = (text, Kind) => new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const layers = network.layers.map((layer) => ({
  ...layer,
  weights: unpacked(layer.weights, Int8Array), // by output, row and column of the window, input
  scale: unpacked(layer.scale, Float32Array),
  shift: unpacked(layer.shift, Float32Array),
}));

/** The probabilities after one look; where it is not sure, after a closer one: the mean over shifts by a pixel. */
function classify(pixels) {
  const first = look(pixels);
  const sure = Math.max(...softmax(first)) >= network.sure;
  return softmax(sure ? first : mean(SHIFTS.map(([down, across]) => look(shifted(pixels, down, across)))));
}

/** One look: the logits of 784 grey levels from 0 to 255. */
function look(pixels) {
  // In a drawing the paper is 0 and no stroke is a hairline: what is left of the network's preparation is this scale.
  const strongest = Math.max(1, ...pixels);
  const values = Float32Array.from(pixels, (level) => (level / strongest - network.mean) / network.std);
  const picture = { side: SIDE, channels: 1, values };
  return layers.reduce((input, layer) => finish(convolve(input, layer), layer), picture).values;
}

/**
 * Four places, in a square of 2 x 2, and two outputs at a time: their eight sums stay in the processor's registers.
 * Where a row, a column or an output is missing, the one before is computed twice.
 */
function convolve(picture, { weights, size, stride, padding, outputs }) {
  const { side, channels, values } = padded(picture, padding);
  const row = side * channels, run = size * channels, window = size * run;
  const places = Math.floor((side - size) / stride) + 1;
  const sums = new Float32Array(places * places * outputs);
  for (let y = 0; y < places; y += 2) {
    for (let x = 0; x < places; x += 2) {
      const below = y + 1 < places ? 1 : 0, right = x + 1 < places ? 1 : 0;
      const a = (y * row + x * channels) * stride, b = a + right * channels * stride;
      const c = a + below * row * stride, d = b + c - a;
      for (let output = 0; output < outputs; output += 2) {
        const other = Math.min(output + 1, outputs - 1);
        let a0 = 0, b0 = 0, c0 = 0, d0 = 0, a1 = 0, b1 = 0, c1 = 0, d1 = 0;
        let at0 = output * window, at1 = other * window;
        for (let k = 0; k < size; k++) {
          for (let i = k * row; i < k * row + run; i++) {
            const w0 = weights[at0++], w1 = weights[at1++];
            const va = values[a + i], vb = values[b + i], vc = values[c + i], vd = values[d + i];
            a0 += w0 * va; b0 += w0 * vb; c0 += w0 * vc; d0 += w0 * vd;
            a1 += w1 * va; b1 += w1 * vb; c1 += w1 * vc; d1 += w1 * vd;
          }
        }
        const first = (y * places + x) * outputs, second = first + right * outputs;
        const third = first + below * places * outputs, fourth = second + third - first;
        sums[first + output] = a0; sums[second + output] = b0; sums[third + output] = c0; sums[fourth + output] = d0;
        sums[first + other] = a1; sums[second + other] = b1; sums[third + other] = c1; sums[fourth + other] = d1;
      }
    }
  }
  return { side: places, channels: outputs, values: sums };
}

/** What follows a convolution: max pooling, scale and shift, ReLU. */
function finish(sums, { pool, relu, scale, shift, outputs }) {
  const step = pool ? 2 : 1, side = Math.floor(sums.side / step);
  const right = outputs, below = sums.side * outputs;
  const values = new Float32Array(side * side * outputs);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let output = 0; output < outputs; output++, at++) {
        const i = (y * sums.side + x) * step * outputs + output, v = sums.values;
        const highest = pool ? Math.max(v[i], v[i + right], v[i + below], v[i + below + right]) : v[i];
        const value = highest * scale[output] + shift[output];
        values[at] = relu ? Math.max(0, value) : value;
      }
    }
  }
  return { side, channels: outputs, values };
}

/** The picture with so many pixels of 0 around it. */
function padded(picture, margin) {
  if (margin === 0) return picture;
  const { channels } = picture, side = picture.side + 2 * margin, row = picture.side * channels;
  const values = new Float32Array(side * side * channels);
  for (let y = 0; y < picture.side; y++) {
    values.set(picture.values.subarray(y * row, (y + 1) * row), ((y + margin) * side + margin) * channels);
  }
  return { side, channels, values };
}

const SHIFTS = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((across) => [down, across]));

/** The pixels seen from so far down and across; the outermost ones spread. */
function shifted(pixels, down, across) {
  const inside = (place) => Math.min(Math.max(place, 0), SIDE - 1);
  return Uint8Array.from(pixels, (_, at) => {
    const y = Math.floor(at / SIDE), x = at % SIDE;
    return pixels[inside(y + down) * SIDE + inside(x + across)];
  });
}

function mean(rows) {
  return Array.from(rows[0], (_, at) => rows.reduce((sum, row) => sum + row[at], 0) / rows.length);
}

function softmax(logits) {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
