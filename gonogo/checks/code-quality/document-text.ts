import { fileAt, type Repository } from '#connectors/git/index.ts'

/** Files of a commit, null where one is missing. */
export const documentsIn = (
  repository: Repository,
  commit: string,
  paths: readonly string[],
): Promise<(string | null)[]> => Promise.all(paths.map((path) => fileAt(repository, commit, path)))

/** The words of a Markdown text, without headings, comments and what is only there to be filled in. */
export const proseOf = (text: string): string[] =>
  text
    .replaceAll(/<!--[\s\S]*?-->/g, ' ')
    .split('\n')
    .filter((line) => !/^\s*(#|=+\s*$|-+\s*$)/.test(line))
    .join(' ')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word) && !/^\W*(todo|tbd|tba|fixme|xxx+)\W*$/i.test(word))

const plain = (version: string): string => version.replace(/^v/, '')

/** True when a text holds the version as a whole: 1.2.3 is neither in 1.2.30 nor in 11.2.3. */
export function holdsVersion(text: string, version: string): boolean {
  const escaped = plain(version).replaceAll(/[.+*?^$()[\]{}|\\]/g, '\\$&')
  return new RegExp(`(?<!\\d)(?<!\\d\\.)v?${escaped}(?![\\d]|\\.\\d|-[0-9A-Za-z])`).test(text)
}

/** True when the path or the first heading is about this version. */
export function namesVersion(path: string, text: string, version: string): boolean {
  const heading = text.split('\n').find((line) => line.startsWith('#')) ?? ''
  return (
    holdsVersion(heading, version) ||
    (holdsVersion(path.replace(/\.\w+$/, ''), version) && !namesOther(heading))
  )
}

const namesOther = (heading: string): boolean => /\d+\.\d+\.\d+/.test(heading)

/** Targets of the links in a Markdown text that lead to files, without their anchors. */
export const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm)]
    .map((match) => (match[1] ?? match[2] ?? '').split('#')[0] ?? '')
    .filter((link) => link !== '' && !/^[a-z][a-z0-9+.-]*:/i.test(link))

/** The part of a document under the heading that names a version; the whole of it when only its title does. */
export function sectionOf(text: string, version: string): string | null {
  const lines = text.split('\n')
  const level = (line: string) => /^(#+)\s/.exec(line)?.[1]?.length ?? 0
  const start = lines.findIndex((line) => level(line) > 0 && holdsVersion(line, version))
  if (start < 0) return null
  const depth = level(lines[start] ?? '')
  const length = lines.slice(start + 1).findIndex((line) => level(line) > 0 && level(line) <= depth)
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n')
}
