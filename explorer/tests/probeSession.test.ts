import assert from "node:assert/strict";
import { test } from "node:test";
import { Underway } from "../src/base/underway";
import type { Engine } from "../src/engine/engine";
import { connectMap } from "../src/probe/mapInput";
import type { HoverCard } from "../src/map/hoverCard";
import type { LassoTool } from "../src/map/lassoTool";
import type { MapPane } from "../src/map/map";
import type { HalfMatrix } from "../src/model/halfFloat";
import type { LatentMap } from "../src/plane/latentMap";
import { ProbeSession } from "../src/probe/probeSession";
import type { ProbeStand } from "../src/probe/probe";
import { History } from "../src/state/history";
import { Surface } from "./surface";

/** Data points in a row, a hundred pixels apart; a point's latent is (its number, 100). */
const POINTS = 4;
const positionOf = (point: number): { x: number; y: number } => ({ x: 50 + 100 * point, y: 0 });
const LATENTS = { columns: 2, row: (point: number) => Float32Array.of(point, 100) } as unknown as HalfMatrix;

/** The latent of a place is the place itself but on an anchor, and a latent's place is where it says, seven up. */
const PLANE: LatentMap = {
  latentAt: ({ x, y }, anchor) => (anchor?.position.x === x && anchor.position.y === y ? anchor.latent : Float32Array.of(x, y)),
  positionOf: ([x]) => ({ x: x!, y: 7 }),
  latentsAt: (positions) => positions,
  positionsOf: (latents) => latents,
};

/** Images are latents. */
class PlainEngine implements Pick<Engine, "decode"> {
  answering: Promise<void> = Promise.resolve();
  /** So many of the next images fail. */
  failing = 0;

  async decode(latent: Float32Array): Promise<Float32Array> {
    await this.answering;
    if (this.failing-- > 0) throw new Error("no memory");
    return latent;
  }
}

interface Told {
  onStep(state: ProbeStand): void;
  onRelease(state: ProbeStand): void;
  readonly steps: ProbeStand[];
  /** Movements that have ended and whose image is there. */
  readonly released: ProbeStand[];
  readonly images: number[][];
}

function opened(): { session: ProbeSession; engine: PlainEngine; told: Told } {
  const engine = new PlainEngine();
  const silent = (): void => undefined;
  const told: Told = { steps: [], released: [], images: [], onStep: silent, onRelease: silent };
  const session = new ProbeSession(LATENTS, positionOf, PLANE, engine as unknown as Engine, {
    onMove: () => undefined,
    onDecode: (image) => told.images.push([...image]),
    onStep: (state) => {
      told.steps.push(state);
      told.onStep(state);
    },
    onRelease: (state) => {
      told.released.push(state);
      told.onRelease(state);
    },
    onError: () => true,
  });
  return { session, engine, told };
}

async function frame(session: ProbeSession): Promise<void> {
  session.pump();
  await new Promise(setImmediate);
}

/** The same with its map, a pixel a unit, y upwards from the middle. */
async function onMap(): Promise<{ surface: Surface; session: ProbeSession; told: Told; underway: Underway }> {
  const { session, told } = opened();
  const surface = new Surface();
  const underway = new Underway();
  const view = {
    width: 400,
    height: 300,
    toPlace: ({ x, y }: { x: number; y: number }) => ({ left: x, top: 150 - y }),
    toPosition: ({ left, top }: { left: number; top: number }) => ({ x: left, y: 150 - top }),
  };
  const pointAt = ({ left, top }: { left: number; top: number }): number | null => {
    const point = [...Array(POINTS).keys()].find((candidate) => Math.hypot(positionOf(candidate).x - left, 150 - top) <= 3);
    return point ?? null;
  };
  const silent = (): void => undefined;
  const map = { surface, view, seenAt: view.toPlace, pointAt, positionOf, setHeld: silent, setCursor: silent, setRing: silent, dismissHint: silent, revealProbe: silent, fit: silent, zoom: silent, pan: silent };
  const probeAt = ({ left, top }: { left: number; top: number }): boolean => Math.hypot(session.probe.position.x - left, 150 - session.probe.position.y - top) <= 22;
  const lasso = { isArmed: false, begin: silent, extend: silent, end: silent, arm: silent };
  const card = { over: silent };
  const actions = { clear: () => session.home !== null && session.snap(session.home, null), pin: silent };
  connectMap({ ...map, probeAt } as unknown as MapPane, session, lasso as unknown as LassoTool, card as unknown as HoverCard, actions, underway, new AbortController().signal);
  session.snap(0, null);
  session.release(false);
  await frame(session);
  told.released.length = told.images.length = 0;
  return { surface, session, told, underway };
}

