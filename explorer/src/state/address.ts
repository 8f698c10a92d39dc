/** Where a page's address holds what is on show. */
export interface Address {
  get(parameter: string): string | null;
  /** The page's own address with other values for some parameters, or without those that are null. */
  with(changes: Readonly<Record<string, string | null>>): string;
}

function change(parameters: URLSearchParams, changes: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
  }
}

/** In its query, which a server reads as well. */
export const inQuery: Address = {
  get: (parameter) => new URLSearchParams(location.search).get(parameter),
  with(changes) {
    const url = new URL(location.href);
    change(url.searchParams, changes);
    return url.href;
  },
};

/** In its fragment, which stays in the browser: the page is one file, whatever server hands it out. */
export const inFragment: Address = {
  get: (parameter) => new URLSearchParams(location.hash.slice(1)).get(parameter),
  with(changes) {
    const url = new URL(location.href);
    const parameters = new URLSearchParams(url.hash.slice(1));
    change(parameters, changes);
    url.hash = parameters.toString();
    return url.href;
  },
};
