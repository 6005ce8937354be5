import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** The names that a source file exports, types among them, its own and those of the files that it hands on. */
export function exportedNames(path: string): Set<string> {
  const names = new Set<string>()
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      for (const name of namesHandedOn(statement, path)) names.add(name)
    } else if (isExported(statement)) {
      for (const name of namesDeclared(statement)) names.add(name)
    }
  }
  return names
}

function namesHandedOn({ exportClause, moduleSpecifier }: ts.ExportDeclaration, path: string): Set<string> {
  if (exportClause === undefined) {
    const module = (moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.ts')
    return exportedNames(join(dirname(path), module))
  }
  if (ts.isNamespaceExport(exportClause)) return new Set([exportClause.name.text])
  return new Set(exportClause.elements.map(({ name }) => name.text))
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function namesDeclared(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text)
  }
  return [((statement as ts.DeclarationStatement).name as ts.Identifier).text]
}
