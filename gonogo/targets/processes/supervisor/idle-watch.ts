/** A supervisor that has nothing deployed and is asked nothing for this long ends; the next call starts another. */
const IDLE_LIMIT_MS = 60_000

/** Notes when somebody asked last, so that looking at an empty environment leaves no process behind. */
export class IdleWatch {
  #underWay = 0
  #lastAtMs: number

  constructor(nowMs: number) {
    this.#lastAtMs = nowMs
  }

  begin(): void {
    this.#underWay++
  }

  end(nowMs: number): void {
    this.#underWay--
    this.#lastAtMs = nowMs
  }

  isIdle(nowMs: number): boolean {
    return this.#underWay === 0 && nowMs - this.#lastAtMs > IDLE_LIMIT_MS
  }
}
