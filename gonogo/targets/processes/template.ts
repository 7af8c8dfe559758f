/** Names that need nothing but the instance itself. */
export const PLAIN_TEMPLATES: readonly string[] = [
  'port',
  'host',
  'instance',
  'version',
  'root',
  'artifact',
  'environment.folder',
]

export const COMPONENT_TEMPLATE = /^component\.([a-z][a-z0-9-]*)\.url$/
