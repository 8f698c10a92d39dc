import { iconButton, Toggle } from "../page/controls";
import { element, icon } from "../page/dom";
import { allow } from "../page/focus";
import { Roving } from "../page/roving";

const ICONS = {
  lasso: "M3.2 9.6C1.8 6.2 4.4 3 8 3s6.2 2.4 5.6 5-3.4 4-6.6 3.6M7 11.6c-.8-1.4-2.6-1.4-3 0s1.2 2.2 2.2 1.2M5 13c0 .8-.4 1.4-1 1.8",
  undo: "M5.5 3 2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13.5 6H7a4 4 0 0 0 0 8h3",
};

export interface ToolbarHandlers {
  onLasso(on: boolean): void;
  onUndo(): void;
  onRedo(): void;
}

/** The switch that takes the lasso up. */
export function lassoToggle(act: (on: boolean) => void): Toggle {
  const made = new Toggle("", "Lasso: draw round points to gather them (or drag with Shift; key L)", act);
  made.root.setAttribute("aria-label", "Lasso");
  made.root.append(icon(ICONS.lasso));
  return made;
}

/** The map's tools, in its corner. */
export class Toolbar {
  readonly root: HTMLElement;
  private readonly lasso: Toggle;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;

  constructor(handlers: ToolbarHandlers) {
    this.lasso = lassoToggle((on) => handlers.onLasso(on));
    this.undo = iconButton("Undo (Ctrl+Z)", ICONS.undo, () => handlers.onUndo());
    this.redo = iconButton("Redo (Ctrl+Shift+Z)", ICONS.redo, () => handlers.onRedo());
    this.root = element("div", { class: "toolbar", role: "toolbar", "aria-label": "Map tools" }, this.lasso.root, this.undo, this.redo);
    this.setSteps(false, false);
    new Roving(this.root, false);
  }

  setLasso(on: boolean): void {
    this.lasso.on = on;
  }

  setSteps(canUndo: boolean, canRedo: boolean): void {
    allow(this.undo, canUndo);
    allow(this.redo, canRedo);
  }
}