test("a drag of two pixels is a step of its own, and it is kept", async () => {
  const { surface, session, told } = await onMap();
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 52, 150);
  await frame(session);
  surface.pointer("pointerup", 52, 150);
  assert.deepEqual(told.steps.map(({ position, latent, point }) => [position, latent, point]), [[[52, 0], [52, 0], null]]);
  assert.deepEqual(told.released, told.steps);
});

test("a press on the probe that goes nowhere is no step", async () => {
  const { surface, session, told } = await onMap();
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 60, 150);
  surface.pointer("pointermove", 50, 150);
  surface.pointer("pointerup", 50, 150);
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointerup", 50, 150);
  await frame(session);
  assert.deepEqual(told.steps.map(({ point }) => point), [null], "only leaving the point is one");
});

test("Esc in mid-drag brings the probe, its point and its image back, without a step; after the release it goes home", async () => {
  const { surface, session, told } = await onMap();
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 120, 90);
  await frame(session);
  surface.key("keydown", "Escape");
  surface.pointer("pointermove", 130, 90);
  surface.pointer("pointerup", 130, 90);
  await frame(session);
  assert.deepEqual([session.probe.position, session.probe.point, told.steps], [{ x: 50, y: 0 }, 0, []]);
  assert.deepEqual(told.images, [[120, 60], [0, 100]]);
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 120, 90);
  surface.pointer("pointerup", 120, 90);
  await frame(session);
  assert.equal(session.probe.point, null);
  surface.key("keydown", "Escape");
  assert.equal(session.probe.point, 0);
});

test("a data point whose drag is taken back leaves the probe where it stood, with what it carries along", async () => {
  const { surface, session, told } = await onMap();
  surface.pointer("pointerdown", 50, 150);
  surface.pointer("pointermove", 80, 120);
  surface.pointer("pointerup", 80, 120);
  await frame(session);
  const { anchor } = session.probe;
  told.steps.length = 0;
  surface.pointer("pointerdown", 250, 150);
  surface.pointer("pointermove", 300, 200);
  await frame(session);
  assert.deepEqual([session.home, session.probe.position.x], [2, 300]);
  surface.pointer("pointercancel", 300, 200);
  await frame(session);
  assert.deepEqual([session.home, session.probe.position, told.steps], [0, { x: 80, y: 30 }, []]);
  assert.deepEqual(session.probe.anchor, anchor);
});

test("arrows are one step, and Esc under a held arrow takes them back", async () => {
  const { surface, session, told } = await onMap();
  for (let repeat = 0; repeat < 3; repeat++) surface.key("keydown", "ArrowRight");
  await frame(session);
  surface.key("keyup", "ArrowRight");
  assert.deepEqual(told.steps.map(({ position }) => position), [[62, 0]]);
  surface.key("keydown", "ArrowRight");
  surface.key("keydown", "Escape");
  surface.key("keyup", "ArrowRight");
  await frame(session);
  assert.deepEqual([session.probe.position.x, told.steps.length], [62, 1]);
});

test("what was carried over the map is judged as such when it comes back, what was sent by its latent as that", () => {
  const { session } = opened();
  const anchored = (): unknown => session.probe.anchor?.position ?? null;
  const stand = { point: null, home: 0 };
  session.restore({ ...stand, position: [160, 5], latent: [160, 5] });
  assert.equal(anchored(), null);
  session.restore({ ...stand, position: [160, 5], latent: [160, 9] });
  assert.deepEqual(anchored(), { x: 160, y: 5 });
  session.restore({ point: 2, home: 2, position: [250, 0], latent: [250, 0] });
  assert.deepEqual(anchored(), { x: 250, y: 0 });
});

