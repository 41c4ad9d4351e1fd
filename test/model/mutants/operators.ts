/**
 * What a mutant changes: each operator finds its places in a function, and says what stands there instead.
 *
 * Ancestry: the operators of Offutt's Mothra and of StrykerJS, and what a protocol on shared words adds to
 * them: the order of stores, wake-ups, second looks.
 */
import { childrenOf, Kind, type Node, nodesOf } from './syntax.ts';

export interface Change {
  readonly operator: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

type Operator = (node: Node, text: string) => Iterable<Omit<Change, 'operator'>>;

interface Binary extends Node {
  readonly left: Node;
  readonly right: Node;
}

interface Unary extends Node {
  readonly operand: Node;
}

interface Call extends Node {
  readonly expression: Node;
  readonly args: readonly Node[];
}

interface Block extends Node {
  readonly statements: readonly Node[];
}

interface If extends Node {
  readonly condition: Node;
}

const STORES = /^(store|storePlain|store64|storePlain64|storePlainF64|xchg|cas|cas64|add|fill|copy)$/;
const NOTIFIES = /^(notify|notifyHere)$/;

const textOf = (text: string, { range }: Node) => text.slice(range.start, range.end);

function calleeOf(node: Node, text: string): string {
  return node.kind === Kind.Call ? textOf(text, (node as Call).expression) : '';
}

/** The call that a statement is. */
function callIn(statement: Node): Call | undefined {
  if (statement.kind !== Kind.Expression) return undefined;
  const { expression } = statement as unknown as { expression: Node };
  return expression.kind === Kind.Call ? (expression as Call) : undefined;
}

/** Up to and with its semicolon. */
function endOf(statement: Node, text: string): number {
  const { end } = statement.range;
  return text[end] === ';' ? end + 1 : end;
}

const storesIn = (statement: Node, text: string) => [...nodesOf(statement)].some((node) => STORES.test(calleeOf(node, text)));

/** Whether control stays in it: it can be done before what it stands behind. */
const isPlain = (statement: Node) =>
  (statement.kind === Kind.Expression || statement.kind === Kind.If) &&
  ![...nodesOf(statement)].some(({ kind }) => kind === Kind.Return || kind === Kind.Break || kind === Kind.Continue);

function* swap(node: Node, text: string) {
  if (node.kind !== Kind.Block && node.kind !== Kind.SwitchCase) return;
  const { statements } = node as Block;
  for (const [i, second] of statements.entries()) {
    const first = statements[i - 1];
    if (!first || !isPlain(first) || !isPlain(second)) continue;
    if (!storesIn(first, text) && !storesIn(second, text)) continue;
    const [from, to] = [first.range.start, endOf(second, text)];
    const between = text.slice(endOf(first, text), second.range.start);
    const [one, other] = [text.slice(from, endOf(first, text)), text.slice(second.range.start, to)];
    yield { from, to, text: other + between + one };
  }
}

function* removed(node: Node, text: string) {
  if (callIn(node)) yield { from: node.range.start, to: endOf(node, text), text: ';' };
}

function* decided(node: Node, text: string) {
  if (node.kind !== Kind.If) return;
  const { range } = (node as If).condition;
  const condition = text.slice(range.start, range.end);
  yield { from: range.start, to: range.end, text: `(${condition}) ? false : false` };
  yield { from: range.start, to: range.end, text: `(${condition}) ? true : true` };
}

const OTHERWISE: Readonly<Record<string, string>> = {
  '==': '!=',
  '!=': '==',
  '<': '<=',
  '>': '>=',
  '<=': '<',
  '>=': '>',
  '&&': '||',
  '||': '&&',
};

function* replaceOperator(node: Node, text: string, isOne: (operator: string) => boolean) {
  if (node.kind !== Kind.Binary) return;
  const { left, right } = node as Binary;
  const between = text.slice(left.range.end, right.range.start);
  const operator = between.trim();
  const other = OTHERWISE[operator];
  if (!other || !isOne(operator)) return;
  yield { from: left.range.end, to: right.range.start, text: between.replace(operator, other) };
}

const compared = (node: Node, text: string) => replaceOperator(node, text, (operator) => !/[&|]/.test(operator));
const joined = (node: Node, text: string) => replaceOperator(node, text, (operator) => /[&|]/.test(operator));

/** `x & MASK` and `x | MASK` without the mask, `x << n` without the shift. */
function* unmasked(node: Node, text: string) {
  if (node.kind !== Kind.Binary) return;
  const { left, right } = node as Binary;
  if (!/^(&|\||<<|>>>?)$/.test(text.slice(left.range.end, right.range.start).trim())) return;
  yield { from: node.range.start, to: node.range.end, text: textOf(text, left) };
}

function* bound(node: Node, text: string) {
  const written = textOf(text, node);
  if (node.kind === Kind.Literal && /^\d+$/.test(written))
    yield { from: node.range.start, to: node.range.end, text: String(Number(written) + 1) };
  if (node.kind === Kind.Call && /^(min|max)\b/.test(written))
    yield { from: node.range.start, to: node.range.start + 3, text: written.startsWith('min') ? 'max' : 'min' };
}

function* negated(node: Node, text: string) {
  if (node.kind === Kind.UnaryPrefix && textOf(text, node).startsWith('!'))
    yield { from: node.range.start, to: node.range.end, text: `!!${textOf(text, (node as Unary).operand)}` };
  if (node.kind === Kind.True) yield { from: node.range.start, to: node.range.end, text: 'false' };
  if (node.kind === Kind.False) yield { from: node.range.start, to: node.range.end, text: 'true' };
}

/** A notify of all is one of one sleeper. What notifies more than it must is right, and slow. */
function* fewer(node: Node, text: string) {
  if (!NOTIFIES.test(calleeOf(node, text))) return;
  const count = (node as Call).args[1];
  if (count && textOf(text, count) === '-1') yield { from: count.range.start, to: count.range.end, text: '1' };
}

/** By the names that they have in reports. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  swap,
  removed,
  decided,
  compared,
  joined,
  unmasked,
  bound,
  negated,
  fewer,
};

/** All that can be changed in the body of a function. */
export function* changesIn(body: Node, text: string): Generator<Change> {
  for (const [operator, find] of Object.entries(OPERATORS)) {
    for (const node of changeable(body, text)) for (const change of find(node, text)) yield { operator, ...change };
  }
}

/** Its nodes, but for types, offsets into a layout, and how many a notify wakes. */
function* changeable(node: Node, text: string): Generator<Node> {
  yield node;
  if (node.kind === Kind.Call) {
    const callee = calleeOf(node, text);
    if (/^(offsetof|unreachable)/.test(callee)) return;
    for (const [i, argument] of (node as Call).args.entries())
      if (i !== 1 || !NOTIFIES.test(callee)) yield* changeable(argument, text);
    return;
  }
  for (const child of childrenOf(node)) yield* changeable(child, text);
}
