/**
 * The syntax tree of a file of assembly/, by AssemblyScript's own parser.
 *
 * Its declarations have constants only that a file compiled by itself cannot read: what is used of them
 * stands here.
 */
import assemblyscript from 'assemblyscript';

/** A node of the tree, as far as it matters here. */
export interface Node {
  readonly kind: number;
  readonly range: { readonly start: number; readonly end: number };
}

export interface FunctionNode extends Node {
  readonly name: { readonly text: string };
  readonly body: Node | null;
}

interface Parser {
  readonly NodeKind: Readonly<Record<string, number>>;
  newOptions(): unknown;
  newProgram(options: unknown): { readonly sources: readonly { readonly statements: readonly Node[] }[] };
  parse(program: unknown, text: string, path: string, isEntry: boolean): void;
}

const parser = assemblyscript as unknown as Parser;

/** By the names that AssemblyScript gives the kinds of nodes. */
export const Kind = parser.NodeKind;

/** The functions at the top level of a file. */
export function functionsIn(text: string, file: string): FunctionNode[] {
  const program = parser.newProgram(parser.newOptions());
  parser.parse(program, text, file, true);
  const [source] = program.sources.slice(-1);
  return (source?.statements ?? []).filter((node): node is FunctionNode => node.kind === Kind.FunctionDeclaration);
}

/** The nodes below a node. */
export function* childrenOf(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    // The range knows its file, and with it everything.
    if (key === 'range') continue;
    for (const each of Array.isArray(value) ? value : [value]) if (isNode(each)) yield each;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'kind' in value && 'range' in value;
}

/** A node and all below it, from the outside in. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}
