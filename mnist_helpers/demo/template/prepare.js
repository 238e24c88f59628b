// A drawing as MNIST would hold it, the way `mnist-cnn predict` does it: mnist_helpers/pictures has the reasons for
// every number. Here is what a drawing needs of that: its paper is white, its ink black, no stroke thin or cut off.
// A picture of ink is { width, height, levels }: row by row from 0 for paper to 255.
"use strict";

const INK = 40, HAZE = 64, BOX = 20, FINE = 80, CENTRE = 14.5;
const SPECK = 0.05, TALL = 0.6, GAP = 0.35, HOLES = 5, HOLE = 0.004;

/** 784 grey levels from 0 to 255. Throws an Error, with a sentence for the user, for what is not one digit. */
function prepare(drawing) {
  const ink = withoutSpecks(drawing);
  refuseSeveral(ink);
  return placed(strengthened(inBox(ink)));
}

// Across and down: first the places that share a side, then those that share a corner.
const ACROSS = [1, -1, 0, 0, 1, 1, -1, -1], DOWN = [0, 0, 1, -1, 1, -1, 1, -1];
const CROSS = 4, AROUND = 8;

/** The connected pieces of the pixels with a mark (1, else 0), each as an array of places. */
function pieces(marks, width, neighbours) {
  const left = marks.slice(), found = [];
  const queue = new Int32Array(left.length);
  let end = 0;
  for (let start = 0; start < left.length; start++) {
    if (!left[start]) continue;
    const first = end;
    queue[end++] = start;
    left[start] = 0;
    for (let at = first; at < end; at++) {
      const column = queue[at] % width;
      for (let n = 0; n < neighbours; n++) {
        const next = queue[at] + ACROSS[n] + DOWN[n] * width, beside = column + ACROSS[n];
        if (left[next] && beside >= 0 && beside < width) {
          left[next] = 0;
          queue[end++] = next;
        }
      }
    }
    found.push(queue.subarray(first, end));
  }
  return found;
}

/** 1 for each level of ink, 0 for paper. */
function marksOfInk(levels) {
  const marks = new Uint8Array(levels.length);
  for (let place = 0; place < levels.length; place++) marks[place] = levels[place] >= INK;
  return marks;
}

/** The box round some places; `right` and `bottom` are the first column and row outside it. */
function boxOf(places, width) {
  let left = width, top = Infinity, right = 0, bottom = 0;
  for (const place of places) {
    const column = place % width, row = (place - column) / width;
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
  }
  return { left, top, right, bottom };
}

/** The ink without its specks, and the pieces it is made of. */
function withoutSpecks(ink) {
  const found = pieces(marksOfInk(ink.levels), ink.width, AROUND), levels = ink.levels.slice();
  const largest = Math.max(...found.map((places) => places.length));
  const [kept, specks] = [[], []];
  for (const places of found) (places.length < SPECK * largest ? specks : kept).push(places);
  for (const places of specks) for (const place of places) levels[place] = 0;
  return { ...ink, levels, kept };
}

function refuseSeveral({ levels, width, kept }) {
  const paper = pieces(marksOfInk(levels).map((mark) => 1 - mark), width, CROSS);
  if (paper.filter((places) => places.length >= HOLE * levels.length).length > HOLES) {
    throw new Error("This looks like a lattice, not a digit.");
  }
  const boxes = kept.map((places) => boxOf(places, width)).sort((one, other) => one.left - other.left);
  const height = ({ top, bottom }) => bottom - top;
  const tallest = Math.max(...boxes.map(height));
  let end = Infinity;
  for (const box of boxes) {
    if (height(box) < TALL * tallest) continue;
    if (box.left - end >= GAP * tallest) throw new Error("Several digits side by side: draw one.");
    end = end === Infinity ? box.right : Math.max(end, box.right);
  }
}

