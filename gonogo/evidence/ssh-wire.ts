/** Why a key or signature cannot be used. Stable: people and programs tell cases apart by it. */
export type WireCode = 'unreadable' | 'weak-key' | 'unsupported' | 'other-namespace'

/** Thrown inside this folder only; every public function turns it into a value. The message continues a sentence. */
export class WireProblem extends Error {
  override readonly name = 'WireProblem'
  readonly code: WireCode
  constructor(message: string, code: WireCode = 'unreadable') {
    super(message)
    this.code = code
  }
}

/** Reads RFC 4251 strings and numbers from a buffer, never past its end. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
  }

  uint32(): number {
    return this.#take(4).readUInt32BE(0)
  }

  byte(): number {
    return this.#take(1).readUInt8(0)
  }

  string(): Buffer {
    return this.#take(this.uint32())
  }

  text(): string {
    return this.string().toString('latin1')
  }

  /** A positive multiple-precision integer in its shortest form, without the sign byte. */
  mpint(): Buffer {
    const bytes = this.string()
    const [first = 0, second = 0] = bytes
    if (bytes.length === 0 || first > 0x7f) throw new WireProblem('holds a number that is not positive')
    if (first !== 0) return bytes
    if (second <= 0x7f) throw new WireProblem('holds a number with needless zeros')
    return bytes.subarray(1)
  }

  exactly(expected: string): void {
    if (this.#take(expected.length).toString('latin1') !== expected)
      throw new WireProblem(`does not begin with ${expected}`)
  }

  end(): void {
    const rest = this.#bytes.length - this.#at
    if (rest > 0) throw new WireProblem(`has ${rest} bytes too many`)
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new WireProblem('is cut off')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}

/** An RFC 4251 string: length and bytes. */
export function wireString(content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([wireUint32(bytes.length), bytes])
}

export function wireUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** The bytes of base64 text that is exactly as an encoder writes it, so that no two texts mean the same bytes. */
export function strictBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (text === '' || bytes.toString('base64') !== text) throw new WireProblem('is not clean base64')
  return bytes
}
