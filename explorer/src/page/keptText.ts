/** What the browser does not keep, as in private windows or with its storage full: it ends with the page. */
const unkept = new Map<string, string>();

export function keptText(key: string): string | null {
  try {
    return unkept.get(key) ?? localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Tells whether the text outlives the page. */
export function keepText(key: string, text: string): boolean {
  try {
    localStorage.setItem(key, text);
    unkept.delete(key);
    return true;
  } catch {
    unkept.set(key, text);
    return false;
  }
}
