// What the page does: strokes in, picture and answer out.
"use strict";

const [drawing, seen, answer, remark, said] = ["drawing", "seen", "answer", "remark", "said"].map((id) =>
  document.getElementById(id));
const rows = [...document.querySelectorAll("li")];
// The network gets a small copy of the drawing, with white paper around it of which `predict` leaves out the rim.
const SHEET = 128, MARGIN = 8, RIM = 3;
const PEN = 11 / (SHEET - 2 * MARGIN); // as part of the drawing's width: so wide that no stroke is thin
const REST = 150; // milliseconds without a change, after which the answer is final
const sheet = Object.assign(document.createElement("canvas"), { width: SHEET, height: SHEET });

let strokes = []; // each a list of points, from 0 to 1 across and down
let pen = null; // the pointer that draws
let examples = 0;
let frame = 0, rest = 0; // answers that are still to come: one at a look, one that is final

/** The strokes as curves through the middles between their points. */
function paint(context, width) {
  context.lineWidth = PEN * width;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]) => [x * width, y * width]);
    context.beginPath();
    context.moveTo(...points[0]);
    points.forEach(([x, y], at) => {
      const [nextX, nextY] = points[at + 1] ?? [x, y];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    });
    context.stroke();
  }
}

function paintDrawing() {
  drawing.width = drawing.height = Math.round(drawing.clientWidth * devicePixelRatio);
  const context = drawing.getContext("2d");
  context.strokeStyle = getComputedStyle(drawing).color;
  paint(context, drawing.width);
}

function inkOnSheet() {
  const context = sheet.getContext("2d", { willReadFrequently: true });
  const side = SHEET - 2 * MARGIN, inside = SHEET - 2 * RIM;
  context.fillStyle = "white";
  context.fillRect(0, 0, SHEET, SHEET);
  context.save();
  context.translate(MARGIN, MARGIN);
  context.beginPath();
  context.rect(0, 0, side, side);
  context.clip();
  paint(context, side);
  context.restore();
  const { data } = context.getImageData(RIM, RIM, inside, inside);
  const levels = new Float32Array(inside * inside);
  for (let place = 0; place < levels.length; place++) levels[place] = 255 - data[4 * place];
  return { width: inside, height: inside, levels };
}

/** Show what the network says of the drawing: at one look while the pen moves, closely when it rests. */
function read(ask) {
  if (!strokes.length) return show("Nothing is drawn yet.");
  try {
    const image = prepare(inkOnSheet());
    showProbabilities(image, ask(image));
  } catch (trouble) {
    show(trouble.message);
  }
}

function showProbabilities(image, probabilities) {
  const [digit, runnerUp] = [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one]);
  const sure = percent(probabilities[digit]);
  const unsure = `${sure}\nunsure, else ${runnerUp} (${percent(probabilities[runnerUp])})`;
  show(probabilities[digit] < network.unsure ? unsure : sure, image, digit, probabilities);
}

function show(text, image = [], digit = "–", probabilities = []) {
  answer.textContent = digit;
  remark.textContent = text;
  rows.forEach((row, at) => {
    const [, bar, number] = row.children;
    row.className = at === digit ? "highest" : "";
    bar.firstElementChild.style.width = `${100 * (probabilities[at] ?? 0)}%`;
    number.textContent = at in probabilities ? percent(probabilities[at]) : "–";
  });
  const picture = new ImageData(SIDE, SIDE);
  for (let at = 0; at < SIDE * SIDE; at++) picture.data.set([...Array(3).fill(image[at] ?? 0), 255], 4 * at);
  seen.getContext("2d").putImageData(picture, 0, 0);
}

const percent = (probability) => (probability > 0.9995 ? "> 99.9 %" : `${(100 * probability).toFixed(1)} %`);

/** Answer once in each frame, and once more when there has been no change for a while; then it is said aloud, too. */
function changed() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    frame = 0;
    paintDrawing();
    read((image) => softmax(look(image)));
  });
  clearTimeout(rest);
  rest = setTimeout(() => {
    rest = 0;
    read(classify);
    if (pen === null) said.textContent = `${answer.textContent}: ${remark.textContent}`.replace("–: ", "");
  }, REST);
}

function point(event) {
  const { left, top, width, height } = drawing.getBoundingClientRect();
  return [(event.clientX - left) / width, (event.clientY - top) / height];
}

drawing.addEventListener("pointerdown", (event) => {
  if (pen !== null || event.button !== 0) return;
  pen = event.pointerId;
  drawing.setPointerCapture(pen);
  strokes.push([point(event)]);
  changed();
});
drawing.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pen) return;
  const passed = event.getCoalescedEvents();
  strokes.at(-1).push(...(passed.length ? passed : [event]).map(point));
  changed();
});
drawing.addEventListener("lostpointercapture", () => {
  pen = null;
  changed();
});

function undo() {
  strokes.pop();
  changed();
}

document.getElementById("undo").addEventListener("click", undo);
document.getElementById("clear").addEventListener("click", () => {
  strokes = [];
  changed();
});
document.getElementById("example").addEventListener("click", () => {
  strokes = EXAMPLES[examples++ % EXAMPLES.length].map((stroke) => stroke.map(([x, y]) => [x / 100, y / 100]));
  changed();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo();
});
addEventListener("resize", changed);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
changed();
