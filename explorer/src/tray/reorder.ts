/** A press that travels less than this many pixels is a click. */
const SLOP = 6;

export interface ReorderHandlers {
  /** The list's items have been given another order by hand. */
  onDrop(): void;
  /** The hand was interrupted: the items are to go back. */
  onCancel(): void;
}

/** Lets the items of a list be dragged to other places by their handles, with mouse, pen or finger. */
export class Reorder {
  private press: { readonly item: HTMLElement; readonly id: number; readonly left: number; readonly top: number; moved: boolean } | null = null;

  constructor(
    private readonly list: HTMLElement,
    private readonly handlers: ReorderHandlers,
  ) {
    list.addEventListener("pointermove", (event) => this.move(event));
    list.addEventListener("pointerup", (event) => this.end(event, false));
    list.addEventListener("pointercancel", (event) => this.end(event, true));
    // What the list takes over from a handle is not lost.
    list.addEventListener("lostpointercapture", (event) => list.hasPointerCapture(event.pointerId) || this.end(event, true));
  }

  /** @param handle what takes the press that carries `item` */
  add(item: HTMLElement, handle: HTMLElement): void {
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.ctrlKey || this.press) return;
      // Even a press that leaves the list at once is followed.
      handle.setPointerCapture(event.pointerId);
      this.press = { item, id: event.pointerId, left: event.clientX, top: event.clientY, moved: false };
    });
  }

  private move(event: PointerEvent): void {
    const { press, list } = this;
    if (press?.id !== event.pointerId) return;
    // The release went elsewhere, or the item has been removed in the meantime.
    if ((event.pointerType !== "touch" && event.buttons === 0) || !list.contains(press.item)) {
      this.end(event, true);
      return;
    }
    if (!press.moved) {
      if (Math.hypot(event.clientX - press.left, event.clientY - press.top) < SLOP) return;
      press.moved = true;
      press.item.classList.add("carried");
      // The list keeps the pointer: an item that changes its place would lose it, and a click does not follow.
      list.setPointerCapture(event.pointerId);
    }
    const before = [...list.children].find((child) => {
      const box = child.getBoundingClientRect();
      return child !== press.item && event.clientY < box.bottom && event.clientX < box.left + box.width / 2;
    });
    if (before !== press.item.nextElementSibling) list.insertBefore(press.item, before ?? null);
  }

  private end(event: PointerEvent, cancelled: boolean): void {
    const { press } = this;
    if (press?.id !== event.pointerId) return;
    this.press = null;
    press.item.classList.remove("carried");
    if (!press.moved) return;
    if (cancelled) this.handlers.onCancel();
    else this.handlers.onDrop();
  }
}
