/** What users see of the package, as TypeScript's compiler does: each export of each entry point, and each of its members. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A class, function, type or variable that an entry point exports, or a member of one. */
export interface PublicMember {
  /** Such as `Queue.get`, or `Queue#get`'s overload `Queue.get(2)`. */
  name: string;
  /** `constructor`, `class`, `function`, `method`, `property`, `type`. */
  kind: string;
  /** What its comment says, or the comment of what it overrides. */
  text: string;
  /** The names of its parameters (`...rest` of those that are many), and those that a `@param` tells of. */
  parameters: string[];
  documented: string[];
  /** Where it is declared, below the root. */
  place: string;
}

/** What is used of the compiler's API, which its versions have in common. */
// biome-ignore lint/suspicious/noExplicitAny: the compiler is no dependency, it is installed where it is needed
type Compiler = any;

/** The declarations of package.json's entry points. */
export function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>;
  };
  return Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [join(root, entry.types)]));
}

/** Every public member of `files`, once. @param ts the compiler's API */
export function publicMembers(ts: Compiler, files: readonly string[] = entryPoints()): PublicMember[] {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const found = new Map<unknown, PublicMember>();

  const isOurs = (symbol: Compiler) =>
    symbol.declarations?.some((each: Compiler) => !/node_modules/.test(each.getSourceFile().fileName)) ?? false;
  const isHidden = (symbol: Compiler) => {
    const [declaration] = symbol.declarations ?? [];
    if (!declaration) return true;
    if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) return true;
    return symbol.name.startsWith('#') || symbol.name.startsWith('__#') || symbol.name === 'prototype';
  };
  const textOf = (parts: Compiler) => ts.displayPartsToString(parts).trim();

  /** A rest parameter with its dots: it may stand for several that have names. */
  const nameOf = (parameter: Compiler): string =>
    parameter.valueDeclaration?.dotDotDotToken ? `...${parameter.name}` : parameter.name;

  function add(name: string, kind: string, symbol: Compiler, signature?: Compiler) {
    const key = signature?.declaration ?? symbol;
    if (found.has(key)) return;
    const [declaration] = signature ? [signature.declaration] : symbol.declarations;
    const source = declaration.getSourceFile();
    const line = source.getLineAndCharacterOfPosition(declaration.getStart()).line + 1;
    const tags = signature ? signature.getJsDocTags() : symbol.getJsDocTags(checker);
    const documented = tags
      .filter((tag: Compiler) => tag.name === 'param')
      .map((tag: Compiler) => textOf(tag.text).split(/\s/)[0] as string);
    found.set(key, {
      name,
      kind,
      text: textOf(signature ? signature.getDocumentationComment(checker) : symbol.getDocumentationComment(checker)),
      parameters: signature ? signature.parameters.map(nameOf) : [],
      documented,
      place: `${relative(root, source.fileName)}:${line}`,
    });
  }

  function addCalls(name: string, kind: string, symbol: Compiler, type: Compiler, signatureKind: Compiler) {
    const signatures = checker.getSignaturesOfType(type, signatureKind);
    const own = signatures.filter(
      (each: Compiler) => each.declaration && !/node_modules/.test(each.declaration.getSourceFile().fileName),
    );
    own.forEach((each: Compiler, i: number) => {
      add(own.length > 1 ? `${name}(${i + 1})` : name, kind, symbol, each);
    });
  }

  function addMembers(owner: string, type: Compiler) {
    for (const property of checker.getPropertiesOfType(type)) {
      if (!isOurs(property) || isHidden(property)) continue;
      const name = `${owner}.${property.name.replace(/^__@(\w+)@\d+$/, '[Symbol.$1]')}`;
      const [declaration] = property.declarations;
      const ofProperty = checker.getTypeOfSymbolAtLocation(property, declaration);
      if (property.flags & ts.SymbolFlags.Method) addCalls(name, 'method', property, ofProperty, ts.SignatureKind.Call);
      else add(name, 'property', property);
    }
  }

  for (const file of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!isOurs(symbol) || symbol.flags & ts.SymbolFlags.Namespace) continue;
      const [declaration] = symbol.declarations;
      const value = checker.getTypeOfSymbolAtLocation(symbol, declaration);
      if (symbol.flags & ts.SymbolFlags.Class) {
        add(exported.name, 'class', symbol);
        addCalls(`new ${exported.name}`, 'constructor', symbol, value, ts.SignatureKind.Construct);
        addMembers(exported.name, checker.getDeclaredTypeOfSymbol(symbol));
        addMembers(exported.name, value);
      } else if (symbol.flags & ts.SymbolFlags.Function) {
        addCalls(exported.name, 'function', symbol, value, ts.SignatureKind.Call);
      } else {
        add(exported.name, 'type', symbol);
        if (symbol.flags & ts.SymbolFlags.Interface) addMembers(exported.name, checker.getDeclaredTypeOfSymbol(symbol));
      }
    }
  }
  return [...found.values()];
}
