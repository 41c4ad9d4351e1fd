/**
 * The inspector on a page: tables in a shadow tree, drawn again at intervals.
 */
import { History } from './history.ts';
import { pageOf, type Section } from './sections.ts';
import type { Snapshot } from './snapshot.ts';

/** What `inspector` takes. */
export interface InspectorOptions {
  /** Where to show it. Default: an overlay in the page's lower right corner. */
  into?: Element | undefined;
  /** Seconds between two looks. Default 1. */
  interval?: number | undefined;
}

/** A view of the program that goes on until it is closed. */
export interface Inspector extends Disposable {
  /** Looks at once. */
  refresh(): void;
  /** Takes it away. Twice is fine. */
  close(): void;
}

const STYLE = `
  :host { all: initial; display: block; font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; color: #d6deeb; }
  :host([data-overlay]) { position: fixed; right: 12px; bottom: 12px; z-index: 2147483647; }
  section { background: #0b1520; border: 1px solid #2b4058; border-radius: 8px; padding: 8px 12px; overflow: auto; }
  :host([data-overlay]) section { max-width: min(900px, calc(100vw - 24px)); max-height: 60vh; box-sizing: border-box; }
  header { display: flex; gap: 12px; justify-content: space-between; color: #8aa4bf; }
  button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; padding: 0 4px; }
  .dead { color: #ff7b72; margin: 6px 0; }
  h2 { font: inherit; font-weight: bold; color: #7fdbca; margin: 8px 0 2px; }
  table { border-collapse: collapse; }
  th { text-align: left; font-weight: normal; color: #8aa4bf; }
  th, td { padding: 0 14px 0 0; vertical-align: top; white-space: nowrap; }
  footer { color: #8aa4bf; margin-top: 8px; }
`;

function element<K extends keyof HTMLElementTagNameMap>(name: K, text = '', className = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  // Names are users': text, never markup.
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

function tableOf({ title, head, rows, quiet }: Section): Node[] {
  const more = quiet === 0 ? '' : ` (and ${quiet} that nobody uses now)`;
  const table = element('table');
  const line = (cells: readonly string[], name: 'th' | 'td') => {
    const row = element('tr');
    row.append(...cells.map((cell) => element(name, cell)));
    return row;
  };
  if (rows.length > 0) table.append(line(head, 'th'), ...rows.map((row) => line(row, 'td')));
  return [element('h2', title + more), table];
}

/** Shows what `take` answers. */
export function show(take: () => Snapshot, { into, interval = 1 }: InspectorOptions): Inspector {
  if (!(interval > 0)) throw new RangeError(`interval must be a number of seconds above 0, got ${interval}`);
  const host = element('div');
  host.toggleAttribute('data-overlay', into === undefined);
  const root = host.attachShadow({ mode: 'open' });
  const header = element('header');
  const summary = element('span');
  const button = element('button', '×');
  button.title = 'close';
  const body = element('div');
  const section = element('section');
  header.append(summary, button);
  section.append(header, body);
  root.append(element('style', STYLE), section);
  (into ?? document.body).append(host);

  const history = new History();
  const refresh = () => {
    const page = pageOf(history.add(take()));
    summary.textContent = page.summary;
    body.replaceChildren(
      ...page.deadlocks.map((cycle) => element('div', `Deadlock: ${cycle.join('; ')}.`, 'dead')),
      ...page.sections.flatMap(tableOf),
    );
  };
  refresh();
  const timer = setInterval(refresh, interval * 1000);
  const close = () => {
    clearInterval(timer);
    host.remove();
  };
  button.addEventListener('click', close);
  return { refresh, close, [Symbol.dispose]: close };
}
