import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, sep } from "node:path";
import { test } from "node:test";

/** The rooms of src, the lowest floor first: what is in a room imports from it and from lower floors alone. */
const FLOORS = [
  ["base", "styles"],
  ["page", "plane"],
  ["model", "measure"],
  ["state"],
  ["options", "runtime"],
  ["engine"],
  ["opened"],
  ["own", "map", "panel", "tray", "films"],
  ["probe"],
  ["explore", "interpolate", "compare", "runs", "learn"],
  ["component", "door"],
  ["site"],
] as const;

const roomOf = (path: string): string => path.split(sep)[0]!.replace(/\.ts$/, "");
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => (rooms as readonly string[]).includes(room));

interface Arrow {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function arrows(): Arrow[] {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => /(?<!\.d)\.ts$/.test(name));
  return files.flatMap((file) =>
    [...readFileSync(join("src", file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]*)"/g)].map(([, target]) => ({
      file,
      from: roomOf(file),
      to: roomOf(normalize(join(file, "..", target!))),
    })),
  );
}

test("every room has its floor", () => {
  const all = arrows();
  assert.ok(all.length > 200, "it has looked");
  const rooms = new Set(all.flatMap(({ from, to }) => [from, to]));
  assert.deepEqual([...rooms].sort(), FLOORS.flat().sort());
});

test("imports run only downwards", () => {
  const upwards = arrows().filter(({ from, to }) => from !== to && floorOf(to) >= floorOf(from));
  assert.deepEqual(upwards, []);
});
