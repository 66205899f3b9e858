"use strict";
// World frame as in the games: metres, y up; a car's axes are +x left, +y up, +z forward.

const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function floats(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// ---- vectors and matrices (columns one after the other, as WebGL reads them)

const add = (a, b, scale = 1) => [a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a) => { const size = Math.hypot(...a) || 1; return a.map((value) => value / size); };

function axes([x, y, z, w]) {
  return {
    left: [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
    up: [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
    forward: [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)],
  };
}

function mounted(position, rotation) {
  const { left, up, forward } = axes(rotation);
  return new Float32Array([...left, 0, ...up, 0, ...forward, 0, ...position, 1]);
}

function lookAt(eye, forward, up, fov, aspect) {
  const right = unit(cross(forward, up)), above = cross(right, forward);
  const height = 1 / Math.tan(fov / 2), near = 0.3, far = 6000;
  const a = (far + near) / (far - near), b = (-2 * far * near) / (far - near);
  const row = (axis, scale) => [axis[0] * scale, axis[1] * scale, axis[2] * scale, -dot(axis, eye) * scale];
  const x = row(right, height / aspect), y = row(above, height), w = row(forward, 1);
  const matrix = new Float32Array(16);
  for (let i = 0; i < 4; i++) {
    matrix[4 * i] = x[i];
    matrix[4 * i + 1] = y[i];
    matrix[4 * i + 2] = a * w[i] + (i === 3 ? b : 0);
    matrix[4 * i + 3] = w[i];
  }
  return matrix;
}

// ---- drawing

const canvas = element("scene");
const gl = canvas.getContext("webgl", { antialias: true });

function shader(kind, source) {
  const made = gl.createShader(kind);
  gl.shaderSource(made, source);
  gl.compileShader(made);
  return made;
}

function program() {
  const made = gl.createProgram();
  gl.attachShader(made, shader(gl.VERTEX_SHADER, `
    attribute vec3 position; attribute vec3 colour; varying vec3 shown;
    uniform mat4 camera; uniform mat4 place;
    void main() { gl_Position = camera * place * vec4(position, 1.0); shown = colour; }`));
  gl.attachShader(made, shader(gl.FRAGMENT_SHADER, `
    precision mediump float; varying vec3 shown;
    void main() { gl_FragColor = vec4(shown, 1.0); }`));
  gl.linkProgram(made);
  gl.useProgram(made);
  return made;
}

// Faces of four corners: positions of 12 numbers a face, colours of 3 bytes a face.
function upload(corners, colours) {
  const count = colours.length / 3;
  const positions = new Float32Array(18 * count), paints = new Uint8Array(18 * count);
  const order = [0, 1, 2, 0, 2, 3];
  for (let face = 0; face < count; face++) {
    for (let i = 0; i < 6; i++) {
      const from = 12 * face + 3 * order[i], to = 18 * face + 3 * i;
      for (let k = 0; k < 3; k++) {
        positions[to + k] = corners[from + k];
        paints[to + k] = colours[3 * face + k];
      }
    }
  }
  const buffer = (values) => {
    const made = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, made);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    return made;
  };
  return { positions: buffer(positions), paints: buffer(paints), count: 6 * count };
}

function draw(shape, place) {
  gl.uniformMatrix4fv(uniforms.place, false, place);
  gl.bindBuffer(gl.ARRAY_BUFFER, shape.positions);
  gl.vertexAttribPointer(attributes.position, 3, gl.FLOAT, false, 0, 0);
  gl.bindBuffer(gl.ARRAY_BUFFER, shape.paints);
  gl.vertexAttribPointer(attributes.colour, 3, gl.UNSIGNED_BYTE, true, 0, 0);
  gl.drawArrays(gl.TRIANGLES, 0, shape.count);
}

// ---- the laps

const laps = data.laps.map((lap) => {
  const names = ["time", "position", "rotation", "speed", "steer", "gas", "brake", "metres"];
  const columns = Object.fromEntries(names.map((name) => [name, floats(lap[name])]));
  return { ...columns, gear: lap.gear && floats(lap.gear), name: lap.name, colour: lap.colour };
});
const duration = Math.max(...laps.map((lap) => lap.time[lap.time.length - 1]));
const fastest = Math.max(...laps.map((lap) => lap.speed.reduce((a, b) => Math.max(a, b), 0)));

function sampleAt(lap, time) {
  let low = 0, high = lap.time.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (lap.time[middle] <= time) low = middle; else high = middle;
  }
  const part = clamp((time - lap.time[low]) / (lap.time[high] - lap.time[low]), 0, 1);
  const mix = (values, size, k) => values[size * low + k] * (1 - part) + values[size * high + k] * part;
  const sign = [0, 1, 2, 3].reduce((sum, k) => sum + lap.rotation[4 * low + k] * lap.rotation[4 * high + k], 0) < 0 ? -1 : 1;
  const turn = [0, 1, 2, 3].map((k) => lap.rotation[4 * low + k] * (1 - part) + sign * lap.rotation[4 * high + k] * part);
  return {
    position: [0, 1, 2].map((k) => mix(lap.position, 3, k)), rotation: unit(turn), speed: mix(lap.speed, 1, 0),
    metres: mix(lap.metres, 1, 0), row: part < 1 ? low : high,
  };
}

