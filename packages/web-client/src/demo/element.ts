/** The element with this id, which the page's own HTML promises. */
export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Broken invariant: the page has no #${id}`);
  return found as T;
}

/** A new element with text, classes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, options: { readonly text?: string; readonly className?: string } = {}, ...children: readonly (Node | string)[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (options.className !== undefined) node.className = options.className;
  if (options.text !== undefined) node.textContent = options.text;
  node.append(...children);
  return node;
}
