import assert from "node:assert/strict";
import { test } from "node:test";
import { Reorder } from "../src/tray/reorder";
import { Surface } from "./surface";

/** An item 100 pixels wide, by its place in the list. */
class Item {
  readonly classes = new Set<string>();
  readonly classList = { add: (name: string) => this.classes.add(name), remove: (name: string) => this.classes.delete(name) };
  readonly handle = new Surface();

  constructor(
    readonly name: string,
    private readonly list: List,
  ) {}

  getBoundingClientRect(): { left: number; width: number; bottom: number } {
    return { left: 10 + 100 * this.list.children.indexOf(this), width: 100, bottom: 120 };
  }

  get nextElementSibling(): Item | null {
    return this.list.children[this.list.children.indexOf(this) + 1] ?? null;
  }
}

class List extends Surface {
  readonly children: Item[] = ["a", "b", "c"].map((name) => new Item(name, this));

  contains(item: Item): boolean {
    return this.children.includes(item);
  }

  insertBefore(item: Item, before: Item | null): void {
    this.children.splice(this.children.indexOf(item), 1);
    this.children.splice(before ? this.children.indexOf(before) : this.children.length, 0, item);
  }

  get order(): string {
    return this.children.map(({ name }) => name).join("");
  }
}

function opened(): { list: List; items: Item[]; told: string[] } {
  const list = new List();
  const told: string[] = [];
  const items = [...list.children];
  const reorder = new Reorder(list.element, { onDrop: () => told.push(`drop ${list.order}`), onCancel: () => told.push("cancel") });
  for (const item of items) reorder.add(item as unknown as HTMLElement, item.handle.element);
  return { list, items, told };
}

test("an item is carried to another place; a press that goes nowhere is a click", () => {
  const { list, items, told } = opened();
  items[0]!.handle.pointer("pointerdown", 50, 50);
  list.pointer("pointermove", 53, 50);
  list.pointer("pointerup", 53, 50);
  assert.deepEqual([told, list.captured.size], [[], 0]);
  items[0]!.handle.pointer("pointerdown", 50, 50);
  list.pointer("pointermove", 170, 50);
  assert.ok(items[0]!.classes.has("carried"));
  list.pointer("pointerup", 170, 50);
  assert.deepEqual([told, items[0]!.classes.size], [["drop bac"], 0]);
});

test("a press at the edge that flicks out is followed, and does not stick to a pointer that comes back", () => {
  const { list, items, told } = opened();
  items[0]!.handle.pointer("pointerdown", 1, 50);
  assert.ok(items[0]!.handle.captured.has(1), "the list would not hear of the release");
  list.pointer("pointermove", 30, 50, { buttons: 0 });
  list.pointer("pointermove", 170, 50, { buttons: 0 });
  assert.deepEqual([told, list.order], [[], "abc"]);
});

test("a carry whose release went elsewhere, or whose pointer was lost, is taken back", () => {
  for (const name of ["pointermove", "lostpointercapture", "pointercancel"]) {
    const { list, items, told } = opened();
    items[0]!.handle.pointer("pointerdown", 50, 50);
    list.pointer("pointermove", 170, 50);
    list.captured.clear();
    list.pointer(name, 180, 50, { buttons: 0 });
    list.pointer("pointerup", 180, 50);
    assert.deepEqual([told, items[0]!.classes.size], [["cancel"], 0]);
  }
});

test("neither a second pointer nor a menu's click takes hold", () => {
  const { list, items, told } = opened();
  items[0]!.handle.pointer("pointerdown", 50, 50, { ctrlKey: true });
  list.pointer("pointermove", 170, 50);
  assert.equal(list.order, "abc");
  items[0]!.handle.pointer("pointerdown", 50, 50, { pointerId: 1 });
  items[2]!.handle.pointer("pointerdown", 250, 50, { pointerId: 2 });
  list.pointer("pointermove", 20, 50, { pointerId: 2 });
  list.pointer("pointermove", 170, 50, { pointerId: 1 });
  list.pointer("pointerup", 170, 50, { pointerId: 1 });
  assert.deepEqual(told, ["drop bac"]);
});

test("an item that is removed under the hand does not come back", () => {
  const { list, items } = opened();
  items[0]!.handle.pointer("pointerdown", 50, 50);
  list.pointer("pointermove", 60, 50);
  list.children.shift();
  list.pointer("pointermove", 170, 50);
  assert.equal(list.order, "bc");
});