// Blue, green, yellow, red from standing to the fastest of all laps.
const scale = [[49, 76, 214], [40, 176, 120], [238, 210, 54], [224, 48, 40]];
function speedColour(speed) {
  const at = clamp(speed / fastest, 0, 1) * (scale.length - 1), low = Math.min(Math.floor(at), scale.length - 2);
  return scale[low].map((value, k) => Math.round(value + (at - low) * (scale[low + 1][k] - value)));
}

// The driven line as a band that lies a little above the road.
function lineOf(lap) {
  const corners = [], colours = [];
  let before = null;
  for (let row = 0; row < lap.time.length; row++) {
    const { left, up } = axes(lap.rotation.subarray(4 * row, 4 * row + 4));
    const middle = add(Array.from(lap.position.subarray(3 * row, 3 * row + 3)), up, 0.12);
    const edge = [add(middle, left, -0.22), add(middle, left, 0.22)];
    if (before) {
      corners.push(...before[0], ...edge[0], ...edge[1], ...before[1]);
      colours.push(...speedColour(lap.speed[row]));
    }
    before = edge;
  }
  return upload(new Float32Array(corners), new Uint8Array(colours));
}

// ---- state and controls

const state = { time: 0, playing: false, rate: 1, camera: "chase", followed: 0, yaw: 0, pitch: 0.35, distance: 60 };

function formatTime(seconds) {
  const ms = Math.round(seconds * 1000);
  return `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}.${String(ms % 1000).padStart(3, "0")}`;
}

function play(on) {
  if (on && state.time >= duration) state.time = 0;
  state.playing = on;
  element("play").textContent = on ? "Pause" : "Play";
}

function buildPanels() {
  for (const [number, lap] of laps.entries()) {
    const row = document.createElement("div");
    row.className = "car";
    row.innerHTML = `<span class="chip"></span><span class="name"></span><span class="number speed"></span>
      <span class="number gear"></span><span class="inputs"><span class="brake"></span><span class="steer"></span><span class="gas"></span></span>`;
    row.querySelector(".chip").style.background = `rgb(${lap.colour})`;
    row.querySelector(".name").textContent = `${lap.name}  ${formatTime(lap.time[lap.time.length - 1])}`;
    element("cars").append(row);
    element("followed").append(new Option(lap.name, number));
    lap.panel = row;
  }
  element("scrub").max = duration;
  element("legend").style.background = `linear-gradient(to right, ${scale.map((c) => `rgb(${c})`).join(",")})`;
  element("legend").textContent = `0 to ${Math.round(fastest)} km/h`;
}

function showPanels() {
  element("clock").textContent = formatTime(state.time);
  element("scrub").value = state.time;
  for (const lap of laps) {
    const { speed, row } = lap.now;
    const show = (name, text) => { lap.panel.querySelector(name).textContent = text; };
    show(".speed", `${Math.round(speed)} km/h`);
    show(".gear", lap.gear ? `${lap.gear[row]}` : "");
    const steer = clamp(lap.steer[row], -1, 1), bar = lap.panel.querySelector(".steer").style;
    bar.left = `${50 + Math.min(steer, 0) * 36}%`;
    bar.width = `${Math.max(Math.abs(steer) * 36, 1)}%`;
    lap.panel.querySelector(".gas").classList.toggle("on", lap.gas[row] > 0.5);
    lap.panel.querySelector(".brake").classList.toggle("on", lap.brake[row] > 0.5);
  }
}

