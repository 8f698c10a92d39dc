import type { Underway } from "../base/underway";

export interface KeyHandlers {
  /** Steps right and up; one step is a few pixels. */
  nudge(right: number, up: number, time: number): void;
  /** The arrow keys have come to rest, or the focus has gone elsewhere: all nudges since the last rest are one step … */
  settle(): void;
  /** … or are taken back. */
  revert(): void;
  zoom(factor: number): void;
  fit(): void;
  /** Esc, when nothing is underway that it takes back. */
  clear?(): void;
  pin?(): void;
  lasso?(): void;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const LONG = 10;
const ZOOM = 1.25;

/** The map's keys, listened to on the map alone so that the page keeps its own. */
export function listenToKeys(surface: HTMLElement, handlers: KeyHandlers, underway: Underway, signal: AbortSignal): void {
  const held = new Set<string>();
  const ended = (tell: () => void) => (): void => {
    held.clear();
    tell();
  };
  const nudging = { commit: ended(() => handlers.settle()), cancel: ended(() => handlers.revert()) };
  const nudge = ([right, up]: readonly [number, number], event: KeyboardEvent): void => {
    if (!underway.holds(nudging)) underway.begin(nudging);
    held.add(event.key);
    const length = event.shiftKey ? LONG : 1;
    handlers.nudge(right * length, up * length, event.timeStamp);
  };
  const act = (event: KeyboardEvent): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const arrow = ARROWS[event.key];
    if (arrow) nudge(arrow, event);
    else if (event.key === "+" || event.key === "=") handlers.zoom(ZOOM);
    else if (event.key === "-" || event.key === "_") handlers.zoom(1 / ZOOM);
    else if (event.key === "0") handlers.fit();
    else if (event.key === "Escape") underway.cancel() || handlers.clear?.();
    else if (event.key.toLowerCase() === "p") handlers.pin?.();
    else if (event.key.toLowerCase() === "l") handlers.lasso?.();
    else return false;
    return true;
  };
  surface.addEventListener("keydown", (event) => act(event) && event.preventDefault(), { signal });
  const letGo = (event: KeyboardEvent): void => {
    held.delete(event.key);
    // A Mac does not tell of keys that are let go while ⌘ is down.
    if (event.key === "Meta") held.clear();
    if (held.size === 0) underway.commit(nudging);
  };
  surface.addEventListener("keyup", letGo, { signal });
  surface.addEventListener("blur", () => underway.commit(nudging), { signal });
}

const takesText = (target: EventTarget | undefined): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, input:not([type=range], [type=checkbox])"));

/** Undo and redo, wherever on the page the focus is but in a field of text, which has its own. */
export function listenToUndo(undo: () => void, redo: () => void, signal: AbortSignal): void {
  const act = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || takesText(event.composedPath()[0])) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) undo();
    else if (key === "y" || key === "z") redo();
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", act, { signal });
}
