import { join } from 'node:path';
import ts from 'typescript';
import type { Block } from './blocks.ts';

/**
 * Type-checks blocks as modules in their folders, under the workspace's own strict options: what a reader pastes into a
 * strict project must compile.
 *
 * @returns the problems, each with the place of its block and the line within it.
 */
export function typeProblems(blocks: readonly Block[], workspaceRoot: string): string[] {
  const modules = new Map(
    blocks.map((block, index) => [join(block.folder, `readme-example-${index}.ts`), block]),
  );
  const options = { ...workspaceOptions(workspaceRoot), noEmit: true };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => modules.has(file) || disk.fileExists(file),
    readFile: (file) => modules.get(file)?.code ?? disk.readFile(file),
    getSourceFile: (file, languageVersion, ...rest) => {
      const block = modules.get(file);
      if (block === undefined) return disk.getSourceFile(file, languageVersion, ...rest);
      return ts.createSourceFile(file, asModule(block.code), languageVersion);
    },
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  return [...modules].flatMap(([file, block]) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((problem) => `${block.place}, ${described(problem)}`);
  });
}

/** Without an import or export TypeScript takes a file for a script, where `await` is an error. */
function asModule(code: string): string {
  return `${code}\nexport {};\n`;
}

function workspaceOptions(workspaceRoot: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(workspaceRoot, 'tsconfig.base.json'), (file) =>
    ts.sys.readFile(file),
  ) as {
    config: { compilerOptions: Record<string, unknown> };
  };
  // An example is no library: nothing is built from it, and it may show a value it does not go on to use.
  const { composite, isolatedDeclarations, noUnusedLocals, ...wanted } = config.compilerOptions;
  const { options } = ts.convertCompilerOptionsFromJson({ ...wanted, declarationMap: false }, workspaceRoot);
  // Our own sources, which the examples import, are checked elsewhere and import each other as `.ts`.
  return { ...options, allowImportingTsExtensions: true, rewriteRelativeImportExtensions: false };
}

function described({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
  return `line ${line} of the block: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
