export { type Block, loadChecklist, loadRelease, loadService } from './load.ts'
export { formatKey, formatProblem, type KeyPath, type Problem } from './problem.ts'
export { checkBlock, type Read, readYamlFile, readYamlText } from './read-yaml-file.ts'
export type { Position, Source } from './source.ts'
