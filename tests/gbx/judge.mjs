// What the npm package "gbx" reads from files, as JSON: one object per file, in order.
// node judge.mjs NODE_MODULES ROUNDS FILE...
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, rounds, ...files] = process.argv.slice(2);
const { GBX } = await import(pathToFileURL(join(modules, "gbx", "dist", "index.mjs")));
console.log = console.warn = console.error = console.info = () => {}; // the package reports there what it skips

const parse = (bytes) => new GBX(bytes, 0).parse();

function described(node) {
  const ghost = node.ghosts?.[0];
  return {
    name: node.mapName,
    uid: node.mapInfo?.id,
    author: node.mapInfo?.author,
    decoration: node.decoration?.id,
    laps: node.isLapRace ? node.nbLaps : 0,
    times: [node.bronzeTime, node.silverTime, node.goldTime, node.authorTime],
    blocks: node.blocks?.map(({ blockName, direction, position, flags }) => [
      blockName, direction, position.x, position.y, position.z, flags,
    ]),
    raceTime: ghost?.raceTime,
    checkpoints: ghost?.checkpoints?.map(({ time }) => time),
    events: ghost?.controlEntries?.map(({ time, name, value, analog }) => [time, name, value, analog]),
  };
}

async function judged(file) {
  const bytes = await readFile(file);
  try {
    const found = described(await parse(bytes));
    const times = [];
    for (let round = 0; round < Number(rounds); round += 1) {
      const start = performance.now();
      await parse(bytes);
      times.push(performance.now() - start);
    }
    return { ...found, seconds: times.sort((a, b) => a - b)[times.length >> 1] / 1000 };
  } catch (error) {
    return { error: String(error.message) };
  }
}

const results = [];
for (const file of files) results.push(await judged(file));
process.stdout.write(JSON.stringify(results));
