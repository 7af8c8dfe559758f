import { withoutForeignAddresses } from './egress.ts'

/** Where an answer leaves while it is made. */
export interface Outlet {
  /** What the model said next; it leaves when it may. */
  add: (text: string) => void
  /** The reply as it was decided in the end: what of it has not left yet. */
  end: (reply: string) => void
}

export interface OutletSettings {
  show: (text: string) => void
  /** Whether a text, all that left before included, may leave. */
  mayLeave: (text: string) => boolean
  /** Whether untrusted text had a part in it. */
  isTainted: () => boolean
  /** What the user said. */
  message: string
}

/** So much of a text, at least, leaves at once: checking all of it for every sentence would take its length squared. */
const LEAST_SHARE = 1 / 8
const SENTENCE_END = /[.!?…:;]["'”’»)\]]*\s+|\n/g
const PICTURE = /!\[|<img/i

/**
 * Lets an answer out sentence by sentence. Each time all of it up to there is checked as a whole answer would be; once that
 * fails, or a picture that untrusted text may have brought begins, nothing leaves any more before the end.
 */
export function createOutlet({ show, mayLeave, isTainted, message }: OutletSettings): Outlet {
  let said = ''
  let checked = 0
  let shown = ''
  let isHeld = false
  const pass = (text: string) => {
    if (text === '') return
    show(text)
    shown += text
  }
  return {
    add: (text) => {
      said += text
      const until = checked + lastSentenceEnd(said.slice(checked))
      if (isHeld || until <= checked || until - checked < said.length * LEAST_SHARE) return
      checked = until
      const whole = said.slice(0, until)
      const clean = isTainted() ? withoutForeignAddresses(whole, message) : whole
      isHeld = !mayLeave(whole) || (isTainted() && PICTURE.test(whole)) || !clean.startsWith(shown)
      if (!isHeld) pass(clean.slice(shown.length))
    },
    end: (reply) => {
      isHeld = true
      const isSame = reply.startsWith(shown)
      // Another text than the one that began to leave is told apart from it.
      pass(isSame ? reply.slice(shown.length) : `\n\n${reply}`)
    },
  }
}

const lastSentenceEnd = (text: string): number => {
  const last = [...text.matchAll(SENTENCE_END)].at(-1)
  return last ? last.index + last[0].length : 0
}
