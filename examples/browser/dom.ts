/** The element of an id, which index.html has. Throws: `Error` where it is of another kind. */
export function element<E extends Element>(id: string, kind: new () => E): E {
  const found = document.getElementById(id) as unknown;
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} with the id ${id}`);
}

/** Its text, where that is another: a change costs a layout. */
export function show(id: string, text: string): void {
  const target = element(id, HTMLElement);
  if (target.textContent !== text) target.textContent = text;
}
