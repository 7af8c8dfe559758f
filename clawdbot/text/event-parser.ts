/** A server-sent event; the kind is `message` where none is named. */
export interface ServerEvent {
  event: string
  data: string
}

/** Takes a stream of server-sent events piece by piece and tells of each whole one. */
export function createParser(tell: (event: ServerEvent) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const blocks = (rest + text).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = block.split(/\r?\n/).map((line) => /^(\w+): ?(.*)$/.exec(line) ?? [])
      const data = fields.filter(([, name]) => name === 'data').map(([, , value = '']) => value)
      const event = fields.find(([, name]) => name === 'event')?.[2] ?? 'message'
      if (data.length > 0) tell({ event, data: data.join('\n') })
    }
  }
}
