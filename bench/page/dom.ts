/** Elements, in short. */

type Child = Node | string | undefined | false;
type Attributes = Record<string, string | undefined | ((event: Event) => void)>;

/** @param attributes those that are functions listen: `onclick` */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** Draws when there is a width to draw for, and again when it changes. */
export function drawn(className: string, draw: (width: number) => Element): HTMLElement {
  const place = h('div', { class: className });
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry?.contentRect.width ?? 0);
    if (now === width || now === 0) return;
    width = now;
    place.replaceChildren(draw(now));
  }).observe(place);
  return place;
}