test("where there is one dimension the probe stays on its line", () => {
  const { session } = opened();
  session.useMap({ ...PLANE, latentAt: ({ x }) => Float32Array.of(x), positionOf: ([x]) => ({ x: x!, y: 0 }) });
  session.moveTo({ x: 30, y: 80 }, null);
  assert.deepEqual([session.probe.position, [...session.latent]], [{ x: 30, y: 0 }, [30]]);
});

test("a slider's handle that is taken back asks for the latent before it", async () => {
  const { session, told } = opened();
  session.setLatent(Float32Array.of(3, 4));
  await frame(session);
  session.begin();
  session.setDimension(0, 9);
  await frame(session);
  session.cancel();
  assert.deepEqual([...session.latent], [3, 4]);
  await frame(session);
  assert.deepEqual(told.steps, []);
  assert.deepEqual(told.images, [[3, 4], [9, 4], [3, 4]]);
  session.begin();
  session.setDimension(0, 9);
  session.commit();
  await frame(session);
  assert.deepEqual(told.steps.map(({ latent }) => latent), [[9, 4]]);
});

test("on a flat map a handle that moves the latent and not the probe makes a step", async () => {
  const { session, told } = opened();
  session.useMap({ ...PLANE, positionOf: ([x]) => ({ x: x!, y: 0 }) });
  session.setLatent(Float32Array.of(3, 4));
  await frame(session);
  session.begin();
  session.setDimension(1, 9);
  await frame(session);
  session.commit();
  assert.deepEqual(told.steps.map(({ position, latent }) => [position, latent]), [[[3, 0], [3, 9]]]);
});

test("what a person does in a row is a step each, however long its images take", async () => {
  const { session, engine, told } = opened();
  let answer = (): void => undefined;
  engine.answering = new Promise((resolve) => (answer = resolve));
  session.snap(1, null);
  session.release();
  session.pump();
  session.snap(2, null);
  session.release();
  session.begin();
  session.moveTo({ x: 160, y: 5 }, null);
  answer();
  await frame(session);
  assert.deepEqual(told.steps.map(({ point }) => point), [1, 2]);
  assert.deepEqual(told.released, [], "a hand holds the probe");
  session.commit();
  await frame(session);
  assert.deepEqual(told.steps.slice(2).map(({ position }) => position), [[160, 5]]);
  assert.deepEqual(told.released.map(({ position }) => position), [[160, 5]], "only what stays");
});

test("a step is taken back before its image is there, and none of those before it is lost", async () => {
  const { session, engine, told } = opened();
  const history = new History<{ readonly probe: ProbeStand | null }>({ probe: null });
  const { state } = session;
  history.amend({ probe: state });
  history.on(["probe"], ({ probe }, _before, travelled) => {
    if (!travelled || !probe) return;
    session.restore(probe);
    session.release(false);
  });
  told.onStep = (probe) => history.commit({ probe });
  told.onRelease = (probe) => history.amend({ probe });
  for (const point of [2, 3]) {
    session.snap(point, null);
    session.release();
    await frame(session);
  }
  let answer = (): void => undefined;
  engine.answering = new Promise((resolve) => (answer = resolve));
  session.setLatent(Float32Array.of(8, 9));
  session.release();
  session.pump();
  history.undo();
  answer();
  await frame(session);
  await frame(session);
  assert.deepEqual([history.state.probe?.point, history.canRedo], [3, true]);
  history.redo();
  assert.deepEqual(history.state.probe?.latent, [8, 9]);
  history.undo();
  history.undo();
  assert.equal(history.state.probe?.point, 2);
});

test("an image that fails is asked for again, and what has ended is told of when it is there", async () => {
  const { session, engine, told } = opened();
  engine.failing = 2;
  session.snap(1, null);
  session.release();
  for (let frames = 0; frames < 3; frames++) {
    assert.deepEqual(told.released, []);
    await frame(session);
  }
  assert.deepEqual(told.images, [[1, 100]]);
  assert.deepEqual(told.released.map(({ point }) => point), [1]);
  assert.deepEqual(told.steps.map(({ point }) => point), [1]);
});