/** The digit with 20 pixels on its longer side, unless it has nearly as many. */
function inBox(ink) {
  const longer = longerSide(inkBox(ink, INK));
  if (longer >= 18 && longer <= 21) return ink;
  const digit = cut(ink, inkBox(ink, longer > FINE ? HAZE : INK));
  const fine = longer > FINE ? resized(digit, FINE, BOX_FILTER) : digit;
  const small = resized(fine, BOX, BICUBIC);
  return { ...small, levels: small.levels.map((level) => Math.min(Math.max(level, 0), 255)) };
}

function inkBox({ levels, width }, least) {
  const places = [];
  for (let place = 0; place < levels.length; place++) if (levels[place] >= least) places.push(place);
  return boxOf(places, width);
}

const longerSide = ({ left, top, right, bottom }) => Math.max(right - left, bottom - top);

function cut(ink, { left, top, right, bottom }) {
  const width = right - left, height = bottom - top, levels = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (top + row) * ink.width + left;
    levels.set(ink.levels.subarray(start, start + width), row * width);
  }
  return { width, height, levels };
}

// Filters of resampling: how far they reach, and the weight of a pixel so far away (Keys, 1981, for the cubic one).
const BOX_FILTER = { reach: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
const BICUBIC = {
  reach: 2,
  weight: (x) => {
    const far = Math.abs(x);
    if (far < 1) return (1.5 * far - 2.5) * far * far + 1;
    return far < 2 ? ((2.5 - 0.5 * far) * far - 4) * far + 2 : 0;
  },
};

/** The picture with that many pixels on its longer side, in its own proportions. */
function resized(ink, longer, filter) {
  const scale = longer / Math.max(ink.width, ink.height);
  const [width, height] = [ink.width, ink.height].map((length) => Math.max(1, round(length * scale)));
  return stretchedAndTurned(stretchedAndTurned(ink, width, filter), height, filter);
}

/** The picture stretched to a width and with rows for columns: twice gives both sides their length. */
function stretchedAndTurned(ink, width, { reach, weight }) {
  const step = ink.width / width, spread = Math.max(step, 1);
  const levels = new Float32Array(width * ink.height);
  for (let column = 0; column < width; column++) {
    const middle = (column + 0.5) * step;
    const first = Math.max(0, Math.trunc(middle - reach * spread + 0.5));
    const end = Math.min(ink.width, Math.trunc(middle + reach * spread + 0.5));
    const weights = Array.from({ length: end - first }, (_, at) => weight((first + at - middle + 0.5) / spread));
    const whole = weights.reduce((sum, part) => sum + part, 0);
    for (let row = 0; row < ink.height; row++) {
      const start = row * ink.width + first;
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += weights[at] * ink.levels[start + at];
      levels[column * ink.height + row] = sum / whole;
    }
  }
  return { width: ink.height, height: width, levels };
}

function strengthened(ink) {
  const strongest = Math.max(...ink.levels);
  return strongest >= 200 ? ink : { ...ink, levels: ink.levels.map((level) => (level * 255) / strongest) };
}

/** The digit on 28 x 28 pixels, its centre of mass where MNIST has it. */
function placed({ levels, width, height }) {
  let mass = 0, across = 0, down = 0;
  levels.forEach((level, place) => {
    mass += level;
    across += level * ((place % width) + 0.5);
    down += level * (Math.floor(place / width) + 0.5);
  });
  const { left, top, right, bottom } = inkBox({ levels, width }, INK);
  const shift = (centre, start, end) => Math.min(Math.max(round(CENTRE - centre), -start), SIDE - end);
  const toRight = shift(across / mass, left, right), toBottom = shift(down / mass, top, bottom);
  const image = new Uint8Array(SIDE * SIDE);
  levels.forEach((level, place) => {
    const column = (place % width) + toRight, row = Math.floor(place / width) + toBottom;
    if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) image[row * SIDE + column] = round(level);
  });
  return image;
}

/** To the nearest whole number, and halves to the even one, as Python does. */
function round(number) {
  const nearest = Math.round(number);
  return nearest - number === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}
