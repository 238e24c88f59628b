// The network in 8 bits: 28 x 28 grey levels in, the probabilities of the ten digits out, as in `mnist-cnn predict`.
// A picture is { side, channels, values }: row by row the pixels, and of each pixel all channels.
"use strict";

const SIDE = 28;
const network = JSON.parse(document.getElementById("network").textContent);

const unpacked = (text, Kind) => new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const layers = network.layers.map((stored) => {
  const layer = {
    ...stored,
    weights: new Float32Array(unpacked(stored.weights, Int8Array)), // by output, row and column of the window, input
    scale: unpacked(stored.scale, Float32Array),
    shift: unpacked(stored.shift, Float32Array),
  };
  layer.inputs = layer.weights.length / (layer.outputs * layer.size ** 2);
  return layer.size === 3 && layer.stride === 1 ? { ...layer, spread: spreadWeights(layer) } : layer;
});

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

function convolve(picture, layer) {
  const source = padded(picture, layer.padding), places = Math.floor((source.side - layer.size) / layer.stride) + 1;
  const values = layer.spread && places % 2 === 0 ? inTiles(source, places, layer) : inWindows(source, places, layer);
  return { side: places, channels: layer.outputs, values };
}

/** The sums of each window with each output's weights. */
function inWindows({ side, channels, values }, places, { weights, size, stride, outputs }) {
  const row = side * channels, run = size * channels, window = size * run;
  const windows = new Float32Array(places * places * window), sums = new Float32Array(places * places * outputs);
  for (let place = 0, at = 0; place < places * places; place++) {
    const start = (Math.floor(place / places) * row + (place % places) * channels) * stride;
    for (let k = 0; k < size; k++, at += run) windows.set(values.subarray(start + k * row, start + k * row + run), at);
  }
  multiply(windows, weights, sums, places * places, outputs, window);
  return sums;
}

/**
 * The same for windows of 3 x 3 at every place, two by two places at a time: a tile of 4 x 4 pixels, added up in sixteen
 * ways, takes sixteen multiplications instead of thirty-six (Winograd's F(2 x 2, 3 x 3); Lavin and Gray, "Fast Algorithms
 * for Convolutional Neural Networks", 2016).
 */
function inTiles({ side, channels, values }, places, { spread, outputs }) {
  const across = places / 2, tiles = across * across, length = tiles * channels;
  const pixels = new Float32Array(16 * length);
  for (let at = 0; at < 16 * tiles; at++) {
    const part = Math.floor(at / tiles), tile = at % tiles;
    const y = 2 * Math.floor(tile / across) + Math.floor(part / 4), x = 2 * (tile % across) + (part % 4);
    const start = (y * side + x) * channels;
    pixels.set(values.subarray(start, start + channels), at * channels);
  }
  inBothWays(4, (at, step) => addPixels(pixels, at * length, step * length, length));
  const sums = new Float32Array(16 * tiles * outputs), block = tiles * outputs;
  for (let part = 0; part < 16; part++) {
    const target = sums.subarray(part * block, (part + 1) * block);
    multiply(pixels.subarray(part * length, (part + 1) * length), spread[part], target, tiles, outputs, channels);
  }
  inBothWays(2, (at, step) => addSums(sums, at * block, step * block, block));
  const result = new Float32Array(4 * block);
  for (let at = 0; at < 4 * tiles; at++) {
    const part = Math.floor(at / tiles), tile = at % tiles, down = Math.floor(part / 2), right = part % 2;
    const start = ((4 * down + right) * tiles + tile) * outputs;
    const place = (2 * Math.floor(tile / across) + down) * places + 2 * (tile % across) + right;
    result.set(sums.subarray(start, start + outputs), place * outputs);
  }
  return result;
}

/** Change each of the four rows of a square, then its first columns: said are where one begins, and the step in it. */
function inBothWays(columns, change) {
  for (let row = 0; row < 4; row++) change(4 * row, 1);
  for (let column = 0; column < columns; column++) change(column, 4);
}

/** Four runs of values, `step` apart, become what one row, or column, of a tile's pixels is added up to. */
function addPixels(values, start, step, length) {
  for (let i = start; i < start + length; i++) {
    const a = values[i], b = values[i + step], c = values[i + 2 * step], d = values[i + 3 * step];
    values[i] = a - c;
    values[i + step] = b + c;
    values[i + 2 * step] = c - b;
    values[i + 3 * step] = b - d;
  }
}

/** The other way round: the first two of four runs become the sums of two windows beside each other. */
function addSums(values, start, step, length) {
  for (let i = start; i < start + length; i++) {
    const a = values[i], b = values[i + step], c = values[i + 2 * step], d = values[i + 3 * step];
    values[i] = a + b + c;
    values[i + step] = b - c - d;
  }
}

/** The weights of 3 x 3 windows as tiles of 4 x 4 need them: sixteen matrices, by output and input. */
function spreadWeights({ weights, inputs, outputs }) {
  const longer = ([a, b, c]) => [a, (a + b + c) / 2, (a - b + c) / 2, c];
  const matrices = Array.from({ length: 16 }, () => new Float32Array(outputs * inputs));
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      const weight = (y, x) => weights[((output * 3 + y) * 3 + x) * inputs + input];
      const rows = [0, 1, 2].map((y) => longer([weight(y, 0), weight(y, 1), weight(y, 2)]));
      for (let x = 0; x < 4; x++) {
        longer(rows.map((row) => row[x])).forEach((value, y) => {
          matrices[4 * y + x][output * inputs + input] = value;
        });
      }
    }
  }
  return matrices;
}

/**
 * The product of each row of `left` with each row of `right`, all of one length, into `sums`, by rows of `left`.
 * Three rows by two at a time: their six sums stay in the processor's registers. A row that is missing is the last one
 * again.
 */
function multiply(left, right, sums, rows, columns, length) {
  for (let row = 0; row < rows; row += 3) {
    const second = Math.min(row + 1, rows - 1), third = Math.min(row + 2, rows - 1);
    const a = row * length, b = second * length, c = third * length;
    for (let column = 0; column < columns; column += 2) {
      const other = Math.min(column + 1, columns - 1), p = column * length, q = other * length;
      let ap = 0, bp = 0, cp = 0, aq = 0, bq = 0, cq = 0;
      for (let i = 0; i < length; i++) {
        const vp = right[p + i], vq = right[q + i], va = left[a + i], vb = left[b + i], vc = left[c + i];
        ap += va * vp; bp += vb * vp; cp += vc * vp;
        aq += va * vq; bq += vb * vq; cq += vc * vq;
      }
      const first = row * columns, next = second * columns, last = third * columns;
      sums[first + column] = ap; sums[next + column] = bp; sums[last + column] = cp;
      sums[first + other] = aq; sums[next + other] = bq; sums[last + other] = cq;
    }
  }
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