function listen() {
  element("play").onclick = () => play(!state.playing);
  element("scrub").oninput = (event) => { state.time = Number(event.target.value); };
  element("rate").onchange = (event) => { state.rate = Number(event.target.value); };
  element("camera").onchange = (event) => { state.camera = event.target.value; };
  element("followed").onchange = (event) => { state.followed = Number(event.target.value); };
  addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.tagName !== "BUTTON") { play(!state.playing); event.preventDefault(); }
  });
  canvas.onpointerdown = (event) => canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = (event) => {
    if (!event.buttons) return;
    state.yaw -= event.movementX * 0.006;
    state.pitch = clamp(state.pitch + event.movementY * 0.006, -0.2, 1.5);
  };
  canvas.onwheel = (event) => { state.distance = clamp(state.distance * Math.exp(event.deltaY * 0.001), 4, 3000); event.preventDefault(); };
}

function camera(aspect) {
  const { position, rotation } = laps[state.followed].now;
  const car = axes(rotation);
  if (state.camera === "map") {
    const { low, high } = data.bounds, middle = [(low[0] + high[0]) / 2, high[1], (low[2] + high[2]) / 2];
    const reach = Math.max(high[2] - low[2], (high[0] - low[0]) / aspect) / 2 + 40;
    return lookAt(add(middle, [0, 1, 0], reach / Math.tan(0.4)), [0, -1, 0], [0, 0, 1], 0.8, aspect);
  }
  if (state.camera === "cockpit") {
    return lookAt(add(add(position, car.up, 1.25), car.forward, 0.6), car.forward, car.up, 1.2, aspect);
  }
  if (state.camera === "orbit") {
    const back = [Math.sin(state.yaw) * Math.cos(state.pitch), -Math.sin(state.pitch), Math.cos(state.yaw) * Math.cos(state.pitch)];
    return lookAt(add(position, back, -state.distance), back, [0, 1, 0], 0.9, aspect);
  }
  const up = unit(add(car.up, [0, 0.6, 0])), left = unit(cross(up, car.forward)), forward = cross(left, up);
  const eye = add(add(position, up, 3.1), forward, -7.6);
  return lookAt(eye, add(forward, up, -0.16), up, 1.0, aspect);
}

// ---- the loop

let uniforms, attributes, scene, last = null;

function open() {
  if (!gl) throw new Error("this browser shows no WebGL, which the page draws with");
  const made = program();
  uniforms = { camera: gl.getUniformLocation(made, "camera"), place: gl.getUniformLocation(made, "place") };
  attributes = { position: gl.getAttribLocation(made, "position"), colour: gl.getAttribLocation(made, "colour") };
  Object.values(attributes).forEach((place) => gl.enableVertexAttribArray(place));
  gl.enable(gl.DEPTH_TEST);
  gl.enable(gl.CULL_FACE);
  gl.clearColor(...data.sky.map((value) => value / 255), 1);
  scene = {
    track: upload(floats(data.track.corners), bytes(data.track.colours)),
    cars: data.cars.map((car) => upload(floats(car.corners), bytes(car.colours))),
    lines: laps.map(lineOf),
  };
  buildPanels();
  listen();
}

const still = new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);

function frame(now) {
  if (state.playing && last !== null) {
    state.time = Math.min(state.time + (state.rate * (now - last)) / 1000, duration);
    if (state.time >= duration) play(false);
  }
  last = now;
  for (const lap of laps) lap.now = sampleAt(lap, state.time);
  const width = Math.round(canvas.clientWidth * devicePixelRatio), height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  gl.viewport(0, 0, width, height);
  gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  gl.uniformMatrix4fv(uniforms.camera, false, camera(width / height));
  draw(scene.track, still);
  scene.lines.forEach((line) => draw(line, still));
  laps.forEach((lap, number) => {
    if (state.camera === "cockpit" && number === state.followed) return;
    draw(scene.cars[number % scene.cars.length], mounted(lap.now.position, lap.now.rotation));
  });
  showPanels();
  requestAnimationFrame(frame);
}

try {
  open();
  requestAnimationFrame(frame);
} catch (error) {
  element("trouble").hidden = false;
  element("trouble").textContent = `This race cannot be shown: ${error.message}.`;
}
