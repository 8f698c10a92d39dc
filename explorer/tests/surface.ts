/** As much of an element as what listens to a hand needs, and a hand. */
class Page extends EventTarget {
  hidden = false;
  readonly defaultView = new EventTarget();
}

export class Surface extends EventTarget {
  readonly ownerDocument = new Page();
  readonly captured = new Set<number>();

  getBoundingClientRect(): { left: number; top: number; width: number; height: number } {
    return { left: 10, top: 20, width: 400, height: 300 };
  }

  setPointerCapture(id: number): void {
    this.captured.add(id);
  }

  hasPointerCapture(id: number): boolean {
    return this.captured.has(id);
  }

  get element(): HTMLElement {
    return this as unknown as HTMLElement;
  }

  /** Sends an event with these properties; tells whether its default is still to happen. */
  send(name: string, properties: object = {}): boolean {
    return this.dispatchEvent(Object.assign(new Event(name, { cancelable: true }), properties));
  }

  /** A pointer at a place inside the surface; a mouse unless something else is said. */
  pointer(name: string, left: number, top: number, properties: object = {}): void {
    const pressed = name !== "pointerup" && name !== "pointercancel";
    const event = { pointerId: 1, pointerType: "mouse", button: 0, buttons: pressed ? 1 : 0, ctrlKey: false, shiftKey: false, clientX: left + 10, clientY: top + 20 };
    this.send(name, { ...event, ...properties });
  }

  key(name: "keydown" | "keyup", key: string, properties: object = {}): void {
    this.send(name, { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...properties });
  }
}
