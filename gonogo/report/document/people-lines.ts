import type { SignatureEntry } from '../model/signatures.ts'
import type { Inline } from './blocks.ts'

/** Name, key and the mark of a demo's key: the same three wherever somebody signed. */
export const signer = (by: SignatureEntry): Inline[] => [by.name, ' · ', { key: by.key }, ...demoMark(by)]

export const demoMark = (by: SignatureEntry): Inline[] => (by.demo ? [' ', { demo: true }] : [])
