/** Shows or hides an element; the focus does not go with what hides, but to an heir. */
export function setHidden(root: HTMLElement, hidden: boolean, heir: () => HTMLElement | null): void {
  const held = hidden && root.matches(":focus-within");
  root.hidden = hidden;
  if (held) heir()?.focus();
}

/** Says whether a button can be used now; one that cannot keeps the focus, and its place among the Tab stops. */
export function allow(button: HTMLButtonElement, allowed: boolean): void {
  const disabled = String(!allowed);
  if (button.getAttribute("aria-disabled") !== disabled) button.setAttribute("aria-disabled", disabled);
}
